"""Which rows are for what: the parts of a table, and the folds of its train and validation rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from evokan.arrays import IntArray
from evokan.errors import InputError
from evokan.problem.groups import check_classes, fold_groups, split_groups
from evokan.problem.table import Table
from evokan.problem.trajectories import blocks_in_time, split_in_time
from evokan.texts import listed

_SHOWN = 5
"""So many rare classes are named."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of one training: `train` to fit on, `validation` to look at (sorted).

    `origin` is what `Problem.fold_of` makes the same fold from, where it can: a few words to send in place of the rows.
    """

    train: IntArray
    validation: IntArray
    origin: str = ""


def split_rows(
    table: Table, test_size: float, validation_size: float, seed: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return train, validation and test rows, sorted.

    The test part comes off the whole, then the validation part off the rest, stratified for classification;
    trajectories are cut in the order of time.

    Parameters
    ----------
    test_size, validation_size
        Fractions in (0, 1): test of all rows, validation of the rest. 0 leaves the test part empty.

    Raises
    ------
    InputError
        A class has fewer rows than there are parts.
    ValueError
        A part would be empty.
    """
    from sklearn.model_selection import train_test_split

    if table.task.has_classes and table.validation_rows is None:
        _check_class_sizes(table, tested=test_size > 0 or table.test_rows is not None)
    series = _series(table)
    if series is not None:
        parts = split_in_time(series, test_size, validation_size, table.test_rows)
        check_classes(table, "train", parts.train)
        return parts.train, parts.validation, parts.test
    if table.groups is not None:
        return split_groups(table, test_size, validation_size, seed)
    given = table.validation_rows
    y = table.y if table.task.has_classes else None
    rows = np.arange(len(table.y), dtype=np.int64)
    if given is not None:
        rows = np.setdiff1d(rows, given)
    if table.test_rows is not None:
        test = table.test_rows
        rest = np.setdiff1d(rows, test)
    elif test_size == 0:
        rest, test = rows, rows[:0]
    else:
        _check_part(table, rows, test_size, "", "the test", "training and validation")
        rest, test = train_test_split(
            rows, test_size=test_size, random_state=seed, stratify=None if y is None else y[rows]
        )
    if given is not None:
        check_classes(table, "train", rest)
        return np.sort(rest), np.sort(given), np.sort(test)
    _check_part(table, rest, validation_size, " outside the test part", "validation", "training")
    train, validation = train_test_split(
        rest, test_size=validation_size, random_state=seed, stratify=None if y is None else y[rest]
    )
    return np.sort(train), np.sort(validation), np.sort(test)


def _series(table: Table) -> IntArray | None:
    """Return the series of the rows where splits keep their order; rows of a table that stand in order are one."""
    return np.zeros(len(table.y), dtype=np.int64) if table.in_order else table.series


def most_folds(table: Table, development: IntArray) -> int:
    """Return into how many folds the rows can be cut: as there are rows, groups, or rows of the rarest class."""
    if table.groups is not None:
        return len(np.unique(table.groups[development]))
    if table.task.has_classes:
        return int(np.bincount(table.y[development], minlength=len(table.class_names)).min())
    return len(development)


def cut_folds(table: Table, development: IntArray, folds: int, seed: int) -> tuple[Fold, ...]:
    """Cut the rows `development` into `folds` parts, at least 2, each of them the validation part of one fold.

    Stratified for classification; blocks of time for trajectories.

    Raises
    ------
    InputError
        There are fewer rows than folds, or fewer rows of a class.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    y, smallest = table.y[development], most_folds(table, development)
    if table.groups is not None:
        return tuple(Fold(a, b) for a, b in fold_groups(table, development, folds, seed))
    if table.in_order:
        cut = blocks_in_time(np.zeros(len(table.y), dtype=np.int64), development, folds, seed)
        for train, _ in cut:
            check_classes(table, "train", train)
        return tuple(Fold(a, b) for a, b in cut)
    if table.task.has_classes:
        if smallest < folds:
            raise InputError(
                f"--folds {folds}: the rarest class has only {smallest} rows outside the test part; "
                f"use at most --folds {max(smallest, 1)}"
            )
        splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(development, y)
    else:
        if len(development) < folds:
            raise InputError(
                f"--folds {folds}: only {len(development)} rows outside the test part; "
                f"use at most --folds {len(development)}"
            )
        if table.series is not None:
            return tuple(Fold(a, b) for a, b in blocks_in_time(table.series, development, folds, seed))
        splits = KFold(folds, shuffle=True, random_state=seed).split(development)
    return tuple(Fold(development[np.sort(a)], development[np.sort(b)]) for a, b in splits)


def _check_class_sizes(table: Table, *, tested: bool) -> None:
    counts = np.bincount(table.y, minlength=len(table.class_names))
    needed, parts = (3, "train, validation and test") if tested else (2, "train and validation")
    rare = [f"{name!r} ({count})" for name, count in zip(table.class_names, counts, strict=True) if count < needed]
    if rare:
        raise InputError(
            f"data set {table.name!r}: class {listed(rare, _SHOWN)} has fewer than {needed} rows, "
            f"one for each of {parts}: add rows or drop the class"
        )


def _check_part(table: Table, rows: IntArray, size: float, which: str, part: str, rest: str) -> None:
    """Raise `ValueError` where a share `size` of `rows`, stratified for classes, leaves either side too few."""
    taken = ceil(size * len(rows))
    classes, counts = np.unique(table.y[rows], return_counts=True) if table.task.has_classes else ((), ())
    if min(taken, len(rows) - taken) < max(len(classes), 1):
        needed = f"one of each of the {len(classes)} classes" if len(classes) > 1 else "one"
        raise ValueError(
            f"of the {len(rows)} rows{which}, {taken} would be for {part} and {len(rows) - taken} for "
            f"{rest}: each part needs {needed}"
        )
    for number, count in zip(classes, counts, strict=True):
        if count < 2:
            raise ValueError(
                f"class {table.class_names[number]!r} has only {count} row{which}: {part} and {rest} need one each"
            )
