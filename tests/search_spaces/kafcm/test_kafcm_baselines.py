"""The classical map with scalar weights, and what stands beside a search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from evokan.datasets import load_dataset, make_table
from evokan.problem.problem import Problem
from evokan.testing.problems import small_problem
from search_spaces.kafcm import KAFCM
from search_spaces.kafcm.classical import swarm, train_classical


def test_the_swarm_finds_the_weights_of_a_classical_map():
    rng = np.random.default_rng(0)
    x, weights = rng.uniform(-1, 1, (200, 4)), np.array([0.9, -0.4, 0.0, 0.3])
    found = swarm(x, np.tanh(x @ weights), np.random.default_rng(1))
    assert found == pytest.approx(weights, abs=1e-3)
    limits = swarm(x, np.tanh(x @ (3 * weights)), np.random.default_rng(1))
    assert np.abs(limits).max() == 1.0


def test_a_classical_map_is_trained_alike_for_a_seed_and_predicts_in_own_units():
    rng = np.random.default_rng(2)
    path = rng.uniform(-1, 1, (200, 3))
    matrix = np.array([[0.0, 0.8, 0.0], [-0.7, 0.0, 0.0], [0.0, 0.3, 0.5]])
    wanted = np.tanh(path @ matrix)
    y = np.column_stack([wanted, path[:, :0]])
    table = make_table(
        "weights",
        "trajectory",
        50 + 10 * path,
        50 + 10 * y,
        feature_names="abc",
        target_name="",
        series=np.arange(200, dtype=np.int64),
    )
    problem = Problem.from_table(table)
    one, two = train_classical(problem, 0), train_classical(problem, 0)
    assert np.array_equal(one.matrix, two.matrix)
    assert not np.array_equal(one.matrix, train_classical(problem, 1).matrix)
    error = root_mean_squared_error(table.y[problem.test], one.predict(table.X[problem.test]))
    assert error < 0.2 * table.y.std()


def test_scalar_weights_cannot_bend():
    problem = Problem.from_table(load_dataset("yerkes-dodson"))
    values = train_classical(problem, 0).predict(np.array([[-0.9], [-0.1], [0.4], [0.8]]))[:, 0]
    assert (np.diff(values) > 0).all() or (np.diff(values) < 0).all()


@pytest.mark.parametrize("task", ["trajectory", "regression"])
def test_both_baselines_have_test_figures(task):
    found = KAFCM().baselines(small_problem(task), 0)
    assert set(found) == {"fcm_scalar_weights", "mlp_two_layers"}
    for figures in found.values():
        assert set(figures) == {"rmse", "mae", "r2"}
        assert all(value is not None and np.isfinite(value) for value in figures.values())
