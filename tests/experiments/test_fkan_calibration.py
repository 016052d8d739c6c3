"""The study of penalties on small tables: rows that are drawn, the same networks for each, and its page."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.problem.problem import Problem
from experiments.fkan import calibration
from experiments.harness import Context
from search_spaces.fkan import FKAN, FKANOptions


def test_parts_of_tables_have_their_rows_and_classes():
    part = calibration.part_of("wdbc", 1)
    assert (part.X.shape, part.task) == ((210, 30), "classification")
    assert set(np.unique(part.y)) == {0, 1}
    assert np.array_equal(part.X, calibration.part_of("wdbc", 1).X)
    assert not np.array_equal(part.X, calibration.part_of("wdbc", 2).X)
    assert len(calibration.part_of("iris", 3).y) == 150


def test_every_penalty_meets_the_same_networks():
    problem = Problem.from_table(calibration.part_of("iris", 0), folds=2)
    one, other = (calibration.drawn(FKAN(FKANOptions(ridge=ridge)), problem, 5, 4) for ridge in (1e-3, 1e-2))
    assert one == other
    assert len({network.key for network in one}) > 1


def test_a_small_study_and_its_page(tmp_path):
    rows, page = calibration.run(Context(tmp_path, quick=True, silent=True))
    assert len(rows.read_text().splitlines()) == 1 + len(calibration.RIDGES)
    text = page.read_text()
    assert "| iris | 150 |" in text
    assert "The lowest mean test log-loss has a ridge of" in text


def test_the_page_names_the_best_penalty_and_the_worst_split():
    rows = [
        {
            "table": "a",
            "split": split,
            "ridge": ridge,
            "rows": 9,
            "val_loss": 0.1,
            "log_loss": loss + split,
            "accuracy": 1.0,
            "log_loss_of_best": 0.3,
        }
        for ridge, loss in ((1e-3, 0.4), (1e-2, 0.2))
        for split in (0, 1)
    ]
    text = "\n".join(calibration.report(rows))
    assert "has a ridge of 0.01." in text
    assert "with a ridge of 0.001: the median ratio of test log-loss to loss over the folds is a 9; the largest" in text
    assert "| a | 9 | 0.1 / 0.9 | 0.1 / 0.7 |" in text
    assert "| 0.01 | 0.1 | 0.7 | 0.3 | 1.2 | 1.000 |" in text
    assert calibration.measure("iris", 0, 1e-2, 2)["log_loss"] == pytest.approx(
        calibration.measure("iris", 0, 1e-2, 2)["log_loss"]
    )


def losses(ratio, tables=5, splits=4):
    return [
        {
            "table": f"t{number}",
            "split": split,
            "ridge": ridge,
            "log_loss": 0.3 * (ratio(number, split) if ridge > 0.002 else 1),
        }
        for number in range(tables)
        for split in range(splits)
        for ridge in (calibration.DEFAULT, calibration.OTHER)
    ]


@pytest.mark.parametrize(
    ("ratio", "taken"),
    [
        (lambda table, split: 0.8 + 0.01 * split, "0.01"),
        (lambda table, split: 1.2 + 0.01 * split, "0.001"),
        (lambda table, split: 0.9 if split % 2 else 1.1, "0.001"),  # chance
        (lambda table, split: 0.5 if table < 2 else 1.01, "0.001"),  # on less than half of the tables
    ],
)
def test_the_rule_takes_what_is_lower_beyond_chance(ratio, taken):
    text = "\n".join(calibration.decision(losses(ratio)))
    assert f"So it is **{taken}**." in text
    assert "over 20 pairs" in text
    assert "The splits of a table share rows" in text


def test_a_fit_that_failed_is_left_out_and_counted():
    rows = losses(lambda table, split: 0.8 + 0.01 * split)
    rows[0]["log_loss"] = float("nan")
    text = "\n".join(calibration.decision(rows))
    assert "over 19 pairs (1 more where a final fit failed): 0.8" in text
    assert "So it is **0.01**." in text


def test_the_rule_needs_pairs():
    rows = losses(lambda table, split: 0.8)
    assert calibration.decision([row for row in rows if row["ridge"] == calibration.OTHER]) == []
    assert "over 19 pairs" in calibration.decision(rows[1:])[2]
