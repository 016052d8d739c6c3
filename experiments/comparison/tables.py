"""The tables of the comparison: those that come with evokan, and five made by formula with known interactions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_friedman1, make_friedman2, make_friedman3

from evokan.datasets import DatasetInfo, register_dataset
from evokan.datasets.registry import list_datasets
from evokan.datasets.tables import make_table
from evokan.problem.table import Table
from evokan.problem.task import Task
from experiments.benchmarks.large_tables import many_rows
from experiments.hkan.published import REAL

CLASSIFICATION = ("iris", "wine", "wdbc", "raisin", "rice")
REGRESSION = REAL
FIRST_SPLIT = 300
"""Of tables that split seeds draw the test rows of, no default was decided on split seeds from here on."""
MANY = 1100
"""From so many rows on a table has `FEW_SPLITS`."""
SPLITS, FEW_SPLITS = 10, 3
FLIPPED = 0.1
"""Share of the classes of the table `xor` that are the other one: no model can be right more often than the rest."""

Rows = tuple[NDArray[np.float64], NDArray[np.generic]]


def xor(rows: int = 600, columns: int = 10, seed: int = 0) -> Rows:
    """Return columns uniform on [-1, 1] and two classes: whether the first two have one sign, a tenth of them flipped."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.0, 1.0, (rows, columns))
    return x, ((x[:, 0] * x[:, 1] > 0) ^ (rng.random(rows) < FLIPPED)).astype(np.int64)


MADE: dict[str, tuple[str, Callable[[], Rows], str]] = {
    "friedman-1": (
        "regression",
        lambda: make_friedman1(500, n_features=10, noise=1.0, random_state=0),
        "10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise, five more columns tell nothing",
    ),
    "friedman-2": (
        "regression",
        lambda: make_friedman2(500, noise=125.0, random_state=0),
        "sqrt(x0^2 + (x1 x2 - 1 / (x1 x3))^2) + noise",
    ),
    "friedman-3": (
        "regression",
        lambda: make_friedman3(500, noise=0.1, random_state=0),
        "atan((x1 x2 - 1 / (x1 x3)) / x0) + noise",
    ),
    "xor": ("classification", xor, "sign of x0 x1, a tenth flipped, eight more columns tell nothing"),
    "interacting": (
        "classification",
        lambda: many_rows(2000),
        "eight of 20 columns tell, two pairs of them act together",
    ),
}
"""Task, rows by formula and seed, and what they are."""


def in_turns() -> list[str]:
    """Return all tables, those of classes, of numbers and the made ones in turns: a study may end anywhere."""
    groups = itertools.zip_longest(CLASSIFICATION, MADE, REGRESSION)
    return [name for names in groups for name in names if name is not None]


def register() -> None:
    """Make the made tables known as data sets, once in a process."""
    known = {info.name for info in list_datasets()}
    for name, (task, rows, text) in MADE.items():
        if name not in known:
            x, _ = rows()
            info = DatasetInfo(name, Task(task), len(x), x.shape[1], text, "by formula and seed")
            register_dataset(info, partial(_load, name))


def _load(name: str, seed: int) -> Table:
    task, rows, _ = MADE[name]
    x, y = rows()
    names = [f"x{number}" for number in range(x.shape[1])]
    if Task(task).has_classes:
        classes = ("no", "yes")
        return make_table(
            name,
            "classification",
            x,
            y.astype(np.int64),
            feature_names=names,
            target_name="class",
            class_names=classes,
        )
    return make_table(name, "regression", x, y.astype(np.float64), feature_names=names, target_name="y")


def split_seeds(name: str, most: int | None = None) -> list[int]:
    """Return the split seeds of a registered table, `most` at most; for one with test rows of its own they are seeds."""
    rows = next(info.rows for info in list_datasets() if info.name == name)
    count = SPLITS if rows < MANY else FEW_SPLITS
    return [FIRST_SPLIT + number for number in range(count if most is None else min(count, most))]
