"""Searches on columns that are called like functions, constants and parts of formulas, and in any script."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

TINY = ("--population", "8", "--generations", "1", "--folds", "1", "--workers", "2")
SEARCH = (*TINY, "--space", "gakan", "--seed", "1")


def table(path, names, target):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (200, 2))
    rows = [",".join((*names, "y")), *(f"{float(a)!r},{float(b)!r},{target(a, b)}" for a, b in x)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return x


def read(evokan_here, folder, name, target):
    table(folder / "data.csv", (name, "b"), target)
    result = evokan_here("search", *SEARCH, "--data", "data.csv", "--target", "y", "--out", name, "--quiet")
    assert result == (0, f"{name}\n", "")
    result = evokan_here("formula", name, "--json", "--time-limit", 4)
    assert (result.status, result.err) == (0, "")
    found = json.loads(result.out)
    return found["front"][found["answer"]]


@pytest.mark.parametrize(
    ("name", "shown", "target"),
    [
        ("exp", "exp", lambda a, b: repr(float(b + np.exp(1.5 * a)))),
        ("pi", "'pi'", lambda a, b: repr(float(np.sin(np.pi * a) + b * b))),
        ("x0", "x0", lambda a, b: repr(float(np.exp(np.sin(np.pi * a)) + b))),
    ],
)
def test_a_name_makes_no_difference(name, shown, target, evokan_here, tmp_path):
    control = read(evokan_here, tmp_path, "aaa", target)
    found = read(evokan_here, tmp_path, name, target)
    assert found["val_loss"] == pytest.approx(control["val_loss"], rel=1e-6, abs=1e-18)
    assert sorted(found["outputs"]["y"]) == sorted(control["outputs"]["y"].replace("aaa", shown))
    for option in ("--latex", "--python", "--c"):
        assert evokan_here("formula", name, option, "--time-limit", 1).status == 0


def test_probabilities_of_columns_called_like_builtins(evokan_here, tmp_path):
    x = table(tmp_path / "data.csv", ("sum", "max"), lambda a, b: "high" if a + b * b > 0.3 else "low")
    result = evokan_here("search", *SEARCH, "--data", "data.csv", "--target", "y", "--out", "run", "--quiet")
    assert result == (0, "run\n", "")
    assert evokan_here("formula", "run", "--python", "--out", "made.py", "--time-limit", 3).status == 0
    made: dict[str, object] = {}
    exec((tmp_path / "made.py").read_text(encoding="utf-8"), made)
    names = made["formula"].__code__.co_varnames[: made["formula"].__code__.co_argcount]
    assert set(names) <= {"sum_", "max_"}
    row = [x[0][("sum_", "max_").index(name)] for name in names]
    scores = np.array(made["formula"](*row))
    assert made["probabilities"](*row) == pytest.approx(np.exp(scores) / np.exp(scores).sum())


@pytest.mark.parametrize("encoding", ["latin-1"])
def test_an_output_without_the_characters(encoding, evokan_here, tmp_path, monkeypatch):
    table(tmp_path / "data.csv", ("湿度", "😀"), lambda a, b: "高い" if a + b * b > 0.3 else "faible é")
    result = evokan_here("search", *SEARCH, "--data", "data.csv", "--target", "y", "--out", "run", "--quiet")
    assert result == (0, "run\n", "")
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    for arguments in (["show"], ["formula", "--time-limit", "1"], ["plot", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "evokan", arguments[0], "run", *arguments[1:]],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        done.stdout.decode(encoding)
