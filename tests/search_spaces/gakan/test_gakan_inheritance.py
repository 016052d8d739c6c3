"""What a GA-KAN takes over from trained relatives: the same function, on another grid too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from evokan.datasets import make_table
from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, TrainingJob
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import KANArchitecture, from_masks, full_network
from search_spaces.gakan.inheritance import inherited_values, matched_edges, regrid


@pytest.fixture(scope="module")
def problem() -> Problem:
    rng = np.random.default_rng(3)
    x = rng.uniform(-1, 1, (60, 3))
    table = make_table(
        "waves", "regression", x, np.sin(3 * x[:, 0]) + x[:, 1] ** 2, feature_names=["a", "b", "c"], target_name="y"
    )
    return Problem.from_table(table)


def trained(architecture: KANArchitecture, problem: Problem, **settings):
    job = TrainingJob(architecture, problem.folds[0], seed=5, keep_weights=True, **settings)
    (result,) = GAKAN().train([job], problem, Budget(steps=4))
    assert not result.reason
    return result


def test_a_network_that_inherits_from_itself_begins_where_it_ended(problem):
    architecture = full_network((3, 2, 1), 4)
    parent = trained(architecture, problem)
    same = TrainingJob(
        architecture,
        problem.folds[0],
        seed=99,
        iterations=1,
        keep_weights=True,
        parents=((architecture, parent.weights),),
    )
    (child,) = GAKAN().train([same], problem, Budget(steps=1))
    fresh = trained(architecture, problem, iterations=1)
    assert child.train_loss <= parent.train_loss * 1.2
    assert child.train_loss < fresh.train_loss / 2


def test_a_neuron_is_found_again_under_another_number_and_in_either_parent():
    first = from_masks([np.array([[1, 1, 0], [0, 0, 1]], bool), np.ones((1, 2), bool)], 3)
    second = from_masks([np.array([[0, 1, 1]], bool), np.ones((1, 1), bool)], 3)
    child = from_masks([np.array([[0, 0, 1], [1, 1, 0]], bool), np.ones((1, 2), bool)], 3)
    hidden, output = matched_edges(child, [first, second])
    position = {edge: place for place, edge in enumerate(first.edges[0])}
    twins = dict(zip(child.edges[0], hidden, strict=True))
    assert twins[(0, 1)] == (0, position[(0, 0)])
    assert twins[(1, 1)] == (0, position[(1, 0)])
    assert all(twin is not None and twin[0] == 0 for twin in output)
    assert [first.edges[1][place][0] for _, place in output] == [1, 0]


def test_new_edges_begin_near_zero_and_others_as_they_were():
    parent = from_masks([np.array([[1, 0, 0]], bool)], 2)
    child = from_masks([np.array([[1, 1, 0]], bool)], 2)
    weights = {
        "layers.0.coefficients": np.array([[1.0, 2, 3, 4, 5]]),
        "layers.0.w_b": np.array([7.0]),
        "layers.0.w_s": np.array([8.0]),
    }
    fresh = np.arange(1.0, 15.0)
    values = inherited_values(child, [(parent, weights)], fresh)
    np.testing.assert_array_equal(values[:5], [1, 2, 3, 4, 5])
    np.testing.assert_allclose(values[5:10], 0.1 * fresh[5:10])
    np.testing.assert_allclose(values[10:], [7, 0.1 * fresh[11], 8, fresh[13]])


def test_without_a_relative_nothing_changes():
    child = full_network((2, 1), 2)
    fresh = np.arange(14.0)
    assert inherited_values(child, [], fresh) is fresh
    deeper = from_masks([np.array([[1, 0]], bool), np.ones((1, 1), bool)], 2)
    stranger = from_masks([np.array([[0, 1]], bool)], 2)
    assert inherited_values(deeper, [(stranger, {})], fresh) is fresh


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 10**6))
def test_a_refined_grid_holds_the_same_spline(intervals, factor, seed):
    coefficients = np.random.default_rng(seed).normal(size=intervals + 3)
    finer = regrid(intervals, intervals * factor) @ coefficients
    x = np.linspace(0, 1, 50, endpoint=False)

    def curve(values: np.ndarray, count: int) -> np.ndarray:
        return BSpline(np.arange(-3, count + 4) / count, values, 3)(x)

    np.testing.assert_allclose(curve(finer, intervals * factor), curve(coefficients, intervals), atol=1e-8)
