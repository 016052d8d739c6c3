"""Classical systems: their laws, their noise, and graphs that are those of their equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from evokan.datasets import list_datasets, load_dataset
from evokan.datasets.systems import (
    ANIMAL_NOISE,
    CAUSES,
    LORENZ_STEP,
    animal_step,
    logistic_step,
    lorenz_slope,
)

LAWS = {"coupled-logistic": logistic_step, "predator-prey": animal_step, "lorenz-96": lorenz_slope}


@pytest.mark.parametrize("name", list(LAWS))
def test_tables_are_as_the_listing_says_and_move(name):
    info = next(info for info in list_datasets() if info.name == name)
    table = load_dataset(name, seed=3)
    assert (table.task, *table.X.shape) == (info.task, info.rows, info.features)
    assert load_dataset(name, seed=3).sha256 == table.sha256 != load_dataset(name, seed=4).sha256
    assert np.array_equal(table.X[1:], table.y[:-1])
    assert table.X.std(axis=0).min() > 0.1
    assert np.abs(np.corrcoef(table.X.T) - np.eye(info.features)).max() < 0.8, "nothing goes in step with another"


@pytest.mark.parametrize("name", list(LAWS))
def test_the_graph_is_what_the_equations_say(name):
    states = load_dataset(name).X[50:90]
    moves = np.zeros((states.shape[1],) * 2, dtype=bool)
    for state in states:
        for cause in range(len(state)):
            moved = state.copy()
            moved[cause] += 1e-3
            moves[cause] |= np.abs(LAWS[name](moved) - LAWS[name](state)) > 1e-9
    assert sorted(CAUSES[name]) == sorted(map(tuple, np.argwhere(moves).tolist()))


def test_coupled_maps_follow_their_law_exactly():
    table = load_dataset("coupled-logistic", seed=1)
    assert np.array_equal(np.array([logistic_step(state) for state in table.X]), table.y)
    assert table.X[:, 0] == pytest.approx(
        np.concatenate([table.X[:1, 0], 3.95 * table.X[:-1, 0] * (1 - table.X[:-1, 0])])
    )


def test_animals_follow_theirs_but_for_the_noise():
    table = load_dataset("predator-prey", seed=1)
    error = table.y - np.array([animal_step(state) for state in table.X])
    assert error.std(axis=0) == pytest.approx(np.full(4, ANIMAL_NOISE), rel=0.1)
    hare, lynx = np.exp(table.X[0, :2])
    assert np.exp(animal_step(table.X[0])[:2]) == pytest.approx(
        [hare * np.exp(2.2 * (1 - hare) - 3.0 * lynx), hare * (1 - np.exp(-3.0 * lynx))]
    )


def test_the_ring_is_integrated_as_scipy_does():
    table = load_dataset("lorenz-96", seed=2)
    solved = solve_ivp(lambda _, x: lorenz_slope(x), (0, LORENZ_STEP), table.X[7], rtol=1e-10, atol=1e-10)
    assert table.y[7] == pytest.approx(solved.y[:, -1], abs=1e-4)
