"""Forecasts by HKANs: the measurement, small, and its page."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.settings.job import resolve
from experiments.harness import Context
from experiments.hkan import forecasting
from experiments.hkan.forecasting import HKAN, KAFCM, STEPS, USUAL, Forecast, Piece, command, report, run, run_piece
from experiments.hkan.forecasting_picture import draw


def test_an_hkan_forecasts_better_than_persistence(tmp_path, monkeypatch):
    monkeypatch.setattr(forecasting, "POPULATION", 4)
    monkeypatch.setattr(forecasting, "GENERATIONS", 0)
    found, usual = (run_piece(Piece("delayed-plant", space, 0)) for space in (HKAN, USUAL))
    (own,) = found.rows
    rows = {row["model"]: row for row in usual.rows}
    assert {"ridge", "persistence"} <= set(rows)
    assert "hkan" not in rows
    assert own["rmse"] < 0.7 * rows["persistence"]["rmse"]
    assert own["n_params"] > 0
    assert own["cpu_seconds"] > 0
    assert {(row["space"], row["n_params"], row["cpu_seconds"]) for row in rows.values()} == {(USUAL, "", "")}
    assert usual.steps == []
    errors = np.array([step["forecast"] - step["actual"] for step in found.steps])
    assert 100 < len(errors) <= STEPS
    actual = np.array([step["actual"] for step in found.steps])
    assert np.sqrt(np.mean(errors**2)) < 0.7 * np.sqrt(np.mean(np.diff(actual) ** 2))
    assert draw(found.steps, tmp_path / "forecasting.png").stat().st_size > 10_000


def test_the_clock_of_a_search_has_no_usual_models(monkeypatch):
    asked = []

    def searched(**settings):
        asked.append(settings)
        raise LookupError

    monkeypatch.setattr(forecasting, "search", searched)
    for space in (HKAN, KAFCM):
        with pytest.raises(LookupError):
            run_piece(Piece("mackey-glass", space, 1))
    assert [settings["baselines"] for settings in asked] == ["none", "none"]


@pytest.mark.parametrize("space", [HKAN, KAFCM])
def test_the_command_on_the_page_has_the_settings_of_the_search(space, monkeypatch):
    begun, typed = [], command(space, "delayed-plant").split()

    def searched(**settings):
        begun.append(settings)
        raise LookupError

    monkeypatch.setattr(forecasting, "search", searched)
    with pytest.raises(LookupError):
        run_piece(Piece("delayed-plant", space, 0))
    ours = resolve({name: value for name, value in begun[0].items() if name != "out"})
    given = dict(zip(typed[2::2], typed[3::2], strict=True))
    assert typed[:2] == ["evokan", "search"]
    budget = {"max_cost": 60.0} if given.pop("--space-option", None) == "max_cost=60" else {}
    theirs = resolve({name.removeprefix("--"): value for name, value in given.items()} | {"space_options": budget})
    same = ("space", "dataset", "lags", "population", "generations", "space_options", "seed", "time_limit", "rungs")
    assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]


def test_a_study_goes_on_where_it_stopped(tmp_path, monkeypatch):
    done: list[Piece] = []

    def fake(piece):
        done.append(piece)
        row = {**piece._asdict(), "model": piece.space, "rmse": 0.1, "r2": 0.9, "n_params": 5, "cpu_seconds": 1.0}
        steps = [{**piece._asdict(), "concept": "y", "step": step, "actual": 1.0, "forecast": 1.1} for step in range(3)]
        return Forecast([row], steps if piece.seed == 0 and piece.space != USUAL else [])

    def stopped(work, pieces, workers):
        for number, piece in enumerate(pieces):
            if number == 4:
                raise KeyboardInterrupt
            yield work(piece)

    monkeypatch.setattr(forecasting, "run_piece", fake)
    monkeypatch.setattr(forecasting, "as_done", stopped)
    context = Context(tmp_path, seeds=1, silent=True)
    with pytest.raises(KeyboardInterrupt):
        run(context)
    models = tmp_path / "hkan" / "forecasting.csv"
    models.write_text("".join(models.read_text().splitlines(keepends=True)[:-1]))  # killed before the row of the model
    monkeypatch.setattr(forecasting, "as_done", lambda work, pieces, workers: map(work, pieces))
    paths = run(context)
    assert len(done) == len(set(done)) + 1 == 7
    assert len(models.read_text().splitlines()) == 1 + 6
    assert len(paths[1].read_text().splitlines()) == 1 + 4 * 3
    before = [path.read_bytes() for path in paths]
    assert [path.read_bytes() for path in run(context)] == before
    assert len(done) == 7


def test_the_page_has_the_lowest_error_first():
    def row(model, seed, rmse):
        mine = model in (HKAN, KAFCM)
        return {
            "dataset": "mackey-glass",
            "space": model if mine else USUAL,
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
    assert "- `evokan search --space hkan --dataset mackey-glass --lags 18 --population 20 --generations 8 --sp" in text
    assert "- `evokan search --space kafcm --dataset mackey-glass --lags 18`" in text
    assert "3 in all, 2 of a kind at most" in text
    assert "HKAN's error is 3 times that of kafcm and 0.6 times that of ridge, the best of the usual models." in text
    assert report(rows)[0].startswith("Every column")
