"""The page of a run: whole, without anything from elsewhere, and harmless whatever a run holds."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from html_reading import HOSTILE, harmless

import evokan
from evokan.reports import gather, page, write_report
from evokan.reports.tested import examine, keep_tested
from evokan.runs.run import Run

SMALL = {"population": 6, "generations": 2, "workers": 2, "formula_seconds": 0.1, "report": False, "baselines": "fast"}
FAMILIES = {
    "gakan": {"space": "gakan", "dataset": "iris", "folds": 2, "steps": 2},
    "gakan-law": {"space": "gakan", "dataset": "product", "folds": 1, "steps": 2},
    "hkan": {"space": "hkan", "dataset": "iris", "folds": 2, "space_options": {"max_nodes": 12, "max_basis": 5}},
    "fkan": {"space": "fkan", "dataset": "iris", "folds": 2, "steps": 2, "space_options": {"max_width": 5}},
    "fkan-equation": {"space": "fkan", "dataset": "lane-emden-1", "steps": 2, "space_options": {"max_width": 5}},
    "kafcm": {"space": "kafcm", "dataset": "yerkes-dodson", "folds": 2, "steps": 2},
    "kafcm-series": {"space": "kafcm", "data": "plant.csv", "time": "hour", "folds": 2, "steps": 2},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Return a function from the name of a case to its finished run, searched once."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    steps = pd.DataFrame({"hour": range(60), "heat": np.sin(np.arange(60) / 3), "flow": rng.normal(size=60)})
    steps.to_csv(folder / "plant.csv", index=False)
    made: dict[str, Run] = {}

    def run(name):
        if name not in made:
            settings = dict(FAMILIES[name])
            if "data" in settings:
                settings["data"] = folder / settings["data"]
            made[name] = evokan.search(**SMALL, **settings, out=folder / name)
        return made[name]

    return run


@pytest.fixture
def copied(runs, tmp_path):
    path = tmp_path / "run"
    shutil.copytree(runs("gakan").path, path)
    return path


@pytest.mark.parametrize("name", FAMILIES)
def test_the_page_of_every_family_is_whole(name, runs):
    run = runs(name)
    content = gather(run)
    json.dumps(content)
    assert content["faults"] == []
    text = page(run, content)
    found = harmless(text)
    for part in ("asked", "searched", "answer", "command"):
        assert " ".join(content[part].split()) in found.text
    for part in ("result", "front", "network", "history", "lineage", "settings"):
        assert part in found.ids
    assert ("test" in found.ids) == (name != "fkan-equation")
    assert ("baselines" in found.ids) == (name != "fkan-equation")
    assert ("formula" in found.ids) == (run.path / "best" / "formula.txt").exists()
    pictures = {path.name for path in (run.path / "plots").iterdir()} - {"pareto.png"}
    assert len(found.all("img")) == len(pictures)
    assert all(attributes["alt"] for attributes in found.all("img"))
    members = {f"member-{number}" for number in run.pareto["id"]}
    dots = {attributes["href"][1:] for attributes in found.all("a") if "data-member" in attributes}
    assert dots == members <= set(found.ids)


def test_its_figures_are_those_of_the_run(runs):
    run = runs("gakan")
    content = gather(run)
    stored = run.best.metrics["test"]
    assert {one["name"]: one["test"] for one in content["figures"]} == stored
    tested = content["tested"]
    right = sum(tested["confusion"][place][place] for place in range(3))
    assert right / tested["rows"] == pytest.approx(stored["accuracy"])
    low, high = content["figures"][0]["interval"]
    assert low <= stored["accuracy"] <= high
    law = gather(runs("gakan-law"))
    (output,) = law["tested"]["outputs"]
    assert output["rmse"] == pytest.approx(runs("gakan-law").best.metrics["test"]["rmse"])
    assert gather(runs("kafcm-series"))["figures"][1]["interval"] is None  # moments depend on each other


def test_the_lineage_ends_in_the_first_generation(runs):
    run = runs("gakan")
    line = gather(run)["lineage"]["line"]
    assert line[0]["id"] == int(run.pareto.loc[run.pareto["chosen"] == 1, "id"].iloc[0])
    assert line[-1]["generation"] == 0
    for child, parent in pairwise(line):
        assert parent["id"] in child["parents"]


def test_the_same_run_has_the_same_page_wherever_it_lies(runs, copied):
    assert page(Run(copied), gather(Run(copied))) == page(runs("gakan"), gather(runs("gakan")))


def test_an_unfinished_run_has_a_page(copied):
    for name in ("manifest.json", "pareto.csv"):
        (copied / name).unlink()
    for name in ("best", "front", "plots"):
        shutil.rmtree(copied / name)
    run = Run(copied)
    content = gather(run)
    assert content["faults"] == []
    found = harmless(page(run, content))
    assert "The search has not finished." in found.text
    assert "front" in found.ids


@pytest.mark.parametrize(
    "name",
    [
        "pareto.csv",
        "evaluations.csv",
        "history.csv",
        "manifest.json",
        "best/metrics.json",
        "best/architecture.json",
        "best/model.safetensors",
        "plots/network.png",
    ],
)
@pytest.mark.parametrize("how", ["gone", "other", "link", "folder"])
def test_what_is_missing_or_damaged_is_named(copied, name, how):
    path = copied / name
    path.unlink()
    if how == "other":
        path.write_text("<script>other</script>")
    elif how == "link":
        path.symlink_to("/etc/passwd")
    elif how == "folder":
        path.mkdir()
    run = Run(copied)
    text = page(run, gather(run))
    found = harmless(text)
    if (name, how) != ("manifest.json", "gone"):  # without its mark, a run is one that has not finished
        assert name in found.text
    assert "root:" not in text


def test_a_table_of_hostile_names(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    kinds = np.where(X[:, 0] > 0, f"high{HOSTILE}", "low</title></style></svg>")
    frame = pd.DataFrame({f"a{HOSTILE}": X[:, 0], "b</pre>": X[:, 1], f"kind{HOSTILE}": kinds})
    frame.to_csv(tmp_path / "<b>data{{ 7*7 }}.csv", index=False)
    settings = {**SMALL, "report": True, "population": 4, "generations": 1, "space": "gakan", "steps": 1, "folds": 1}
    run = evokan.search(
        **settings, data=tmp_path / "<b>data{{ 7*7 }}.csv", target=f"kind{HOSTILE}", out=tmp_path / "run"
    )
    found = harmless((run.path / "report.html").read_text(encoding="utf-8"))
    assert "<script>alert(1)</script>{{ 7*7 }}" in found.text
    assert "\\x1b[31m" in found.text
    assert "49" not in [part.strip() for part in found.texts]


def test_a_strangers_figures_and_settings_stay_text(copied):
    config = json.loads((copied / "config.json").read_text())
    config["settings"] |= {"space": HOSTILE, HOSTILE: HOSTILE, "objectives": [HOSTILE], "preset": {"a": HOSTILE}}
    config["options"] |= {HOSTILE: [HOSTILE]}
    config["notes"] = [HOSTILE]
    config["reference_point"] = {HOSTILE: 1.0}
    config["data"] |= {"name": HOSTILE, "classes": 7, "schema": {"target": {}}}
    config["versions"] |= {HOSTILE: HOSTILE}
    (copied / "config.json").write_text(json.dumps(config))
    metrics = json.loads((copied / "best" / "metrics.json").read_text())
    metrics["baselines"][HOSTILE] = {"accuracy": 0.5, "error": HOSTILE, "warnings": [HOSTILE], "name": 3.0, "ours": 1.0}
    metrics["test"][HOSTILE] = 1.0
    (copied / "best" / "metrics.json").write_text(json.dumps(metrics))
    (copied / "plots" / "<script>.png").write_bytes((copied / "plots" / "pareto.png").read_bytes())
    (copied / "plots" / "x'\"onerror=.png").write_text("<svg onload=alert(1)>")
    for mark in ("kept", "without"):
        if mark == "without":
            (copied / "manifest.json").unlink()
        run = Run(copied)
        found = harmless(page(run, gather(run)))
        assert "alert(1)" in found.text


@pytest.fixture
def kept(copied):
    """A run that keeps what its network says of the test rows, and a function that changes that file."""
    run = Run(copied)
    keep_tested(run, examine(run))
    path = copied / "tested.json"

    def change(**parts):
        path.write_text(json.dumps(json.loads(path.read_text()) | parts))

    return run, change


@pytest.mark.parametrize("name", ["gakan", "gakan-law", "kafcm-series"])
def test_what_is_kept_of_the_test_rows_makes_the_same_page(runs, name, tmp_path, monkeypatch):
    shutil.copytree(runs(name).path, tmp_path / "run")
    run = Run(tmp_path / "run")
    before = page(run, gather(run))
    keep_tested(run, examine(run))
    monkeypatch.setattr("evokan.reports.content.examine", lambda run: pytest.fail("asked the network again"))
    again = Run(run.path)
    assert page(again, gather(again)) == before


def test_a_strangers_test_rows_stay_text(kept):
    run, change = kept
    classes = [
        {"name": HOSTILE, "rows": 3, "precision": 1.0, "recall": 0.5, "f1": 2, HOSTILE: HOSTILE} for _ in range(2)
    ]
    change(classes=classes, confusion=[[2**70, 1], [0, 0]])
    content = gather(run)
    assert content["faults"] == []
    assert "alert(1)" in harmless(page(run, content)).text


@pytest.mark.parametrize(
    "parts",
    [
        {"rows": "many"},
        {"rows": -1},
        {"confusion": [[1]]},
        {"confusion": [[1, 2, 3], [1, 2, 3], [1, 2]]},
        {"confusion": [[1, 2, HOSTILE]] * 3},
        {"classes": [{"name": "a"}]},
        {"outputs": []},
        {"calibration": [{"low": 0.0, "high": float("nan"), "rows": 1, "said": 1.0, "right": 1.0}]},
    ],
)
def test_test_rows_that_cannot_be_are_named(kept, parts):
    run, change = kept
    change(**parts)
    content = gather(run)
    (fault,) = content["faults"]
    assert "tested.json is damaged" in fault
    assert "test" not in harmless(page(run, content)).ids


def test_numbers_that_json_has_not_are_not_kept(copied):
    keep_tested(Run(copied), {"rows": 1, "outputs": [{"rmse": float("inf")}]})
    keep_tested(Run(copied), None)
    assert not (copied / "tested.json").exists()
    assert not list(copied.glob("*.part"))


@pytest.mark.smoke
def test_a_report_takes_the_place_of_a_link(copied, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (copied / "report.html").symlink_to(tmp_path / "precious")
    path = write_report(Run(copied))
    assert path == copied / "report.html"
    assert not path.is_symlink()
    harmless(path.read_text(encoding="utf-8"))
    assert (tmp_path / "precious").read_text() == "precious"
    assert not list(copied.glob("*.part"))
