"""The target column: which task it calls for, and how it becomes numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.datasets.columns import first_value, rows_text
from evokan.datasets.values import (
    exact_numbers,
    kind_of,
    label,
    level_numbers,
    levels_of,
    mixed_fault,
    not_numbers,
    to_numbers,
    unsupported_fault,
)
from evokan.errors import InputError
from evokan.problem.task import Task, TaskName
from evokan.texts import listed

MAX_NUMBERED_CLASSES = 20
"""A numeric target of more distinct values is taken for a regression."""


@dataclass(frozen=True, eq=False)
class EncodedTarget:
    """A target as numbers.

    Attributes
    ----------
    task
        ``classification`` or ``regression``.
    y
        Class numbers (int64) or values (float64), shape (rows,).
    logarithm
        Whether `y` is the natural logarithm of the target.
    class_names
        As in the file: numbers in ascending order, other classes in the order of their text; empty for
        regression.
    """

    task: Task
    y: NDArray[np.float64] | NDArray[np.int64]
    class_names: tuple[str, ...]
    logarithm: bool = False


def infer_task(column: pd.Series[Any]) -> Task:
    """Return the task that a target without missing values calls for.

    Classification if it is text, boolean or categorical, or has whole numbers of at most 20 distinct values,
    each seen at least twice; regression otherwise.
    """
    if kind_of(column) != "numeric":
        return Task.CLASSIFICATION
    distinct, counts = np.unique(exact_numbers(column), return_counts=True)
    numbers = to_numbers(column)
    whole = bool(np.all(numbers == np.floor(numbers)))
    few = len(distinct) <= MAX_NUMBERED_CLASSES and counts.min() >= 2
    return Task.CLASSIFICATION if whole and few else Task.REGRESSION


def encode_target(
    column: pd.Series[Any], name: str, task: Task | TaskName | None, *, log: bool = False
) -> EncodedTarget:
    """Return a target without missing values as numbers.

    Parameters
    ----------
    column
        Indexed by row number, at least one row.
    name
        Its name, for messages.
    task
        None: as `infer_task` says.
    log
        Take the logarithm, which makes it a regression.

    Raises
    ------
    InputError
        The target is constant, not above 0 where `log` is asked for, infinite, of a kind that cannot be used, not
        numeric where regression is asked for, different in every row where classes are needed, or a class has a single
        row.
    """
    kind = kind_of(column)
    if kind == "unsupported":
        raise InputError(unsupported_fault(column, name))
    task = None if task is None else Task(task)
    if log and task is Task.CLASSIFICATION:
        raise InputError("--log-target goes with --task regression: classes have no logarithm")
    task = Task.REGRESSION if log else task
    numbers, strange = to_numbers(column), not_numbers(column)
    distinct = len(np.unique(exact_numbers(column))) if kind == "numeric" else column.nunique()
    if distinct == 1:
        value = str(column.iloc[0])
        raise InputError(f"target column {name!r} holds {value!r} in every row: nothing to learn")
    if task is Task.REGRESSION and strange.any():
        raise InputError(f"target column {name!r}: regression needs numbers, but {first_value(column, strange)}")
    infinite = np.isinf(numbers)
    if (kind == "numeric" or task is Task.REGRESSION) and infinite.any():
        raise InputError(
            f"target column {name!r} holds an infinite value in {rows_text(column, infinite)}: "
            "correct it or leave the row out"
        )
    if task is None and kind == "categorical":
        mixed = mixed_fault(column, name, distinct, "leave their rows out")
        if mixed:
            raise InputError(mixed)
    task = task or infer_task(column)
    if task is Task.REGRESSION:
        if len(np.unique(numbers)) == 1:
            raise InputError(
                f"target column {name!r} differs beyond the 16 digits that are computed with: take {label(numbers[0])} "
                "off every value"
            )
        if log and (numbers <= 0).any():
            raise InputError(
                f"--log-target: target column {name!r} needs values above 0, but {first_value(column, numbers <= 0)}"
            )
        return EncodedTarget(task, np.log(numbers) if log else numbers, (), log)

    levels = levels_of(column)
    y = np.unique(exact_numbers(column), return_inverse=True)[1] if kind == "numeric" else level_numbers(column, levels)
    counts = np.bincount(y)
    if len(levels) == len(column):
        raise InputError(f"target column {name!r} is different in every row: no class can be learned from it")
    single = [repr(level) for level, count in zip(levels, counts, strict=True) if count == 1]
    if single:
        raise InputError(
            f"target column {name!r}: class {listed(single, 5)} has a single row: add rows or leave the class out"
        )
    return EncodedTarget(task, y.astype(np.int64), levels)
