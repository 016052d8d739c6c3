"""A limit on the seconds of a search."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import evokan
from evokan.errors import InputError
from evokan.evaluation.executors import OutOfTimeError, ThreadExecutor
from evokan.evaluation.records import Record
from evokan.problem.table import Table
from evokan.searching import engine, plan
from evokan.searching.clock import Clock, Timed
from evokan.searching.observer import Observer
from evokan.searching.product import finish_run
from evokan.settings.job import prepare, resolve

SMALL = {"space": "hkan", "dataset": "iris", "population": 6, "generations": 2, "seed": 1, "formula_seconds": 0}


class Plans(Observer):
    def __init__(self):
        self.said = []

    def on_plan(self, text):
        self.said.append(text)


def wait(item):
    time.sleep(item)
    return item


def bare(run) -> tuple[object, ...]:
    drop = {"columns": "seconds"}
    stored = run.directory.metrics.read_text()
    return run.evaluations.drop(**drop).to_csv(), run.history.drop(**drop).to_csv(), stored


def test_without_a_limit_there_is_always_time():
    clock = Clock()
    assert clock.left == clock.for_trainings == float("inf")
    limited = Clock(10.0, used=4.0)
    limited.reserve = 3.0
    assert 5.9 < limited.left <= 6.0
    assert 2.9 < limited.for_trainings <= 3.0
    assert limited.to_json()["limit"] == 10.0
    assert limited.to_json()["used"] == pytest.approx(4.0, abs=0.1)


def test_a_timed_executor_gives_everything_in_time_and_the_least_after_it():
    with ThreadExecutor(2) as inner:
        assert sorted(Timed(inner, 60.0).map_unordered(wait, (), [0.0] * 5)) == [(i, 0.0) for i in range(5)]
        found = []
        with pytest.raises(OutOfTimeError):
            found.extend(Timed(inner, -1.0, least=3).map_unordered(wait, (), [0.0] * 5))
        assert len(found) == 3
        # The last one is never lost for the time it took.
        assert list(Timed(inner, -1.0).map_unordered(wait, (), [0.0])) == [(0, 0.0)]


def test_a_limit_that_is_not_reached_changes_nothing(tmp_path):
    without = evokan.search(**SMALL, out=tmp_path / "without")
    plans = Plans()
    limited = evokan.search(**SMALL, timeout=3600, workers=2, out=tmp_path / "limited", observer=plans)
    assert bare(limited) == bare(without)
    assert plans.said[0].startswith("time limit 3600 s: all 18 networks, in about ")
    clock = limited.config["clock"]
    assert clock["limit"] == 3600
    assert clock["parts"]["search"] == {"generation": 2, "networks": 18, "whole": True}
    assert "clock" not in without.config
    # The same command again finds the run finished.
    assert evokan.search(**SMALL, timeout=3600, workers=2, out=tmp_path / "limited").path == limited.path


@pytest.mark.parametrize("networks", [3, 10])
def test_a_limit_that_is_reached_leaves_a_finished_run_that_can_go_on(tmp_path, monkeypatch, networks):
    class Late(Timed):
        def __init__(self, inner, seconds, least=1):
            super().__init__(inner, -1.0, networks)

    whole = evokan.search(**SMALL, out=tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "Timed", Late)
        run = evokan.search(**SMALL, time_limit=600, workers=1, out=tmp_path / "run")
    assert run.finished
    assert not run.damages()
    found = run.evaluations
    assert networks <= len(found) < 18
    assert run.config["clock"]["parts"]["search"]["whole"] is False
    assert run.best.metrics["test"]["accuracy"] > 0.5
    text = whole.evaluations.drop(columns="seconds").head(len(found)).to_csv()
    assert found.drop(columns="seconds").to_csv() == text
    with pytest.raises(InputError, match=r"^time_limit=0\.001: .* give more, or 0 for no limit"):
        evokan.resume(run.path, time_limit=0.001)
    assert bare(evokan.resume(run.path, time_limit=0)) == bare(whole)


def test_finalists_that_are_not_done_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "finalist_seconds", lambda clock: -1.0)
    run = evokan.search(**SMALL, time_limit=600, workers=1, out=tmp_path / "run")
    assert len(run.pareto) == 1
    assert run.config["clock"]["parts"]["finalists"]["done"] == 1
    assert run.pareto["val_loss_sd"][0] == 0.0


def test_too_short_a_limit_names_the_shortest_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match=r"the shortest that fits is [0-9]+$"):
        evokan.search(**SMALL, timeout=0.5, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("dataset", ["lane-emden-3", "iris"])
def test_the_shortest_limit_has_room_for_one_network(monkeypatch, dataset):
    monkeypatch.setattr(plan, "network_seconds", lambda job: 10.0)
    job = prepare(resolve({"space": "fkan", "dataset": dataset, "workers": 1, "folds": 1}))
    with pytest.raises(InputError) as refused:
        plan.plan(job, Clock(5.0), product=False)
    # One of the search, one with a fresh seed, one to be validated, and the fit, with a tenth to spare.
    assert int(str(refused.value).rpartition(" ")[2]) == int(1.1 * 10.0 * 4) + 1


@pytest.mark.parametrize(("limit", "times"), [({}, 4), ({"time_limit": 600}, 1)])
def test_final_fits_of_an_equation_are_longer_where_time_is_not_limited(monkeypatch, limit, times):
    def finalizer(job, executor, *, longer, **_):
        raise LookupError(longer)

    monkeypatch.setattr(engine, "finalizer", finalizer)
    with pytest.raises(LookupError) as seen:
        evokan.search(space="fkan", dataset="lane-emden-3", population=4, generations=1, steps=1, **limit)
    assert seen.value.args == (times,)


def test_seconds_go_on_from_those_used(tmp_path):
    run = evokan.search(**SMALL, timeout=600, out=tmp_path / "run")
    stored = json.loads(run.directory.config.read_text())
    stored["clock"]["used"] = 500.0
    run.directory.config.write_text(json.dumps(stored))
    again = evokan.resume(run.path, generations=3)
    assert 500 < again.config["clock"]["used"] < 600
    assert len(again.history) == 4


def test_the_plan_grows_with_the_rows(monkeypatch):
    job = prepare(resolve(SMALL))
    clock = Clock(100.0)
    monkeypatch.setattr(plan, "network_seconds", lambda job: 1.0)
    assert plan.plan(job, clock) is job
    assert "all 18 networks" in clock.plan
    tight = Clock(20.0)
    monkeypatch.setattr(plan, "network_seconds", lambda job: 3.0)
    plan.plan(job, tight)
    assert " of 18 networks, in " in tight.plan
    assert plan.search_seconds(tight) < tight.for_trainings


def many_rows(rows: int) -> Table:
    x = np.random.default_rng(0).normal(size=(rows, 2))
    return Table("made", "regression", x, x[:, 0] * x[:, 1], ("a", "b"), "y")


@pytest.mark.parametrize(
    ("rows", "seconds", "first"),
    [
        (40_000, 0.01, 0),  # all fits: the rule of the rows
        (40_000, 2.0, 0),
        (40_000, 20.0, 2000),  # less than some thousand rows tells nothing
        (16_000, 0.01, 0),
        (16_000, 5.0, 2000),
        (3_000, 5.0, 0),  # too few to cut
    ],
)
def test_where_time_is_short_fewer_rows_come_first(monkeypatch, rows, seconds, first):
    table = many_rows(rows)
    job = prepare(resolve({**SMALL, "dataset": None, "space": "hkan", "workers": 1}, table=table), table=table)
    monkeypatch.setattr(plan, "network_seconds", lambda job: seconds)
    planned = plan.plan(job, Clock(100.0), begins=True)
    assert planned.first_rung == first
    if first:
        assert len(planned.problem.cuts[0][0].train) == first // 2
        assert plan.climbing(planned.problem) < plan.climbing(job.problem)
    else:
        assert planned is job
    # Records that are there were measured on the rows that they say.
    assert plan.plan(job, Clock(100.0)) is job
    own = job.config.model_copy(update={"rungs": "1000"})
    assert plan.hurried(replace(job, config=own), 1.0).config is own


def test_from_scratch_a_network_takes_longer_than_on_the_rungs_that_taught_it():
    table = many_rows(100_000)
    job = prepare(resolve({**SMALL, "dataset": None, "space": "hkan", "workers": 1}, table=table), table=table)
    last = len(job.problem.cuts)
    assert last
    record = Record(0, 0, "1", status="ok", val_loss=1.0, seconds=2.0, rows=len(job.problem.development), rung=last)
    clock = Clock(1000.0)
    assert plan.affordable([record], job.problem, clock) == [record]
    assert clock.network == pytest.approx(plan.SCRATCH * 2.0)
    slower = record.replace(id=1, seconds=1000.0 / plan.SCRATCH / plan.AFTER_SEARCH + 1)
    assert plan.affordable([slower, record], job.problem, Clock(1000.0)) == [record]


def test_rungs_that_a_limit_has_chosen_stay_when_the_run_goes_on(tmp_path, monkeypatch):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(6000, 2)), columns=["a", "b"])
    frame["y"] = frame["a"] * frame["b"]
    frame.to_csv(tmp_path / "rows.csv", index=False)
    settings = {**SMALL, "dataset": None, "data": tmp_path / "rows.csv", "target": "y", "folds": 2, "baselines": "none"}
    with monkeypatch.context() as patch:
        patch.setattr(plan, "network_seconds", lambda job: 40.0)
        through = evokan.search(**settings, time_limit=600, workers=1, out=tmp_path / "through")
        short = evokan.search(**settings | {"generations": 1}, time_limit=600, workers=1, out=tmp_path / "short")
    assert through.config["first_rung"] == 2000
    assert through.config["rungs"] == [2000, 4800]
    again = evokan.resume(short.path, generations=2, time_limit=0)
    assert again.config["rungs"] == [2000, 4800]
    assert bare(again) == bare(through)


def test_a_report_that_there_is_no_time_for_is_told(tmp_path):
    class Stages(Observer):
        def __init__(self):
            self.said = []

        def on_stage(self, text):
            self.said.append(text)

    run = evokan.search(**SMALL, out=tmp_path / "run", baselines="none")
    run.directory.report.unlink()
    seen = Stages()
    finish_run(run.path, 0.0, seen, Clock(10.0, used=20.0))
    assert seen.said == ["pictures", f"report: left out, the time is over; evokan report {run.path} writes it"]
    assert not run.directory.report.exists()
