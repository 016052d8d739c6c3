"""Formulas are found once: stored with the run, read again as they were, gone on with; a stranger's are checked."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from evokan.errors import InputError
from evokan.explain import find
from evokan.problem.metrics import evaluate_predictions
from evokan.runs.run import Run, load_run
from evokan.searching.entry import resume, search

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


def test_every_export_of_every_member_gives_its_values(stored):
    x = stored.problem.table.X[:20]
    for number, formula in enumerate(stored.best.formulas(), start=1):
        made: dict[str, object] = {}
        exec(stored.best.formula(member=number).python(), made)
        names = made["formula"].__code__.co_varnames[: made["formula"].__code__.co_argcount]
        used = [i for i, name in enumerate(formula.columns) if name in names]
        if len(used) == len(names):
            values = [made["formula"](*row[used]) for row in x]
            assert values == pytest.approx(formula.predict(x)[:, 0], rel=1e-9)


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


def test_a_resumed_run_has_the_formulas_of_one_that_went_through(copy, tmp_path):
    wanted = {name: (copy.best.path / name).read_bytes() for name in ("formulas.json", "formula.txt")}
    (copy.path / "manifest.json").unlink()
    for name in ("metrics.json", *wanted):
        (copy.best.path / name).unlink()  # as a kill before the formulas leaves it
    run = resume(copy.path)
    assert {name: (run.best.path / name).read_bytes() for name in wanted} == wanted
