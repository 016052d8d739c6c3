"""Which columns promise most."""

from __future__ import annotations

import numpy as np

from evokan.problem.problem import Problem
from evokan.problem.screening import column_order
from evokan.problem.splits import Fold
from evokan.problem.table import Table


def test_columns_that_tell_come_first_whatever_their_shape():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 60))
    part = np.arange(400) % 4
    folds = [Fold(np.flatnonzero(part != k), np.flatnonzero(part == k)) for k in range(4)]
    for number, shape in ((11, np.abs), (23, np.sin), (42, lambda z: z**2), (57, np.tanh)):
        y = shape(x[:, number]) + 0.5 * rng.standard_normal(400)
        order = column_order(x, y[:, None], folds)
        assert order[0] == number
        assert sorted(order) == [*range(60)]


def test_of_classes_too_and_out_of_the_rows_of_the_first_cut():
    rng = np.random.default_rng(2)
    x = 50 + 1e4 * rng.standard_normal((600, 30))
    y = np.digitize(x[:, 17], [-5e3, 5e3])
    names = tuple(f"c{i}" for i in range(30))
    table = Table("made", "classification", x, y, names, "y", ("low", "mid", "high"))
    for rungs in (0, 100):
        problem = Problem.from_table(table, folds=3, rungs=rungs)
        assert problem.column_order[0] == 17
