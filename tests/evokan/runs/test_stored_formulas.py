"""Formulas are found once: stored with the run, read again as they were, gone on with; a stranger's are checked."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from evokan.errors import InputError
from evokan.explain import Formulas, Split, find
from evokan.explain.formulas.kinds import TOLERANCE
from evokan.explain.unseen import LastFit, unseen_outputs
from evokan.problem.metrics import evaluate_predictions
from evokan.problem.splits import Fold
from evokan.runs.reading import Wanted, last_fit
from evokan.runs.run import Run, load_run
from evokan.searching.entry import resume, search
from evokan.spaces.training import Budget, TrainingJob

TINY = {"population": 6, "generations": 1, "steps": 2, "folds": 1, "workers": 1, "baselines": "none"}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"a": rng.uniform(1, 3, 160), "b": rng.uniform(1, 3, 160), "kind": rng.choice(["x", "y"], 160)}
    )
    return table.assign(y=table["a"] / table["b"] + 0.05 * rng.normal(size=160))


@pytest.fixture(scope="module")
def stored(tmp_path_factory, frame) -> Run:
    folder = tmp_path_factory.mktemp("stored")
    frame.to_csv(folder / "t.csv", index=False)
    return search(space="gakan", data=folder / "t.csv", target="y", out=folder / "run", formula_seconds=1.5, **TINY)


@pytest.fixture
def copy(stored, tmp_path) -> Run:
    shutil.copytree(stored.path, tmp_path / "run")
    return load_run(tmp_path / "run")


def test_what_is_stored_is_printed_without_a_search(stored, frame, monkeypatch):
    monkeypatch.setattr(find, "find_formulas", None)
    run = load_run(stored.path)
    found = run.best.formulas()
    assert {formula.kind for formula in found} == {"network", "law"}
    assert run.best.formula().text == found.best.text
    assert run.best.formula("network").kind == "network"
    assert run.best.formula(member=1) is not None
    values = run.best.formula().predict(frame)  # text and categories as the table has them
    np.testing.assert_array_equal(values, run.best.formula().predict(run.problem.table.X))
    assert values.shape == (160, 1)


@pytest.mark.parametrize(
    ("asked", "extends", "met"),
    [
        ({}, True, True),
        ({"time_limit": 1.0}, True, False),
        ({"units": {}}, True, False),
        ({"engine": "both"}, True, False),
        ({"functions": ["x"]}, False, False),
        ({"tolerance": 0.1}, False, False),
    ],
)
def test_whether_what_is_stored_will_do(stored, asked, extends, met):
    wanted = Wanted(**{"tolerance": TOLERANCE, "time_limit": None, "functions": None, "units": None, **asked})
    found = stored.best.stored_formulas()
    assert (wanted.extends(found), wanted.met_by(found)) == (extends, met)
    assert not wanted.extends(None)
    assert not wanted.met_by(None)


def test_losses_of_every_member_are_those_of_its_predictions(stored):
    problem = stored.problem
    scale = float(problem.target_scaler.scale[0])
    test = problem.test
    found = stored.best.formulas()
    for formula in found:
        error = formula.predict(problem.table.X[test])[:, 0] - problem.table.y[test]
        assert formula.test_loss == pytest.approx(np.mean((error / scale) ** 2), rel=1e-9)
    rmse = stored.best.metrics["test"]["rmse"]
    assert found.network.test_loss == pytest.approx((rmse / scale) ** 2, rel=1e-6)
    predicted = stored.best.predict(problem.table.X[test])
    assert evaluate_predictions("regression", problem.table.y[test], predicted)["rmse"] == pytest.approx(rmse)


def by_python(formula, x, folder):
    made: dict[str, object] = {}
    exec(formula.python(), made)
    return [made["formula"](*row) for row in x]


def by_sympy(formula, x, folder):
    made: dict[str, object] = {}
    exec(formula.sympy(), made)
    values = sp.lambdify([*made["columns"].values()], made["outputs"]["y"], "numpy")(*x.T)
    return np.broadcast_to(values, len(x))


def by_c(formula, x, folder):
    (folder / "made.c").write_text(formula.c())
    library = folder / f"made{len([*folder.iterdir()])}.so"
    subprocess.run(["cc", "-shared", "-fPIC", "made.c", "-o", library, "-lm"], cwd=folder, check=True)
    function = ctypes.CDLL(str(library)).formula
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * x.shape[1]
    return [function(*row) for row in x]


@pytest.mark.parametrize("way", [by_python, by_sympy, by_c])
def test_every_export_of_every_member_is_scored_as_it_is(way, stored, tmp_path):
    if way is by_c and shutil.which("cc") is None:
        pytest.skip("no C compiler here")
    problem, found = stored.problem, stored.best.formulas()
    scale = float(problem.target_scaler.scale[0])
    for number, formula in enumerate(found, start=1):
        used = {symbol.name for output in formula.outputs for symbol in output.free_symbols}
        places = [place for place, name in enumerate(formula.columns) if name in used]
        exported = stored.best.formula(member=number)
        values = way(exported, problem.table.X[problem.test][:, places], tmp_path)
        loss = np.mean(((np.array(values) - problem.table.y[problem.test]) / scale) ** 2)
        assert loss == pytest.approx(formula.test_loss, rel=1e-6)


def test_the_json_of_the_front_is_scored_as_it_is(stored):
    problem, found = stored.problem, stored.best.formulas()
    for formula, again in zip(found, Formulas.from_json(json.loads(json.dumps(found.to_json()))), strict=True):
        np.testing.assert_array_equal(
            formula.predict(problem.table.X[problem.test]), again.predict(problem.table.X[problem.test])
        )


def test_a_normalised_formula_says_the_same_of_scaled_columns(stored):
    problem, found = stored.problem, stored.best.formulas()
    x, y = problem.table.X[problem.test], problem.target_scaler
    for formula, scaled in zip(found, stored.best.normalised(found), strict=True):
        assert all(name.endswith("_scaled") for name in (*scaled.columns, *scaled.names))
        values = scaled.predict(problem.input_scaler.transform(x))
        np.testing.assert_allclose(values, y.transform(formula.predict(x)), rtol=1e-9, atol=1e-9)
        for one in scaled.scaled:
            assert str(one) in scaled.definitions
        assert "y_scaled = (y - " in scaled.python()
        assert "y_scaled = (y - " in scaled.sympy()
        assert scaled.latex.count(r"\mathrm{y\_scaled}") == 2


def test_the_network_is_judged_on_rows_that_it_has_not_seen(stored):
    """As its formulas are: by trainings without the rows of a fold, all else being that of its last one."""
    problem, graph, space = stored.problem, stored.best.graph, stored.space
    split, fit = Split.of(problem, graph), last_fit(stored, stored.best.spec)
    assert len(split.folds) == 5
    assert fit.rule == "development"
    budget = Budget(stored.settings["steps"], "cpu", stored.settings["fold_stop"])
    outputs = unseen_outputs(space, problem, fit, graph, split, budget)
    rows = np.concatenate([fold.validation for fold in split.folds])
    assert sorted(rows.tolist()) == problem.development.tolist()
    losses = ((outputs[:, 0] - problem.table.y[rows]) / problem.target_scaler.scale[0]) ** 2
    assert stored.best.formulas().network.val_loss == pytest.approx(losses.mean(), rel=1e-9)
    last = split.folds[-1]
    job = TrainingJob(fit.architecture, last, fit.seed, iterations=max(fit.iterations, 1), keep_weights=True)
    model = space.model(fit.architecture, problem, space.train([job], problem, budget)[0].weights)
    np.testing.assert_allclose(
        outputs[-len(last.validation) :], space.graph(model, problem).predict(problem.table.X[last.validation])
    )
    for formula in stored.best.formulas():
        assert formula.val_loss - formula.excess == pytest.approx(losses.mean(), rel=1e-9)


def test_a_network_that_has_not_seen_the_rows_is_taken_as_it_stands(stored):
    problem, graph = stored.problem, stored.best.graph
    fit = last_fit(stored, stored.best.spec)
    single = Split(problem.table.X, problem.table.y[:, None], (Fold(problem.train, problem.validation),))
    held_out = LastFit(fit.architecture, "holdout", fit.seed, 0)
    assert unseen_outputs(stored.space, problem, held_out, graph, single, Budget(2)) is None
    assert unseen_outputs(stored.space, problem, fit, graph, single, Budget(2)).shape == (len(problem.validation), 1)


@pytest.mark.parametrize("fit", [None, 3, {}, {"rule": "development", "seed": 1, "iterations": 10**12}])
def test_a_run_that_does_not_say_how_its_network_was_trained(fit, stored):
    assert last_fit(stored, {**stored.best.spec, "fit": fit}) is None


def test_the_text_has_both_kinds_and_says_first_which_is_the_answer(stored):
    text = (stored.best.path / "formula.txt").read_text()
    found = stored.best.formulas()
    assert text.splitlines()[0] == found.best.headline
    for kind in found.chosen:
        assert found.get(kind).headline in text
        assert found.get(kind).text in text


def test_more_time_goes_on_from_what_is_stored(copy):
    before = copy.best.formulas()
    after = copy.best.formulas(time_limit=0.5)
    assert set(after.stages) >= set(before.stages)
    assert after.work > before.work
    assert after.get("law").val_loss <= before.get("law").val_loss * 1.2
    copy.best.store(after)
    assert load_run(copy.path).best.formulas().to_json() == after.to_json()  # the manifest has taken note


def test_nothing_is_done_again_that_came_to_its_end(copy, monkeypatch):
    data = json.loads(copy.best.formulas_path.read_text())
    data["stages"] = [
        "products",
        "network",
        "rewritten",
        "lines",
        *(f"shape {i}" for i in range(1, 7)),
        "rewritten again",
    ]
    copy.directory.vault.write_json(copy.best.formulas_path, data)
    for name in ("relations", "smaller"):
        monkeypatch.setattr(find, name, None)
    found = copy.best.formulas(time_limit=5.0)
    assert found.complete
    assert [formula.text for formula in found] == [formula.text for formula in copy.best.formulas()]


def test_a_run_without_the_file_is_read_as_before(copy):
    copy.best.formulas_path.unlink()
    (copy.path / "manifest.json").unlink()
    assert copy.best.stored_formulas() is None
    assert copy.best.formulas(time_limit=0.5).front
    assert not copy.best.formulas_path.exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: d["front"][0].update(trees=[["__import__", "os"]]), "'__import__' is no part of a formula"),
        (lambda d: d["front"][0].update(trees=[]), "a formula has 0 outputs instead of 1"),
        (lambda d: d["chosen"].update(law=99), "the chosen formula of kind law is none"),
        (lambda d: d.update(front=[]), "front"),
        (lambda d: d["front"][0].update(val_loss="nan"), "val_loss"),
        (lambda d: d.pop("network"), "it lacks 'network'"),
    ],
)
def test_a_file_of_a_stranger_is_named(copy, change, why):
    path = copy.best.formulas_path
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    (copy.path / "manifest.json").unlink()
    with pytest.raises(InputError) as caught:
        copy.best.formulas()
    assert "formulas.json is damaged" in str(caught.value)
    assert why in str(caught.value)


def test_a_changed_file_of_a_finished_run_is_refused(copy):
    path = copy.best.formulas_path
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(InputError, match="formulas"):
        load_run(copy.path)


def test_a_network_that_is_chosen_anew_has_formulas_of_its_own(copy):
    copy.best.formulas_path.write_text("{}")
    (copy.path / "manifest.json").unlink()
    run = resume(copy.path, generations=2)
    scale = float(run.problem.target_scaler.scale[0])
    rmse = run.best.metrics["test"]["rmse"]
    assert run.best.formulas().network.test_loss == pytest.approx((rmse / scale) ** 2, rel=1e-6)


def test_what_was_found_stays_when_a_run_goes_on(copy):
    copy.best.store(copy.best.formulas(time_limit=0.5))
    wanted = {name: (copy.best.path / name).read_bytes() for name in ("formulas.json", "formula.txt")}
    (copy.path / "manifest.json").unlink()
    (copy.best.path / "metrics.json").unlink()  # as a kill while the pictures are drawn leaves it
    (copy.best.path / "formula.txt").unlink()
    run = resume(copy.path)
    assert {name: (run.best.path / name).read_bytes() for name in wanted} == wanted


def test_a_resumed_run_has_the_formulas_of_one_that_went_through(copy, tmp_path):
    wanted = {name: (copy.best.path / name).read_bytes() for name in ("formulas.json", "formula.txt")}
    (copy.path / "manifest.json").unlink()
    for name in ("metrics.json", *wanted):
        (copy.best.path / name).unlink()  # as a kill before the formulas leaves it
    run = resume(copy.path)
    assert {name: (run.best.path / name).read_bytes() for name in wanted} == wanted
