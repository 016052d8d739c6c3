"""A run that was killed at any moment and resumed equals one that ran through, file for file."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contents import content

pytestmark = pytest.mark.faults

# Trained to the end of every step, so that there is time to be killed in.
SEARCH = (
    "search",
    "--space",
    "gakan",
    "--dataset",
    "wine",
    "--population",
    "8",
    "--generations",
    "4",
    "--seed",
    "3",
    "--formula-seconds",
    "0",
    "--steps",
    "6",
    "--folds",
    "2",
    "--space-option",
    "patience=0",
)
LATER = 4 * 8
"""Individuals of the generations after the first one, which is larger."""
MOMENTS = random.Random(20240613)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    from evokan.cli.app import main

    path = tmp_path_factory.mktemp("through") / "run"
    assert main([*SEARCH, "--workers", "1", "--quiet", "--out", str(path)]) == 0
    return path


def first_generation(run: Path) -> int:
    """Return how many individuals it has: beside those drawn, what lies on the way down from the seeds."""
    return (run / "evaluations.csv").read_bytes().count(b"\n") - 1 - LATER


def stop(path: Path, records: int, how: signal.Signals, workers: int = 2) -> tuple[int, str]:
    """Start a search and stop it as soon as that many records are written."""
    arguments = [*SEARCH, "--workers", str(workers), "--quiet", "--out", str(path)]
    with subprocess.Popen(
        [sys.executable, "-m", "evokan", *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        evaluations = path / "evaluations.csv"
        while process.poll() is None:
            if evaluations.exists() and evaluations.read_bytes().count(b"\n") > records:
                break
            time.sleep(0.001)
        assert process.poll() is None, "it was over before it could be stopped"
        process.send_signal(how)
        _, err = process.communicate(timeout=120)
        return process.returncode, err


def assert_equal(run: Path, other: Path) -> None:
    ours, theirs = content(run), content(other)
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        assert value == theirs[name], name


@pytest.mark.parametrize(
    ("moment", "torn"),
    [
        pytest.param(lambda first: MOMENTS.randint(1, first - 1), False, id="first generation"),
        pytest.param(lambda first: first + MOMENTS.randint(1, LATER - 6), True, id="later, last line torn"),
        pytest.param(lambda first: first + LATER, False, id="after the last generation"),
    ],
)
def test_killed_and_resumed(uninterrupted, evokan_here, tmp_path, moment, torn):
    path = tmp_path / "killed"
    status, _ = stop(path, moment(first_generation(uninterrupted)), signal.SIGKILL)
    assert status == -signal.SIGKILL
    assert not (path / "best" / "metrics.json").exists()
    if torn:
        written = (path / "evaluations.csv").read_text().splitlines()
        with (path / "evaluations.csv").open("a") as file:
            file.write(written[-1][: len(written[-1]) // 2])
        with (path / "history.csv").open("a") as file:
            file.write("7,1")
    result = evokan_here("resume", path, "--workers", 2, "--quiet")
    assert result == (0, f"{path}\n", "")
    assert_equal(path, uninterrupted)


def test_interrupted_says_how_to_go_on(uninterrupted, evokan_here, as_json, tmp_path):
    path = tmp_path / "interrupted"
    status, err = stop(path, first_generation(uninterrupted) + 7, signal.SIGINT)
    assert status == 3
    assert err.splitlines() == [f"evokan: interrupted; go on with: evokan resume {path}"]
    assert "interrupted" in (path / "run.log").read_text()

    summary = as_json(evokan_here("show", path, "--json").out)
    assert summary["state"] == "interrupted"
    assert 0 <= summary["generation"] <= 4
    assert "metrics" not in summary
    losses = [row["val_loss"] for row in summary["front"]]
    assert summary["best"]["val_loss"] == min(losses)
    text = evokan_here("show", path).out
    assert "Best so far" in text
    assert f"evokan resume {path}" in text

    assert evokan_here("plot", path).out.splitlines() == [str(path / "plots" / "fitness_history.png")]
    refused = evokan_here("predict", path, "--data", "new.csv", "--out", "pred.csv")
    assert refused.status == 2
    assert "has not finished" in refused.err

    assert evokan_here("resume", path, "--quiet").status == 0
    assert_equal(path, uninterrupted)


def test_a_run_has_one_writer(uninterrupted, evokan_here, as_json):
    from evokan.runs.directory import RunDirectory

    with RunDirectory.open(uninterrupted).lock():
        refused = evokan_here("resume", uninterrupted, "--generations", 9)
        assert refused.status == 2
        assert "another process" in refused.err
        assert json.loads((uninterrupted / "config.json").read_text())["settings"]["generations"] == 4


def test_fewer_generations_than_done_are_refused(uninterrupted, evokan_here):
    refused = evokan_here("resume", uninterrupted, "--generations", 1)
    assert refused.status == 2
    assert refused.err.count("\n") == 1
    assert "has 4 generations already" in refused.err


def test_changed_data_is_noticed(evokan_here, own_run, own_table, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(own_run.path, copy)
    config = json.loads((copy / "config.json").read_text())
    changed = tmp_path / own_table.name
    changed.write_text(own_table.read_text().replace(",red,", ",green,", 1))
    config["settings"]["data"] = str(changed)
    (copy / "config.json").write_text(json.dumps(config))
    refused = evokan_here("resume", copy, "--generations", 3)
    assert refused.status == 2
    assert "the data has changed" in refused.err


READ = ("--space", "gakan", "--dataset", "tf1", "--population", "4", "--generations", "0", "--steps", "1")
READ += ("--folds", "1", "--baselines", "none", "--seed", "3", "--formula-seconds", "1", "--workers", "1")


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, "it was over before it could be stopped"
        time.sleep(0.001)


def test_formulas_that_were_found_stay_when_a_run_is_killed_after_them(evokan_here, tmp_path):
    path = tmp_path / "run"
    words = [sys.executable, "-m", "evokan", "search", *READ, "--quiet", "--out", str(path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, text=True) as process:
        wait_for(path / "best" / "formulas.json", process)
        process.kill()
        process.wait()
    assert not (path / "manifest.json").exists()
    found = (path / "best" / "formulas.json").read_bytes()
    assert evokan_here("resume", path, "--quiet").status == 0
    assert (path / "manifest.json").exists()
    assert (path / "best" / "formulas.json").read_bytes() == found
    assert (path / "best" / "formula.txt").read_text().startswith(("law formula (", "network formula ("))
    assert evokan_here("formula", path, "--quiet").status == 0

    words = [sys.executable, "-m", "evokan", "formula", str(path), "--quiet", "--time-limit", "600"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, text=True) as process:
        time.sleep(MOMENTS.uniform(0.5, 4.0))
        process.kill()
        process.wait()
    assert (path / "best" / "formulas.json").read_bytes() == found
    assert evokan_here("formula", path, "--quiet").status == 0
    assert evokan_here("formula", path, "--quiet", "--time-limit", 0.3).status == 0
