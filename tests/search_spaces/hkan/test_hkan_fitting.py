"""The fit against scikit-learn, the normal equations, and cases with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from hkan_reference import basis_values, fit_predict
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge

from evokan.errors import TrainingFailed
from search_spaces.hkan import HKANLayer
from search_spaces.hkan.basis import Column, place_centres
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.layers import BASES
from search_spaces.hkan.solvers import JITTER, solve_gram, truncated

EPS = 2.0**-52
CURVED = [basis for basis in BASES if basis != "identity"]


def rows(n=80, columns=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((n, columns))
    return x, 0.5 + 0.4 * np.sin(4 * x[:, 0]) * x[:, 1] - 0.2 * x[:, -1] ** 2


@pytest.mark.parametrize("basis", CURVED)
@pytest.mark.parametrize("reach", [1.0, 1e6])
def test_basis_functions_are_what_their_names_say(basis, reach):
    # Far from [0, 1] the shortcut by factors would overflow; there the plain formula has to answer.
    rng = np.random.default_rng(0)
    z, centres = reach * rng.normal(size=(3, 20)), reach * rng.normal(size=(5, 4))
    column = np.array([2, 0, 1, 1, 2])
    found = Column(basis, 7.0, z).values(centres, column)
    with np.errstate(over="ignore"):
        for block, p in enumerate(column):
            u = 7.0 * (z[p][:, None] - centres[block])
            wanted = (np.logaddexp(0, u) if basis == "softplus" else basis_values(basis, 7.0, z[p], centres[block])).T
            np.testing.assert_allclose(found[block], wanted, rtol=1e-9, atol=1e-13)


@given(st.sampled_from(CURVED), st.floats(0.01, 60), st.floats(-3, 3), st.floats(-3, 3))
def test_the_shortcut_by_factors_keeps_the_precision(basis, sigma, z, mu):
    near = np.array([[z, -3.0, 3.0]])
    found = Column(basis, sigma, near).values(np.array([[mu]]), np.array([0]))[0, 0, 0]
    u = sigma * (z - mu)
    wanted = np.logaddexp(0, u) if basis == "softplus" else basis_values(basis, sigma, near[0], np.array([mu]))[0, 0]
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-13)


def test_centres_lie_where_the_placement_says():
    z = np.sort(np.random.default_rng(0).normal(size=(2, 50)))
    rng = np.random.default_rng(1)
    data = place_centres("data", z, 6, 30, rng)
    for p in range(2):
        assert np.isin(data[:, p], z[p]).all()
    assert len(np.unique(data[0, 0])) < 30  # drawn with replacement
    uniform = place_centres("random", z, 40, 30, rng)
    assert 0 <= uniform.min() < 0.01
    assert 0.99 < uniform.max() < 1
    equal = place_centres("equal", z, 2, 5, rng)
    assert np.array_equal(equal, np.broadcast_to([0, 0.25, 0.5, 0.75, 1], (2, 2, 5)))
    assert np.array_equal(place_centres("equal", z, 1, 1, rng), np.zeros((1, 2, 1)))


@pytest.mark.parametrize("ridge", [0.001, 0.1, 10.0])
def test_blocks_are_ridge_models_with_an_intercept(ridge):
    x, y = rows()
    found = fit([HKANLayer(4, "tanh", 3, 6, "random", ridge), HKANLayer(basis="identity")], x, y[:, None], 0, EPS)
    layer = found.layers[0]
    for q in range(4):
        for p in range(3):
            values = basis_values("tanh", 3, x[:, p], layer.centres[q, p])
            model = Ridge(alpha=ridge, solver="svd").fit(values, y)
            np.testing.assert_allclose(layer.coefficients[q, p], model.coef_, rtol=1e-6, atol=1e-9)
            centred = values - values.mean(axis=0)  # the normal equations
            left = (centred.T @ centred + ridge * np.eye(6)) @ layer.coefficients[q, p]
            np.testing.assert_allclose(left, centred.T @ (y - y.mean()), rtol=1e-9, atol=1e-12)


NETWORKS = {
    "one layer": [HKANLayer(1, "softplus", 2, 8, "equal", 0.01)],
    "identity output": [HKANLayer(7, "relu", 5, 4, "data", 0.1), HKANLayer(basis="identity")],
    "three layers": [
        HKANLayer(9, "sigmoid", 8, 5, "data", 0.01),
        HKANLayer(4, "gaussian", 2, 3, "random", 0.1),
        HKANLayer(1, "tanh", 4, 6, "random", 0.001),
    ],
    "mixed": [
        HKANLayer(6, ("tanh", "relu", "gaussian"), 4, 3, "random", 0.01),
        HKANLayer(1, ("softplus", "sigmoid"), 3, 5, "data", 0.01),
    ],
    "a sharpness of each": [
        HKANLayer(5, ("tanh", "gaussian"), (4, 9), 3, "random", 0.01),
        HKANLayer(1, ("sigmoid", "relu"), (2.0, 6.0), 4, "data", 0.1),
    ],
    "several inside of a block": [
        HKANLayer(5, ("tanh", "gaussian", "relu"), (4, 9, 1), 5, "random", 0.01, inside=True),
        HKANLayer(1, ("softplus", "sigmoid"), 3, 5, "data", 0.01, inside=True),
    ],
    "identity inside": [HKANLayer(2, "identity"), HKANLayer(1, "sigmoid", 4, 9, "random", 0.01)],
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore:Ill-conditioned matrix")
def test_whole_networks_agree_with_scikit_learn(name):
    x, y = rows(120)
    new = rows(40, seed=1)[0]
    found = fit(NETWORKS[name], x, y[:, None], 5, EPS)
    np.testing.assert_allclose(predict(found.layers, new), fit_predict(found.layers, x, y, new), rtol=2e-4, atol=1e-5)


def test_each_class_has_nodes_and_an_output_of_its_own():
    x, y = rows(120)
    targets = np.eye(3)[np.digitize(y, np.quantile(y, [0.3, 0.7]))]
    layers = [HKANLayer(7, "tanh", 5, 4, "random", 0.1), HKANLayer(3, "sigmoid", 3, 4, "random", 0.01)]
    found = fit(layers, x, targets, 2, EPS)
    np.testing.assert_allclose(found.outputs.T, fit_predict(found.layers, x, targets, x), rtol=1e-4, atol=1e-6)
    assert (found.outputs.argmax(axis=0) == targets.argmax(axis=1)).mean() > 0.8
    with pytest.raises(ValueError, match="1 nodes for 3 outputs"):
        fit([HKANLayer()], x, targets, 0, EPS)


def test_one_identity_layer_is_ordinary_least_squares():
    x, y = rows()
    found = fit([HKANLayer(basis="identity")], x, y[:, None], 0, EPS)
    model = LinearRegression().fit(x, y)
    np.testing.assert_allclose(found.layers[0].weights[0], model.coef_, rtol=1e-10)
    assert found.layers[0].bias[0] == pytest.approx(model.intercept_, rel=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_of_the_fit_are_those_of_the_network(name):
    x, y = rows()
    found = fit(NETWORKS[name], x, y[:, None], 5, EPS)
    np.testing.assert_allclose(predict(found.layers, x), found.outputs.T, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_constant_and_repeated_columns_do_no_harm(ridge):
    x, y = rows()
    new = rows(40, seed=1)[0]

    def padded(z):
        return np.column_stack([z, np.full(len(z), 0.3), z[:, 0]])

    layers = [HKANLayer(8, "sigmoid", 6, 5, "random", ridge), HKANLayer(1, "tanh", 2, 4, "data", ridge)]
    found = fit(layers, padded(x), y[:, None], 0, EPS)
    assert all(np.isfinite(value).all() for layer in found.layers for value in (layer.weights, layer.coefficients))
    assert np.abs(found.layers[0].weights[:, 3]).max() < 1e-12  # a column that says nothing is not used
    error = np.sqrt(np.mean((predict(found.layers, padded(new))[:, 0] - rows(40, seed=1)[1]) ** 2))
    assert error < 0.6 * rows(40, seed=1)[1].std()


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 2**31))
@settings(max_examples=30)
def test_gram_matrices_of_any_rank_give_residuals_of_least_squares(count, copies, seed):
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(count, 30))
    x = np.repeat(base, copies, axis=0)  # rank `count`
    x -= x.mean(axis=1, keepdims=True)
    y = rng.normal(size=30)
    y -= y.mean()
    solution = solve_gram((x @ x.T)[None], (x @ y)[None])[0]
    best = np.linalg.lstsq(x.T, y, rcond=None)[0]
    np.testing.assert_allclose(x.T @ solution, x.T @ best, atol=1e-4)
    assert np.linalg.norm(solution) <= 1.01 * np.linalg.norm(best)  # the weight is shared, not blown up


def test_a_penalty_above_rounding_is_taken_as_it_is():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 40))
    gram, right = x @ x.T, x @ rng.normal(size=40)
    assert JITTER * np.trace(gram) < 0.5
    np.testing.assert_allclose(
        solve_gram(gram[None].copy(), right[None], 0.5)[0], np.linalg.solve(gram + 0.5 * np.eye(5), right), rtol=1e-12
    )
    assert solve_gram(np.zeros((1, 4, 4)), np.zeros((1, 4))).tolist() == [[0.0] * 4]


def test_the_cutoff_drops_weak_directions():
    rng = np.random.default_rng(0)
    u = np.linalg.qr(rng.normal(size=(50, 3)))[0]
    v = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    x = u @ np.diag([1.0, 1e-3, 1e-9]) @ v.T
    y = (u @ [1.0, 1.0, 1.0])[:, None]
    for cutoff, kept in ((EPS, 3), (1e-6, 2), (1e-2, 1)):
        found = truncated(x.T, y.T, cutoff)
        np.testing.assert_allclose(found[0], v[:, :kept] @ (1 / np.array([1.0, 1e-3, 1e-9])[:kept]), rtol=1e-5)


def test_more_columns_than_rows_give_the_solution_of_least_norm():
    rng = np.random.default_rng(0)
    x, y = rng.random((12, 40)), rng.random(12)
    found = fit([HKANLayer(basis="identity")], x, y[:, None], 0, EPS)
    np.testing.assert_allclose(found.outputs[0], y, atol=1e-12)
    centred = x - x.mean(axis=0)
    np.testing.assert_allclose(found.layers[0].weights[0], np.linalg.pinv(centred) @ (y - y.mean()), rtol=1e-9)


def test_the_seed_decides_and_layers_do_not_share_draws():
    x, y = rows()
    layers = [HKANLayer(4, "tanh", 5, 3, "random"), HKANLayer(1, "tanh", 5, 3, "random")]
    first, again, other = (fit(layers, x, y[:, None], seed, EPS) for seed in (1, 1, 2))
    for name in ("centres", "coefficients", "weights", "bias"):
        assert np.array_equal(getattr(first.layers[1], name), getattr(again.layers[1], name))
    assert not np.array_equal(first.layers[0].centres, other.layers[0].centres)
    assert not np.isin(first.layers[1].centres, first.layers[0].centres).any()


def test_large_layers_are_fitted_in_groups(monkeypatch):
    from search_spaces.hkan import features, fitting

    x, y = rows(50)
    layers = [HKANLayer(11, ("tanh", "relu"), 5, 3, "random", 0.1), HKANLayer(1, "sigmoid", 4, 5, "random", 0.1)]
    whole = fit(layers, x, y[:, None], 3, EPS)
    monkeypatch.setattr(fitting, "_GROUP", 2 * 3 * 50)
    monkeypatch.setattr(features, "_PIECE", 2 * 3 * 50)
    cut = fit(layers, x, y[:, None], 3, EPS)
    np.testing.assert_allclose(cut.outputs, whole.outputs, rtol=1e-9)
    np.testing.assert_allclose(predict(cut.layers, x), predict(whole.layers, x), rtol=1e-9)


def test_numbers_too_large_are_a_failure_with_a_reason():
    x, y = rows()
    with pytest.raises(TrainingFailed, match=r"finite|no solution"):
        fit([HKANLayer(2, "relu", 50, 3, "data"), HKANLayer()], x * 1e200, y[:, None], 0, EPS)
