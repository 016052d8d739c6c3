"""The family that CONTRIBUTING tells how to write is a package of its own, and passes the contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder that the package is installed in."""
    family, tests = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    (project,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    (source / "powers.py").write_text(family)
    (source / "pyproject.toml").write_text(project)
    (source / "test_powers.py").write_text(tests)
    quiet = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    done = run(sys.executable, *quiet, "--target", target, source, cwd=source)
    assert done.returncode == 0, done.stderr
    (target / "test_powers.py").write_text(tests)
    return target


def test_it_passes_the_contract(installed):
    done = run(sys.executable, "-m", "pytest", "-q", "test_powers.py", cwd=installed, PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d{2} passed", done.stdout)


def test_it_is_searched_by_name(installed, tmp_path):
    settings = ("--population", "6", "--generations", "1", "--folds", "2", "--formula-seconds", "0", "--quiet")
    command = (sys.executable, "-m", "evokan", "search", "--space", "powers", "--dataset", "exp-sin", *settings)
    done = run(*command, "--space-option", "max_degree=2", "--out", "run", cwd=tmp_path, PYTHONPATH=str(installed))
    assert (done.returncode, done.stdout, done.stderr) == (0, "run\n", "")
    shown = run(sys.executable, "-m", "evokan", "show", "run", "--quiet", cwd=tmp_path, PYTHONPATH=str(installed))
    assert "finished" in shown.stdout
    refused = run(sys.executable, "-m", "evokan", "formula", "run", cwd=tmp_path, PYTHONPATH=str(installed))
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
