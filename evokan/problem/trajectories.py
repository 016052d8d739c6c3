"""How trajectories are cut: in the order of time, never shuffled.

A table of the task ``trajectory`` holds transitions from one moment to the next. Rows of one series stand in the
order of time, so that whatever a network has seen lies before what it is tested on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evokan.arrays import IntArray
from evokan.seeding import generator


@dataclass(frozen=True, eq=False)
class TimeSplit:
    """Row numbers of the three parts, sorted."""

    train: IntArray
    validation: IntArray
    test: IntArray


def split_in_time(
    series: IntArray, test_size: float, validation_size: float, test_rows: IntArray | None = None
) -> TimeSplit:
    """Cut every series into a train part, a validation part behind it and a test part at its end.

    Where series are so short that this leaves a part without any row, whole series are taken instead, the last
    ones for the test.

    Parameters
    ----------
    series
        Number of the series of each row, shape (rows,).
    test_size, validation_size
        Shares: test of all rows, validation of the rest.
    test_rows
        A test part that is given; only the rest is cut then.

    Raises
    ------
    ValueError
        A part would be empty.
    """
    rows = np.arange(len(series), dtype=np.int64)
    rest, test = _ends(rows, series, test_size) if test_rows is None else (np.setdiff1d(rows, test_rows), test_rows)
    train, validation = _ends(rest, series, validation_size)
    if not (len(train) and len(validation) and len(test)):
        raise ValueError(
            f"of the moments in time, {len(train)} would be for training, {len(validation)} for "
            f"validation and {len(test)} for the test: each part needs one"
        )
    return TimeSplit(train, validation, np.sort(test))


def _ends(rows: IntArray, series: IntArray, size: float) -> tuple[IntArray, IntArray]:
    """Return `rows` without and with the last share `size` of every series."""
    groups = [rows[series[rows] == number] for number in np.unique(series[rows])]
    counts = [round(size * len(group)) for group in groups]
    if not any(counts) and len(groups) > 1:
        last = max(round(size * len(groups)), 1)
        counts = [0] * (len(groups) - last) + [len(group) for group in groups[-last:]]
    none = np.zeros(0, dtype=np.int64)
    before = [group[: len(group) - count] for group, count in zip(groups, counts, strict=True)]
    after = [group[len(group) - count :] for group, count in zip(groups, counts, strict=True)]
    return np.sort(np.concatenate([none, *before])), np.sort(np.concatenate([none, *after]))


def blocks_in_time(series: IntArray, rows: IntArray, folds: int, seed: int) -> list[tuple[IntArray, IntArray]]:
    """Return `folds` pairs of row numbers (train, validation); each validation part is a block of moments.

    The series are put behind one another in an order drawn from `seed`, and that ring is cut into blocks of equal
    length, beginning at a place drawn from `seed`: with many series a block is mostly whole series, with a
    single one an interval of time (Bergmeir and Benítez, Information Sciences 191, 2012).
    """
    rng = generator("time blocks", seed)
    numbers = rng.permutation(np.unique(series[rows]))
    ring = np.concatenate([rows[series[rows] == number] for number in numbers])
    ring = np.roll(ring, -int(rng.integers(len(ring))))
    return [(np.setdiff1d(rows, block), np.sort(block)) for block in np.array_split(ring, folds)]
