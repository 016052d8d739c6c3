"""Columns that depend on one another in the training rows alone: new rows must not make predictions explode."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from evokan.errors import InputError
from experiments.hkan.explosions import (
    DEFAULT,
    FAR,
    FIRST_SEED,
    TRIALS,
    Piece,
    no_level,
    reach,
    report,
    run_piece,
)
from experiments.hkan.explosions import LINEAR as LINEAR_NETWORK
from experiments.hkan.repeats import rows_of
from search_spaces.hkan import HKANLayer, HKANRegressor
from search_spaces.hkan.solvers import truncated

LINEAR = [HKANLayer(basis="identity")]


@pytest.mark.parametrize("network", [LINEAR_NETWORK, "one layer, sigmoid", DEFAULT, "20 tanh, identity"])
@pytest.mark.parametrize("kind", TRIALS)
def test_no_prediction_explodes_where_a_dependence_is_broken(kind, network):
    found = run_piece(Piece(network, True, kind))
    assert found["trials"] == TRIALS[kind][1]
    assert found["exploded"] == 0
    assert found["median"] < 10


@pytest.mark.parametrize("network", [DEFAULT, "100 sigmoid, softplus"])
def test_plain_least_squares_in_two_layers_explode(network):
    far = [reach(network, False, "a column repeated", FIRST_SEED + seed) for seed in range(3)]
    assert max(far) > FAR  # so the trials above would notice


def test_below_the_default_they_do():
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(300, 10))
        known, new = no_level(rng, x)
        model = HKANRegressor(LINEAR, cutoff=0.0, steady=False).fit(
            np.hstack([x, known]), x[:, 0] + rng.normal(size=300)
        )
        found.append(np.abs(model.predict(np.hstack([x, new]))).max())
    assert max(found) > 1e3  # so the trials above would notice


def test_a_repeated_column_shares_the_weight():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    model = HKANRegressor(LINEAR, steady=False, scaler="none").fit(np.column_stack([x, x[:, 1]]), x @ [1.0, 2.0, 3.0])
    np.testing.assert_allclose(model.layers_[0].weights[0], [1.0, 1.0, 3.0, 1.0], rtol=1e-9)


@pytest.mark.parametrize("scaler", ["minmax", "none"])
def test_one_identity_layer_on_elevators_is_linear_regression(scaler):
    try:
        rows = rows_of("elevators")
    except InputError as missing:
        pytest.skip(str(missing))
    ours, steady = (
        HKANRegressor(LINEAR, steady=steady, scaler=scaler).fit(rows.x, rows.y).predict(rows.x_test)
        for steady in (False, True)
    )
    plain = LinearRegression().fit(rows.x, rows.y).predict(rows.x_test)
    errors = [float(np.sqrt(np.mean((found - rows.y_test) ** 2))) for found in (ours, plain, steady)]
    assert errors[0] == pytest.approx(errors[1], rel=1e-6)
    assert errors[0] == pytest.approx(0.0465, abs=5e-4)
    assert errors[2] == pytest.approx(errors[1], rel=0.01)  # cross-validation may leave out weak directions


def test_functions_without_noise_keep_their_last_digits():
    rng = np.random.default_rng(0)
    x = rng.random((600, 2))
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 3
    layers = [HKANLayer(150, "tanh", 5, 12, "random", 0.01), HKANLayer(basis="identity")]
    errors = [
        np.abs(
            HKANRegressor(layers, steady=steady, scaler="none").fit(x[:400], y[:400]).predict(x[400:]) - y[400:]
        ).max()
        for steady in (False, True)
    ]
    assert errors[1] < 10 * errors[0] < 1e-4


@pytest.mark.parametrize("rows", [60, 200])
def test_steady_solutions_leave_out_weak_noise_and_keep_weak_signal(rows):
    rng = np.random.default_rng(0)
    u = np.linalg.qr(rng.normal(size=(rows, 5)))[0]
    size = np.array([1.0, 0.5, 1e-4, 1e-5, 1e-6])
    v = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    x = (u * size @ v.T).T
    noise = 0.01 * rng.normal(size=rows)
    for signal, kept in (([1.0, 1.0, 0, 0, 0], 2), ([1.0, 1.0, 1.0, 0, 0], 3)):
        found = v.T @ truncated(x, (u @ signal + noise - u @ (u.T @ noise))[None], 4e-15, steady=True)[0]
        assert np.flatnonzero(np.abs(found) > 1e-9).tolist() == list(range(kept))
        np.testing.assert_allclose(found[:kept], np.array(signal)[:kept] / size[:kept], rtol=1e-6)
    plain = truncated(x, (u @ [1.0, 1.0, 0, 0, 0] + noise)[None], 4e-15)[0]
    assert np.abs(v.T @ plain).max() > 100


def test_a_ridge_on_the_nodes_is_ridge_regression():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 4))
    y = x @ [1.0, 2.0, 3.0, 4.0] + rng.normal(size=100)
    for ridge in (0.5, 20.0):
        layers = [HKANLayer(basis="identity", node_ridge=ridge)]
        found = HKANRegressor(layers, scaler="none").fit(x, y)
        wanted = Ridge(alpha=ridge).fit(x, y)
        np.testing.assert_allclose(found.layers_[0].weights[0], wanted.coef_, rtol=1e-9)
        assert found.layers_[0].bias[0] == pytest.approx(wanted.intercept_, rel=1e-9)
    hidden = [HKANLayer(3, "identity", node_ridge=20.0), HKANLayer(basis="identity")]
    first = HKANRegressor(hidden, scaler="none").fit(x, y).layers_[0]
    np.testing.assert_allclose(first.weights[0], Ridge(alpha=20.0).fit(x, y).coef_, rtol=1e-9)
    assert HKANLayer.from_json(layers[0].to_json()) == layers[0]
    assert layers[0].key != HKANLayer(basis="identity").key
    assert "node_ridge" not in HKANLayer().to_json()


def test_the_page_counts_explosions():
    def row(network, steady, kind, exploded):
        return {
            "network": network,
            "steady": steady,
            "kind": kind,
            "trials": TRIALS[kind][1],
            "exploded": exploded,
            "median": 3.0,
            "worst": 450.0 if exploded else 4.5,
        }

    rows = [row(DEFAULT, steady, kind, 0 if steady == "True" else 7) for steady in ("True", "False") for kind in TRIALS]
    text = "\n".join(report(rows))
    assert f"| {DEFAULT}: explosions in 80 trials | at most 0 | 0 | met |" in text
    assert "0 of 30 (4.5)" in text
    assert "7 of 20 (450)" in text
    rows[0]["exploded"] = 1
    assert "**not met**" in "\n".join(report(rows))
