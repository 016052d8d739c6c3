"""What the page of a run is made from: lineage, intervals, figures of test rows, places in drawings."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from evokan.evaluation.records import Record
from evokan.reports.ancestry import ancestry
from evokan.reports.charts import BOTTOM, LEFT, RIGHT, TOP, Scale, fit_chart, front_chart
from evokan.reports.formulas import formulas
from evokan.reports.tested import accuracy_interval, interval, of_classes, of_numbers, rmse_interval
from evokan.runs.directory import RunDirectory


def record(number, parents=(), loss=1.0, origin="crossover"):
    return Record(number, number // 2, "01", tuple(parents), origin, val_loss=loss)


def test_the_line_follows_the_fitter_parent_to_the_first_generation():
    records = [
        record(0, loss=3.0, origin="initial"),
        record(1, loss=2.0, origin="seed"),
        record(2, [0, 1], 1.5),
        record(3, [0], 1.9, "mutation"),
        record(4, [2, 3], 1.0),
        record(5, [3], 0.5),
    ]
    found = ancestry(records, 4)
    assert [row["id"] for row in found["line"]] == [4, 2, 1]
    assert [row["id"] for row in found["ancestors"]] == [0, 1, 2, 3, 4]
    assert found["count"] == 4
    assert found["origins"] == {"crossover": 2, "initial": 1, "seed": 1, "mutation": 1}
    assert ancestry(records, 9) is None


@given(st.lists(st.lists(st.integers(-3, 12), max_size=3), min_size=1, max_size=10))
def test_a_line_ends_whatever_a_table_says_of_parents(parents):
    records = [record(number, found) for number, found in enumerate(parents)]
    found = ancestry(records, len(records) - 1)
    ids = [row["id"] for row in found["line"]]
    assert ids == sorted(ids, reverse=True)
    assert set(ids) <= {row["id"] for row in found["ancestors"]}


def test_wilson_interval_of_a_textbook():
    """15 of 15, and 81 of 263: Newcombe, Stat. Med. 17 (1998), table I."""
    assert accuracy_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert accuracy_interval(1.0, 29) == pytest.approx((0.8830, 1.0), abs=5e-5)


@example(54, 1.0)
@example(54, 0.0)
@given(st.integers(1, 10_000), st.floats(0, 1))
def test_wilson_interval_is_that_of_scipy(rows, share):
    right = round(share * rows)
    wanted = stats.binomtest(right, rows).proportion_ci(method="wilson")
    low, high = accuracy_interval(right / rows, rows)
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert 0 <= low <= right / rows <= high <= 1


def test_the_interval_of_an_rmse_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        low, high = rmse_interval(2.0 * rng.normal(size=200))
        hits += low <= 2.0 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_intervals_that_there_are_not():
    assert rmse_interval(np.ones(1)) is None
    assert rmse_interval(np.array([1e300, 1.0])) is None
    assert rmse_interval(np.zeros(5)) == (0.0, 0.0)
    assert interval("accuracy", {"accuracy": None}, None, 9) is None
    assert interval("auc", {"auc": 0.5}, None, 9) is None
    assert interval("rmse", {"rmse": 0.5}, None, 9) is None


def test_confusion_figures_and_calibration_by_hand():
    y = np.array([0, 0, 0, 1, 1])
    logits = np.log(np.array([[0.92, 0.08], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.05, 0.95]]))
    found = of_classes(y, logits, ("a", "b"))
    assert found["confusion"] == [[2, 1], [0, 2]]
    first, second = found["classes"]
    assert (first["rows"], first["precision"], first["recall"]) == (3, 1.0, pytest.approx(2 / 3))
    assert (second["rows"], second["precision"], second["recall"]) == (2, pytest.approx(2 / 3), 1.0)
    assert sum(one["rows"] for one in found["calibration"]) == 5
    top = found["calibration"][-1]  # 0.9 to 1
    assert (top["rows"], top["right"]) == (2, 1.0)
    assert top["said"] == pytest.approx(0.935)


def test_residuals_are_measured_less_predicted():
    y, said = np.array([1.0, 2.0, 3.0]), np.array([[0.0], [2.0], [5.0]])
    found = of_numbers(y, said, ("y",), in_time=False)
    (one,) = found["outputs"]
    assert one["mean"] == pytest.approx(-1 / 3)
    assert one["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert one["largest"] == 2.0
    assert one["quantiles"][2] == 0.0
    assert found["points"] == [[1.0, 0.0], [2.0, 2.0], [3.0, 5.0]]
    assert of_numbers(y, said, ("y",), in_time=True)["outputs"][0]["interval"] is None


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=8), st.booleans())
def test_values_keep_their_order_inside_the_axes(values, negative):
    values = [-value for value in values] if negative else values
    scale = Scale(values, LEFT, RIGHT)
    places = [scale.place(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(LEFT <= place <= RIGHT for place in [*places, *(place for place, _ in scale.ticks())])


def test_the_front_leaves_out_what_has_no_loss_and_draws_the_spread():
    rows = [
        {"id": 3, "n_params": 10, "val_loss": 0.5, "val_loss_mean": 0.4, "val_loss_sd": 0.1, "chosen": 1},
        {"id": 4, "n_params": 400, "val_loss": 0.2, "val_loss_mean": 0.1, "val_loss_sd": 0.2, "chosen": 0},
        {"id": 5, "n_params": 900, "val_loss": 0.2, "val_loss_mean": float("inf"), "val_loss_sd": 0.0, "chosen": 0},
    ]
    first, second = front_chart(rows, "n_params")["dots"]
    assert (first["id"], second["id"], first["chosen"], second["chosen"]) == (3, 4, True, False)
    assert first["x"] < second["x"]
    assert first["y"] < second["y"]  # downwards
    for dot in (first, second):
        assert TOP <= dot["top"] < dot["y"] < dot["bottom"] <= BOTTOM
    assert front_chart(rows[2:], "n_params") is None
    assert fit_chart([]) is None


def test_formulas_say_whose_they_are_and_those_of_earlier_versions_are_read(tmp_path):
    directory = RunDirectory(tmp_path)
    run = SimpleNamespace(directory=directory)
    (tmp_path / "best").mkdir()
    assert formulas(run) is None
    text = tmp_path / "best" / "formula.txt"
    text.write_text("y = a\n\ncomplexity 1, validation loss 2\n")
    assert formulas(run) == {
        "parts": [{"title": "", "text": "y = a", "note": "complexity 1, validation loss 2"}],
        "front": [],
    }
    own = {"kind": "law", "task": "regression", "trees": [["column", 0]], "complexity": 1, "train_loss": 0.1}
    own |= {"val_loss": 0.2, "test_loss": "undefined", "excess": 0.0, "error": 0.0, "splines": {}}
    front = {"chosen": {"law": 0}, "network": {"edges": 3, "val_loss": 0.2, "test_loss": None}, "tolerance": 0.05}
    front |= {"stages": [], "complete": True, "work": 1.0, "columns": ["a"], "names": ["y"], "front": [own]}
    directory.vault.write_json(tmp_path / "best" / "formulas.json", front)
    text.write_text(
        "law formula (found): fine\ny = a\nspline1(u) = ...\ncomplexity 1\n\nnetwork formula: worse\ny = b\nlosses\n"
    )
    found = formulas(run)
    assert [part["title"] for part in found["parts"]] == ["law formula (found): fine", "network formula: worse"]
    assert found["parts"][0]["text"] == "y = a\nspline1(u) = ..."
    assert found["parts"][1]["note"] == "losses"
    (row,) = found["front"]
    assert (row["number"], row["kind"], row["chosen"], row["test_loss"]) == (1, "law", True, None)
