"""A search without a disk: the same records, nothing written, and nobody disturbed."""

from __future__ import annotations

import random
import threading

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

import evokan
from evokan.evaluation.executors import ThreadExecutor
from evokan.runs.tables import read_records
from evokan.searching import engine
from evokan.searching.observer import Observer
from evokan.searching.outcome import Beginning
from evokan.settings.job import prepare, resolve
from evokan.spaces.threads import single_threaded_math

TINY = {
    "space": "gakan",
    "dataset": "iris",
    "population": 6,
    "generations": 2,
    "folds": 2,
    "seed": 5,
    "formula_seconds": 0.0,
}


class Listener(Observer):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.figures: dict[str, object] = {}

    def on_start(self, path, config):
        assert path is None
        assert config["settings"]["seed"] == 5
        self.seen.append("start")

    def on_record(self, record):
        self.seen.append("record")

    def on_standing(self, standing):
        assert len(standing.survivors) == 6
        assert all(name.startswith("worth/") for name in standing.learned)
        self.seen.append(f"standing {standing.row.generation}")

    def on_front(self, job, front, chosen):
        assert chosen in front
        self.seen.append("front")

    def on_figures(self, figures):
        self.figures = dict(figures)
        self.seen.append("figures")


def without_seconds(records):
    return [record.replace(seconds=0.0, key="") for record in records]


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    return evokan.search(**TINY, workers=2, out=tmp_path_factory.mktemp("disk") / "run")


def test_in_memory_it_finds_the_same_and_writes_nothing(on_disk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    listener = Listener()
    job = prepare(resolve(TINY))
    with ThreadExecutor(1) as executor:
        outcome = engine.search(job, executor, listener)
    assert list(tmp_path.iterdir()) == []
    records = without_seconds(outcome.evolution.records)
    assert records == without_seconds(read_records(on_disk.directory.evaluations))
    assert [row.best_val_loss for row in outcome.evolution.history] == on_disk.history["best_val_loss"].tolist()
    assert [one.finalist.member.record.id for one in outcome.front] == on_disk.pareto["id"].tolist()
    assert dict(outcome.figures) == on_disk.best.metrics == listener.figures
    model = job.space.model(outcome.chosen.finalist.architecture, job.problem, outcome.chosen.weights)
    X = torch.from_numpy(job.problem.table.X)
    assert torch.equal(model(X), on_disk.best.model(X))
    assert listener.seen == [
        "start",
        *["record"] * (len(records) - 12),  # with what lies on the way down from the seeds
        "standing 0",
        *(event for g in (1, 2) for event in [*["record"] * 6, f"standing {g}"]),
        "front",
        "figures",
    ]


@pytest.mark.parametrize("known", [1, 5, 6])
def test_networks_known_from_a_generation_that_was_cut_off_count_as_the_others(known):
    """They come without the key that tells equal networks, and must be among the finalists all the same."""
    job = prepare(resolve({**TINY, "initial": "random", "move_rate": 0.0, "generations": 1}))
    with ThreadExecutor(1) as executor:
        through = engine.search(job, executor)
        records = tuple(record.replace(key="") for record in through.evolution.records[:known])
        again = engine.search(job, executor, beginning=Beginning(records))
    assert without_seconds(again.evolution.records) == without_seconds(through.evolution.records)
    assert [one.finalist.member.record.id for one in again.front] == [
        one.finalist.member.record.id for one in through.front
    ]


def test_two_searches_at_once_do_not_disturb_each_other(on_disk, tmp_path):
    """Different algorithms, so that their draws would get in each other's way."""
    other = {**TINY, "dataset": "wine", "algorithm": "nsga2", "seed": 6}
    alone = evokan.search(**other, workers=1, out=tmp_path / "alone")
    runs: dict[str, evokan.Run] = {}
    together = threading.Barrier(2)

    def go(name, settings):
        together.wait()
        runs[name] = evokan.search(**settings, workers=2, out=tmp_path / name)

    random.seed(3)
    before = random.getstate()
    threads = [threading.Thread(target=go, args=case) for case in (("first", TINY), ("second", other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert random.getstate() == before
    for name, expected in (("first", on_disk), ("second", alone)):
        ours, theirs = (without_seconds(read_records(run.directory.evaluations)) for run in (runs[name], expected))
        assert ours == theirs
        assert runs[name].best.metrics == expected.best.metrics
        assert runs[name].best.spec == expected.best.spec
        for picture in sorted((expected.path / "plots").iterdir()):
            assert (runs[name].path / "plots" / picture.name).read_bytes() == picture.read_bytes(), picture.name


def test_limits_are_held_until_the_last_one_is_done_in_every_thread():
    import sklearn.utils  # noqa: F401 - loads an OpenMP library

    def threads():
        # Not BLAS: some builds of OpenBLAS take its number from the main thread alone.
        openmp = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"}
        return openmp, torch.get_num_threads()

    seen, turn = {}, threading.Barrier(2)

    def work(name, leaves_first):
        threadpool_limits(limits=2, user_api="openmp")
        torch.set_num_threads(2)
        seen[f"{name} before"] = threads()
        turn.wait()
        with single_threaded_math():
            turn.wait()
            seen[f"{name} inside"] = threads()
            turn.wait()
            if not leaves_first:
                turn.wait()  # the other one has left
                seen[f"{name} alone"] = threads()
        if leaves_first:
            turn.wait()
        turn.wait()
        seen[f"{name} after"] = threads()
        turn.wait()

    before = torch.get_num_threads()
    workers = [threading.Thread(target=work, args=case) for case in (("first", True), ("second", False))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    torch.set_num_threads(before)
    one = ({1}, 1)
    for moment in ("first inside", "second inside", "second alone"):
        assert seen[moment] == one, (moment, seen)
    for name in ("first", "second"):
        assert seen[f"{name} after"] == seen[f"{name} before"] != one


def test_warnings_go_to_the_log_of_their_own_search(tmp_path):
    import warnings

    from evokan.searching.log import RunLog

    logs = [RunLog(tmp_path / f"{number}.log") for number in range(2)]
    inside = threading.Barrier(2)
    shown = warnings.showwarning

    def work(log, text):
        with log.recording(tmp_path):
            inside.wait()
            warnings.showwarning(UserWarning(text), UserWarning, "file.py", 1)
            inside.wait()

    def quiet(*_):
        pass

    warnings.showwarning = quiet
    try:
        threads = [threading.Thread(target=work, args=case) for case in zip(logs, ("left", "right"), strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.showwarning is quiet
    finally:
        warnings.showwarning = shown
    assert [("left" in log.path.read_text(), "right" in log.path.read_text()) for log in logs] == [
        (True, False),
        (False, True),
    ]


def test_a_hook_that_outlives_its_search_does_not_call_itself(tmp_path):
    import warnings

    from evokan.searching.log import RunLog

    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(warnings, "showwarning", lambda *event: told.append(str(event[0])))
        with RunLog(tmp_path / "a.log").recording(tmp_path):
            ours = warnings.showwarning
        warnings.showwarning = ours  # as leaving `catch_warnings` in another thread does
        with RunLog(tmp_path / "b.log").recording(tmp_path):
            warnings.showwarning(UserWarning("again"), UserWarning, "file.py", 1)
    assert told == ["again"]
