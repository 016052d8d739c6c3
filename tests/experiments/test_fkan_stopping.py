"""The study of where folds stop: both stops from the same trainings, the rule that decides, and its page."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets.tables import make_table
from experiments.fkan import stopping
from experiments.harness import Context


def test_a_small_study_and_its_page(tmp_path):
    rows, page = stopping.run(Context(tmp_path, quick=True, silent=True))
    lines = rows.read_text().splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [["drawn", "iris", "20", stop] for stop in ("common", "own")]
    assert "| iris | common | 1 |" in page.read_text()
    assert stopping.run(Context(tmp_path, quick=True, silent=True))[0].read_text().splitlines() == lines


def test_stops_of_their_own_promise_the_lower_loss():
    common, own = stopping.measure("iris", 21, 3)
    assert own["val_loss"] < common["val_loss"]
    assert {common["rows"], own["rows"]} == {150}


def test_of_a_table_without_classes_the_test_loss_is_an_rmse_in_the_targets_units(monkeypatch):
    def law(name, split):
        """Return 60 rows of a parabola, in thousands."""
        x = np.linspace(-1, 1, 60)
        return make_table("law", "regression", x[:, None], 1000 * x**2, feature_names=["x"], target_name="y")

    monkeypatch.setattr(stopping, "part_of", law)
    for row in stopping.measure("law", 0, 1):
        assert 1 < row["test_loss"] < 1000
        assert np.isnan(row["accuracy"])


def losses(ratio, tables=5, splits=4):
    return [
        {
            "way": "drawn",
            "table": f"t{number}",
            "split": split,
            "stop": stop,
            "val_loss": 0.1,
            "test_loss": 0.3 * (ratio(number, split) if stop == "common" else 1),
            "accuracy": "",
            "iterations": 5,
            "n_params": 10,
        }
        for number in range(tables)
        for split in range(splits)
        for stop in stopping.STOPS
    ]


@pytest.mark.parametrize(
    ("ratio", "taken"),
    [
        (lambda table, split: 0.8 + 0.01 * split, "common"),
        (lambda table, split: 1.2 + 0.01 * split, "own"),
        (lambda table, split: 0.9 if split % 2 else 1.1, "own"),
        (lambda table, split: 0.5 if table < 2 else 1.01, "own"),  # on less than half of the tables
    ],
)
def test_the_rule_decides(ratio, taken):
    confirmed = losses(lambda table, split: 0.9, tables=1)
    assert stopping.decision(losses(ratio), confirmed)[-1] == f"So it is **{taken}**."


def test_whole_searches_have_to_confirm_it():
    lower, higher = losses(lambda table, split: 0.8 + 0.01 * split), losses(lambda table, split: 1.1, tables=2)
    assert stopping.decision(lower, lower)[-1] == "So it is **common**."
    assert stopping.decision(lower, [])[-1] == "So it is **own**."
    *_, searched, verdict = stopping.decision(lower, higher)
    assert searched.startswith("Whole searches, over 8 pairs: 1.1, p = ")
    assert verdict == "So it is **own**."


def test_a_whole_search_leaves_a_row(monkeypatch):
    monkeypatch.setattr(stopping, "SEARCH", {"population": 4, "generations": 1})
    row = stopping.search("iris", 20, "common")
    assert (row["way"], row["stop"], row["rows"]) == ("search", "common", 150)
    assert row["test_loss"] > 0
    assert row["accuracy"] > 0.5


def test_a_final_fit_that_failed_is_no_pair():
    rows = losses(lambda table, split: 0.8 + 0.01 * split)
    rows[0]["test_loss"] = float("nan")
    assert any("over 19 pairs" in part for part in stopping.decision(rows, []))
    assert stopping.decision([], []) == []
