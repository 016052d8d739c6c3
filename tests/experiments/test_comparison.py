"""The comparison: its laws, its tables, its budgets, and a small study run twice."""

from __future__ import annotations

import csv
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_iris, make_friedman1
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier

from evokan.errors import InputError
from evokan.problem import baselines
from evokan.problem.baselines import evenly, fit_baseline, fit_baselines
from evokan.problem.metrics import evaluate_predictions
from evokan.searching.outcome import Evolution
from evokan.settings.job import prepare, resolve
from experiments.comparison import calibration, ebm, glass_boxes, methods, searches, study
from experiments.comparison.calibration import Cost, affordable, expectation, plan, steps
from experiments.comparison.ebm import boosted
from experiments.comparison.glass_boxes import GRIDS, SplinesOfClasses, glass_box
from experiments.comparison.methods import METHODS, Task, measure, present
from experiments.comparison.scores import calibration_error
from experiments.comparison.standings import alike, critical_difference, friedman_p, ranks_of
from experiments.comparison.tables import (
    CLASSIFICATION,
    FLIPPED,
    MADE,
    REGRESSION,
    in_turns,
    register,
    split_seeds,
    xor,
)
from experiments.comparison.usual import size
from experiments.harness import Context


def test_calibration_error_of_known_probabilities():
    sure = np.tile([0.25, 0.75], (8, 1))
    assert calibration_error([1, 1, 1, 0] * 2, sure) == 0.0
    assert calibration_error([1] * 8, sure) == pytest.approx(0.25)
    assert calibration_error([0] * 8, sure) == pytest.approx(0.75)
    # Two bins, one too sure by 0.1 and one too modest by 0.35: their mean by rows.
    p = np.array([[0.4, 0.6]] * 2 + [[0.05, 0.95]] * 6)
    assert calibration_error([1, 0, 1, 1, 1, 1, 1, 0], p) == pytest.approx((2 * 0.1 + 6 * abs(0.95 - 5 / 6)) / 8)


def test_calibration_error_is_that_of_scikit_learns_curve():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.5, 1.0, 500)
    y = (rng.random(500) < p**2).astype(int)
    shares, means = calibration_curve(y, p, n_bins=10)
    counts = np.histogram(p, np.linspace(0, 1, 11))[0]
    expected = float((np.abs(shares - means) * counts[counts > 0]).sum() / 500)
    assert calibration_error(y, np.column_stack([1 - p, p])) == pytest.approx(expected)


def test_ranks_share_ties_and_put_what_failed_last():
    errors = pd.DataFrame({"a": [0.1, 0.2], "b": [0.1, np.nan], "c": [0.3, 0.1]})
    assert ranks_of(errors).to_numpy().tolist() == [[1.5, 1.5, 3.0], [2.0, 3.0, 1.0]]


def test_friedman_is_scipys_and_equal_columns_are_equal():
    errors = pd.DataFrame(np.random.default_rng(0).random((12, 4)), columns=list("abcd"))
    expected = friedmanchisquare(*(errors[name] for name in errors)).pvalue
    assert friedman_p(ranks_of(errors)) == pytest.approx(float(expected))
    assert friedman_p(ranks_of(pd.DataFrame(np.ones((5, 3)), columns=list("abc")))) == 1.0
    assert np.isnan(friedman_p(ranks_of(errors[["a", "b"]])))


@pytest.mark.parametrize(("count", "q"), [(2, 1.960), (3, 2.343), (5, 2.728), (10, 3.164)])
def test_critical_differences_are_demsars(count, q):
    # Table 5 of Demsar (2006).
    assert critical_difference(count, 14) == pytest.approx(q * (count * (count + 1) / (6 * 14)) ** 0.5, rel=1e-3)


def test_methods_alike_are_the_largest_groups():
    means = {"a": 1.0, "b": 1.5, "c": 2.2, "d": 4.0}
    assert alike(means, 1.0) == [("a", "b"), ("b", "c")]
    assert alike(means, 1.3) == [("a", "b", "c")]
    assert alike(means, 0.1) == []


def test_the_tables_and_their_splits(monkeypatch):
    register()
    register()
    assert (len(CLASSIFICATION), len(REGRESSION), len(MADE)) == (5, 18, 5)
    assert split_seeds("iris") == [*range(300, 310)]
    assert split_seeds("iris", 2) == [300, 301]
    assert split_seeds("rice") == split_seeds("interacting") == [300, 301, 302]
    x, y = xor(20_000, 3)
    assert np.mean((x[:, 0] * x[:, 1] > 0) == y) == pytest.approx(1 - FLIPPED, abs=0.01)
    job = prepare(resolve({"space": "gakan", "dataset": "friedman-1"}))
    assert np.array_equal(job.problem.table.X, make_friedman1(500, n_features=10, noise=1.0, random_state=0)[0])


def test_budgets_follow_from_the_costs_alone():
    assert steps("gakan", Cost(2.0, 0.5), 20.0) == 36
    assert steps("gakan", Cost(2.0, 0.001), 20.0) == 101  # 100 generations after the first
    assert steps("gakan", Cost(30.0, 9.0), 20.0) == 2
    assert steps("tuned [n, m]", Cost(30.0, 9.0), 20.0) == 1
    assert steps("linear", Cost(1.0, 9.9), 20.0) == 0  # one setting is no choice
    assert steps("linear", Cost(0.0, 0.0), 20.0) == 5
    assert [steps("ebm", Cost(0.0, bag), 20.0) for bag in (25.0, 3.0, 0.01)] == [1, 6, ebm.MOST]


def test_the_order_is_by_splits_and_what_is_too_much_is_left_out():
    names, ways = ("a", "b"), ("gakan", "linear")
    known = {(name, way): Cost(10.0, 5.0) for name in names for way in ways}
    pieces = plan(names, ways, known, lambda name: [300, 301] if name == "a" else [300], 20.0)
    assert [(piece.table, piece.split, piece.method) for piece in pieces] == [
        ("a", 300, "gakan"),
        ("a", 300, "linear"),
        ("b", 300, "gakan"),
        ("b", 300, "linear"),
        ("a", 301, "gakan"),
        ("a", 301, "linear"),
    ]
    assert {piece.steps for piece in pieces} == {2}
    assert affordable(pieces) == pieces
    kept = affordable(pieces, 90 / 3600)
    assert kept == pieces[:4]
    assert "4 pieces" in expectation(pieces, kept, 20.0)
    assert "2 left out" in expectation(pieces, kept, 20.0)
    assert "core hours by split: 0.02, 0.01" in expectation(pieces, pieces, 20.0)
    assert "left out" not in expectation([Task("a", 300, "gakan", 2, 20.0)], [Task("a", 300, "gakan", 2, 20.0)], 20.0)


def test_what_would_take_too_long_is_not_tried_and_costs_nothing(monkeypatch):
    known = {("a", "gakan"): Cost(100.0, 40.0), ("a", "linear"): Cost(1.0, 1.0)}
    pieces = plan(["a"], ["gakan", "linear"], known, lambda name: [300], 20.0)
    assert pieces[0].expected == 180.0
    assert affordable(pieces, 20 / 3600) == pieces
    monkeypatch.setattr(methods, "fit", lambda *task: pytest.fail("was tried"))
    row = measure(pieces[0])
    assert row["reason"] == "not tried: the least that it can do takes more than 150 s of one core"
    assert (row["rmse"], row["cpu_seconds"], row["steps"]) == ("", "", 2)
    told = expectation(pieces, pieces, 20.0)
    assert "2 pieces, 0.0 core hours expected; 0 take more" in told
    assert "; 1 are not tried, since they would take more than 150 s; core hours by split: 0.00" in told


def test_a_model_that_cannot_be_tuned_in_time_is_measured_once(monkeypatch):
    asked: list[int] = []

    def fit(table, split, method, steps):
        asked.append(steps)
        return None, "", 3.0 + 4.0 * steps

    monkeypatch.setattr(calibration, "fit", fit)
    row = calibration.measure(calibration.Key("iris", "forest", 20.0))
    assert (asked, row["fixed_seconds"], row["step_seconds"]) == ([0], 3.0, 12.0)
    row = calibration.measure(calibration.Key("iris", "forest", 30.0))
    assert (asked, row["step_seconds"]) == ([0, 0, 2], 4.0)


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
    product = glass_box("lasso", "friedman-1", 300, 12)
    assert product.terms is not None
    assert product.parameters == product.terms + 1
    assert product.columns == product.terms
    row = measure(Task("friedman-1", 300, "lasso", 12))
    assert row["reason"] == ""
    assert 2.0 < row["rmse"] < 3.0  # the interaction and the square are out of its reach
    assert (row["accuracy"], row["calibration_error"], row["steps"]) == ("", "", 12)


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


def test_a_method_that_fails_says_why(monkeypatch):
    def broken(table, split, steps):
        raise OverflowError("too\nlarge")

    monkeypatch.setitem(methods.METHODS, "tree", METHODS["tree"]._replace(work=broken))
    row = measure(Task("iris", 300, "tree", 0))
    assert (row["reason"], row["accuracy"], row["parameters"]) == ("OverflowError: too large", "", "")
    assert set(row) == set(measure(Task("iris", 300, "linear", 0)))


def test_a_rival_that_is_not_installed_is_left_out_with_a_line(monkeypatch, capfd):
    monkeypatch.setattr(methods, "find_spec", lambda name: None if name == "pygam" else name)
    assert set(METHODS) - set(present()) == {"gam"}
    said = capfd.readouterr()
    text = said.out + said.err
    assert text == "left out: gam needs the package pygam, which is not installed (CONTRIBUTING.md, Versions)\n"
    assert "gam" not in present(silent=True)
    assert capfd.readouterr() == ("", "")


def _without_seconds(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: text for name, text in row.items() if name != "cpu_seconds"} for row in csv.DictReader(file)]


def test_a_second_run_gives_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "present", lambda **_: ["gakan", "pruning alone", "knn", "tree"])
    monkeypatch.setattr(calibration, "QUICK", ("iris",))
    first = study.run(Context(tmp_path / "a", quick=True, workers=1, silent=True))
    folder = tmp_path / "b" / "comparison-quick"
    folder.mkdir(parents=True)
    shutil.copy(tmp_path / "a" / "comparison-quick" / "calibration.csv", folder)
    second = study.run(Context(tmp_path / "b", quick=True, workers=2, silent=True))
    assert all(path.stat().st_size for path in first)
    rows = _without_seconds(first[0])
    assert [row["method"] for row in rows] == ["gakan", "pruning alone", "knn", "tree"]
    assert all(row["reason"] == "" and float(row["accuracy"]) > 0.7 for row in rows)
    assert _without_seconds(second[0]) == rows
    before = second[0].read_bytes()
    text = second[0].read_text()
    second[0].write_text(text[: text.rstrip("\n").rfind("\n") + 4])  # as a kill may leave it
    again = study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))
    assert _without_seconds(again[0]) == rows
    assert before.splitlines()[:4] == again[0].read_bytes().splitlines()[:4]
    # Nothing is missing: the page is made again from the rows.
    page = folder / "comparison.md"
    written = page.read_text()
    page.unlink()
    study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))
    assert page.read_text() == written
    header, *lines = second[0].read_text().splitlines()
    cells = lines[0].split(",")
    cells[header.split(",").index("steps")] = "77"
    second[0].write_text("\n".join([header, ",".join(cells), *lines[1:], ""]))
    with pytest.raises(InputError, match=r"gakan has 77 steps on iris, by calibration.csv it is to have"):
        study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))


@pytest.mark.parametrize("method", ["hkan", "fkan", "tuned [n, m]", "boosting", "svm", "mlp", "lasso", "forest"])
def test_every_method_gives_the_same_again(method):
    register()
    task = Task("xor", 300, method, max(METHODS[method].least, 2 if METHODS[method].probe == 0 else 1))
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


def test_splines_are_compared_in_the_order_of_their_list(monkeypatch):
    def best(make, settings, problem, scoring):
        raise LookupError(settings)

    monkeypatch.setattr(glass_boxes, "best_settings", best)
    with pytest.raises(LookupError) as found:
        glass_box("gam", "iris", 300, 3)
    assert found.value.args == (GRIDS["gam"][:3],)


def test_centres_are_numbers_that_a_prediction_needs(monkeypatch):
    seen = []
    count = searches.centres
    monkeypatch.setattr(searches, "centres", lambda model: seen.append(model) or count(model))
    product = searches.evolved("hkan", "friedman-3", 300, 2)
    network = seen[0].architecture
    drawn = sum(
        layer.nodes * columns * layer.n_basis
        for layer, columns in zip(network.layers, network.widths, strict=False)
        if not layer.is_identity
    )
    assert drawn > 0
    assert product.parameters == network.n_params + drawn
    searches.evolved("gakan", "friedman-3", 300, 2)
    assert count(seen[1]) == 0


def test_large_tables_are_judged_on_few_rows_first():
    register()
    assert not searches.job_of("gakan", "interacting", 300).problem.cuts
    job = searches.job_of("gakan", "kinematics8nm", 300)
    assert [sum(map(len, (cut[0].train, cut[0].validation))) for cut in job.problem.cuts] == [2000]


def test_what_comes_to_no_end_is_a_row_with_its_reason():
    row = methods.unfinished(Task("iris", 300, "tree", 3), "not finished in 180 s of one core", 171.234)
    assert (row["reason"], row["cpu_seconds"], row["accuracy"]) == ("not finished in 180 s of one core", 171.23, "")
    assert list(row) == list(measure(Task("iris", 300, "linear", 0)))
    stored = calibration.unfinished(calibration.Key("iris", "forest", 20.0), "why", 171.2)
    assert set(stored) == {"table", "method", "fixed_seconds", "step_seconds", "reason"}
    # A model whose second setting runs away is fitted as it comes; a search that is killed is not tried.
    (cost,) = calibration.costs([stored]).values()
    assert (steps("forest", cost, 20.0), cost.fixed) == (0, 20.0)
    stored = calibration.unfinished(calibration.Key("iris", "gakan", 20.0), "why", 300.0)
    (cost,) = calibration.costs([stored]).values()
    assert cost.fixed + steps("gakan", cost, 20.0) * cost.step > methods.MOST_SECONDS
    assert steps("gakan", Cost(171.2, 0.0), 20.0) == 2


def test_searches_have_the_defaults_but_for_their_size():
    gakan, hkan = (searches.job_of(space, "iris", 300, 4) for space in ("gakan", "hkan"))
    assert (hkan.config.population, hkan.config.generations, hkan.space.allowance) == (20, 4, 6.0)
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


def test_the_tables_come_in_turns():
    found = in_turns()
    assert sorted(found) == sorted([*CLASSIFICATION, *REGRESSION, *MADE])
    assert found[:6] == ["iris", "friedman-1", "abalone", "wine", "friedman-2", "auto_mpg"]


@pytest.mark.slow
def test_all_methods_go_through_the_quick_version(tmp_path):
    files = study.run(Context(tmp_path, quick=True, workers=2, silent=True))
    rows = _without_seconds(files[0])
    assert {row["method"] for row in rows} == set(present(silent=True))
    assert [row["reason"] for row in rows] == [""] * len(rows)
