"""Forecasts by HKANs: the measurement, small, and its page."""

from __future__ import annotations

import numpy as np

from experiments.hkan.forecasting import HKAN, KAFCM, STEPS, Piece, report, run_piece
from experiments.hkan.forecasting_picture import draw


def test_an_hkan_forecasts_better_than_persistence(tmp_path):
    found = run_piece(Piece("delayed-plant", HKAN, 0), 4, 0)
    rows = {row["model"]: row for row in found.rows}
    assert {"hkan", "ridge", "persistence"} <= set(rows)
    assert rows["hkan"]["rmse"] < 0.7 * rows["persistence"]["rmse"]
    assert rows["hkan"]["n_params"] > 0
    assert rows["ridge"]["n_params"] == ""
    errors = np.array([step["forecast"] - step["actual"] for step in found.steps])
    assert 100 < len(errors) <= STEPS
    actual = np.array([step["actual"] for step in found.steps])
    assert np.sqrt(np.mean(errors**2)) < 0.7 * np.sqrt(np.mean(np.diff(actual) ** 2))
    assert draw(found.steps, tmp_path / "forecasting.png").stat().st_size > 10_000


def test_the_page_has_the_lowest_error_first():
    def row(model, seed, rmse):
        mine = model in (HKAN, KAFCM)
        return {
            "dataset": "mackey-glass",
            "space": HKAN,
            "seed": seed,
            "model": model,
            "rmse": rmse,
            "r2": 0.9,
            "n_params": 300 if mine else "",
            "cpu_seconds": 20.0 if mine else "",
        }

    rows = [row(HKAN, 0, 0.02), row("ridge", 0, 0.05), row(HKAN, 1, 0.04), row("ridge", 1, 0.05), row(KAFCM, 0, 0.01)]
    lines = [line for line in report(rows)[2].splitlines() if "0.0" in line]
    assert [line.split(" | ")[0] for line in lines] == ["| kafcm", "| **hkan**", "| ridge"]
    assert "| 0.03 | 0.02 to 0.04 | 300 | 20 |" in lines[1]
    assert lines[2] == "| ridge | 0.05 |  |  |  |"
    text = "\n".join(report(rows))
    assert "--lags 18" in text
    assert "HKAN's error is 3 times that of kafcm and 0.6 times that of ridge, the best of the usual models." in text
    assert report(rows)[0].startswith("Every column")
