"""Searches for HKANs from the command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

TINY = ("--space", "hkan", "--population", 6, "--generations", 1, "--folds", 3)
SMALL = (*TINY, "--space-option", "max_cost=1")


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_regression_leaves_a_whole_run(evokan_here, tmp_path):
    result = evokan_here("search", *SMALL, "--dataset", "product", "--out", "run", "--quiet")
    assert (result.status, result.err) == (0, "")
    plots = {path.name for path in (tmp_path / "run" / "plots").iterdir()}
    assert plots == {"fitness_history.png", "pareto.png", "feature_importance.png", "levels.png", "input_fit.png"}
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["settings"]["scaler"] == "minmax"
    assert config["options"]["max_cost"] == 1
    evaluations = rows_of(tmp_path / "run" / "evaluations.csv")
    assert len(evaluations) == 12
    # Individuals that repeat a network, or that there is no room for, are renewed.
    assert {row["status"] for row in evaluations} <= {"ok", "invalid"}
    assert [row["origin"] for row in evaluations[:3]] == ["seed"] * 3
    assert all("max_cost" in row["reason"] for row in evaluations if row["status"] == "invalid")
    metrics = json.loads((tmp_path / "run" / "best" / "metrics.json").read_text())
    assert set(metrics["references"]) == {"linear"}
    (tmp_path / "new.csv").write_text("x,y\n0.5,-0.5\n0.1,0.2\n")
    predicted = evokan_here("predict", "run", "--data", "new.csv", "--out", "pred.csv", "--quiet")
    assert predicted.status == 0
    values = [float(row["prediction"]) for row in rows_of(tmp_path / "pred.csv")]
    np.testing.assert_allclose(values, [-0.25, 0.02], atol=5 * metrics["test"]["rmse"] + 1e-6)


def test_records_do_not_depend_on_the_number_of_threads(evokan_here, tmp_path):
    found = []
    for workers in (1, 3):
        result = evokan_here(
            "search",
            *TINY,
            "--space-option",
            "max_cost=20",  # with less there is no room for the logistic regression of classes
            "--dataset",
            "iris",
            "--workers",
            workers,
            "--out",
            f"w{workers}",
            "--quiet",
        )
        assert (result.status, result.err) == (0, "")
        rows = rows_of(tmp_path / f"w{workers}" / "evaluations.csv")
        found.append([{name: value for name, value in row.items() if name != "seconds"} for row in rows])
        metrics = json.loads((tmp_path / f"w{workers}" / "best" / "metrics.json").read_text())
        assert metrics["test"]["accuracy"] > 0.8
        assert metrics["test"]["auc"] > 0.9
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("max_layers=0", "max_layers"),
        ("max_cost=-1", "max_cost"),
        ("cutoff=2", "cutoff"),
        ("max_node=5", "max_nodes"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(option, words, evokan_here, files_below, tmp_path):
    result = evokan_here("search", "--space", "hkan", "--dataset", "iris", "--space-option", option)
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert words in result.err
    assert not files_below(tmp_path)


def test_a_limit_that_nothing_meets_is_said(evokan_here):
    result = evokan_here("search", *SMALL[:-1], "max_cost=1e-9", "--dataset", "iris", "--out", "none")
    assert result.status != 0
    assert "no network" in result.err


@pytest.mark.parametrize("lags", [1, 3])
def test_the_command_line_takes_a_series(lags, evokan_here, tmp_path):
    lines = ["step,a,b"]
    a, b = 0.2, 0.7
    for step in range(120):
        a, b = 3.7 * a * (1 - a), 0.5 * b + 0.4 * a
        lines.append(f"{step},{a:.6f},{b:.6f}")
    (tmp_path / "series.csv").write_text("\n".join(lines) + "\n")
    small = ("--population", 4, "--generations", 0, "--folds", 2, "--formula-seconds", 0, "--no-report", "--quiet")
    searched = evokan_here(
        "search", "--space", "hkan", "--data", "series.csv", "--time", "step", "--lags", lags, *small, "--out", "run"
    )
    assert (searched.status, searched.err) == (0, "")
    predicted = evokan_here("predict", "run", "--data", "series.csv", "--out", "next.csv", "--quiet")
    assert (predicted.status, predicted.err) == (0, "")
    found = (tmp_path / "next.csv").read_text().splitlines()
    assert len(found) > 100
    last = [float(cell) for cell in found[-1].split(",")[-2:]]
    wanted = (3.7 * a * (1 - a), 0.5 * b + 0.4 * 3.7 * a * (1 - a))
    assert last == pytest.approx(wanted, abs=0.25)
    exported = evokan_here("export", "run", "--format", "numpy", "--out", "network.py", "--quiet")
    assert exported.status == 0


def test_a_search_that_goes_on_has_the_same_records(evokan_here, tmp_path):
    # The budget counts over the whole search, and individuals are renewed by what it knows.
    names = ("id", "chromosome", "status", "reason", "origin", "val_loss")
    runs = {"whole": 2, "parts": 1}
    for name, generations in runs.items():
        settings = [*SMALL]
        settings[settings.index("--generations") + 1] = generations
        result = evokan_here("search", *settings, "--dataset", "product", "--out", name, "--no-report", "--quiet")
        assert (result.status, result.err) == (0, "")
    resumed = evokan_here("resume", "parts", "--generations", 2, "--quiet")
    assert (resumed.status, resumed.err) == (0, "")
    whole, parts = (
        [[row[name] for name in names] for row in rows_of(tmp_path / run / "evaluations.csv")] for run in runs
    )
    assert parts == whole
    assert len(whole) == 18
