"""The estimators among scikit-learn's tools, and as a search that they are."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import evokan
from evokan.errors import InputError
from evokan.estimators import EvoKANClassifier, EvoKANRegressor
from evokan.searching.observer import Observer
from evokan.settings.config import SearchConfig

SMALL: dict[str, Any] = {"population": 4, "generations": 1, "folds": 2, "initial": "random"}
"""A search of a fraction of a second."""


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([EvoKANRegressor(population=4, generations=1), EvoKANClassifier(population=4, generations=1)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def wine():
    x, y = load_wine(return_X_y=True, as_frame=True)
    return x, y


@pytest.fixture(scope="module")
def fitted(wine):
    x, y = wine
    return EvoKANClassifier(population=4, generations=1, formula_seconds=0.3).fit(x[::2], y[::2])


def mixed(n=80, seed=0):
    """Return a frame with numbers, text, booleans and categories, and a target that depends on three of them."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "colour": rng.choice(["red", "green", "blue"], n),
            "old": rng.random(n) < 0.5,
            "grade": pd.Categorical(rng.choice(["low", "high"], n), categories=["low", "high"]),
        },
        index=np.arange(n) + 1000,
    )
    y = 3 * frame["size"] + 5 * (frame["colour"] == "red") - 2 * frame["old"]
    return frame, y.rename("price")


def test_every_setting_is_a_parameter_with_its_default():
    ours = inspect.signature(EvoKANClassifier).parameters
    settings = SearchConfig.model_fields
    others = {"dataset", "data", "target", "time", "series", "task", "test_size", "split_seed", "keep_na", "keep_na_in"}
    others |= {"sep", "decimal", "encoding", "test_data", "val_data", "group", "split", "drop", "equation"}
    others |= {"lags", "horizon", "time_format", "edges", "resample"}  # of a series
    renamed = {"workers": "n_jobs", "seed": "random_state", "time_limit": "timeout"}
    wanted = {renamed.get(name, name) for name in settings} - others - {"baselines", "report", "picture_format"}
    assert set(ours) == wanted | {"verbose", "callbacks"}
    for name, parameter in ours.items():
        if name in settings and parameter.default is not None and name != "space":
            assert parameter.default == settings[name].default, name
    assert inspect.signature(EvoKANRegressor) == inspect.signature(EvoKANClassifier)


def test_what_a_search_found_is_there(fitted, wine):
    x, y = wine
    assert fitted.score(x[1::2], y[1::2]) > 0.9
    assert list(fitted.classes_) == [0, 1, 2]
    assert list(fitted.feature_names_in_) == list(x.columns)
    assert fitted.n_features_in_ == len(x.columns)
    assert fitted.feature_importances_.shape == (len(x.columns),)
    assert fitted.feature_importances_.sum() == pytest.approx(1)
    chosen = fitted.front_[fitted.front_["chosen"]]
    assert len(chosen) == 1
    assert chosen["n_params"].item() == fitted.outcome_.figures["n_params"]
    assert list(fitted.history_["generation"]) == [0, 1]
    logits = fitted.decision_function(x)
    np.testing.assert_allclose(fitted.predict_proba(x), softmax(logits, axis=1))
    assert np.array_equal(fitted.predict(x), fitted.classes_[logits.argmax(axis=1)])
    assert not hasattr(fitted, "run_")
    with pytest.raises(NotFittedError):
        EvoKANClassifier().predict(x)


def test_all_rows_are_searched_on(fitted):
    problem = fitted.outcome_.job.problem
    assert len(problem.test) == 0
    assert np.array_equal(problem.development, np.arange(len(problem.table.y)))
    assert set(fitted.outcome_.figures["test"].values()) == {None}
    assert fitted.outcome_.figures["baselines"] == {}
    assert fitted.outcome_.figures["validation"]["accuracy"] > 0.8


def test_the_formula_is_read_when_it_is_asked_for(fitted, wine):
    model = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(model.predict(wine[0]), fitted.predict(wine[0]))
    assert "EvoKANClassifier" in model._repr_html_()
    assert "formula" not in model._late  # which shows every attribute that it finds
    assert "formula_" not in dir(model)
    assert model.formula_.text.startswith("score(0) = ")
    assert model.formula_ is model.formula_
    assert "formula_" in dir(model)


def test_a_family_without_edges_has_no_formula():
    x, y = load_iris(return_X_y=True)
    model = EvoKANClassifier("hkan", space_options={"max_cost": 20}, population=4, generations=0, folds=2).fit(x, y)
    assert model.score(x, y) > 0.8
    assert not hasattr(model, "formula_")
    with pytest.raises(AttributeError, match="formula_: search space 'hkan' has no one-variable edges"):
        model.formula_  # noqa: B018


def test_frames_of_any_kind_of_column():
    frame, y = mixed()
    model = EvoKANRegressor(population=4, generations=1).fit(frame, y)
    assert model.n_features_in_ == 4
    assert model.feature_importances_.shape == (4,)
    assert model.feature_importances_.argmax() in (0, 1)
    table = model.outcome_.job.problem.table
    assert table.feature_names == (
        "size", "colour=blue", "colour=green", "colour=red", "old=False", "old=True", "grade=low", "grade=high",
    )  # fmt: skip
    assert table.target_name == "price"
    new, truth = mixed(40, seed=1)
    assert model.score(new, truth) > 0.9
    with pytest.raises(ValueError, match="feature names"):
        model.predict(new[["colour", "size", "old", "grade"]])
    with pytest.raises(InputError, match="unknown category 'pink'"):
        model.predict(new.assign(colour="pink"))


def test_a_target_by_its_logarithm():
    """As the same target, its logarithm taken by hand; but in its own units."""
    frame, y = mixed()
    y = np.exp(y / 2 + 3).rename("price")
    plain = EvoKANRegressor(**SMALL, formula_seconds=0.3).fit(frame, np.log(y))
    model = EvoKANRegressor(**SMALL, formula_seconds=0.3, log_target=True).fit(frame, y)
    assert clone(model).log_target
    np.testing.assert_allclose(model.predict(frame), np.exp(plain.predict(frame)), rtol=1e-9)
    error = model.predict(frame) - y
    assert model.outcome_.job.problem.table.log_target
    assert model.score(frame, y) == pytest.approx(1 - (error**2).sum() / ((y - y.mean()) ** 2).sum())
    assert model.formula_.text.startswith("price = ")
    outputs = model.outcome_.job.problem.table.X
    assert model.formula_.predict(outputs)[:, 0] == pytest.approx(np.exp(plain.formula_.predict(outputs)[:, 0]))
    with pytest.raises(InputError, match=r"^log_target: target column 'price' needs values above 0"):
        EvoKANRegressor(**SMALL, log_target=True).fit(frame, -y)
    with pytest.raises(InputError, match="log_target goes with task='regression': classes have no logarithm"):
        EvoKANClassifier(**SMALL, log_target=True).fit(frame, y > 20)


def test_labels_of_any_kind_and_a_target_called_like_a_column():
    frame, y = mixed()
    for labels in (np.where(y > 2, "yes", "no"), y.to_numpy() > 2, np.where(y > 2, 10, 9)):
        model = EvoKANClassifier(**SMALL).fit(frame, pd.Series(labels, name="size"))
        assert set(model.predict(frame)) <= set(labels)
        assert list(model.classes_) == sorted(set(labels))
        assert model.decision_function(frame).shape == (len(frame),)
        assert model.outcome_.job.problem.table.class_names == tuple(map(str, model.classes_))
        assert model.outcome_.job.problem.table.target_name == "size_"


def test_missing_values_are_filled_in_where_that_is_asked_for():
    x, y = load_iris(return_X_y=True)
    gaps = x.copy()
    gaps[::10, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        EvoKANClassifier(**SMALL).fit(gaps, y)
    model = EvoKANClassifier(**SMALL, impute="median").fit(gaps, y)
    medians = np.where(np.isnan(gaps), np.nanmedian(gaps, axis=0), gaps)
    assert np.array_equal(model.predict_proba(gaps), model.predict_proba(medians))


def test_random_states_of_all_kinds_decide_split_and_search():
    x, y = load_iris(return_X_y=True)

    def found(state, jobs=None):
        model = EvoKANClassifier(**SMALL, random_state=state, n_jobs=jobs).fit(x, y)
        return [(r.chromosome, r.val_loss) for r in model.outcome_.evolution.records]

    assert found(3) == found(3, -1)
    assert found(3) != found(4)
    assert found(np.random.RandomState(5)) == found(np.random.RandomState(5))
    assert found(None) != found(None)


def test_options_of_the_family_are_parameters_too(wine):
    model = EvoKANClassifier(space_options={"max_depth": 2})
    assert model.set_params(space__max_depth=3, population=5).space_options == {"max_depth": 3}
    assert model.get_params()["space__max_depth"] == 3
    assert "space__max_depth" not in model.get_params(deep=False)
    assert clone(model).space_options == {"max_depth": 3}
    with pytest.raises(InputError, match="did you mean 'max_depth'"):
        model.set_params(space__max_dept=3)
    x, y = wine
    pipeline = make_pipeline(StandardScaler(), EvoKANClassifier(**SMALL))
    grid = {"evokanclassifier__space__max_depth": [1, 2]}
    best = GridSearchCV(pipeline, grid, cv=2).fit(x, y)
    chosen = best.best_estimator_[-1]
    assert chosen.outcome_.job.space.options.max_depth == best.best_params_["evokanclassifier__space__max_depth"]
    assert cross_val_score(EvoKANClassifier(**SMALL), x, y, cv=2).min() > 0.7


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"population": 2}, "^population: must be at least 4"),
        ({"space": "gakn"}, "did you mean 'gakan'"),
        ({"space_options": 3}, "space_options: expected a mapping"),
        ({"random_state": -1}, "random_state -1"),
        ({"random_state": "x"}, "random_state 'x'"),
        ({"n_jobs": "two"}, "^n_jobs: expected a whole number"),
        ({"choose": "bst-loss"}, "did you mean"),
    ],
)
def test_wrong_parameters_are_named(wrong, words):
    x, y = load_iris(return_X_y=True)
    with pytest.raises(InputError, match=words):
        EvoKANClassifier(**{**SMALL, **wrong}).fit(x, y)


def test_weights_are_refused():
    x, y = load_iris(return_X_y=True)
    with pytest.raises(InputError, match="fit takes no sample_weight: a search counts every row once"):
        EvoKANClassifier(**SMALL).fit(x, y, sample_weight=np.ones(len(y)))
    with pytest.raises(InputError, match="fit takes no eval_set"):
        EvoKANRegressor(**SMALL).fit(x, y, eval_set=y)


def test_rows_of_a_group_stay_together(tmp_path):
    frame, y = mixed()
    groups = np.repeat(np.arange(16), 5)
    model = EvoKANRegressor(**SMALL, out=tmp_path / "run", formula_seconds=0).fit(frame, y, groups=groups)
    for problem in (model.outcome_.job.problem, model.run_.problem):
        assert problem.n_features == 8
        for fold in problem.folds:
            assert not set(groups[fold.train]) & set(groups[fold.validation])
    assert model.predict(frame).shape == (80,)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EvoKANRegressor(**SMALL).fit(frame, y, groups=groups[:-1])
    with pytest.raises(InputError, match="groups are too few"):
        EvoKANRegressor(**SMALL).fit(frame, y, groups=np.zeros(80))


def test_rows_to_validate_on_are_the_one_hold_out(tmp_path):
    frame, y = mixed()
    labels = np.where(y > 2, "yes", "no")
    few = {name: value for name, value in SMALL.items() if name != "folds"}
    model = EvoKANClassifier(**few, out=tmp_path / "run", formula_seconds=0)
    model.fit(frame[:60], labels[:60], X_val=frame[60:], y_val=labels[60:])
    for problem in (model.outcome_.job.problem, model.run_.problem):
        assert problem.validation.tolist() == [*range(60, 80)]
        assert problem.train.tolist() == [*range(60)]
        (fold,) = problem.folds
        assert fold.validation.tolist() == [*range(60, 80)]
        assert np.array_equal(problem.table.y, np.searchsorted(model.classes_, labels))
    assert model.outcome_.job.config.refit == "holdout"
    same = EvoKANClassifier(**few).fit(
        frame[:60].to_numpy()[:, :1], labels[:60], X_val=frame[["size"]][60:].to_numpy(), y_val=labels[60:]
    )
    assert same.outcome_.job.problem.validation.tolist() == [*range(60, 80)]
    numbers = EvoKANRegressor(**few).fit(frame[:60], y[:60], X_val=frame[60:], y_val=y[60:])
    np.testing.assert_array_equal(numbers.outcome_.job.problem.table.y, y)

    def refused(words, **given):
        with pytest.raises(ValueError, match=words):
            EvoKANClassifier(**given.pop("how", few)).fit(frame[:60], labels[:60], **given)

    later = {"X_val": frame[60:], "y_val": labels[60:]}
    refused("X_val and y_val go together", X_val=frame[60:])
    refused("label 'maybe' is none of y", X_val=frame[60:61], y_val=["maybe"])
    refused("feature names", X_val=frame[60:].rename(columns={"size": "length"}), y_val=labels[60:])
    refused("validation rows of your own are one hold-out", **later, how=SMALL)
    refused("exclude each other", **later, how=few | {"val_size": 0.3})
    refused("exclude each other", **later, groups=np.arange(60))


def test_a_search_may_be_watched_and_cut_short(capsys):
    class Watch(Observer):
        def __init__(self):
            self.generations = []

        def on_generation(self, row):
            self.generations.append(row.generation)

    x, y = load_iris(return_X_y=True)
    watch = Watch()
    EvoKANClassifier(**SMALL, callbacks=[watch], verbose=True).fit(x, y)
    assert watch.generations == [0, 1]
    assert "generation 1: " in capsys.readouterr().out
    EvoKANClassifier(**SMALL).fit(x, y)
    assert capsys.readouterr().out == ""
    with pytest.raises(InputError, match=r"too short for one network and its fit of this table"):
        EvoKANClassifier(**SMALL, timeout=1e-9).fit(x, y)
    short = EvoKANClassifier(**{**SMALL, "generations": 100_000}, timeout=3).fit(x, y)
    assert len(short.history_) < 100_000
    assert short.score(x, y) > 0.7


def test_a_run_is_left_where_out_names_a_folder(tmp_path):
    frame, y = mixed()
    labels = np.where(y > 2, "yes", "no")
    out = tmp_path / "new" / "run"
    model = EvoKANClassifier(**SMALL, out=out, formula_seconds=0).fit(frame, labels)
    run = evokan.load_run(out)
    assert model.run_.path == run.path == out
    assert run.finished
    assert run.best.metrics["test"] == {"accuracy": None, "auc": None, "log_loss": None}
    logits = run.best.outputs(frame)
    np.testing.assert_array_equal(logits[:, 1] - logits[:, 0], model.decision_function(frame))
    same = EvoKANClassifier(**SMALL).fit(frame, labels)
    np.testing.assert_array_equal(same.predict_proba(frame), model.predict_proba(frame))
    assert list(run.pareto["id"]) == list(model.front_["id"])
    assert len(run.problem.test) == 0
    assert np.isfinite(run.importances().permutation).all()
    assert not [*out.parent.glob("*.*")]
    with pytest.raises(InputError, match="holds another run already; name a new folder"):
        clone(model).fit(frame, labels)
    with pytest.raises(InputError, match="unknown rule"):
        clone(model).set_params(out=tmp_path / "other", choose="bst").fit(frame, labels)
    assert not (tmp_path / "other").exists()
    assert not hasattr(model.set_params(out=None).fit(frame, labels), "run_")
    with pytest.raises(InputError, match="cannot be written"):
        clone(model).set_params(out=out / "run.log" / "run").fit(frame, labels)


def test_what_no_network_can_learn_is_said():
    x, _ = load_iris(return_X_y=True)
    with pytest.raises(InputError, match=r"holds '1\.0' in every row"):
        EvoKANRegressor(**SMALL).fit(x, np.ones(len(x)))
    with pytest.raises(InputError, match="has a single row"):
        EvoKANClassifier(**SMALL).fit(x, np.r_[np.zeros(149), 1])
