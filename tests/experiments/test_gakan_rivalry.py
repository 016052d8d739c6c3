"""The verdicts of the study of rivals, from rows whose outcome is known."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.gakan.rivalry import CLASSIFICATION, REGRESSION
from experiments.gakan.rivalry_verdicts import verdicts

WAYS = {"search": 1.0, "random search": 1.1, "search of 0.1.0": 1.2, "pruning alone": 1.3, "tuned [n, m]": 1.05}
SIZES = {"search": 30, "random search": 40, "search of 0.1.0": 100, "pruning alone": 20, "tuned [n, m]": 120}


def rows(factor: dict[str, float]) -> pd.DataFrame:
    """Return ten splits of every table: losses of 0.001 times `factor`, up and down a little with the split."""
    found: list[dict[str, Any]] = []
    for table, way, split in itertools.product((*CLASSIFICATION, *REGRESSION), WAYS, range(10)):
        loss = 0.001 * factor[way] * (1 + 0.01 * split)
        found.append(
            {
                "dataset": table,
                "way": way,
                "split": split,
                "loss": loss,
                "accuracy": 0.95 if table in CLASSIFICATION else np.nan,
                "params": SIZES[way],
                "cpu_seconds": 2.0 if way == "search" else 3.0,
                **{f"small{limit}_loss": loss for limit in (50, 100, 200)},
            }
        )
    return pd.DataFrame(found)


def models(accuracy: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"dataset": name, "split": 300, "boosting_loss": 0.01, "boosting_accuracy": accuracy}
        for name in (*CLASSIFICATION, *REGRESSION)
    )


def test_a_search_that_is_best_everywhere_reaches_all() -> None:
    text = verdicts(rows(WAYS), models(0.94))
    assert "missed" not in text
    assert text.count("reached") == 15


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({"pruning alone": 0.9}, ("mean rank", "worse than either", "at most 50 parameters: at", "at most 200")),
        ({"search of 0.1.0": 0.9}, ("mean rank", "worse than either", "half of 0.1.0's", "at most 100 parameters: at")),
        ({"tuned [n, m]": 0.9}, ("at or below tuned [n, m]",)),
        ({"random search": 0.99}, ("random search with the same first generation",)),
    ],
)
def test_a_better_rival_is_named(changed: dict[str, float], missed: tuple[str, ...]) -> None:
    lines = verdicts(rows(WAYS | changed), models(0.94)).splitlines()
    for words in missed:
        assert any(words in line and "missed" in line for line in lines), words


def test_accuracy_is_judged_by_points() -> None:
    lines = verdicts(rows(WAYS), models(0.954)).splitlines()
    assert [line.rsplit("|", 2)[1].strip() for line in lines if "accuracy" in line] == ["missed", "reached"]
    assert "wine -0.4" in next(line for line in lines if "within half a point" in line)
