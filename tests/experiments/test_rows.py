"""Rows of a finished piece of work in the place of those that were there."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.harness import Rows
from experiments.pages import Measurements

KEY = ("name", "seed")


def test_rows_take_the_place_of_those_of_their_piece(tmp_path: Path):
    path = tmp_path / "rows.csv"
    rows = Rows(path, KEY)
    rows.put({"name": "a", "seed": 0, "loss": 0.5}, {"name": "a", "seed": 0, "loss": 0.25})
    rows.put({"name": "b", "seed": 1, "loss": 1e-9})
    for one in (rows, Rows(path, KEY)):
        assert one.missing([("a", 0), ("b", 1), ("b", 0)]) == [("b", 0)]
    Rows(path, KEY).put({"name": "a", "seed": 0, "loss": 2.0})
    assert path.read_text(encoding="utf-8") == "name,seed,loss\nb,1,1e-09\na,0,2.0\n"
    with pytest.raises(ValueError, match="expected the columns"):
        rows.put({"name": "a", "seed": 0, "accuracy": 2.0})
    assert path.read_text(encoding="utf-8") == "name,seed,loss\nb,1,1e-09\na,0,2.0\n"


def test_measurements_that_are_replaced_say_when(tmp_path: Path):
    rows = Measurements(tmp_path / "rows.csv", KEY, ("loss",))
    rows.add({"name": "a", "seed": 0, "loss": ""})
    rows.put({"name": "a", "seed": 0, "loss": 0.5})
    (row,) = rows.values()
    assert row["loss"] == 0.5
    assert "cores" in row["conditions"]
