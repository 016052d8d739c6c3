"""Regressor and classifier among scikit-learn's tools."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from evokan.errors import InputError
from search_spaces.hkan import HKANClassifier, HKANLayer, HKANRegressor, memory

DRAWN = "centres are rows drawn at random: rows of weight 2 are drawn as often as rows that come twice, not the same"
EQUAL = [HKANLayer(1, "sigmoid", 3, 5, "equal", 0.1)]


def unequal(estimator):
    """Of what draws rows, the same network cannot come from rows of weight 2 and rows that come twice."""
    return {} if len(estimator.layers) == 1 else {"check_sample_weight_equivalence_on_dense_data": DRAWN}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([HKANRegressor(), HKANClassifier(), HKANRegressor(EQUAL)], expected_failed_checks=unequal)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def rows(n=150, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1, 20, 0.1] + [0, 100, 3]
    return x, 40 + 7 * np.tanh(x[:, 0]) + 0.2 * x[:, 1]


SMALL = [HKANLayer(12, "tanh", 3, 5, "random", 0.01), HKANLayer(basis="identity")]


def test_random_states_of_all_kinds():
    x, y = rows()

    def fitted(state):
        return HKANRegressor(SMALL, random_state=state).fit(x, y).predict(x)

    first, again = (fitted(np.random.RandomState(3)) for _ in range(2))
    assert np.array_equal(first, again)
    one = np.random.RandomState(3)
    assert np.array_equal(fitted(one), first)
    assert not np.array_equal(fitted(one), first)  # the next draw
    assert not np.array_equal(fitted(None), fitted(None))
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state has to stay as it was
    fitted(None)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_grid_search_over_nodes_and_sharpness():
    x, y = rows()
    grid = {"layers__nodes": [2, 9], "layers__sigma": [1.0, 4.0], "layers__0__ridge": [0.1]}
    search = GridSearchCV(HKANRegressor(SMALL), grid, cv=3).fit(x, y)
    best = search.best_estimator_.layers
    assert best[0].nodes == search.best_params_["layers__nodes"]
    assert best[0].sigma == search.best_params_["layers__sigma"]
    assert (best[0].ridge, best[1]) == (0.1, HKANLayer(basis="identity"))
    assert SMALL[0].nodes == 12
    three = HKANRegressor([HKANLayer(5), HKANLayer(4), HKANLayer(1)])
    three.set_params(layers__nodes=7, layers__sigma=2.0, layers__1__basis="relu", cutoff=1e-9)
    assert [layer.nodes for layer in three.layers] == [7, 7, 1]
    assert [layer.sigma for layer in three.layers] == [2.0, 2.0, 2.0]
    assert [layer.basis for layer in three.layers] == ["sigmoid", "relu", "sigmoid"]
    assert three.cutoff == 1e-9


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layers__node": 3}, "did you mean 'nodes'"),
        ({"layers__5__nodes": 3}, "layers 0 to 1, no 5"),
        ({"layers__nodes": 0}, "nodes 0"),
        ({"layers": None, "layers__nodes": 3}, "layers None"),
    ],
)
def test_what_no_layer_has_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        HKANRegressor(SMALL).set_params(**wrong)
    with pytest.raises(ValueError, match="Invalid parameter"):
        HKANRegressor(SMALL).set_params(layer__nodes=3)


def test_whole_weights_are_repeated_rows():
    x, y = rows(60)
    counts = np.random.default_rng(0).integers(0, 4, 60)
    # Nothing is drawn from the rows here; "random" centres are those of the seed.
    weighted = HKANRegressor(SMALL).fit(x, y, sample_weight=counts)
    repeated = HKANRegressor(SMALL).fit(np.repeat(x, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_allclose(weighted.predict(x), repeated.predict(x), rtol=1e-5)
    labels = np.digitize(y, np.quantile(y, [0.3, 0.7]))
    heads = [HKANLayer(1, "sigmoid", 3, 5, "equal", 0.1)]
    first = HKANClassifier(heads).fit(x, labels, sample_weight=counts)
    assert not np.array_equal(first.predict_proba(x), HKANClassifier(heads).fit(x, labels).predict_proba(x))


def test_rows_without_weight_are_as_if_not_there():
    x, y = rows(60)
    wild = np.vstack([x, 1e6 * np.ones((3, 3))])
    weights = np.r_[np.ones(60), np.zeros(3)]
    found = HKANRegressor(SMALL).fit(wild, np.r_[y, [1e9] * 3], sample_weight=weights)
    assert np.array_equal(found.predict(x), HKANRegressor(SMALL).fit(x, y).predict(x))
    with pytest.raises(ValueError, match="at least one non-zero"):
        HKANRegressor(SMALL).fit(x, y, sample_weight=np.zeros(60))
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        HKANRegressor(SMALL).fit(x, y, sample_weight=-np.ones(60))


def test_importances_are_the_papers():
    x, y = rows(400)
    model = HKANRegressor(SMALL).fit(x, y)
    importances = model.feature_importances_
    assert importances.shape == (3,)
    assert importances.sum() == pytest.approx(1)
    assert importances[2] < 0.05 < importances.min(initial=1, where=[True, True, False])
    linear = HKANRegressor([HKANLayer(basis="identity")]).fit(x, y).feature_importances_
    shares = np.array([np.corrcoef(column, y)[0, 1] ** 2 for column in x.T])
    np.testing.assert_allclose(linear, shares / shares.sum(), rtol=1e-9)
    assert HKANRegressor(SMALL).fit(x, np.ones(400)).feature_importances_.tolist() == [0, 0, 0]
    flowers = HKANClassifier().fit(*load_iris(return_X_y=True)).feature_importances_
    assert flowers[2:].min() > flowers[:2].max()  # petals
    assert np.array_equal(pickle.loads(pickle.dumps(model)).feature_importances_, importances)


def test_classes_of_any_kind_with_probabilities():
    x, numbers = load_wine(return_X_y=True)
    y = np.array(["barolo", "grignolino", "barbera"])[numbers]
    model = HKANClassifier([HKANLayer(30, "tanh", 3, 5), HKANLayer(3, "identity")]).fit(x[::2], y[::2])
    assert model.classes_.tolist() == ["barbera", "barolo", "grignolino"]
    assert model.score(x[1::2], y[1::2]) > 0.93
    with torch.no_grad():
        logits = model.to_module()(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(softmax(logits, axis=1), model.predict_proba(x), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(logits, model.decision_function(x), rtol=1e-6, atol=1e-8)
    two = HKANClassifier().fit(x[numbers < 2], y[numbers < 2])
    assert np.array_equal(two.decision_function(x) > 0, two.predict(x) == two.classes_[1])
    with pytest.raises(InputError, match="2 nodes; there are 3 classes"):
        HKANClassifier([HKANLayer(2)]).fit(x, y)


@pytest.mark.parametrize("model", [HKANRegressor(), HKANClassifier()])
def test_rows_that_do_not_fit_are_refused_before_any_work(model, monkeypatch):
    x, _ = rows()
    monkeypatch.setattr(memory, "available", lambda: 3e8)
    with pytest.raises(InputError, match=r"X: 150 rows x 3 columns .* up to 100 nodes take about 0\.3 GB, 0\.3 GB"):
        model.fit(x, np.arange(150) % 2)


def test_the_estimate_of_memory_grows_with_rows_and_nodes():
    layers = [HKANLayer(100), HKANLayer()]
    assert 1e9 < memory.needed(layers, 10**6, 20) < 4e9
    assert memory.needed(layers, 10**6, 20) > 5 * memory.needed(layers, 10**5, 20)
    assert memory.needed([HKANLayer(1000), HKANLayer()], 10**6, 20) > 5 * memory.needed(layers, 10**6, 20)
    assert memory.available() > 1e7
