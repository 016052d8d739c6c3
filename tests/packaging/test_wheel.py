"""What an installed wheel is: whole by itself, and silent about what it does not hold."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import evokan

CHECKOUT = (Path(evokan.__path__[0]).parent / "pyproject.toml").exists()
pytestmark = [pytest.mark.smoke, pytest.mark.skipif(CHECKOUT, reason="evokan runs from a checkout, not from a wheel")]


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "evokan", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_metadata_names_nothing_that_is_not_there():
    points = distribution("evokan").entry_points
    assert {point.group for point in points} == {"console_scripts", "evokan.search_spaces", "evokan.commands"}
    for point in points:
        assert point.load() is not None


def test_a_search_from_another_folder(tmp_path):
    settings = ("--population", "4", "--generations", "1", "--folds", "1", "--formula-seconds", "0", "--quiet")
    done = call("search", "--space", "gakan", "--dataset", "iris", *settings, "--out", "run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "run\n"), done.stderr
    assert (tmp_path / "run" / "best" / "metrics.json").exists()


@pytest.mark.parametrize("name", ["list", "gakan-tables"])
def test_experiments_need_a_checkout(tmp_path, name):
    """Though there is a folder of that name on the path."""
    done = call("experiment", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("evokan: evokan experiment: experiments need a source checkout")
