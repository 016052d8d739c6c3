"""Systems of cause and effect: their laws, their noise, and maps whose graph is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from evokan.datasets import list_datasets, load_dataset
from evokan.datasets.maps import (
    CURVES,
    MAP_NOISE,
    MAP_SIZES,
    NOT_MONOTONIC,
    mackey_glass,
    sample_map,
    synthetic_map,
)
from evokan.problem.problem import Problem

NAMES = ["yerkes-dodson", "sine-law", "mackey-glass", *(f"synthetic-map-{n}" for n in MAP_SIZES)]


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_as_the_listing_says(name):
    info = next(info for info in list_datasets() if info.name == name)
    table = load_dataset(name)
    assert (table.task, *table.X.shape) == (info.task, info.rows, info.features)
    assert load_dataset(name).sha256 == table.sha256
    assert (load_dataset(name, seed=1).sha256 != table.sha256) == info.seeded
    problem = Problem.from_table(table)
    assert not set(problem.test) & set(problem.development)


def test_the_curve_of_stress_has_its_optimum_at_zero_and_its_noise():
    table = load_dataset("yerkes-dodson")
    x, y = table.X[:, 0], table.y
    assert np.abs(x).max() <= 1
    error = y - (2 * np.exp(-5 * x**2) - 1)
    assert error.std() == pytest.approx(0.05, rel=0.05)
    assert error[table.test_rows].std() == pytest.approx(0.05, rel=0.06)
    assert abs(error.mean()) < 0.003
    assert len(table.test_rows) == 2000


def test_the_sine_law_has_no_noise():
    table = load_dataset("sine-law")
    assert np.array_equal(table.y, np.sin(np.pi * table.X[:, 0]))


def test_mackey_glass_follows_its_equation():
    """Before t = 17 the delayed value is 0; between 17 and 34 it is the known first piece: both against SciPy."""
    x = mackey_glass(34)
    t = np.arange(35)
    assert np.allclose(x[:18], 1.2 * np.exp(-0.1 * t[:18]), rtol=1e-6)

    def slope(now, state):
        old = 1.2 * np.exp(-0.1 * (now - 17))
        return 0.2 * old / (1 + old**10) - 0.1 * state

    solved = solve_ivp(slope, (17, 34), [x[17]], rtol=1e-10, atol=1e-12, t_eval=t[17:])
    assert np.allclose(x[17:], solved.y[0], atol=1e-4)
    fine = mackey_glass(60, steps_a_second=40)
    assert np.allclose(mackey_glass(60), fine, atol=1e-3)


def test_lags_of_the_series_fit_together():
    table = load_dataset("mackey-glass")
    assert table.feature_names == ("x(t-18)", "x(t-12)", "x(t-6)", "x(t)")
    for column in range(3):
        assert np.array_equal(table.X[6:, column], table.X[:-6, column + 1])
    assert np.array_equal(table.y[:-6], table.X[6:, 3])
    assert np.array_equal(table.X[:, 3], mackey_glass(1123)[118:1118])
    assert table.test_rows.tolist() == list(range(500, 1000))


@pytest.mark.parametrize("concepts", MAP_SIZES)
@pytest.mark.parametrize("seed", [0, 7])
def test_maps_are_sparse_and_bent(concepts, seed):
    law = synthetic_map(concepts, seed)
    causes = np.bincount([effect for _, effect in law.edges], minlength=concepts)
    assert set(causes) <= {1, 2, 3}
    assert len(set(law.edges)) == len(law.edges) == len(law.curves)
    bent = list(CURVES)[:NOT_MONOTONIC]
    assert sum(curve in bent for curve in law.curves) >= len(law.edges) / 2
    for name, curve in CURVES.items():
        turned = np.diff(np.sign(np.diff(curve(np.linspace(-1, 1, 1001)))))
        assert (name in bent) == bool(turned.any())


def test_steps_follow_the_map_but_for_the_noise():
    table = load_dataset("synthetic-map-10", seed=3)
    law = synthetic_map(10, 3)
    error = table.y - law.step(table.X)
    assert error.std() == pytest.approx(MAP_NOISE, rel=0.05)
    cause, effect = law.edges[0]
    moved = table.X.copy()
    moved[:, cause] += 0.3
    change = np.abs(law.step(moved) - law.step(table.X)).max(axis=0) > 0
    assert set(np.flatnonzero(change)) == {b for a, b in law.edges if a == cause}
    assert change[effect]
    assert np.bincount(table.series).tolist() == [10] * 100
    assert table.test_rows.tolist() == list(range(500, 1000))
    clean = sample_map(10, 50, 0.0, 3)
    assert np.allclose(clean.y, law.step(clean.X))
