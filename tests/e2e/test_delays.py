"""Series with delays from the command line: found, refused in one line, predicted, killed and resumed."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evokan.datasets import load_dataset

SEARCH = ("search", "--space", "kafcm", "--lags", "4", "--formula-seconds", "0", "--no-report", "--baselines", "none")
SMALL = ("--population", "6", "--generations", "2", "--folds", "2", "--seed", "1")


def written(folder: Path) -> Path:
    table = load_dataset("delayed-plant")
    states = np.vstack([table.X, table.y[-1:]])
    frame = pd.DataFrame(states, columns=list(table.feature_names))
    frame.insert(0, "hour", range(len(frame)))
    frame["note"] = "text"
    frame.to_csv(folder / "plant.csv", index=False)
    return folder / "plant.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory, evokan) -> Path:
    folder = tmp_path_factory.mktemp("delays")
    data = written(folder)
    (folder / "known.csv").write_text("cause,effect,lag,rule\nload,*,,forbidden\nload,load,1,required\n")
    more = ("--data", data, "--time", "hour", "--drop", "note", "--edges", "known.csv", "--out", "run", "--quiet")
    result = evokan(*SEARCH, *more, *SMALL, cwd=folder)
    assert result.status == 0, result.err
    return folder / "run"


def test_causes_are_found_at_their_delays_and_rules_hold(run):
    kept = pd.read_csv(run / "best" / "edges.csv")
    found = {(row.cause, row.effect, row.lag) for row in kept.itertuples()}
    assert found >= {("valve", "valve", 1), ("heat", "heat", 1), ("valve", "heat", 2), ("heat", "load", 3)}
    assert not {edge for edge in found if edge[0] == "load"} - {("load", "load", 1)}


def test_formulas_and_commands_speak_of_delays(run, evokan):
    listed = evokan("kafcm", "edges", run, "--quiet", cwd=run).out.split()
    assert "heat(t-3)>load" in listed
    assert "load(t-1)>load" in listed, "a required edge is in every map"
    assert evokan("kafcm", "simulate", run, "--set", "valve=0.5@3:5", "--steps", "9", "--quiet", cwd=run).status == 0
    moved = pd.read_csv(run / "simulation.csv")
    differs = np.abs(moved["heat"] - moved["heat (base)"]) > 1e-9
    assert differs.idxmax() == 5, "two steps after the valve"
    assert evokan("kafcm", "rest", run, "--json", cwd=run).status == 0
    assert "heat(t-3)>load" in evokan("kafcm", "sensitivity", run, "--quiet", cwd=run).out


def test_predictions_follow_the_last_known_moments(run, evokan):
    folder = run.parent
    rows = pd.read_csv(folder / "plant.csv").iloc[100:140]
    rows.to_csv(folder / "now.csv", index=False)
    result = evokan("predict", run, "--data", "now.csv", "--out", "next.csv", "--force", cwd=folder)
    assert result.status == 0, result.err
    found = pd.read_csv(folder / "next.csv")
    assert list(found) == ["valve", "heat", "load"]
    assert len(found) == 40 - 3
    error = found["heat"].to_numpy()[:-1] - rows["heat"].to_numpy()[4:]
    assert np.sqrt(np.mean(error**2)) < 0.15


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--dataset", "iris", "--lags", "2"), "--lags goes with a series: data set 'iris' has rows that follow no"),
        (("--dataset", "delayed-plant", "--lags", "0"), "--lags 0: a cause lies at least one step before"),
        (("--dataset", "delayed-plant", "--lags", "700"), "data set 'delayed-plant': the series has 601 moments"),
        (("--dataset", "delayed-plant", "--lags", "1,x"), "--lags 1,x: give a number of delays"),
        (("--dataset", "synthetic-map-5", "--lags", "2", "--horizon", "11"), "the longest of 100 series"),
    ],
)
def test_delays_that_cannot_be_are_refused_in_one_line(evokan_here, arguments, fault):
    result = evokan_here("search", "--space", "kafcm", *arguments, "--out", "none")
    assert result.status == 2
    assert fault in result.err
    assert len(result.err.splitlines()) == 1
    assert not Path("none").exists()


KILL = """
import os, signal, sys, evokan
from evokan.searching.observer import Observer
class Killer(Observer):
    seen = 0
    def on_record(self, record):
        self.seen += 1
        if self.seen == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
evokan.search(space="kafcm", data="plant.csv", time="hour", drop="note", lags=4, population=6, generations=2, folds=2,
              seed=1, edges="known.csv", formula_seconds=0, report=False, baselines="none", out="killed",
              observer=Killer())
"""


@pytest.mark.faults
@pytest.mark.parametrize("moment", [3, 9, 16])
def test_a_search_on_a_series_that_was_killed_goes_on_to_the_same_end(run, evokan, tmp_path, moment):
    written(tmp_path)
    (tmp_path / "known.csv").write_text((run.parent / "known.csv").read_text())
    killed = subprocess.run([sys.executable, "-c", KILL, str(moment)], cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (tmp_path / "known.csv").unlink()  # what it said is kept with the run
    result = evokan("resume", "killed", "--quiet", cwd=tmp_path)
    assert result.status == 0, result.err
    for name in ("evaluations.csv", "history.csv", "pareto.csv"):
        ours, theirs = (
            list(csv.DictReader(io.StringIO((path / name).read_text()))) for path in (tmp_path / "killed", run)
        )
        for row in (*ours, *theirs):
            row.pop("seconds", None)
        assert ours == theirs, name
    for name in ("edges.csv", "model.safetensors"):
        assert (tmp_path / "killed" / "best" / name).read_bytes() == (run / "best" / name).read_bytes()
