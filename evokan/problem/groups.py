"""How rows are cut that belong together: a group is in one part alone, so that nothing of it is known beforehand."""

from __future__ import annotations

from math import ceil

import numpy as np

from evokan.arrays import IntArray
from evokan.errors import InputError
from evokan.problem.table import Table


def split_groups(
    table: Table, test_size: float, validation_size: float, seed: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return train, validation and test rows, sorted: whole groups, the shares being those of the groups.

    Raises
    ------
    InputError
        There are too few groups, or no training row of a class.
    """
    groups = _groups(table)
    rows = np.arange(len(table.y), dtype=np.int64)
    if table.test_rows is not None:
        test = np.sort(table.test_rows)
        rest = np.setdiff1d(rows, test)
        shared = np.intersect1d(groups[test], groups[rest])
        if len(shared):
            raise InputError(f"--group: {len(shared)} groups have rows in the test data and in the other, too")
    elif test_size == 0:
        rest, test = rows, rows[:0]
    else:
        rest, test = _cut(groups, rows, test_size, seed)
    train, validation = _cut(groups, rest, validation_size, seed)
    check_classes(table, "train", train)
    return train, validation, test


def fold_groups(table: Table, development: IntArray, folds: int, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Return `folds` pairs of row numbers (train, validation), each group in one validation part alone.

    Raises
    ------
    InputError
        There are fewer groups than folds, or a fold trains on no row of a class.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    groups = _groups(table)[development]
    count = len(np.unique(groups))
    if count < folds:
        raise InputError(f"--folds {folds}: only {count} groups outside the test part; use at most --folds {count}")
    kind = StratifiedGroupKFold if table.task.has_classes else GroupKFold
    splits = kind(folds, shuffle=True, random_state=seed).split(development, table.y[development], groups)
    found = [(development[np.sort(a)], development[np.sort(b)]) for a, b in splits]
    for train, _ in found:
        check_classes(table, "train", train)
    return found


def check_classes(table: Table, part: str, rows: IntArray) -> None:
    """Raise `InputError` where a part has no row of some class."""
    if not table.task.has_classes:
        return
    missing = np.setdiff1d(np.arange(len(table.class_names)), table.y[rows])
    if len(missing):
        names = ", ".join(repr(table.class_names[number]) for number in missing[:5])
        raise InputError(
            f"data set {table.name!r}: no row of class {names} is in a {part} part, whose rows are not drawn one "
            "by one; take another --split-seed, fewer folds or another column"
        )


def _groups(table: Table) -> IntArray:
    if table.groups is None:
        raise ValueError("the table has no groups")
    return table.groups


def _cut(groups: IntArray, rows: IntArray, size: float, seed: int) -> tuple[IntArray, IntArray]:
    """Return `rows` without and with a share `size` of their groups, drawn at random."""
    from sklearn.model_selection import GroupShuffleSplit

    count = len(np.unique(groups[rows]))
    if count - ceil(size * count) < 1:
        raise InputError(f"--group: {count} groups are too few for train, validation and test part; each needs one")
    splitter = GroupShuffleSplit(1, test_size=size, random_state=seed)
    a, b = next(splitter.split(rows, groups=groups[rows]))
    return np.sort(rows[a]), np.sort(rows[b])
