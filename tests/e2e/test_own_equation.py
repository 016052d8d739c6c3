"""An equation of the user's own on the command line: searched, cut off, resumed, and read without its code."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evokan import load_run

DECAY = """
import numpy as np
from evokan.problem.equations import Equation, derivative

open("was-run", "a").write("x")


class Decay(Equation):
    '''y' = -k y and z' = y, y(0) = 1, z(0) = 0, y(1) = 1/2 with an unknown k.'''

    coordinates, unknowns, coefficients = ("t",), ("y", "z"), {"k": 0.5}

    def points(self, seed):
        return np.linspace(0.0, 1.0, 60)[:, None]

    def residual(self, u, x):
        y, z = u(x).unbind(1)
        return [derivative(y, x) + u.coefficients["k"] * y, derivative(z, x) - y]

    def conditions(self, u):
        y, z = u(self.at(0.0)).unbind(1)
        return [y - 1.0, z, u(self.at(1.0))[:, 0] - 0.5]
"""
SMALL = ("--space", "fkan", "--population", 4, "--generations", 1, "--steps", 6, "--workers", 1)


@pytest.fixture(scope="module")
def decay(evokan, tmp_path_factory):
    home = tmp_path_factory.mktemp("own")
    (home / "decay.py").write_text(DECAY)
    result = evokan("search", *SMALL, "--equation", "decay.py", "--quiet", "--out", "run", cwd=home)
    (home / "was-run").unlink()
    return home, result


def test_a_system_with_a_coefficient_is_searched(decay):
    home, result = decay
    assert (result.status, result.err) == (0, "")
    figures = json.loads((home / "run" / "best" / "metrics.json").read_text())["test"]
    assert figures["k"] == pytest.approx(0.6931, abs=1e-3)
    assert "decay.py" not in json.dumps(json.loads((home / "run" / "config.json").read_text())["settings"])


@pytest.mark.parametrize(
    "command",
    [
        *(("show", "run"), ("plot", "run"), ("formula", "run", "--time-limit", 0.2), ("report", "run")),
        *(("export", "run", "--format", "python", "--out", "network.py"), ("resume", "run")),
    ],
)
def test_the_code_is_not_run_again(decay, evokan, command):
    home, _ = decay
    config = home / "run" / "config.json"
    stored = json.loads(config.read_text())
    stored["settings"]["equation"] = str(home / "decay.py")
    kept = config.read_text()
    config.write_text(json.dumps(stored))
    try:
        result = evokan(*command, cwd=home)
    finally:
        config.write_text(kept)
    if command[0] == "resume":
        assert result.status == 2
        assert "whose code is not taken from a run: give --equation FILE again" in result.err
    else:
        assert (result.status, result.err) == (0, "")
    assert not (home / "was-run").exists()


def test_predictions_have_a_column_for_each_unknown(decay, evokan):
    home, _ = decay
    (home / "times.csv").write_text("t\n0.0\n1.0\n")
    assert evokan("predict", "run", "--data", "times.csv", "--out", "values.csv", cwd=home).status == 0
    lines = (home / "values.csv").read_text().splitlines()
    assert lines[0] == "y,z"
    assert float(lines[2].split(",")[0]) == pytest.approx(0.5, abs=1e-2)
    assert not (home / "was-run").exists()


def test_a_run_is_loaded_without_the_code(decay, monkeypatch):
    home, _ = decay
    monkeypatch.chdir(home)
    best = load_run("run").best
    assert best.outputs(np.array([[1.0]]))[0, 0] == pytest.approx(0.5, abs=1e-2)
    assert best.explanation.output_names == ("y", "z")
    assert not (home / "was-run").exists()


def test_resume_wants_the_same_file(decay, evokan):
    home, _ = decay
    (home / "other.py").write_text(DECAY + "\n")
    refused = evokan("resume", "run", "--generations", 2, "--equation", "other.py", cwd=home)
    assert refused.status == 2
    assert "is not the file that run began with, by its SHA-256" in refused.err
    assert not (home / "was-run").exists()
    result = evokan("resume", "run", "--generations", 2, "--equation", "decay.py", "--quiet", cwd=home)
    assert (result.status, result.err) == (0, "")
    assert len((home / "run" / "history.csv").read_text().splitlines()) == 4


def test_a_settings_file_names_no_code(decay, evokan):
    home, _ = decay
    (home / "settings.yaml").write_text("space: fkan\nequation: decay.py\n")
    result = evokan("search", "--config", "settings.yaml", cwd=home)
    assert result.status == 2
    assert "name its file on the command line, by --equation FILE" in result.err
    both = evokan("search", *SMALL, "--dataset", "iris", "--equation", "decay.py", cwd=home)
    assert "--dataset and --equation exclude each other" in both.err
