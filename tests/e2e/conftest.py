"""The command line as users call it, and a few finished runs that the tests share."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

TINY = ("--space", "gakan", "--population", "8", "--generations", "2", "--folds", "1", "--workers", "2")


class Result(NamedTuple):
    status: int
    out: str
    err: str


class Finished(NamedTuple):
    """A finished run, and what its search printed."""

    path: Path
    result: Result


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "evokan", *map(str, arguments)]


def call(*arguments: object, cwd: Path) -> Result:
    done = subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def call_on_terminal(*arguments: object, cwd: Path) -> Result:
    """The same with a terminal of 100 columns as standard output."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        command(*arguments), cwd=cwd, stdout=theirs, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        os.close(theirs)
        shown = bytearray()
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # how Linux says that nobody writes any more
            pass
        os.close(ours)
        assert process.stderr is not None
        err = process.stderr.read()
        return Result(process.wait(300), shown.decode(), err)


@pytest.fixture(scope="session")
def evokan() -> Callable[..., Result]:
    """Run a command in a process of its own."""
    return call


@pytest.fixture
def evokan_here(tmp_path, monkeypatch, capsys) -> Callable[..., Result]:
    """Run a command in this process, in an empty folder."""
    from evokan.cli.app import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return run


@pytest.fixture
def files_below() -> Callable[[Path], set[str]]:
    return lambda folder: {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def iris_run(home) -> Finished:
    """Searched with --json."""
    result = call("search", *TINY, "--dataset", "iris", "--out", "iris", "--json", cwd=home)
    return Finished(home / "iris", result)


@pytest.fixture(scope="session")
def wine_run(home) -> Finished:
    """Searched with a settings file and plain lines, into the folder that evokan chooses."""
    (home / "wine.yaml").write_text(
        "space: gakan\ndataset: wine\npopulation: 8\ngenerations: 7\nfolds: 3\nobjectives: [val_loss, n_edges]\n"
        "space-options:\n  max_depth: 2\n  max_width: 4\n"
    )
    result = call("search", "--config", "wine.yaml", "--generations", 2, "--space-option", "max_width=3", cwd=home)
    (path,) = (home / "runs").glob("*-gakan-wine")
    return Finished(path, result)


@pytest.fixture(scope="session")
def law_run(home) -> Finished:
    """Searched on a terminal."""
    result = call_on_terminal("search", *TINY, "--dataset", "product", "--out", "law", cwd=home)
    return Finished(home / "law", result)


@pytest.fixture(scope="session")
def own_table(home) -> Path:
    """A table with text classes, a categorical column, and a gap."""
    rng = np.random.default_rng(0)
    colours = rng.choice(["red", "green", "dark blue"], 90)
    size, weight = rng.normal(size=90), rng.normal(size=90)
    score = size + (colours == "red") - weight
    kinds = np.array(["low", "mid, or so", "high"])[np.digitize(score, [-0.5, 0.8])]
    rows = [f'{s:.4f},{c},{w:.4f},"{k}"' for s, c, w, k in zip(size, colours, weight, kinds, strict=True)]
    rows[7] = rows[7].replace(rows[7].split(",")[2], "", 1)
    path = home / "shop.csv"
    path.write_text("\n".join(["size,colour,weight,kind", *rows]) + "\n")
    return path


@pytest.fixture(scope="session")
def own_run(home, own_table) -> Finished:
    """Searched with --quiet."""
    result = call(
        "search",
        *TINY,
        "--data",
        own_table.name,
        "--target",
        "kind",
        "--impute",
        "median",
        "--quiet",
        "--out",
        "shops/first",
        cwd=home,
    )
    return Finished(home / "shops" / "first", result)


@pytest.fixture
def as_json() -> Callable[[str], object]:
    def parse(text: str) -> object:
        def refuse(name: str) -> None:
            raise AssertionError(f"{name} is no JSON")

        return json.loads(text, parse_constant=refuse)

    return parse
