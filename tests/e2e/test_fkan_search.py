"""Searches of fKAN from the command line: a table and an equation."""

from __future__ import annotations

import csv
import json

import pytest

SMALL = ("--population", 6, "--generations", 1, "--workers", 2)


@pytest.fixture(scope="module")
def law(evokan, tmp_path_factory):
    home = tmp_path_factory.mktemp("fkan")
    return home / "law", evokan(
        "search", "--space", "fkan", "--dataset", "fkan-1d", *SMALL, "--quiet", "--out", "law", cwd=home
    )


@pytest.fixture(scope="module")
def star(evokan, tmp_path_factory):
    home = tmp_path_factory.mktemp("fkan")
    return home / "star", evokan(
        "search",
        "--space",
        "fkan",
        "--dataset",
        "lane-emden-3",
        *SMALL,
        "--steps",
        3,
        "--space-option",
        "max_width=6",
        "--json",
        "--out",
        "star",
        cwd=home,
    )


def test_a_table(law):
    path, result = law
    assert (result.status, result.err) == (0, "")
    metrics = json.loads((path / "best" / "metrics.json").read_text())
    assert metrics["test"]["rmse"] < 1.0
    assert (path / "plots" / "bases.png").stat().st_size > 5000


def test_an_equation(star, as_json):
    path, result = star
    assert (result.status, result.err) == (0, "")
    summary = as_json(result.out)
    assert summary["task"] == "residual"
    assert summary["metrics"]["test"]["root_error"] < 0.5
    assert summary["baselines"] == {}
    with (path / "evaluations.csv").open(newline="") as file:
        assert {row["status"] for row in csv.DictReader(file)} <= {"ok", "invalid", "cached", "raced"}


def test_commands_on_the_run_of_an_equation(star, evokan_here, tmp_path):
    path, _ = star
    shown = evokan_here("show", path)
    assert (shown.status, shown.err) == (0, "")
    assert "root_error" in shown.out
    (tmp_path / "places.csv").write_text("x\n0.0\n1.5\n6.9\n")
    result = evokan_here("predict", path, "--data", "places.csv", "--out", "values.csv")
    assert (result.status, result.err) == (0, "")
    with (tmp_path / "values.csv").open(newline="") as file:
        found = [float(row["prediction"]) for row in csv.DictReader(file)]
    assert found == pytest.approx([1.0, 0.7, 0.0], abs=0.2)


def test_folds_are_refused(evokan_here):
    result = evokan_here("search", "--space", "fkan", "--dataset", "lane-emden-3", "--folds", 3)
    assert result.status == 2
    assert "an equation has one hold-out of its points" in result.err
