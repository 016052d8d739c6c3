"""Few rows before many: how many, which, and what is refused."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets import load_dataset
from evokan.errors import InputError
from evokan.problem.problem import Problem
from evokan.problem.rungs import (
    AUTOMATIC_ROWS,
    FEWEST_OF_CLASS,
    FEWEST_ROWS,
    cut_sizes,
    rows_of,
)
from evokan.problem.table import Table
from evokan.settings.choices import parse_rungs


def table(rows: int, classes: int = 0, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    if not classes:
        return Table("made", "regression", x, x[:, 0], ("a", "b", "c"), "y")
    y = np.minimum(rng.geometric(0.5, rows) - 1, classes - 1)
    return Table("made", "classification", x, y, ("a", "b", "c"), "y", tuple(map(str, range(classes))))


@pytest.mark.parametrize(
    ("first", "rows", "expected"),
    [
        (None, AUTOMATIC_ROWS - 1, ()),
        (None, AUTOMATIC_ROWS, (FEWEST_ROWS,)),
        (None, 80_000, (8000, 32_000)),
        (None, 800_000, (8000, 32_000, 128_000)),
        (0, 800_000, ()),
        (50, 100, (50,)),
        (10, 10_000, (10, 40, 160)),
    ],
)
def test_sizes_of_the_cuts(first, rows, expected):
    assert cut_sizes(first, table(8), np.arange(rows)) == expected


def test_what_rungs_may_be():
    assert (parse_rungs("auto"), parse_rungs("off"), parse_rungs("500")) == (None, 0, 500)
    for text in ("9", "-20", "many", "1e3", ""):
        with pytest.raises(InputError, match="write auto, off, or the rows of the first rung, at least 10"):
            parse_rungs(text)
    with pytest.raises(InputError, match=r"--rungs 60: there are only 100 rows .* use at most --rungs 50, or off"):
        cut_sizes(60, table(8), np.arange(100))


@pytest.mark.parametrize(
    ("first", "points", "expected"),
    [
        (None, 100, (100,)),
        (None, 599, (599,)),
        (None, 600, (300,)),
        (None, 9000, (300, 1200)),
        (40, 100, (40,)),
        (0, 9, ()),
    ],
)
def test_sizes_of_the_cuts_of_an_equation(first, points, expected):
    assert cut_sizes(first, load_dataset("lane-emden-0"), np.arange(points)) == expected


def test_the_cuts_of_an_equation_keep_the_shares_of_its_hold_out():
    problem = Problem.from_table(load_dataset("lane-emden-0"), rungs=None)
    ((cut,),) = problem.cuts
    (whole,) = problem.folds
    assert (len(cut.train), len(cut.validation)) == (270, 30)
    assert set(cut.train) < set(whole.train)
    assert set(cut.validation) < set(whole.validation)


def test_moments_are_not_drawn():
    x = np.zeros((100, 2))
    series = Table("s", "trajectory", x, x, ("a", "b"), "next", series=np.zeros(100, dtype=np.int64))
    with pytest.raises(InputError, match="--rungs 20: the rows of a trajectory cannot be drawn one by one"):
        cut_sizes(20, series, np.arange(80))
    assert cut_sizes(None, series, np.arange(80_000)) == ()


@given(
    rows=st.integers(120, 400),
    classes=st.sampled_from([0, 2, 4]),
    folds=st.sampled_from([1, 2, 5]),
    first=st.integers(10, 40),
    seed=st.integers(0, 9),
)
def test_cuts_are_nested_parts_of_the_first_fold_with_rows_of_every_class(rows, classes, folds, first, seed):
    problem = Problem.from_table(
        table(rows, classes, seed), folds=folds, fewer_folds=True, split_seed=seed, rungs=first
    )
    stages = [*problem.cuts, problem.folds]
    assert len(stages) > 1
    for smaller, larger in pairwise(stages):
        assert rows_of(smaller) <= rows_of(larger)
        for few, many in zip(smaller, larger, strict=False):
            assert set(few.train) <= set(many.train)
            assert set(few.validation) <= set(many.validation)
            assert (np.diff(few.train) > 0).all()
    for number, cut in enumerate(problem.cuts):
        assert len(cut) == 1
        for fold, whole in zip(cut, problem.folds, strict=False):
            for own, all_rows in ((fold.train, whole.train), (fold.validation, whole.validation)):
                if classes:
                    have, there = (np.bincount(problem.table.y[part], minlength=classes) for part in (own, all_rows))
                    assert (have >= np.minimum(there, FEWEST_OF_CLASS)).all()
                else:
                    assert len(own) == min(-(-first * 4**number // 2), len(all_rows))


def test_cuts_follow_from_the_split_seed_alone():
    one, same, other = (Problem.from_table(table(300), rungs=20, split_seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.train, b.train) for a, b in zip(one.cuts[0], same.cuts[0], strict=True))
    assert not np.array_equal(one.cuts[0][0].train, other.cuts[0][0].train)
