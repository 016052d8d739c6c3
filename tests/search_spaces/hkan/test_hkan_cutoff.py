"""Columns that depend on one another in the training rows alone: new rows must not make predictions explode."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from evokan.errors import InputError
from experiments.hkan.repeats import rows_of
from search_spaces.hkan import HKANLayer, HKANRegressor

LINEAR = [HKANLayer(basis="identity")]
CURVED = [HKANLayer(1, "sigmoid", 3, 8, "equal", 0.001)]


def no_level(rng, x):
    """A one-hot column, and new rows of no level: the columns of all levels sum to 1 in the training rows alone."""
    level = np.eye(5)[rng.integers(0, 5, len(x))]
    return level, np.zeros_like(level)


def repeated(rng, x):
    """A column that is another one in the training rows, and its own in new ones."""
    return x[:, [1]], rng.normal(size=(len(x), 1))


def collinear(rng, x):
    """A weighted sum of the other columns in the training rows alone."""
    total = x @ rng.normal(size=(x.shape[1], 1))
    return total, rng.normal(size=total.shape) * total.std()


@pytest.mark.parametrize("layers", [LINEAR, CURVED], ids=["linear", "curved"])
@pytest.mark.parametrize(("columns", "trials"), [(no_level, 30), (repeated, 30), (collinear, 20)])
def test_no_prediction_explodes_where_a_dependence_is_broken(columns, trials, layers):
    explosions, worst = 0, 0.0
    for seed in range(trials):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(300, 10))
        known, new = columns(rng, x)
        y = x[:, 0] + 0.5 * known[:, 0] + 0.1 * rng.normal(size=300)
        model = HKANRegressor(layers, random_state=seed).fit(np.hstack([x, known]), y)
        reach = np.abs(model.predict(np.hstack([x, new])) - y.mean()).max() / y.std()
        explosions += bool(reach > 100)
        worst = max(worst, float(reach))
    assert explosions == 0
    assert worst < 10


def test_below_the_default_they_do():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(300, 10))
        known, new = no_level(rng, x)
        model = HKANRegressor(LINEAR, cutoff=0.0).fit(np.hstack([x, known]), x[:, 0] + rng.normal(size=300))
        found.append(np.abs(model.predict(np.hstack([x, new]))).max())
    assert max(found) > 1e3  # so the trials above would notice


def test_a_repeated_column_shares_the_weight():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    model = HKANRegressor(LINEAR, scaler="none").fit(np.column_stack([x, x[:, 1]]), x @ [1.0, 2.0, 3.0])
    np.testing.assert_allclose(model.layers_[0].weights[0], [1.0, 1.0, 3.0, 1.0], rtol=1e-9)


@pytest.mark.parametrize("scaler", ["minmax", "none"])
def test_one_identity_layer_on_elevators_is_linear_regression(scaler):
    try:
        rows = rows_of("elevators")
    except InputError as missing:
        pytest.skip(str(missing))
    ours = HKANRegressor(LINEAR, scaler=scaler).fit(rows.x, rows.y).predict(rows.x_test)
    plain = LinearRegression().fit(rows.x, rows.y).predict(rows.x_test)
    errors = [float(np.sqrt(np.mean((found - rows.y_test) ** 2))) for found in (ours, plain)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-6)
    assert errors[0] == pytest.approx(0.0465, abs=5e-4)
