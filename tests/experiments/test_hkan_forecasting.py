"""Forecasts by HKANs: the measurement, small, and its page."""

from __future__ import annotations

from experiments.hkan.forecasting import HKAN, KAFCM, Piece, report, run_piece


def test_an_hkan_forecasts_better_than_persistence():
    rows = {row["model"]: row for row in run_piece(Piece("delayed-plant", HKAN, 0), 4, 0)}
    assert {"hkan", "ridge", "persistence"} <= set(rows)
    assert rows["hkan"]["rmse"] < 0.7 * rows["persistence"]["rmse"]
    assert rows["hkan"]["n_params"] > 0
    assert rows["ridge"]["n_params"] == ""


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
    lines = [line for line in report(rows)[-1].splitlines() if "0.0" in line]
    assert [line.split(" | ")[0] for line in lines] == ["| kafcm", "| **hkan**", "| ridge"]
    assert "| 0.03 | 0.02 to 0.04 | 300 | 20 |" in lines[1]
    assert lines[2] == "| ridge | 0.05 |  |  |  |"
    assert "--lags 18" in "\n".join(report(rows))
    assert report(rows)[0].startswith("Every column")
