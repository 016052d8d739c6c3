"""The measurement of many rows, on few, and its page."""

from __future__ import annotations

from experiments.hkan.rows import MODELS, measure, report
from experiments.pages import Measurements


def test_a_measurement_has_time_error_and_memory():
    for model in MODELS:
        found = measure(model, 2000, 20)
        assert 0.1 < found["rmse"] < 0.25  # the noise is 0.1
        assert found["fit_cpu_seconds"] > 0
    assert measure("default", 2000, 500)["columns"] == 500


def test_the_page_judges_the_aims():
    def row(model, rows, seconds, columns=20, squares="steady"):
        return {
            "model": model,
            "rows": rows,
            "columns": columns,
            "fit_cpu_seconds": seconds,
            "predict_cpu_seconds": 1.0,
            "rmse": 0.1,
            "peak_gb": 2.5,
            "squares": squares,
        }

    text = "\n".join(report([row("default", 100_000, 1.9), row("default", 1_000_000, 21.0), row("relu", 10_000, 5.0)]))
    assert "| 100,000 x 20: fit | at most 2 s | 1.9 s | met |" in text
    assert "| 1,000,000 x 20: fit | at most 20 s | 21 s | **not met** |" in text
    assert "| 1,000,000 x 20: memory | at most 4 GB | 2.5 GB | met |" in text
    assert "plain least squares" not in text
    old = row("default", 100_000, 1.0, squares=""), row("gradient boosting", 100_000, 0.5, squares="")
    text = "\n".join(report(old))
    assert "before steady ones were the default: default 100,000 x 20." in text
    text = "\n".join(report([*old, row("default", 100_000, 1.9)]))
    assert "plain least squares" not in text
    assert "| 100,000 x 20: fit | at most 2 s | 1.9 s | met |" in text


def test_what_was_measured_by_plain_least_squares_is_measured_again(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("model,rows,columns\ndefault,10,20\ngradient boosting,10,20\n")
    measured = Measurements(path, ("model", "rows", "columns", "squares"), ("squares",))
    pieces = [("default", 10, 20, "steady"), ("gradient boosting", 10, 20, "")]
    assert measured.missing(pieces) == pieces[:1]
    assert path.read_text().splitlines()[0] == "model,rows,columns,squares"
