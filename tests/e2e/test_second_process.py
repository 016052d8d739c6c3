"""A search on the command line has a second process beside it: it finds the same, and leaves nobody behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contents import content

import evokan
from evokan.cli.app import main
from evokan.datasets import registry as datasets
from evokan.evaluation.executors import available_processors
from evokan.explain.laws import library as functions
from evokan.searching import second
from evokan.spaces import registry as spaces

SETTINGS = {
    "space": "gakan",
    "dataset": "wine",
    "population": 8,
    "generations": 2,
    "folds": 2,
    "seed": 4,
    "formula_seconds": 0.4,
}
WORDS = [word for name, value in SETTINGS.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def told(path: Path) -> list[str]:
    """What the log says, without times and seconds."""
    lines = (path / "run.log").read_text().splitlines()
    return [re.sub(r"\d+\.\d+ s", "s", line.partition(" ")[2]) for line in lines]


@pytest.fixture(autouse=True)
def _helped(monkeypatch):
    """Forget what other tests have registered, and how many processors there are."""
    monkeypatch.setattr(spaces, "_registered", {})
    monkeypatch.setattr(datasets, "_added", {})
    monkeypatch.setattr(functions, "_library", {function.name: function for function in functions._BUILT_IN})
    monkeypatch.setattr(second, "available_processors", lambda: 2)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """The run that one process makes."""
    path = tmp_path_factory.mktemp("alone") / "run"
    evokan.search(**SETTINGS, out=path)
    return path


def assert_same(path: Path, alone: Path) -> None:
    ours, theirs = content(path, workers=True), content(alone, workers=True)
    assert {"best/formula.txt", "best/formulas.json", "plots/edges.png", "tested.json", "report.html"} <= set(ours)
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        assert value == theirs[name], name
    assert told(path) == told(alone)


def test_two_processes_find_what_one_does(alone, tmp_path, monkeypatch):
    here: list[str] = []
    for name in ("tell", "examine", "files_of"):  # what the second one is asked for
        monkeypatch.setattr(f"evokan.searching.asked.{name}", lambda *_, name=name: here.append(name))
    assert main(["search", *WORDS, "--quiet", "--out", str(tmp_path / "run")]) == 0
    assert here == []
    assert_same(tmp_path / "run", alone)


@pytest.mark.parametrize(
    "start",
    [
        "raise SystemExit(1)",
        "import sys; sys.stdin.buffer.read(100); sys.stdout.buffer.write(bytes(8) + b'nonsense')",
        second._START.replace(
            "serve()", "from evokan.searching import asked, second; asked.formula_of = asked.told_of = 1; serve()"
        ),
    ],
    ids=["ends at once", "talks nonsense", "fails at the end"],
)
def test_a_second_process_that_fails_changes_nothing(start, alone, tmp_path, monkeypatch):
    monkeypatch.setattr(second, "_START", start)
    assert main(["search", *WORDS, "--quiet", "--out", str(tmp_path / "run")]) == 0
    assert_same(tmp_path / "run", alone)


def test_a_search_from_python_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(second.SecondProcess, "__init__", None)
    run = evokan.search(**SETTINGS | {"formula_seconds": 0, "report": False}, out=tmp_path / "run")
    assert run.finished


@pytest.mark.faults
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes in /proc")
@pytest.mark.skipif(available_processors() < 2, reason="there is a second process only on a second processor")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=str)
@pytest.mark.parametrize("stage", ["generation 0", "formula"])
def test_nobody_is_left_behind(how, stage, tmp_path):
    path = tmp_path / "run"
    words = [sys.executable, "-m", "evokan", "search", *WORDS, "--quiet", "--formula-seconds", "60", "--out", str(path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while not (path / "run.log").exists() or stage not in (path / "run.log").read_text():
            assert process.poll() is None
            time.sleep(0.01)
        (child,) = children(process.pid)
        process.send_signal(how)
        if how is not signal.SIGKILL and stage == "formula":
            process.send_signal(signal.SIGINT)  # the first one lets what is at work come to its end
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
        process.wait(120)
    for _ in range(600):
        if not alive(child):
            break
        time.sleep(0.1)
    assert not alive(child)


def children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(number) for task in tasks for number in task.read_text().split()]


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
