"""The module, the estimator, the explanation and its pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score

from evokan.datasets import load_dataset
from evokan.errors import InputError
from evokan.problem.problem import Problem
from evokan.spaces.explanation import explanation_from_json, explanation_to_json
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing import small_problem
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer, HKANOptions, HKANRegressor

LAYERS = (
    HKANLayer(12, "sigmoid", 6, 5, "data", 0.01),
    HKANLayer(5, ("tanh", "relu"), 3, 4, "random", 0.1),
    HKANLayer(1, "gaussian", 2, 6, "equal", 0.01),
)


def data(n=150, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) * [1, 20, 0.1] + [0, 100, 3]
    return x, 40 + 7 * np.tanh(x[:, 0]) + 0.2 * x[:, 1]


def train(problem, layers, **options):
    space = HKAN(HKANOptions(**options))
    architecture = HKANArchitecture(problem.n_features, tuple(layers))
    trained = space.train([TrainingJob(architecture, problem.folds[0], 3, keep_weights=True)], problem, Budget())[0]
    return space, trained, space.model(architecture, problem, trained.weights)


INSIDE = (
    HKANLayer(7, ("tanh", "gaussian", "relu"), (2, 9, 1), 5, "random", inside=True),
    HKANLayer(1, ("softplus", "sigmoid"), (3, 5), 4),
)


@pytest.mark.parametrize(
    "layers",
    [
        LAYERS,
        INSIDE,
        (HKANLayer(basis="identity"),),
        (HKANLayer(9, "softplus", 50, 3, "random"), HKANLayer(basis="identity")),
    ],
)
@pytest.mark.parametrize("scaler", ["minmax", "none"])
def test_predict_equals_the_module(layers, scaler):
    x, y = data()
    model = HKANRegressor(layers, random_state=1, scaler=scaler).fit(x, y)
    module = model.to_module()
    with torch.no_grad():
        outputs = module(torch.as_tensor(x))
    assert outputs.shape == (150, 1)
    np.testing.assert_allclose(outputs[:, 0].numpy(), model.predict(x), rtol=1e-8)


def test_what_no_other_format_knows_is_refused():
    x, y = data()
    for layers in (INSIDE, INSIDE[1:]):
        with pytest.raises(InputError, match="go to torch alone"):
            HKANRegressor(layers).fit(x, y).to_module().plain()


def test_the_module_is_differentiable_and_works_in_pieces(monkeypatch):
    from search_spaces.hkan import network

    x, y = data()
    module = HKANRegressor(LAYERS).fit(x, y).to_module()
    rows = torch.as_tensor(x[:8]).requires_grad_()
    whole = module(rows)
    whole.sum().backward()
    h = 1e-5
    step = np.array([h, 0.0, 0.0])
    raised, lowered = torch.as_tensor(x[:8] + step), torch.as_tensor(x[:8] - step)
    with torch.no_grad():
        slope = (module(raised) - module(lowered))[:, 0] / (2 * h)
        monkeypatch.setattr(network, "_PIECE", 1)
        assert torch.allclose(module(rows), whole, rtol=1e-12)
    torch.testing.assert_close(rows.grad[:, 0], slope, rtol=1e-4, atol=1e-5)


def test_the_regressor_is_a_good_citizen():
    x, y = data()
    model = HKANRegressor(LAYERS, random_state=4, cutoff=1e-9)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    with pytest.raises(NotFittedError):
        model.predict(x)
    assert model.fit(x, y) is model
    assert model.score(x, y) > 0.95
    assert np.array_equal(twin.fit(x, y).predict(x), model.predict(x))
    assert not np.array_equal(clone(model).set_params(random_state=5).fit(x, y).predict(x), model.predict(x))
    with pytest.raises(ValueError, match="features"):
        model.predict(x[:, :2])
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((3, 2), np.nan), np.zeros(3))


def test_minmax_makes_units_irrelevant():
    x, y = data()
    first = HKANRegressor(LAYERS).fit(x, y).predict(x)
    second = HKANRegressor(LAYERS).fit(1000 * x - 3, -2 * y + 5).predict(1000 * x - 3)
    third = HKANRegressor(LAYERS).fit(1000 * x - 3, 2 * y + 5).predict(1000 * x - 3)
    np.testing.assert_allclose((third - 5) / 2, first, rtol=1e-6)
    assert np.corrcoef(second, first)[0, 1] < -0.99


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"layers": []}, "list of HKANLayer"),
        ({"layers": [3]}, "list of HKANLayer"),
        ({"layers": [HKANLayer(2)]}, "the last has 2 nodes"),
        ({"random_state": "a"}, "random_state 'a'"),
        ({"cutoff": 1.0}, "cutoff 1.0"),
        ({"scaler": "standard"}, "scaler 'standard'"),
        ({"layers": HKANLayer()}, r"layers HKANLayer\(.*list of HKANLayer"),
        ({"layers": None}, "layers None"),
        ({"layers": np.array([HKANLayer(3), HKANLayer()], dtype=object)}, r"layers array\(.*list of HKANLayer"),
        ({"random_state": 1.0}, "random_state 1.0"),
        ({"random_state": -1}, "random_state -1"),
        ({"cutoff": "a"}, "cutoff 'a'"),
        ({"cutoff": None}, "cutoff None"),
        ({"cutoff": float("nan")}, "cutoff nan"),
        ({"scaler": None}, "scaler None"),
        ({"scaler": np.array(["none", "minmax"])}, "scaler array"),
    ],
)
def test_parameters_that_cannot_be_are_refused(wrong, words):
    with pytest.raises(InputError, match=words) as caught:
        HKANRegressor(**wrong).fit(*data())
    assert len(caught.value.faults) == 1
    assert "\n" not in str(caught.value)


def test_a_numpy_number_is_as_good_a_seed():
    x, y = data()
    plain, other = (HKANRegressor(LAYERS, random_state=seed).fit(x, y).predict(x) for seed in (3, np.int64(3)))
    assert np.array_equal(plain, other)


def test_the_module_is_what_was_fitted_whatever_was_set_since():
    x, y = data()
    model = HKANRegressor(LAYERS).fit(x, y)
    wanted = model.predict(x)
    model.set_params(layers=[HKANLayer(4, "tanh"), HKANLayer(basis="identity")])
    module = model.to_module()
    assert module.architecture.layers == LAYERS
    with torch.no_grad():
        np.testing.assert_allclose(module(torch.as_tensor(x))[:, 0].numpy(), wanted, rtol=1e-8)


def test_the_loss_is_the_rmse_of_the_scaled_target():
    problem = small_problem("regression", scaler="minmax")
    _, trained, model = train(problem, LAYERS)
    for rows, loss in ((problem.train, trained.train_loss), (problem.validation, trained.val_loss)):
        with torch.no_grad():
            predicted = model(torch.as_tensor(problem.table.X[rows]))[:, 0].numpy()
        error = np.sqrt(np.mean((predicted - problem.table.y[rows]) ** 2)) / problem.table.y[problem.train].std()
        assert loss == pytest.approx(error, rel=1e-7)


def test_the_network_is_fitted_to_targets_on_the_unit_interval():
    problem = small_problem("regression", scaler="minmax")
    _, trained, _ = train(problem, LAYERS)
    y = problem.scaled_targets[problem.folds[0].train]
    assert trained.weights["output_shift"] == pytest.approx(y.min())
    assert trained.weights["output_scale"] == pytest.approx(np.ptp(y))


def test_a_target_that_does_not_vary_is_predicted():
    problem = Problem.from_table(load_dataset("product"), scaler="minmax")
    problem.table.y[:] = 7.0
    problem = Problem.from_table(problem.table, scaler="minmax")
    _, trained, model = train(problem, LAYERS)
    assert trained.val_loss == pytest.approx(0, abs=1e-9)
    with torch.no_grad():
        assert torch.allclose(model(torch.as_tensor(problem.table.X[:5])), torch.tensor(7.0, dtype=torch.float64))


def test_classes_are_learned():
    problem = small_problem("classification", rows=300, scaler="minmax")
    layers = (HKANLayer(60, "sigmoid", 5, 6, "data", 0.1), HKANLayer(3, "identity"))
    _, trained, model = train(problem, layers, cutoff=1e-3)
    with torch.no_grad():
        chosen = model(torch.as_tensor(problem.table.X[problem.test])).argmax(dim=1).numpy()
    assert (chosen == problem.table.y[problem.test]).mean() > 0.6
    assert trained.val_loss < 0.8 * np.log(3)


def test_importance_is_the_mean_share_of_variance_that_a_block_explains():
    problem = small_problem("regression", rows=200, scaler="minmax")
    space, _, model = train(problem, LAYERS)
    explanation = space.explain(model, problem)
    layer = model.fitted()[0]
    rows = problem.development
    z = problem.input_scaler.transform(problem.table.X[rows])
    y = problem.table.y[rows]
    own = float(model.output_scale[0])
    shares = np.zeros((12, 4))
    for q in range(12):
        for p in range(4):
            phi = (1 / (1 + np.exp(-6 * (z[:, [p]] - layer.centres[q, p])))) @ layer.coefficients[q, p] * own
            shares[q, p] = max(r2_score(y, phi - phi.mean() + y.mean()), 0)
    np.testing.assert_allclose(explanation.importances, shares.mean(axis=0) / shares.mean(axis=0).sum(), rtol=1e-6)
    entries = explanation.data["input_r2"]
    np.testing.assert_allclose([entry["mean"] for entry in entries], shares.mean(axis=0), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(
        [entry["quantiles"][2] for entry in entries], np.median(shares, axis=0), rtol=1e-5, atol=1e-9
    )
    assert explanation.importances.argmax() == 0  # sin(2a) alone has a curve of its own
    last = explanation.data["levels"][-1]["nodes"]
    with torch.no_grad():
        predicted = model(torch.as_tensor(problem.table.X[rows]))[:, 0].numpy()
    np.testing.assert_allclose(last["predicted"], predicted, rtol=1e-4)
    np.testing.assert_allclose(last["target"], y, rtol=1e-5)
    assert last["quantiles"][2] == pytest.approx(r2_score(y, predicted), rel=1e-4)


def test_an_identity_blocks_share_is_the_squared_correlation():
    problem = small_problem("regression", rows=200, scaler="minmax")
    space, _, model = train(problem, (HKANLayer(basis="identity"),))
    entries = space.explain(model, problem).data["input_r2"]
    rows = problem.development
    wanted = [np.corrcoef(problem.table.X[rows, p], problem.table.y[rows])[0, 1] ** 2 for p in range(4)]
    np.testing.assert_allclose([entry["mean"] for entry in entries], wanted, rtol=1e-4)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_pictures_are_drawn_from_what_a_run_keeps(task, tmp_path):
    from evokan.plots import save

    problem = small_problem(task, scaler="minmax")
    space, _, model = train(problem, (*LAYERS[:2], HKANLayer(problem.n_outputs, "tanh", 2, 4, "data")))
    stored = json.loads(json.dumps(explanation_to_json(space.explain(model, problem)), allow_nan=False))
    pictures = space.plots(explanation_from_json(stored))
    assert set(pictures) == {"levels.png", "input_fit.png"}
    for name, draw in pictures.items():
        assert save(draw(), tmp_path / name).stat().st_size > 10_000
    axes = pictures["levels.png"]().get_figure().axes
    assert len(axes) == 6  # blocks and nodes of three layers
