"""The measures that the experiments report, against cases done by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evokan.testing.problems import small_problem
from experiments.kafcm.common import SOLVERS, middle, tuned_mlps
from experiments.kafcm.cost import exponent
from experiments.kafcm.discovery import METHODS, best_threshold, measure, plot_curves, scores
from experiments.kafcm.laws import _verdict
from experiments.kafcm.mackey import mape
from experiments.kafcm.sensitivity import _order

STRENGTH = np.array([[0.9, 0.1, 0.0], [0.5, 0.4, 0.05]])
TRUE = np.array([[True, False, False], [True, False, True]])


def test_precision_recall_and_f1_of_a_threshold():
    assert scores(STRENGTH, TRUE, 0.45) == pytest.approx((1.0, 2 / 3, 0.8))
    assert scores(STRENGTH, TRUE, 0.05) == pytest.approx((3 / 5, 1.0, 0.75))
    assert scores(STRENGTH, TRUE, 2.0) == (0.0, 0.0, 0.0)
    assert best_threshold(STRENGTH, TRUE) == 0.5


def test_percentages_medians_and_slopes():
    assert mape(np.array([1.1, 1.8]), np.array([1.0, 2.0])) == pytest.approx(10.0)
    assert middle([3.0, 1.0, 2.0]) == "2 [1, 3]"
    assert middle([1153.0, 1153.0]) == "1,153"
    frame = pd.DataFrame({"concepts": [2, 20, 50, 100], "seconds": [9.0, 4.0, 25.0, 100.0]})
    assert exponent(frame, "seconds") == pytest.approx(2.0)


def test_perceptrons_are_chosen_by_the_validation_rows(monkeypatch):
    monkeypatch.setattr("experiments.kafcm.common.MLP_WIDTHS", (4,))
    monkeypatch.setattr("experiments.kafcm.common.MLP_ITERATIONS", 50)
    found = tuned_mlps(small_problem("regression"), 0)
    assert list(found) == list(SOLVERS)
    assert (found["mlp_adam"].tried, found["mlp"].tried) == (2, 3)
    assert found["mlp"].n_params == 4 * 4 + 4 + 4 * 4 + 4 + 4 + 1
    assert found["mlp_adam"].model.regressor_[-1].solver == "adam"


def test_a_small_search_for_a_graph_gives_a_row_for_each_method():
    rows = measure(5, 0, {"population": 8, "generations": 1, "folds": 1})
    assert [row["method"] for row in rows] == list(METHODS)
    for row in rows:
        assert row["ranking"].count("1") == row["true_edges"] == 8
        assert len(row["ranking"]) == 26
        assert row["precision"] * row["found_edges"] == pytest.approx(row["recall"] * 8)
    evolved, strong = rows[:2]
    assert strong["found_edges"] <= evolved["found_edges"]
    ax = plot_curves(pd.DataFrame(rows))
    assert [len(line.get_xdata()) for line in ax.lines] == [50, 1] * 4


@pytest.mark.parametrize(("mse", "said"), [(0.00253, "A tie."), (0.003, "Confirmed."), (0.002, "Refuted for a tuned")])
def test_verdicts_follow_from_the_rows(mse, said):
    rows = [("kafcm", 0.00252, 20), ("fcm", 0.5, 1), ("mlp_adam", 0.0026, 300), ("mlp", mse, 340)]
    frame = pd.DataFrame([{"model": name, "mse": one, "n_params": size} for name, one, size in rows])
    frame = frame.assign(max_error=0.2, sd_error=0.05, max_error_law=[0.02, 1.0, 0.03, 0.01])
    text = _verdict("yerkes-dodson", frame)
    assert said in text
    assert "the perceptron is nearer (largest error 0.02 against 0.01), with 17 times our parameters" in text
    frame["mse"] = [1e-11, 0.2, 1e-6, 1e-6]
    assert "Confirmed: the MSE is 5.0 orders of magnitude below" in _verdict("sine-law", frame)


def test_what_counts_more_is_counted_seed_by_seed():
    rng = np.random.default_rng(0)
    cells = [
        (name, seed, grid, rate) for name in "ab" for seed in (0, 1) for grid in (3, 8, 20) for rate in (0.01, 0.1)
    ]
    frame = pd.DataFrame(cells, columns=["dataset", "seed", "grid", "rate"])
    frame["mse"] = 10.0 ** -(frame.grid * (frame.dataset == "a") + 30 * frame.rate + 0.1 * rng.random(len(frame)))
    text = _order(frame)
    assert "by Spearman's on 1 of 2 (seed by seed a: 2 of 2; b: 0 of 2)" in text
