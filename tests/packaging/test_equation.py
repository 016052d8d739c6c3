"""An equation that a package brings is a data set like any other, as the guide to equations tells it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "equations.md").read_text(encoding="utf-8")
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "my-package"
version = "1.0"

[tool.hatch.build.targets.wheel]
packages = ["my_package"]
"""
SMALL = ("--population", "4", "--generations", "1", "--steps", "2", "--formula-seconds", "0", "--quiet")


def run(*command: object, cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    paths = [str(path)] if path else []
    paths += [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    words = [sys.executable, "-m", *map(str, command)]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder that a package with the guide's pendulum is installed in, and with one that cannot be used."""
    (pendulum,) = re.findall(r"```python\n# pendulum\.py\n(.*?)```", TEXT, re.DOTALL)
    (points,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (source / "my_package").mkdir()
    (source / "my_package" / "__init__.py").touch()
    named = pendulum.replace("    coordinates =", '    name, summary = "pendulum", "a swing"\n    coordinates =', 1)
    (source / "my_package" / "equations.py").write_text(named)
    (source / "pyproject.toml").write_text(PROJECT + points + 'broken = "my_package.equations:nothing"\n')
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--target", target)
    done = run("pip", "install", *options, source, cwd=source)
    assert done.returncode == 0, done.stderr
    return target


def test_it_is_listed_and_one_that_cannot_be_used_says_so(installed, tmp_path):
    listed = run("evokan", "datasets", "--json", cwd=tmp_path, path=installed)
    assert listed.returncode == 0, listed.stderr
    cards = {card["name"]: card for card in json.loads(listed.stdout)}
    assert (cards["pendulum"]["task"], cards["pendulum"]["rows"]) == ("residual", 400)
    refused = run("evokan", "search", "--space", "fkan", "--dataset", "broken", *SMALL, cwd=tmp_path, path=installed)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert "equation 'broken' is installed but cannot be used" in refused.stderr


def test_it_is_searched_by_name_and_read_without_its_package(installed, tmp_path):
    command = ("evokan", "search", "--space", "fkan", "--dataset", "pendulum", *SMALL, "--out", "run")
    done = run(*command, cwd=tmp_path, path=installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n", "")
    figures = json.loads((tmp_path / "run" / "best" / "metrics.json").read_text())["test"]
    assert figures["residual_loss"] < 1.0
    shown = run("evokan", "show", "run", "--quiet", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    (tmp_path / "times.csv").write_text("t\n0.0\n1.0\n")
    told = run("evokan", "predict", "run", "--data", "times.csv", "--out", "angles.csv", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    resumed = run("evokan", "resume", "run", "--generations", "2", cwd=tmp_path)
    assert (resumed.returncode, len(resumed.stderr.splitlines())) == (2, 1)
    assert "pendulum" in resumed.stderr
    assert run("evokan", "resume", "run", "--generations", "2", "--quiet", cwd=tmp_path, path=installed).returncode == 0
