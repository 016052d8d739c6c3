"""The usual models on the same split."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evokan.problem import baselines
from evokan.problem.baselines import fit_baselines
from evokan.problem.problem import Problem
from evokan.problem.table import Table

CLASSIFIERS = ["logistic_regression", "svm", "random_forest", "knn", "mlp", "hist_gradient_boosting"]
REGRESSORS = ["ridge", "svr", "random_forest", "knn", "mlp", "hist_gradient_boosting"]


def classification(load):
    data = load()
    return Problem.from_table(
        Table(
            load.__name__,
            "classification",
            np.asarray(data.data, dtype=np.float64),
            data.target.astype(np.int64),
            tuple(data.feature_names),
            "class",
            tuple(map(str, data.target_names)),
        )
    )


def regression(rows=200):
    data = load_diabetes()
    return Problem.from_table(
        Table(
            "diabetes",
            "regression",
            data.data[:rows],
            data.target[:rows],
            tuple(data.feature_names),
            "target",
        )
    )


class Broken(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        raise RuntimeError("out of luck")


class Grumbling(DummyClassifier):
    def fit(self, X, y, sample_weight=None):
        warnings.warn("too few\nrows, see the manual", UserWarning, stacklevel=1)
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("load", [load_iris, load_wine])
def test_classifiers_are_sane(load, capsys):
    result = fit_baselines(classification(load))
    assert list(result) == CLASSIFIERS
    for name, figures in result.items():
        assert figures["accuracy"] >= 0.85, name
        assert figures["auc"] >= 0.95, name
        assert 0 <= figures["log_loss"] < 0.8, name
    json.dumps(result, allow_nan=False)
    assert capsys.readouterr() == ("", "")


def test_regressors_are_scored_in_own_units():
    problem = regression()
    result = fit_baselines(problem)
    assert list(result) == REGRESSORS
    spread = problem.table.y[problem.test].std()
    for name, figures in result.items():
        assert 0.3 * spread < figures["rmse"] < 1.4 * spread, name
        assert figures["mae"] <= figures["rmse"], name
    assert max(figures["r2"] for figures in result.values()) > 0.2


def test_fitted_on_development_rows_and_scored_on_test_rows():
    problem = classification(load_wine)
    X, y = problem.table.X, problem.table.y
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    model.fit(X[problem.development], y[problem.development])
    expected = -np.log(model.predict_proba(X[problem.test])[np.arange(len(problem.test)), y[problem.test]]).mean()
    assert fit_baselines(problem)["logistic_regression"]["log_loss"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("make", [lambda: classification(load_iris), regression])
def test_seed_decides_everything_random_and_global_state_is_left_alone(make):
    problem = make()
    before = np.random.get_state()  # noqa: NPY002
    first = fit_baselines(problem, seed=1)
    after = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(before[1], after[1])
    assert before[2:] == after[2:]
    assert fit_baselines(problem, seed=1) == first
    assert fit_baselines(problem, seed=2) != first


def test_a_failure_is_recorded_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(
        baselines,
        "_classifiers",
        lambda problem, random_state: {"broken": Broken(), "knn": Grumbling(strategy="most_frequent")},
    )
    result = fit_baselines(classification(load_iris))
    assert result["broken"] == {"error": "RuntimeError: out of luck"}
    assert result["knn"]["accuracy"] == pytest.approx(1 / 3)
    assert result["knn"]["warnings"] == ["too few"]


def test_a_class_that_was_never_seen_has_probability_zero():
    problem = classification(load_iris)
    y = problem.table.y
    keep = problem.train[y[problem.train] != 1]
    hidden = Problem(
        problem.table,
        keep,
        keep[:0],
        problem.test,
        problem.folds,
        problem.input_scaler,
        problem.target_scaler,
        0,
    )
    result = fit_baselines(hidden)
    for name in CLASSIFIERS:
        assert result[name]["accuracy"] <= 2 / 3, name
        assert result[name]["log_loss"] > 36 / 3, name


def test_support_vector_machines_see_a_sample_of_many_rows(monkeypatch):
    monkeypatch.setitem(baselines.MOST_ROWS, "svm", 50)
    result = fit_baselines(classification(load_iris))
    assert result["svm"]["warnings"] == ["fitted on 50 of 120 rows, drawn at random"]
    assert result["svm"]["accuracy"] > 0.8
    assert "warnings" not in result["knn"]


def test_tuning_chooses_from_the_grid(monkeypatch):
    # Each feature tells the class alone, so 1 neighbour is right and all 80 give the most frequent class.
    monkeypatch.setitem(baselines.GRIDS, "knn", {"n_neighbors": [80, 1]})
    monkeypatch.setattr(
        baselines,
        "_classifiers",
        lambda problem, random_state: {"knn": baselines._scaled(baselines.KNeighborsClassifier(80))},
    )
    x = np.repeat([0.0, 1.0, 2.0], [30, 30, 40])
    table = Table("steps", "classification", x[:, None], x.astype(np.int64), ("x",), "y", ("a", "b", "c"))
    problem = Problem.from_table(table)
    assert fit_baselines(problem)["knn"]["accuracy"] < 0.5
    assert fit_baselines(problem, tune=True)["knn"]["accuracy"] == 1.0


def test_every_grid_names_settings_of_its_model():
    for make, problem in (
        (baselines._classifiers, classification(load_iris)),
        (baselines._regressors, regression()),
    ):
        for name, model in make(problem, 0).items():
            known = {key.split("__")[-1] for key in model.get_params()}
            assert set(baselines.GRIDS[name]) <= known, name
