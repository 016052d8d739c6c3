"""The comparison of output layers for classes: its rows and its page."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from experiments.harness import Context
from experiments.hkan.classes import LOGISTIC, Piece, logit_factor, networks, report, run, run_split


def test_the_factor_has_the_lowest_cross_entropy():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 400)
    outputs = np.eye(3)[labels] + 0.6 * rng.normal(size=(400, 3))

    def loss(factor):
        return -log_softmax(factor * outputs, axis=1)[np.arange(400), labels].mean()

    best = logit_factor(outputs, labels)
    assert loss(best) < min(loss(1.02 * best), loss(best / 1.02), loss(1.0))
    assert 10 < logit_factor(np.eye(3)[labels], labels) <= 1000


def test_a_split_has_a_row_for_each_network_and_can_be_repeated():
    rows = run_split(Piece("wine", 300))
    assert [row["network"] for row in rows] == [*networks(3), LOGISTIC]
    assert all(0.8 < row["accuracy"] <= 1 for row in rows)
    assert all(0 < row["log_loss"] < 0.4 for row in rows)
    assert rows == run_split(Piece("wine", 300))


def test_the_page_says_what_is_lower(tmp_path):
    def row(network, loss, factor, seed=300):
        return {
            "dataset": "wine",
            "seed": seed,
            "network": network,
            "log_loss": loss,
            "factor_log_loss": factor,
            "accuracy": 0.9,
        }

    text = "\n".join(
        report([row("linear", 0.1, 0.5), row("linear", 0.2, 0.7, 301), row("wide", 0.3, 0.2), row(LOGISTIC, 0.1, "")])
    )
    assert "| linear | **0.15** (0.6) |" in text
    assert f"| {LOGISTIC} | **0.1** |" in text
    assert "as last layer: 1 of 2." in text
    assert "Mean over 2 stratified splits" in text


@pytest.mark.slow
def test_the_quick_version_writes_csv_and_page(tmp_path):
    paths = run(Context(tmp_path, quick=True, silent=True))
    assert [path.name for path in paths] == ["classes.csv", "classes.md"]
    again = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in run(Context(tmp_path, quick=True, silent=True))] == again
