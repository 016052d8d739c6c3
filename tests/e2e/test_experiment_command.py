"""Experiments: found by name, and resumable piece by piece."""

from __future__ import annotations

import os
import signal

import pytest

from evokan.errors import InputError
from experiments.harness import Rows

SCRIPT = """
import os
import signal
import time

from experiments.harness import Context, Experiment, Rows

def run(context: Context):
    rows = Rows(context.results / "squares" / "squares.csv", ("number", "seed"))
    pieces = [(n, s) for n in range(2 if context.quick else 4) for s in range(context.seeds or 1)]
    for number, seed in context.each("squares", rows.missing(pieces)):
        if number == STOP_AT:
            raise KeyboardInterrupt
        if number == TERMINATED_AT:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        rows.add({"number": number, "seed": seed, "square": float(number ** 2), "workers": context.workers})
    return [rows.path]

STOP_AT = TERMINATED_AT = None
EXPERIMENT = Experiment("squares", "Table 1: squares", run)
"""


@pytest.fixture
def squares(tmp_path, monkeypatch):
    """The module of an experiment; `costly` is one that needs a package which is not here."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "squares_experiment.py").write_text(SCRIPT)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setattr("experiments.registry.MODULES", {"squares": "squares_experiment", "costly": "needs_package"})
    (tmp_path / "modules" / "needs_package.py").write_text("import no_such_package\n")
    import squares_experiment

    yield squares_experiment
    import sys

    del sys.modules["squares_experiment"]


def test_list_names_all_and_says_what_is_not_here(squares, evokan_here, as_json):
    text = evokan_here("experiment", "list").out
    assert "Table 1: squares" in text
    listed = as_json(evokan_here("experiment", "list", "--json").out)
    assert [entry["name"] for entry in listed] == ["costly", "squares"]
    assert "needs the package 'no_such_package'" in listed[0]["summary"]
    assert evokan_here("experiment", "list", "--quiet").out.split() == ["costly", "squares"]


def test_a_package_that_is_not_installed_is_the_users_mistake(squares, evokan_here):
    result = evokan_here("experiment", "costly")
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "evokan[bench]" in result.err


def test_sigterm_is_heard_as_ctrl_c(squares, evokan_here, tmp_path):
    unheard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: unheard.append(number))
    try:
        squares.TERMINATED_AT = 2
        result = evokan_here("experiment", "squares", "--out", tmp_path)
        assert unheard == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert unheard == [signal.SIGTERM]  # and later on as before
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (result.status, result.err.count("\n")) == (3, 1)
    assert "the same command goes on where it stopped" in result.err
    assert len((tmp_path / "squares" / "squares.csv").read_text().splitlines()) == 3


def test_outside_of_a_checkout_it_is_one_line(evokan_here, tmp_path, monkeypatch):
    monkeypatch.setattr("evokan.cli.checkout.ROOT", tmp_path)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "command.py").write_text("raise SystemExit('somebody else')\n")
    result = evokan_here("experiment", "list")
    assert result.status == 2
    assert result.err.count("\n") == 1
    assert "experiments need a source checkout" in result.err


def test_every_experiment_is_where_its_name_says():
    from experiments.registry import MODULES, experiment_names, load_experiment

    assert len(MODULES) > 30
    from importlib.util import find_spec

    needs_more = {"pykan-evaluation", "pykan-quality", "pykan-chromosomes"} if find_spec("kan") is None else set()
    for name in sorted(set(experiment_names()) - needs_more):
        assert load_experiment(name).name == name


def test_it_goes_on_where_it_stopped(squares, evokan_here, tmp_path, monkeypatch):
    monkeypatch.setattr(squares, "STOP_AT", 2)
    stopped = evokan_here("experiment", "squares", "--seeds", 2, "--workers", 3)
    assert stopped.status == 3
    assert stopped.err.splitlines() == ["evokan: interrupted; the same command goes on where it stopped"]
    path = tmp_path / "results" / "squares" / "squares.csv"
    half = path.read_text()
    assert half == "number,seed,square,workers\n0,0,0.0,3\n0,1,0.0,3\n1,0,1.0,3\n1,1,1.0,3\n"

    path.write_text(half + "2,0,4")  # as a kill may leave it
    monkeypatch.setattr(squares, "STOP_AT", None)
    result = evokan_here("experiment", "squares", "--seeds", 2, "--workers", 3)
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == ["squares: 4 of 4 in 0 s", "results/squares/squares.csv"]
    assert path.read_text() == half + "2,0,4.0,3\n2,1,4.0,3\n3,0,9.0,3\n3,1,9.0,3\n"


def test_options_reach_the_experiment(squares, evokan_here, as_json, tmp_path):
    result = evokan_here("experiment", "squares", "--quick", "--out", "elsewhere", "--workers", 1, "--json")
    assert as_json(result.out) == ["elsewhere/squares/squares.csv"]
    rows = Rows(tmp_path / "elsewhere" / "squares" / "squares.csv", ("number",)).read()
    assert [(row["number"], row["seed"], row["workers"]) for row in rows] == [("0", "0", "1"), ("1", "0", "1")]


def test_rows_know_their_pieces_by_the_text_of_the_keys(tmp_path):
    path = tmp_path / "table.csv"
    rows = Rows(path, ("data", "rate", "penalty"))
    pieces = [("iris", 0.1, None), ("iris", 1e-7, 1), ("wine", 0.1, True)]
    assert rows.missing(pieces) == pieces
    assert rows.read() == []
    rows.add(*({"data": "iris", "rate": 1e-7, "penalty": 1, "rule": rule} for rule in ("a", "b")))
    assert rows.missing(pieces) == [pieces[0], pieces[2]]
    rows.add({"rule": "a", "penalty": None, "rate": 0.1, "data": "iris"})
    again = Rows(path, ("data", "rate", "penalty"))
    assert again.missing(pieces) == [pieces[2]]
    assert [row["rule"] for row in again.read()] == ["a", "b", "a"]
    with pytest.raises(ValueError, match="expected the columns"):
        again.add({"data": "wine", "rate": 0.1, "penalty": True})
    assert len(again.read()) == 3


def test_rows_of_another_experiment_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("data,accuracy\niris,1.0\n")
    with pytest.raises(InputError, match="has no column seed"):
        Rows(path, ("data", "seed"))
