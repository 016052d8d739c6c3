"""The study of causal discovery: what is measured and in which order, its plants, its page."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from evokan.datasets.systems import CAUSES
from experiments.harness import Context, Rows
from experiments.kafcm import rivalry, rivalry_page, rivals
from experiments.kafcm.plants import BASE, CELLS, NULLS, SYSTEMS, plant
from experiments.kafcm.rivals import METHODS, SLOW, Outcome, limited, spline_f


def test_what_matters_comes_first_and_what_takes_long_last():
    found = rivalry.pieces()
    assert len(set(found)) == len(found)
    own = len(CELLS) * rivalry.OWN_MAPS
    assert {method for _, _, method in found[:own]} == {"kafcm"}
    first_slow = next(place for place, piece in enumerate(found) if piece[2] in SLOW)
    assert all(method in (*SLOW, "kafcm_random") for _, _, method in found[first_slow:])
    for cell in SYSTEMS:
        assert {method for name, _, method in found if name == cell.name} == {*METHODS, "kafcm", "kafcm_screened"}
    assert max(seed for _, seed, _ in rivalry.pieces(1)) == rivalry.OWN_FIRST
    assert min(seed for name, seed, method in found if method == "kafcm" and name == "base") == rivalry_page.OWN_FIRST


def test_shuffled_series_keep_their_values_and_lose_their_causes():
    cell = next(cell for cell in NULLS if cell.concepts == 5)
    made = plant(cell, 3)
    assert not made.true.any()
    assert made.series.shape == (501, 5)
    lag_one = [abs(np.corrcoef(made.series[:-1, i], made.series[1:, j])[0, 1]) for i in range(5) for j in range(5)]
    assert max(lag_one) < 0.2
    assert made.series.std(axis=0).min() > 0.1
    assert not spline_f(made.series, 1, link=False).any()


@pytest.mark.parametrize("cell", SYSTEMS)
def test_systems_come_with_their_graph(cell):
    made = plant(cell, 100)
    assert made.true.sum() == len(CAUSES[cell.system])
    assert made.series.shape == (501, cell.concepts)
    cause, effect = CAUSES[cell.system][-1]
    assert made.true[effect, cause, 0]


def test_a_method_that_takes_too_long_is_not_finished_by_processor_and_by_clock(monkeypatch):
    monkeypatch.setattr(rivals, "PATIENCE", 1)

    def sleeps(series, delay):
        time.sleep(60)

    def fails(series, delay):
        raise ValueError("no\nsuch thing")

    late = limited(sleeps, np.zeros((5, 2)), 1, 1)
    assert (late.graph, late.seconds, late.reason) == (None, 1.0, "not finished")
    failed = limited(fails, np.zeros((5, 2)), 1, 1)
    assert (failed.graph, failed.reason) == (None, "ValueError: no")
    found = limited(lambda series, delay: np.ones((2, 2, 1)), np.zeros((5, 2)), 1, 60)
    assert found.reason == ""
    assert found.graph is not None


def test_a_study_that_is_stopped_keeps_its_rows_has_a_page_and_goes_on(tmp_path, monkeypatch):
    every = np.ones((10, 10, 1), dtype=bool)

    def stops(piece):
        if piece[2] == "kafcm":
            raise KeyboardInterrupt
        return rivalry.row(BASE, piece[1], piece[2], Outcome(every, 0.5), every)

    monkeypatch.setattr(rivalry, "measure", stops)
    context = Context(tmp_path, quick=True, silent=True)
    with pytest.raises(KeyboardInterrupt):
        rivalry.run(context)
    page = tmp_path / "kafcm-quick" / "rivalry.md"
    assert "spline F test" in page.read_text()
    monkeypatch.setattr(
        rivalry,
        "measure",
        lambda piece: rivalry.row(BASE, piece[1], piece[2], Outcome(None, 120.0, "not finished"), np.ones(1)),
    )
    rivalry.run(context)
    assert list(pd.read_csv(page.with_suffix(".csv")).method) == ["spline_f", "kafcm"]
    assert "not finished" in page.read_text()


def test_the_page_tells_false_edges_and_systems():
    rows = []
    for cell, method, found, f1 in (
        ("shuffled, 5 concepts", "kafcm", 0, 1.0),
        ("shuffled, 5 concepts", "spline_f", 2, 0.0),
        ("Lorenz-96", "kafcm_screened", 30, 0.8),
        ("Lorenz-96", "pcmci_gpdc", "", ""),
        ("base", "kafcm", 20, 1.0),
        ("base", "spline_f", 20, 0.9),
        ("base", "kafcm_screened", 20, 1.0),
    ):
        row = {
            "cell": cell,
            "seed": 104,
            "method": method,
            "true": 20,
            "found": found,
            "precision": f1,
            "recall": f1,
            "f1": f1,
        }
        rows.append({**row, "cpu_seconds": 1.0})
    frame = pd.DataFrame(rows)
    for column in ("found", "precision", "recall", "f1"):
        frame[column] = pd.to_numeric(frame[column])
    text = "\n".join(rivalry_page.parts(frame))
    assert "| KA-FCM, the default search | 0 of 1 | 0.0 |" in text
    assert "| spline F test | 1 of 1 | 100.0 |" in text
    assert "| PCMCI, GPDC | not finished | not finished |" in text
    assert "| share of shuffled series with any edge, the default search | at most 0.05 | 0 | met |" in text
    assert "an equally good one 1 times" in text


def test_the_first_stage_of_pcmci_names_effect_cause_and_delay():
    pytest.importorskip("tigramite", reason="tigramite is not installed: pip install 'evokan[bench]'")
    rng = np.random.default_rng(0)
    series = rng.normal(size=(400, 3))
    series[2:, 1] += 2.0 * series[:-2, 0]  # 1 follows 0 after two steps
    expected = np.zeros((3, 3, 2), dtype=bool)
    expected[1, 0, 1] = True
    assert (rivals.pc(series, 2, "RobustParCorr") == expected).all()


def test_what_was_too_slow_on_a_map_is_not_run_on_others_as_large(tmp_path, monkeypatch):
    every = np.ones((10, 10, 1), dtype=bool)
    ran = []

    def slow(piece):
        ran.append(piece)
        lost = Outcome(None, 600.0, "not finished") if piece[2] == "pcmci_cmiknn" else Outcome(every, 1.0)
        return rivalry.row(BASE, piece[1], piece[2], lost, every)

    monkeypatch.setattr(rivalry, "measure", slow)
    rows = Rows(tmp_path / "rivalry.csv", rivalry.KEYS)
    pieces = [("base", seed, method) for seed in (100, 101) for method in ("pcmci_gpdc", "pcmci_cmiknn", "spline_f")]
    for row in rivalry.measured(pieces, rows, 1):
        rows.add(row)
    assert {*ran} == {*pieces} - {("base", 101, "pcmci_cmiknn")}
    reasons = {(row["seed"], row["method"]): row["reason"] for row in rows.read()}
    assert reasons["101", "pcmci_cmiknn"] == "not run: not finished with 10 concepts"
