"""The comparison: its tables, its budgets, and a small study run twice."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_friedman1

from evokan.errors import InputError
from evokan.settings.job import prepare, resolve
from experiments.comparison import calibration, ebm, methods, study
from experiments.comparison.calibration import Cost, affordable, expectation, plan, steps
from experiments.comparison.methods import METHODS, Task, measure, present
from experiments.comparison.tables import (
    CLASSIFICATION,
    FLIPPED,
    MADE,
    REGRESSION,
    in_turns,
    register,
    split_seeds,
    xor,
)
from experiments.harness import Context


def test_the_tables_and_their_splits(monkeypatch):
    register()
    register()
    assert (len(CLASSIFICATION), len(REGRESSION), len(MADE)) == (5, 18, 5)
    assert split_seeds("iris") == [*range(300, 310)]
    assert split_seeds("iris", 2) == [300, 301]
    assert split_seeds("rice") == split_seeds("interacting") == [300, 301, 302]
    x, y = xor(20_000, 3)
    assert np.mean((x[:, 0] * x[:, 1] > 0) == y) == pytest.approx(1 - FLIPPED, abs=0.01)
    job = prepare(resolve({"space": "gakan", "dataset": "friedman-1"}))
    assert np.array_equal(job.problem.table.X, make_friedman1(500, n_features=10, noise=1.0, random_state=0)[0])


def test_budgets_follow_from_the_costs_alone():
    assert steps("gakan", Cost(2.0, 0.5), 20.0) == 36
    assert steps("gakan", Cost(2.0, 0.001), 20.0) == 101  # 100 generations after the first
    assert steps("gakan", Cost(30.0, 9.0), 20.0) == 2
    assert steps("tuned [n, m]", Cost(30.0, 9.0), 20.0) == 1
    assert steps("linear", Cost(1.0, 9.9), 20.0) == 0  # one setting is no choice
    assert steps("linear", Cost(0.0, 0.0), 20.0) == 5
    assert [steps("ebm", Cost(0.0, bag), 20.0) for bag in (25.0, 3.0, 0.01)] == [1, 6, ebm.MOST]


def test_who_goes_on_from_a_method_has_at_least_its_steps():
    """Settings that are drawn may be far dearer than those of the grid."""
    known = {("a", "svm"): Cost(1.0, 2.0), ("a", "svm longer"): Cost(1.0, 6.0), ("b", "svm longer"): Cost(1.0, 0.5)}
    known["b", "svm"] = Cost(1.0, 0.5)
    pieces = plan(["a", "b"], ["svm", "svm longer"], known, lambda name: [300], 20.0)
    assert [(piece.table, piece.steps, piece.expected) for piece in pieces] == [
        ("a", 9, 19.0),
        ("a", 9, 19.0),
        ("b", 12, 7.0),
        ("b", 38, 20.0),
    ]


def test_the_order_is_by_splits_and_what_is_too_much_is_left_out():
    names, ways = ("a", "b"), ("gakan", "linear")
    known = {(name, way): Cost(10.0, 5.0) for name in names for way in ways}
    pieces = plan(names, ways, known, lambda name: [300, 301] if name == "a" else [300], 20.0)
    assert [(piece.table, piece.split, piece.method) for piece in pieces] == [
        ("a", 300, "gakan"),
        ("a", 300, "linear"),
        ("b", 300, "gakan"),
        ("b", 300, "linear"),
        ("a", 301, "gakan"),
        ("a", 301, "linear"),
    ]
    assert {piece.steps for piece in pieces} == {2}
    assert affordable(pieces) == pieces
    kept = affordable(pieces, 90 / 3600)
    assert kept == pieces[:4]
    assert "4 pieces" in expectation(pieces, kept, 20.0)
    assert "2 left out" in expectation(pieces, kept, 20.0)
    assert "core hours by split: 0.02, 0.01" in expectation(pieces, pieces, 20.0)
    assert "left out" not in expectation([Task("a", 300, "gakan", 2, 20.0)], [Task("a", 300, "gakan", 2, 20.0)], 20.0)


def test_what_would_take_too_long_is_not_tried_and_costs_nothing(monkeypatch):
    known = {("a", "gakan"): Cost(100.0, 40.0), ("a", "linear"): Cost(1.0, 1.0)}
    pieces = plan(["a"], ["gakan", "linear"], known, lambda name: [300], 20.0)
    assert pieces[0].expected == 180.0
    assert affordable(pieces, 20 / 3600) == pieces
    monkeypatch.setattr(methods, "fit", lambda *task: pytest.fail("was tried"))
    row = measure(pieces[0])
    assert row["reason"] == "not tried: the least that it can do takes more than 150 s of one core"
    assert (row["rmse"], row["cpu_seconds"], row["steps"]) == ("", "", 2)
    told = expectation(pieces, pieces, 20.0)
    assert "2 pieces, 0.0 core hours expected; 0 take more" in told
    assert "; 1 are not tried, since they would take more than 150 s; core hours by split: 0.00" in told


def test_a_model_that_cannot_be_tuned_in_time_is_measured_once(monkeypatch):
    asked: list[int] = []

    def fit(table, split, method, steps):
        asked.append(steps)
        return None, "", 3.0 + 4.0 * steps

    monkeypatch.setattr(calibration, "fit", fit)
    row = calibration.measure(calibration.Key("iris", "forest", 20.0))
    assert (asked, row["fixed_seconds"], row["step_seconds"]) == ([0], 3.0, 12.0)
    row = calibration.measure(calibration.Key("iris", "forest", 30.0))
    assert (asked, row["step_seconds"]) == ([0, 0, 2], 4.0)
    calibration.measure(calibration.Key("iris", "svm longer", 30.0))
    assert asked[3:] == [0, 16]  # a grid's first settings are its cheapest


def test_a_method_that_fails_says_why(monkeypatch):
    def broken(table, split, steps):
        raise OverflowError("too\nlarge")

    monkeypatch.setitem(methods.METHODS, "tree", METHODS["tree"]._replace(work=broken))
    row = measure(Task("iris", 300, "tree", 0))
    assert (row["reason"], row["accuracy"], row["parameters"]) == ("OverflowError: too large", "", "")
    assert set(row) == set(measure(Task("iris", 300, "linear", 0)))


def test_a_rival_that_is_not_installed_is_left_out_with_a_line(monkeypatch, capfd):
    monkeypatch.setattr(methods, "find_spec", lambda name: None if name == "pygam" else name)
    assert set(METHODS) - set(present()) == {"gam"}
    said = capfd.readouterr()
    text = said.out + said.err
    assert text == "left out: gam needs the package pygam, which is not installed (CONTRIBUTING.md, Versions)\n"
    assert "gam" not in present(silent=True)
    assert capfd.readouterr() == ("", "")


def _without_seconds(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: text for name, text in row.items() if name != "cpu_seconds"} for row in csv.DictReader(file)]


def test_a_second_run_gives_the_same_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(calibration, "present", lambda **_: ["gakan", "pruning alone", "knn", "tree"])
    monkeypatch.setattr(calibration, "QUICK", ("iris",))
    first = study.run(Context(tmp_path / "a", quick=True, workers=1, silent=True))
    folder = tmp_path / "b" / "comparison-quick"
    folder.mkdir(parents=True)
    shutil.copy(tmp_path / "a" / "comparison-quick" / "calibration.csv", folder)
    second = study.run(Context(tmp_path / "b", quick=True, workers=2, silent=True))
    assert all(path.stat().st_size for path in first)
    rows = _without_seconds(first[0])
    assert [row["method"] for row in rows] == ["gakan", "pruning alone", "knn", "tree"]
    assert all(row["reason"] == "" and float(row["accuracy"]) > 0.7 for row in rows)
    assert _without_seconds(second[0]) == rows
    before = second[0].read_bytes()
    text = second[0].read_text()
    second[0].write_text(text[: text.rstrip("\n").rfind("\n") + 4])  # as a kill may leave it
    again = study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))
    assert _without_seconds(again[0]) == rows
    assert before.splitlines()[:4] == again[0].read_bytes().splitlines()[:4]
    # Nothing is missing: the page is made again from the rows.
    page = folder / "comparison.md"
    written = page.read_text()
    page.unlink()
    study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))
    assert page.read_text() == written
    header, *lines = second[0].read_text().splitlines()
    cells = lines[0].split(",")
    cells[header.split(",").index("steps")] = "77"
    second[0].write_text("\n".join([header, ",".join(cells), *lines[1:], ""]))
    with pytest.raises(InputError, match=r"gakan has 77 steps on iris, by calibration.csv it is to have"):
        study.run(Context(tmp_path / "b", quick=True, workers=1, silent=True))


def test_what_comes_to_no_end_is_a_row_with_its_reason():
    row = methods.unfinished(Task("iris", 300, "tree", 3), "not finished in 180 s of one core", 171.234)
    assert (row["reason"], row["cpu_seconds"], row["accuracy"]) == ("not finished in 180 s of one core", 171.23, "")
    assert list(row) == list(measure(Task("iris", 300, "linear", 0)))
    stored = calibration.unfinished(calibration.Key("iris", "forest", 20.0), "why", 171.2)
    assert set(stored) == {"table", "method", "fixed_seconds", "step_seconds", "reason"}
    # A model whose second setting runs away is fitted as it comes; a search that is killed is not tried.
    (cost,) = calibration.costs([stored]).values()
    assert (steps("forest", cost, 20.0), cost.fixed) == (0, 20.0)
    stored = calibration.unfinished(calibration.Key("iris", "gakan", 20.0), "why", 300.0)
    (cost,) = calibration.costs([stored]).values()
    assert cost.fixed + steps("gakan", cost, 20.0) * cost.step > methods.MOST_SECONDS
    assert steps("gakan", Cost(171.2, 0.0), 20.0) == 2


def test_the_tables_come_in_turns():
    found = in_turns()
    assert sorted(found) == sorted([*CLASSIFICATION, *REGRESSION, *MADE])
    assert found[:6] == ["iris", "friedman-1", "abalone", "wine", "friedman-2", "auto_mpg"]


@pytest.mark.slow
def test_all_methods_go_through_the_quick_version(tmp_path):
    files = study.run(Context(tmp_path, quick=True, workers=2, silent=True))
    rows = _without_seconds(files[0])
    assert {row["method"] for row in rows} == set(present(silent=True))
    assert [row["reason"] for row in rows] == [""] * len(rows)
