"""kill -9 of a search that trains on Ray, at any moment: resumed on threads it equals one that ran through."""

from __future__ import annotations

import csv
import io
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SEARCH = (
    "search",
    "--space",
    "gakan",
    "--dataset",
    "wine",
    "--population",
    "8",
    "--generations",
    "3",
    "--seed",
    "3",
    "--formula-seconds",
    "0",
    "--steps",
    "4",
    "--folds",
    "2",
    "--space-option",
    "patience=0",
    "--quiet",
)
KILLS = 10


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "evokan", *map(str, arguments)]


def tables(run: Path) -> dict[str, list[dict[str, str]]]:
    return {
        name: [
            {key: value for key, value in row.items() if key != "seconds"}
            for row in csv.DictReader(io.StringIO((run / name).read_text()))
        ]
        for name in ("evaluations.csv", "history.csv", "pareto.csv")
    }


def members(group: int) -> list[int]:
    """Processes of a group that are not ours."""
    found = subprocess.run(["pgrep", "-g", str(group)], capture_output=True, text=True, check=False).stdout.split()
    return [int(number) for number in found]


@pytest.mark.slow
def test_killed_at_ten_random_moments(tmp_path):
    through = tmp_path / "through"
    began = time.monotonic()
    subprocess.run(command(*SEARCH, "--ray", "--workers", 2, "--out", through), check=True, timeout=300)
    whole = time.monotonic() - began
    moments = random.Random(20261122)
    phases = set()
    for number in range(KILLS):
        run = tmp_path / f"killed-{number}"
        with subprocess.Popen(
            command(*SEARCH, "--ray", "--workers", 2, "--out", run), start_new_session=True, stderr=subprocess.PIPE
        ) as process:
            time.sleep(moments.uniform(0.2, 1.0) * whole)
            process.kill()
            process.communicate()
        for _ in range(300):
            if not members(process.pid):
                break
            time.sleep(0.1)
        else:
            os.killpg(process.pid, signal.SIGKILL)
        if not (run / "config.json").exists():
            phases.add("before the run began")
            continue
        phases.add(
            "finished"
            if (run / "best" / "metrics.json").exists()
            else f"{len((run / 'history.csv').read_text().splitlines()) - 1} generations done"
        )
        resumed = subprocess.run(
            command("resume", run, "--no-ray", "--workers", 2, "--quiet"),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert resumed.returncode == 0, resumed.stderr
        assert tables(run) == tables(through), number
        assert (run / "best" / "metrics.json").read_bytes() == (through / "best" / "metrics.json").read_bytes()
    assert len(phases) > 1, phases
    print("killed:", ", ".join(sorted(phases)))
