"""Very small, very large and far-off values: computed as any others, or refused in one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import table_from_frame
from evokan.errors import InputError
from evokan.problem.metrics import evaluate_predictions, prediction_loss
from evokan.problem.scaling import Scaler
from evokan.problem.table import Table

X = np.random.default_rng(0).normal(size=(50, 1))


@pytest.mark.parametrize("kind", ["standard", "minmax"])
@pytest.mark.parametrize(
    ("offset", "size"),
    [(1.7e9, 1e-3), (-1.7e18, 1e4), (1e6, 1e-6), (0.0, 1e-155), (0.0, 1e-170), (3e-150, 1e-160), (0.0, 1e-295)],
)
def test_a_spread_far_from_zero_is_no_constant(kind, offset, size):
    values = offset + size * X
    scaled = Scaler.fit(values, kind).transform(values)
    assert np.allclose(scaled, Scaler.fit(values - offset, kind).transform(values - offset), atol=1e-2)


@pytest.mark.parametrize("value", [0.1, 1.7e9, -3e-7, 0.0, 1e-170])
def test_constants_and_rounding_noise_stay_as_they_are(value):
    noisy = value * (1.0 + np.array([[0.0], [1.0], [1.5], [0.5]]) * np.finfo(float).eps)
    for values in (np.full((4, 1), value), noisy):
        assert Scaler.fit(values, "standard").scale == 1.0


@pytest.mark.parametrize("unit", [1e-150, 1e-165, 1e-170, 1e-300])
def test_figures_do_not_depend_on_the_unit(unit):
    y = np.array([1.0, 2.0, 4.0])
    plain, small = (evaluate_predictions("regression", y * u, 1.1 * y * u) for u in (1.0, unit))
    assert small["r2"] == pytest.approx(plain["r2"], rel=1e-9)
    assert small["rmse"] == pytest.approx(plain["rmse"] * unit, rel=1e-9, abs=0)
    assert prediction_loss("regression", y * unit, 1.1 * y * unit) == pytest.approx(small["rmse"], rel=1e-9, abs=0)


def test_every_output_has_a_unit_of_its_own():
    y = np.column_stack([X[:, 0], X[:, 0] * 1e-200])
    both = evaluate_predictions("trajectory", y, 1.1 * y)
    assert both["r2"] == pytest.approx(evaluate_predictions("regression", y[:, 0], 1.1 * y[:, 0])["r2"], rel=1e-9)


@pytest.mark.parametrize("column", ["x", "y"])
def test_what_differs_too_little_is_refused_by_name(column):
    x, y = (X * 1e-305, X[:, 0]) if column == "x" else (X, X[:, 0] * 1e-305)
    with pytest.raises(InputError, match=f"^column '{column}' holds values that differ by less than 1e-300"):
        Table("t", "regression", x, y, ("x",), "y").check_magnitude()
    Table("t", "regression", X * 0 + 1e-170, X[:, 0], ("x",), "y").check_magnitude()


def test_medians_near_the_end_of_the_numbers():
    big = pd.DataFrame({"x": [1.7e308, 1.7e308, np.nan, 1.6e308, 1.75e308] * 4, "y": np.arange(20.0)})
    table = table_from_frame(big, "y", impute="median")
    assert table.X[2, 0] == 1.7e308
    with pytest.raises(InputError, match="beyond 1e\\+100"):
        table.check_magnitude()


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_a_microsecond_far_from_zero_is_no_constant(kind):
    """Time in seconds since 1970: some five neighbouring numbers of float64."""
    moments = 1.7e9 + np.array([[0.0], [2.5e-7], [5e-7], [7.5e-7], [1e-6]])
    scaled = Scaler.fit(moments, kind).transform(moments)
    assert len(np.unique(scaled)) == 5
    assert np.ptp(scaled) == pytest.approx(np.ptp((np.arange(5) - 2) / np.sqrt(2) if kind == "standard" else [0, 1]))


def test_ten_percent_off_is_ten_percent_off_at_any_size():
    y = np.array([1.0, 2.0, 4.0, 1.0]) * 1e-165
    assert evaluate_predictions("regression", y, 1.1 * y)["r2"] == pytest.approx(
        1 - 0.01 * np.sum(y / 1e-165 * y / 1e-165) / np.sum((y / 1e-165 - 2) ** 2)
    )
