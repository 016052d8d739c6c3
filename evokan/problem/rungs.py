"""Few rows before many: nested cuts of a problem's folds, on which most networks are judged.

Of an equation the rows are its points, and the steps of a training are fewer, too: its points are few, and steps are
what takes the time.

Reference
---------
Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016:
successive halving. The resource is the number of rows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import IntArray
from evokan.errors import InputError
from evokan.problem.splits import Fold
from evokan.problem.table import Table
from evokan.seeding import generator

FEWEST_ROWS = 8000
"""Rows of the first cut. The mean of half as many cross-entropies is known to 0.01, a difference of two to less."""
HURRIED_ROWS = 2000
"""The same where a time limit leaves no room for more (`evokan.searching.plan`)."""
GROWTH = 4
"""Times as many rows has the next cut; a quarter of the networks goes on, so all cuts cost alike."""
MOST_CUTS = 3
FEWEST_POINTS = 300
"""Of an equation, on the first cut: enough for a network of some hundred values. Where there are not many more, the
first cut has all of them, and saves steps alone."""
EFFORT = 0.25
"""Share of the steps that a training on a cut of an equation takes."""
AUTOMATIC_ROWS = 20_000
"""From so many rows on, cuts are made unless they are turned off."""
SHARE = 0.5
"""Of all rows that the largest cut may have: the step to all of them has to be worth one."""
FEWEST_OF_CLASS = 20
"""Rows of a class that every part of a cut has, if there are so many."""


def cut_sizes(first: int | None, table: Table, development: IntArray) -> tuple[int, ...]:
    """Return the rows of each cut, ascending; none where there are too few rows, or rows that hang together.

    Parameters
    ----------
    first
        As `parse_rungs` returns it.

    Raises
    ------
    InputError
        `first` is too large for these rows, or they are moments.
    """
    rows = len(development)
    if table.task.is_equation and first is None:
        first = min(FEWEST_POINTS, rows)
        if first > SHARE * rows:
            return (rows,)
    if not (table.task.has_independent_rows or table.task.is_equation):
        if first:
            raise InputError(f"--rungs {first}: the rows of a {table.task} cannot be drawn one by one; use --rungs off")
        return ()
    if first is None:
        first = FEWEST_ROWS if rows >= AUTOMATIC_ROWS else 0
    if first > SHARE * rows:
        raise InputError(
            f"--rungs {first}: there are only {rows} rows outside the test part; use at most --rungs "
            f"{int(SHARE * rows)}, or off"
        )
    sizes = [first * GROWTH**number for number in range(MOST_CUTS)] if first else []
    return tuple(size for size in sizes if size <= SHARE * rows)


def cut_down(folds: Sequence[Fold], table: Table, sizes: Sequence[int], seed: int) -> tuple[tuple[Fold, ...], ...]:
    """Return for each of `sizes` the first fold with about so many of its rows, stratified by class.

    Each cut is part of the next. One half of its rows is trained on, the other validates, as far as there are so many:
    of many rows, one training on more tells more than five on few. The points of an equation, which has no noise, keep
    the shares of the fold.
    """
    if not sizes:
        return ()
    rank, fold = _ranks(table, seed), folds[0]
    half = len(fold.train) / rows_of(folds) if table.task.is_equation else 0.5
    return tuple(
        (Fold(_first(fold.train, table, rank, size * half), _first(fold.validation, table, rank, size * (1.0 - half))),)
        for size in sizes
    )


def _ranks(table: Table, seed: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each row of a table: the lower, the smaller the cuts that it is in."""
    return generator("rungs", seed).random(len(table.y))


def _first(rows: IntArray, table: Table, rank: NDArray[np.float64], count: float) -> IntArray:
    """Return about `count` of `rows`, those of the lowest ranks in each class, sorted."""
    if not table.task.has_classes:
        return np.sort(rows[np.argsort(rank[rows], kind="stable")[: ceil(count)]])
    y = np.asarray(table.y, dtype=np.int64)[rows]
    kept = []
    for one in np.unique(y):
        own = rows[y == one]
        most = max(ceil(count * len(own) / len(rows)), FEWEST_OF_CLASS)
        kept.append(own[np.argsort(rank[own], kind="stable")[:most]])
    return np.sort(np.concatenate(kept))


def rows_of(folds: Sequence[Fold]) -> int:
    """Return how many rows folds have together: of one hold-out, or of K folds that share theirs."""
    return len(folds[0].train) + len(folds[0].validation)


def work_of(folds: Sequence[Fold]) -> int:
    """Return the rows of all folds together: what training on them takes time in proportion to."""
    return rows_of(folds) * len(folds)
