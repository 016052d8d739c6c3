"""The methods of the comparison: what each compares, how large its model is, and that it gives the same again."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from evokan.errors import InputError
from evokan.problem import baselines
from evokan.problem.baselines import evenly, fit_baseline, fit_baselines
from evokan.problem.metrics import evaluate_predictions
from evokan.searching.outcome import Evolution
from evokan.settings.job import prepare, resolve
from experiments.comparison import ebm, glass_boxes, methods, searches
from experiments.comparison.ebm import boosted
from experiments.comparison.glass_boxes import GRIDS, SplinesOfClasses, glass_box
from experiments.comparison.methods import METHODS, Task, measure
from experiments.comparison.tables import (
    register,
)
from experiments.comparison.usual import LONGER, NAMES, drawn, longer, size, usual
from search_spaces.hkan import HKANArchitecture, HKANLayer
from search_spaces.hkan.network import HKANModule


def test_settings_are_spread_evenly():
    assert evenly([1, 2, 3, 4, 5], 3) == [1, 3, 5]
    assert evenly([1, 2, 3, 4, 5], 1) == [3]
    assert evenly([1, 2], 9) == evenly([1, 2], None) == [1, 2]


def test_one_baseline_alone_is_the_one_among_all():
    problem = prepare(resolve({"space": "gakan", "dataset": "iris"})).problem
    alone = fit_baseline("knn", problem, 4)
    measured = evaluate_predictions(problem.task, problem.table.y[problem.test], alone.scores, kind="probabilities")
    together = fit_baselines(problem, 4, tune=True, which="fast")["knn"]
    assert measured == {name: together[name] for name in measured}
    assert fit_baseline("knn", problem, 4, settings=0).model.steps[-1][1].n_neighbors == 5


def test_settings_may_be_given_themselves():
    problem = prepare(resolve({"space": "gakan", "dataset": "iris"})).problem
    neighbours = [{"n_neighbors": 40}, {}, {"n_neighbors": 100}]
    for given, expected in ((neighbours, 5), (neighbours[::2], 40), (neighbours[2:], 100), ([], 5)):
        assert fit_baseline("knn", problem, 4, settings=given).model.steps[-1][1].n_neighbors == expected
    with pytest.raises(InputError, match="unknown setting of knn 'n_neighbour': did you mean 'n_neighbors'"):
        fit_baseline("knn", problem, 4, settings=[{"n_neighbors": 5}, {"n_neighbour": 5}])
    with pytest.raises(InputError, match=r"unknown baseline 'ridge': .*Known: .*knn.*logistic"):
        fit_baseline("ridge", problem, 4)
    for wrapped in ("steps", "with_mean", "kneighborsclassifier"):
        with pytest.raises(InputError, match=f"unknown setting of knn '{wrapped}'"):
            fit_baseline("knn", problem, 4, settings=[{wrapped: 3}])
    equation = prepare(resolve({"space": "fkan", "dataset": "lane-emden-3"})).problem
    with pytest.raises(InputError, match="unknown baseline 'ridge': Known: none"):
        fit_baseline("ridge", equation, 4)


@pytest.mark.parametrize("name", LONGER)
@pytest.mark.parametrize("classes", [True, False])
def test_who_tunes_for_longer_begins_with_the_grid_and_always_draws_the_same(name, classes):
    found = drawn(name, classes)
    assert (len(found), found[0]) == (LONGER[name], {})
    assert found == drawn(name, classes)
    grid = list(ParameterGrid(baselines.GRIDS[NAMES[name][not classes]]))
    assert found[1 : len(grid) + 1] == grid
    kinds = {"boosting": (HistGradientBoostingClassifier, HistGradientBoostingRegressor), "svm": (SVC, SVR)}
    kind = kinds[name][not classes]()
    for one in found:
        kind.set_params(**one)._validate_params()
    random = found[len(grid) + 1 :]
    assert len(random) == LONGER[name] - len(grid) - 1
    for key in random[0]:
        assert len({one[key] for one in random}) > 30
    assert ("epsilon" in random[0]) == (name == "svm" and not classes)


@pytest.mark.parametrize(("name", "table", "more"), [("boosting", "friedman-2", 6), ("svm", "friedman-1", 40)])
def test_who_tunes_for_longer_is_better_by_the_folds(name, table, more, monkeypatch):
    register()
    asked = []

    class Noted(GridSearchCV):
        def fit(self, X, y):
            super().fit(X, y)
            asked.append((len(self.param_grid), self.best_score_))
            return self

    monkeypatch.setattr(baselines, "GridSearchCV", Noted)
    grid = len(ParameterGrid(baselines.GRIDS[NAMES[name][1]]))
    plain, tuned = usual(name, table, 300, grid), longer(name, table, 300, grid + more)
    (few, before), (many, after) = asked
    assert (few, many) == (grid, grid + more)
    assert after > before  # it has all that the other has
    assert not np.array_equal(plain.scores, tuned.scores)
    longer(name, table, 300, 0)
    assert len(asked) == 2
    for few in (2, grid):  # no time for more than the grid
        assert np.array_equal(longer(name, table, 300, few).scores, usual(name, table, 300, few).scores)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sizes_count_what_a_prediction_needs():
    x, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(max_depth=1).fit(x, y)
    assert size(tree, 4) == (2 + 2 * 3, 1)
    forest = RandomForestClassifier(3, max_depth=1, bootstrap=False, random_state=0).fit(x, y)
    assert size(forest, 4)[0] == 3 * 8
    assert size(KNeighborsClassifier().fit(x, y), 4) == (150 * 5, 4)
    target = x[:, 3]
    assert size(Lasso(0.01).fit(np.column_stack([target, np.zeros(150)]), target), 2) == (2, 1)
    assert size(MLPRegressor(hidden_layer_sizes=(3,), max_iter=5, solver="lbfgs").fit(x, target), 4) == (
        4 * 3 + 3 + 3 + 1,
        4,
    )
    assert size(SVR().fit(x, target), 4)[0] == 5 * len(SVR().fit(x, target).support_) + 1
    boosting = HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=2).fit(x[:, 2:], target)
    assert size(boosting, 2) == (2 + 2, 1)
    with pytest.raises(TypeError, match="int"):
        size(3, 1)


def test_a_pruned_tree_is_the_best_of_its_path():
    register()
    whole, pruned = (glass_box("tree", "xor", 300, count) for count in (0, 20))
    assert pruned.terms is not None
    assert whole.terms is not None
    assert 2 <= pruned.terms < whole.terms
    assert pruned.columns <= whole.columns
    assert (pruned.scores.argmax(axis=1) == pruned.problem.table.y[pruned.problem.test]).mean() > 0.7


def test_few_coefficients_are_chosen_by_folds():
    register()
    product = glass_box("lasso", "friedman-1", 300, 11)
    assert product.terms is not None
    assert product.parameters == product.terms + 1
    assert product.columns == product.terms
    row = measure(Task("friedman-1", 300, "lasso", 11))
    assert row["reason"] == ""
    assert 2.0 < row["rmse"] < 3.0  # the interaction and the square are out of its reach
    assert (row["accuracy"], row["calibration_error"], row["steps"]) == ("", "", 11)


@pytest.mark.skipif(find_spec("interpret") is None, reason="needs interpret-core")
def test_ebm_sees_what_acts_together():
    register()
    product = boosted("xor", 300, 1)
    assert (product.columns, product.parameters > 1000) == (10, True)
    assert product.terms is not None
    assert product.terms > 10
    assert product.step > 0
    assert (product.scores.argmax(axis=1) == product.problem.table.y[product.problem.test]).mean() > 0.75


def test_the_steps_of_ebm_are_bags_and_then_settings(monkeypatch):
    made, compared = [], []

    class Machine:
        term_features_, term_scores_ = [(0,), (2,), (0, 2)], [np.zeros(4)] * 3
        bins_ = ((np.zeros(2), np.zeros(1)), (np.zeros(2),), (np.zeros(2), np.zeros(1)))

        def __init__(self, **settings):
            made.append({name: settings[name] for name in settings if name not in ("n_jobs", "random_state")})

        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.zeros(len(X))

        def predict_proba(self, X):
            return np.full((len(X), 3), 1 / 3)

    machines = SimpleNamespace(ExplainableBoostingClassifier=Machine, ExplainableBoostingRegressor=Machine)
    monkeypatch.setitem(sys.modules, "interpret", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "interpret.glassbox", machines)

    def best(make, settings, problem):
        compared.append(settings)
        return settings[-1]

    monkeypatch.setattr(ebm, "best_settings", best)
    register()
    product = boosted("friedman-3", 300, 3)
    assert (product.terms, product.columns, product.parameters) == (3, 2, 12 + 8)
    boosted("friedman-3", 300, ebm.BAGS + ebm.SETTING)
    assert (made, compared) == ([{"outer_bags": 3}, {"outer_bags": 14}], [])
    boosted("friedman-3", 300, ebm.MOST)
    assert (made[-1], compared) == ({"min_samples_leaf": 20, "outer_bags": 14}, [ebm.GRID])
    boosted("iris", 300, ebm.BAGS + 2 * ebm.SETTING)
    assert compared[-1] == [{"interactions": 0}, {"min_samples_leaf": 20, "interactions": 0}]


@pytest.mark.skipif(find_spec("pygam") is None, reason="needs pygam")
def test_additive_splines():
    x, y = load_iris(return_X_y=True)
    with np.errstate(all="ignore"):
        model = SplinesOfClasses(lam=10.0).fit(x[50:], y[50:])
        three = SplinesOfClasses(lam=10.0).fit(x, y)
    assert len(model.models_) == 1
    assert model.predict_proba(x[50:]).sum(axis=1) == pytest.approx(np.ones(100))
    assert (model.predict(x[50:]) == y[50:]).mean() > 0.95
    assert len(three.models_) == 3
    assert three.predict_proba(x).sum(axis=1) == pytest.approx(np.ones(150))
    row = measure(Task("friedman-1", 300, "gam", 0))
    assert (row["reason"], row["terms"]) == ("", 10)


@pytest.mark.parametrize("method", ["hkan", "fkan", "tuned [n, m]", "boosting", "svm", "mlp", "lasso", "forest"])
def test_every_method_gives_the_same_again(method):
    register()
    table = "friedman-3" if method == "hkan" else "iris"  # of classes it trains each finalist for a minute
    task = Task(table, 300, method, max(METHODS[method].least, 2 if METHODS[method].probe == 0 else 1))
    first, second = measure(task), measure(task)
    assert first["reason"] == ""
    assert first | {"cpu_seconds": 0} == second | {"cpu_seconds": 0}


def test_a_model_with_few_settings_to_try_tries_its_own_first(monkeypatch):
    problem = prepare(resolve({"space": "gakan", "dataset": "iris"})).problem
    tried = []

    def search(model, grid, **settings):
        tried.append([{key.split("__")[-1]: value[0] for key, value in point.items()} for point in grid])
        return GridSearchCV(model, grid, **settings)

    monkeypatch.setattr(baselines, "GridSearchCV", search)
    for count in (2, 3):
        fit_baseline("svm", problem, 0, settings=count)
    assert tried == [
        [{"C": 1.0, "gamma": "scale"}, {"C": 10.0, "gamma": "scale"}],
        [{"C": 1.0, "gamma": "scale"}, {"C": 0.1, "gamma": "scale"}, {"C": 100.0, "gamma": 0.1}],
    ]


@pytest.mark.parametrize(("name", "count"), [("gam", 3), ("lasso", 2)])
def test_settings_are_compared_in_the_order_of_their_list(name, count, monkeypatch):
    def best(make, settings, problem, scoring):
        raise LookupError(settings)

    monkeypatch.setattr(glass_boxes, "best_settings", best)
    with pytest.raises(LookupError) as found:
        glass_box(name, "iris", 300, count)
    assert found.value.args == (GRIDS[name][:count],)


def test_few_strengths_of_the_lasso_cover_its_range():
    """Scikit-learn's own, the strongest penalty, the weakest, and what lies between; none twice."""
    strengths = [settings["strength"] for settings in GRIDS["lasso"]]
    assert strengths[:3] == [1.0, min(strengths), max(strengths)]
    assert sorted(strengths) == pytest.approx(np.logspace(-2, 3, 11))
    fives = np.log10(sorted(strengths[:5]))
    assert np.diff(fives) == pytest.approx([1, 1, 2, 1])


def test_centres_are_numbers_that_a_prediction_needs(monkeypatch):
    seen = []
    count = searches.centres
    monkeypatch.setattr(searches, "centres", lambda model: seen.append(model) or count(model))
    product = searches.evolved("hkan", "friedman-3", 300, 2)
    network = seen[0].architecture
    drawn = sum(
        layer.nodes * columns * layer.n_basis
        for layer, columns in zip(network.layers, network.widths, strict=False)
        if not layer.is_identity and layer.placement != "equal"
    )
    assert drawn > 0
    assert product.parameters == network.n_params + drawn
    searches.evolved("gakan", "friedman-3", 300, 2)
    assert count(seen[1]) == 0


def test_centres_at_equal_steps_are_no_numbers_of_their_own():
    last = [HKANLayer(1, "sigmoid", 3, 8, placement) for placement in ("equal", "random", "data")]
    hidden = HKANLayer(2, "tanh", 3, 5, "random")
    networks = [HKANArchitecture(3, (hidden, layer)) for layer in last]
    assert [searches.centres(HKANModule(network, {"task": "regression"})) for network in networks] == [
        30,
        30 + 16,
        30 + 16,
    ]
    assert searches.centres(nn.Linear(3, 1)) == 0


def test_large_tables_are_judged_on_few_rows_first():
    register()
    assert not searches.job_of("gakan", "interacting", 300).problem.cuts
    job = searches.job_of("gakan", "kinematics8nm", 300)
    assert [sum(map(len, (cut[0].train, cut[0].validation))) for cut in job.problem.cuts] == [2000]


def test_searches_have_the_defaults_but_for_their_size():
    gakan, hkan = (searches.job_of(space, "iris", 300, 4) for space in ("gakan", "hkan"))
    assert (hkan.config.population, hkan.config.generations, hkan.space.allowance) == (20, 4, 10.0)
    usual = prepare(resolve({"space": "gakan", "dataset": "iris", "split_seed": 300, "seed": 300}))
    assert gakan.space.options == usual.space.options


def test_only_gakan_has_survivors_among_its_finalists(monkeypatch):
    seen = {}

    def evolve(job, executor, observer):
        observer.on_generation(None)
        return Evolution((), ("survivor",), (), 0)

    def retrain(job, evolution, trainer):
        seen[job.space.name] = evolution.survivors
        raise LookupError

    monkeypatch.setattr(searches.engine, "evolve", evolve)
    monkeypatch.setattr(searches.engine, "retrain", retrain)
    for family in methods.FAMILIES:
        with pytest.raises(LookupError):
            searches.evolved(family, "iris", 300, 2)
    assert seen == {"gakan": ("survivor",), "hkan": (), "fkan": ()}
