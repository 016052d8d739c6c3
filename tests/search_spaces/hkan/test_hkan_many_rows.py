"""Fits and predictions over very many rows: the same network, by another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces.hkan import HKANLayer, HKANRegressor, expansion, fitting, moments, solvers
from search_spaces.hkan.expansion import Expansion, terms
from search_spaces.hkan.features import Features
from search_spaces.hkan.fitting import fit, predict

SMOOTH = ["sigmoid", "tanh", "softplus", "gaussian"]
CUTOFF = 4e-15


def rows(n=700, columns=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((n, columns))
    return x, 0.5 + 0.4 * np.sin(4 * x[:, 0]) * x[:, 1] - 0.2 * x[:, -1] ** 2 + 0.05 * rng.normal(size=n)


@given(st.sampled_from(SMOOTH), st.floats(0.01, 50), st.floats(0.05, 3), st.floats(-2, 2), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_smooth_functions_are_polynomials_up_to_rounding(basis, sigma, length, start, seed):
    rng = np.random.default_rng(seed)
    z = start + length * rng.random((2, 200))
    layer = HKANLayer(2, basis, sigma, 3, "random")
    count = int(np.ceil(terms(basis, sigma, length / 2)))
    assert count < 60 + 30 * sigma * length
    polynomials = Expansion(np.full(2, start), np.full(2, start + length), count)
    centres = start + length * rng.random((2, 2, 3))
    wanted = np.concatenate([values for _, _, values in Features(layer, z).pieces(centres, 0)])
    functions = np.concatenate(
        [polynomials.coefficients(values) for _, _, values in Features(layer, polynomials.points).pieces(centres, 0)]
    ).reshape(2, 2, 3, count)
    whole = [np.insert(part, 0, 1.0, axis=0) for _, part in polynomials.pieces(z)]
    found = np.concatenate([np.matmul(functions, part.transpose(1, 0, 2)) for part in whole], axis=-1)
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-11 * max(1, sigma * length))


def test_kinks_and_very_wide_ranges_are_no_polynomials():
    assert terms("relu", 1, 0.5) == terms("identity", 1, 0.5) == np.inf
    assert terms("tanh", 50, 1e6) > 1e6
    layer, z = HKANLayer(100, "tanh", 50), np.array([[0.0, 1e6]])
    assert expansion.expansion_for(layer, z, "hidden") is None
    assert expansion.expansion_for(HKANLayer(100, ("tanh", "relu")), z / 1e6, "hidden") is None
    assert expansion.expansion_for(HKANLayer(100, ("tanh", "sigmoid")), z / 1e6, "hidden") is not None


def test_outputs_keep_their_own_functions_where_polynomials_are_many():
    z = np.linspace(0, 1, 50)[None]
    assert expansion.expansion_for(HKANLayer(900, "tanh", 50, 40), z, "outputs") is None
    assert expansion.expansion_for(HKANLayer(900, "tanh", 2, 40), z, "outputs") is not None


NETWORKS = {
    "two layers": [HKANLayer(40, "sigmoid", 2, 6, "data", 0.01), HKANLayer(1, "tanh", 1, 8, "equal", 0.01)],
    "identity output": [HKANLayer(40, "tanh", 1, 8, "random", 0.1), HKANLayer(basis="identity")],
    "inside": [
        HKANLayer(40, ("gaussian", "softplus"), (3, 1), 8, "random", 0.1, inside=True),
        HKANLayer(1, "sigmoid", 1, 9),
    ],
    "mixed": [HKANLayer(40, ("gaussian", "softplus"), 3, 8, "random", 0.1), HKANLayer(1, "sigmoid", 1, 9)],
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_sums_over_rows_give_the_same_network(name, weighted, monkeypatch):
    x, y = rows()
    new = rows(200, seed=1)[0]
    weights = np.random.default_rng(2).random(700) + 0.5 if weighted else None
    plain = fit(NETWORKS[name], x, y[:, None], 3, 1e-12, weights)
    monkeypatch.setattr(fitting, "MANY_ROWS", 1)
    monkeypatch.setattr(expansion, "_VALUES", 1 << 13)
    monkeypatch.setattr(solvers, "_MANY_ROWS", 1)
    monkeypatch.setattr(solvers, "_BLOCK", 64)
    used = []
    chosen = expansion.expansion_for
    monkeypatch.setattr(fitting, "expansion_for", lambda *a: used.append(chosen(*a)) or used[-1])
    summed = fit(NETWORKS[name], x, y[:, None], 3, CUTOFF, weights)
    assert used[0] is not None
    for before, after in zip(plain.layers, summed.layers, strict=True):
        assert np.array_equal(before.centres, after.centres) or before is not plain.layers[0]
    # Forty nodes that all resemble the target, without a penalty: rounding shows, far below the noise of 0.05.
    far, near = (5e-3, 1e-4) if name == "identity output" else (1e-5, 1e-9)
    np.testing.assert_allclose(predict(summed.layers, new), predict(plain.layers, new), atol=far)
    np.testing.assert_allclose(predict(summed.layers, x), summed.outputs.T, atol=near)
    monkeypatch.setattr(fitting, "_MANY_VALUES", 1)
    np.testing.assert_allclose(predict(plain.layers, x), plain.outputs.T, atol=10 * near)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("around", [0.0, 1e4])
def test_moments_are_those_of_the_centred_polynomials(within, around, weighted, monkeypatch):
    rng = np.random.default_rng(0)
    z, y = rng.random((3, 900)), rng.normal(size=(2, 900))
    weights = rng.random(900) + 0.5 if weighted else None
    y -= np.average(y, axis=1, weights=weights)[:, None]
    # As with rows far outside: these have a ten-thousandth of the range.
    polynomials = Expansion(z.min(axis=1) - around, z.max(axis=1) + around, 8)
    whole = np.concatenate([part.copy() for _, part in polynomials.pieces(z)], axis=-1).transpose(1, 0, 2)
    monkeypatch.setattr(expansion, "_VALUES", 1 << 12)
    used = []
    products = moments._products
    monkeypatch.setattr(moments, "_products", lambda *given: used.append(1) or products(*given))
    found = moments.moments(polynomials, z, y, weights, within=within)
    assert len(used) == (1 if within and not around else 0)
    mean = np.average(whole, axis=2, weights=weights)
    centred = whole - mean[:, :, None]
    heavy = centred if weights is None else centred * weights
    gram = np.einsum("pkr,plr->pkl" if within else "pkr,qlr->pkql", heavy, centred)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12, atol=1e-13)
    columns = range(3) if within else [(p, slice(None), q) for p in range(3) for q in range(3)]
    for one in columns:
        np.testing.assert_allclose(found.gram[one], gram[one], rtol=1e-11, atol=1e-12 * np.abs(gram[one]).max())
    for target, own in enumerate(y):
        np.testing.assert_allclose(found.right[target], heavy @ own, atol=1e-11)


def test_classes_are_summed_too(monkeypatch):
    x, y = rows()
    targets = np.eye(3)[np.digitize(y, np.quantile(y, [0.3, 0.7]))]
    layers = [HKANLayer(41, "tanh", 1, 8, "random", 0.1), HKANLayer(3, "sigmoid", 1, 4, "random", 0.01)]
    plain = fit(layers, x, targets, 2, CUTOFF)
    monkeypatch.setattr(fitting, "MANY_ROWS", 1)
    np.testing.assert_allclose(fit(layers, x, targets, 2, CUTOFF).outputs, plain.outputs, atol=1e-5)


@given(st.integers(1, 8), st.integers(20, 400), st.sampled_from([7, 64, 1000]), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_blocks_of_rows_keep_the_singular_values(columns, count, block, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(columns, count)) * np.geomspace(1, 1e-10, columns)[:, None]
    y = rng.normal(size=(2, count))
    whole = solvers.truncated(x, y, 1e-12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solvers, "_BLOCK", 50)
        reduced = solvers.Reduced(columns, 2)
    for first in range(0, count, block):
        reduced.add(x[:, first : first + block], y[:, first : first + block])
    # Weights of weak columns, which a Gram matrix would have lost: 1e-20 is below rounding.
    np.testing.assert_allclose(reduced.solve(1e-12), whole, rtol=1e-4, atol=1e-6)


def test_dependent_columns_do_not_explode_over_many_rows(monkeypatch):
    monkeypatch.setattr(solvers, "_MANY_ROWS", 1)
    monkeypatch.setattr(solvers, "_BLOCK", 50)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(300, 10))
        known = np.hstack([x, x[:, [1]], np.eye(4)[rng.integers(0, 4, 300)]])
        model = HKANRegressor([HKANLayer(basis="identity")]).fit(known, x[:, 0] + x[:, 1])
        known[:, 10:] = 0.0
        assert np.abs(model.predict(known)).max() < 30
