"""What columns are worth by shuffling them: how much is shuffled, and what comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.explain.column_importances import (
    FEWEST_REPEATS,
    FEWEST_ROWS,
    MOST_WORK,
    REPEATS,
    affordable,
    permutation_importance,
)
from evokan.testing import small_problem


@given(st.integers(0, 300), st.integers(1, 5000), st.integers(0, 10**7))
def test_the_work_is_bounded_unless_the_fewest_are_more(columns, rows, n_params):
    repeats, most = affordable(columns, rows, n_params)
    assert FEWEST_REPEATS <= repeats <= REPEATS
    assert min(rows, FEWEST_ROWS) <= most <= rows
    work = max(columns, 1) * max(n_params, 1) * repeats * most
    assert work <= MOST_WORK or (repeats, most) == (FEWEST_REPEATS, min(rows, FEWEST_ROWS))
    assert most == rows or repeats == FEWEST_REPEATS


@pytest.mark.parametrize(
    ("columns", "rows", "n_params", "wanted"),
    [
        (13, 36, 200, (20, 36)),
        (20, 5000, 500, (20, 5000)),
        (32, 2458, 68_857, (5, 453)),
        (500, 5000, 10**6, (5, 200)),
    ],
)
def test_only_large_networks_are_shuffled_less(columns, rows, n_params, wanted):
    assert affordable(columns, rows, n_params) == wanted


def test_a_large_network_is_asked_for_fewer_rows_and_tells_the_same():
    problem = small_problem("regression", rows=4000)
    asked = []

    def predict(X):
        asked.append(len(X))
        return 3.0 * X[:, [0]]

    columns = np.arange(problem.n_features)
    whole, _ = permutation_importance(problem, predict, 0, columns)
    many = sum(asked)
    asked.clear()
    part, sd = permutation_importance(problem, predict, 0, columns, n_params=10**6)
    assert max(asked) <= FEWEST_ROWS
    assert sum(asked) < many / 4
    assert part[0] == pytest.approx(whole[0], rel=0.3)
    assert part[1:] == pytest.approx(np.zeros(problem.n_features - 1), abs=1e-12)
    assert sd[0] > 0
