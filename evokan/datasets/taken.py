"""What a user may not have meant: how a table was taken, column by column, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets.moments import whole_dates
from evokan.datasets.target import MAX_NUMBERED_CLASSES, EncodedTarget
from evokan.datasets.values import kind_of, to_numbers

IDENTIFIER = re.compile(r"(?i)(.*[_ -])?(id|ids|idx|index|uid|key|nr|no|number|rownames|unnamed: 0)")
"""Names of columns that only count or name the rows."""
_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ].*)?)?")
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2}([T ].*)?)?|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}( .*)?")
FAR = 30.0
"""Standard deviations from the mean beyond which the largest value of a column is said."""
WIDE, LOPSIDED = 1000.0, 2.0
"""A target whose largest value is so many times the smallest, and its mean so many times the median."""
_FEWEST = 20
"""Rows that it takes to say anything."""


def taken(frame: pd.DataFrame, target: str, encoded: EncodedTarget, *, task_given: bool) -> tuple[str, ...]:
    """Return what the user should know of how the columns were taken, one sentence each.

    Parameters
    ----------
    frame
        Features and target, as they are used.
    encoded
        The target as numbers.
    task_given
        Whether the user said which task it is.
    """
    notes: list[str] = []
    if not task_given and kind_of(frame[target]) == "numeric":
        notes += _task(encoded, target)
    if encoded.logarithm:
        notes.append(
            f"target {target!r}: its natural logarithm is fitted; predictions, figures and formulas are in its own "
            "unit, losses are of the logarithm"
        )
    if len(frame) >= _FEWEST:
        notes += _wide(encoded, target)
        for name in frame.columns.drop(target):
            notes += _said(frame[name], name)
    return tuple(notes)


def looks_like_dates(column: pd.Series[Any]) -> bool:
    """Return whether a column holds dates, or texts and whole numbers that are all written like one."""
    values = column.dropna()
    if values.empty:
        return False
    if pd.api.types.infer_dtype(values) in ("datetime64", "datetime", "date"):
        return True
    if kind_of(values) == "numeric":
        return whole_dates(to_numbers(values)) is not None
    return all(isinstance(text, str) and _DATE.fullmatch(text) for text in values)


def date_advice(column: pd.Series[Any], name: str) -> str:
    """Return what to do about a column of dates: splits read those of ISO 8601 and whole numbers alone."""
    texts = [text for text in column.dropna() if isinstance(text, str)]
    split = all(_ISO.fullmatch(text) for text in texts) or kind_of(column) == "numeric"
    return f"leave it out (--drop {name!r})" + (f" or split by it (--split 'time:{name}')" if split else "")


def _task(encoded: EncodedTarget, target: str) -> Iterator[str]:
    """Say what was taken for what where it could be the other."""
    if encoded.task.has_classes:
        yield (
            f"task {encoded.task}: target {target!r} holds {len(encoded.class_names)} different whole numbers, each "
            "taken for a class; --task regression takes them for values"
        )
    elif not encoded.logarithm and len(distinct := np.unique(encoded.y)) <= MAX_NUMBERED_CLASSES:
        yield (
            f"task {encoded.task}: target {target!r} holds {len(distinct)} different numbers, taken for values, since "
            "not all are whole and there twice; --task classification takes each for a class"
        )


def _wide(encoded: EncodedTarget, target: str) -> Iterator[str]:
    """Say that the logarithm of a target may serve better."""
    y = encoded.y
    if encoded.task.has_classes or encoded.logarithm or y.min() <= 0:
        return
    times = y.max() / y.min()
    if times >= WIDE and y.mean() >= LOPSIDED * np.median(y):
        yield (
            f"target {target!r} has a heavy tail: its largest value is {times:.3g} times the smallest; --log-target "
            "fits its logarithm"
        )


def _said(column: pd.Series[Any], name: str) -> Iterator[str]:
    numeric = kind_of(column) == "numeric"
    if looks_like_dates(column):
        how = "is taken for a number" if numeric else "each of its days is taken for a category"
        yield f"column {name!r} looks like a date, and {how}: {date_advice(column, name)}"
        return
    if not numeric:
        return
    numbers = to_numbers(column)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return
    whole, distinct = bool(np.all(numbers == np.floor(numbers))), len(np.unique(numbers)) == len(column)
    if whole and distinct and (IDENTIFIER.fullmatch(name.strip()) or np.ptp(numbers) == len(numbers) - 1):
        yield (
            f"column {name!r} looks like an identifier (another whole number in every row) and is taken for a feature: "
            f"leave it out with --drop {name!r}"
        )
        return
    with np.errstate(all="ignore"):
        spread = numbers.std()
        far = np.abs(numbers - numbers.mean()).max() / spread if spread > 0 else 0.0
    if far > FAR:
        yield (
            f"column {name!r} has a heavy tail: its farthest value lies {far:.0f} standard deviations from the mean; "
            "its logarithm may serve better"
        )
