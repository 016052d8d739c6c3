"""Ray ends a driver whose raylet dies by ``_Exit(1)``: one line is said all the same, and the run goes on."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SEARCH = ("search", "--space", "gakan", "--dataset", "wine", "--population", "12", "--generations", "6", "--steps", "8")
MORE = ("--folds", "2", "--formula-seconds", "0", "--workers", "2", "--quiet", "--out")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "evokan", *map(str, arguments)]


def raylet_of(parent: int) -> int | None:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = status.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if name == "raylet" and int(rest.split()[1]) == parent:
            return int(status.parent.name)
    return None


def generations(run: Path) -> int:
    table = run / "history.csv"
    return len(table.read_text().splitlines()) - 1 if table.exists() else -1


def records(run: Path) -> list[dict[str, str]]:
    with (run / "evaluations.csv").open() as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def through(tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("through") / "run"
    subprocess.run(command(*SEARCH, *MORE, run), check=True, timeout=300, capture_output=True)
    return run


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the raylet in /proc")
@pytest.mark.parametrize("moment", [-1, 2])
def test_a_dead_raylet_is_said_and_the_run_goes_on(tmp_path, through, moment):
    run = tmp_path / "run"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(*SEARCH, "--ray", *MORE, run), **pipes) as process:
        limit = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < limit:
            raylet = raylet_of(process.pid)
            if raylet is not None and (run / "config.json").exists() and generations(run) >= moment:
                os.kill(raylet, signal.SIGKILL)
                break
            time.sleep(0.01)
        out, err = process.communicate(timeout=200)
    (line,) = err.splitlines()
    assert line.startswith("evokan: Ray ")
    assert "go on with: evokan resume RUN (--no-ray trains without Ray)" in line
    assert process.returncode in (1, 3)
    assert out == ""
    resumed = subprocess.run(
        command("resume", run, "--no-ray", "--quiet"), capture_output=True, text=True, timeout=300, check=False
    )
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert records(run) == records(through)
