"""What a user may not have meant: how a table was taken, column by column, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets.target import EncodedTarget
from evokan.datasets.values import kind_of, to_numbers

IDENTIFIER = re.compile(r"(?i)(.*[_ -])?(id|ids|idx|index|uid|key|nr|no|number|rownames|unnamed: 0)")
"""Names of columns that only count or name the rows."""
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}( .*)?")
FAR = 30.0
"""Standard deviations from the mean beyond which the largest value of a column is said."""
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
    notes = []
    if not task_given and encoded.task.has_classes and kind_of(frame[target]) == "numeric":
        notes.append(
            f"task {encoded.task}: target {target!r} holds {len(encoded.class_names)} different whole numbers, each "
            "taken for a class; --task regression takes them for values"
        )
    if len(frame) >= _FEWEST:
        for name in frame.columns.drop(target):
            notes += _said(frame[name], name)
    return tuple(notes)


def looks_like_dates(column: pd.Series[Any]) -> bool:
    """Return whether every text of a column is written like a day."""
    texts = column.dropna()
    return len(texts) > 0 and all(isinstance(text, str) and _DATE.fullmatch(text) for text in texts)


def _said(column: pd.Series[Any], name: str) -> Iterator[str]:
    if kind_of(column) != "numeric":
        if looks_like_dates(column):
            yield (
                f"column {name!r} looks like a date, and each of its days is taken for a category: leave it out "
                f"(--drop {name!r}) or split by it (--split 'time:{name}')"
            )
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
