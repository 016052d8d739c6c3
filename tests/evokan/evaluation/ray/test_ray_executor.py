"""Ray workers: the same results as threads, and every way in which a worker can fail."""

from __future__ import annotations

import importlib
import os
import re
import signal
import time
from collections import Counter

import numpy as np
import pytest
import ray_work

from evokan.errors import InputError, TrainingFailed
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.ray import executor as ray_executor
from evokan.evaluation.ray import pool as ray_pool
from evokan.evaluation.ray.executor import RayExecutor


def attempts(folder) -> dict[int, int]:
    """How often each item of `ray_work.act` was begun."""
    return dict(Counter(int(path.name.split("-")[0]) for path in folder.iterdir()))


def test_the_results_are_those_of_threads(pair):
    items = [*range(-5, 6)] * 3
    with ThreadExecutor(1) as threads:
        expected = dict(threads.map_unordered(ray_work.divide, (12,), items))
    found = dict(pair.map_unordered(ray_work.divide, (12,), items))
    assert sorted(found) == list(range(33))
    for position, result in expected.items():
        if isinstance(result, ZeroDivisionError):
            assert (type(found[position]), str(found[position])) == (ZeroDivisionError, str(result))
        else:
            assert found[position] == result


def test_arrays_arrive_as_they_were_and_libraries_have_one_thread(pair):
    results = dict(pair.map_unordered(ray_work.add, (np.ones(20_000),), [np.full(20_000, 2.0), np.arange(20_000.0)]))
    assert results[1].flags.writeable
    np.testing.assert_array_equal(results[0], np.full(20_000, 3.0))
    np.testing.assert_array_equal(results[1], np.arange(20_000.0) + 1)
    ((_, counts),) = pair.map_unordered(ray_work.threads, (None,), [0])
    assert len(counts) > 2
    assert set(counts.values()) == {1}


def test_workers_are_set_up_once_for_the_same_shared_arguments(executor, tmp_path):
    status = []
    ray = executor(1, set_up=ray_work.note, on_status=status.append)
    shared = (str(tmp_path),)
    assert list(ray.map_unordered(ray_work.process, shared, [])) == []
    processes = {pid for _ in range(3) for _, pid in ray.map_unordered(ray_work.process, shared, [1, 2, 3])}
    assert len(list(tmp_path.iterdir())) == 1
    processes |= {pid for _, pid in ray.map_unordered(ray_work.process, (str(tmp_path),), [1])}
    assert len(list(tmp_path.iterdir())) == 2
    assert len(processes) == 1
    assert [worker.number for worker in status[-1]] == [0]
    assert status[-1][0].done == 10
    assert status[-1][0].seconds > 0
    assert status[-1][0].host


def test_what_does_not_pickle_is_an_exception(pair):
    items = ["unpicklable exception", "unpicklable result", "neither"]
    found = dict(pair.map_unordered(ray_work.wrong, (None,), items))
    assert isinstance(found[0], TrainingFailed)
    assert str(found[0]) == "Unpicklable: cannot return"
    assert isinstance(found[1], TypeError)
    assert isinstance(found[2], KeyError)


# ---------------------------------------------------------------- death


def test_an_item_whose_worker_dies_is_tried_again_elsewhere(pair, tmp_path):
    ends = {2: "kill once", 3: "exit once"}
    items = [(number, ends.get(number, "sleep")) for number in range(8)]
    found = dict(pair.map_unordered(ray_work.act, (str(tmp_path),), items))
    assert found == {number: number for number in range(8)}
    assert attempts(tmp_path) == {number: 2 if number in ends else 1 for number in range(8)}


def test_an_item_that_always_ends_its_worker_is_given_up_after_five(pair, tmp_path):
    items = [(number, "kill" if number == 1 else "") for number in range(6)]
    found = dict(pair.map_unordered(ray_work.act, (str(tmp_path),), items))
    assert isinstance(found[1], TrainingFailed)
    assert str(found[1]).startswith("worker lost 5 times, at last because its process died (")
    assert str(os.getpid()) not in str(found.pop(1))
    assert found == {number: number for number in (0, 2, 3, 4, 5)}
    assert attempts(tmp_path) == {0: 1, 1: 5, 2: 1, 3: 1, 4: 1, 5: 1}


def test_no_item_pays_for_workers_that_died_idle(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_executor, "MAX_DEATHS", 1)
    shared = (str(tmp_path),)
    before = {pid for _ in range(20) for _, pid in pair.map_unordered(ray_work.process, shared, [0, 1])}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    after = {pid for _, pid in pair.map_unordered(ray_work.process, shared, [0, 1])}
    assert all(isinstance(pid, int) for pid in after)
    assert not after & before


# ---------------------------------------------------------------- hanging, cancelling


def test_an_item_that_hangs_is_ended_and_those_behind_it_go_on(executor, tmp_path):
    items = [(0, "hang"), *((number, "sleep") for number in range(1, 9))]
    found = dict(executor(1, cohort_timeout=2.0).map_unordered(ray_work.act, (str(tmp_path),), items))
    assert isinstance(found[0], TrainingFailed)
    assert str(found.pop(0)) == "not finished after 2 seconds"
    assert found == {number: number for number in range(1, 9)}
    assert attempts(tmp_path) == dict.fromkeys(range(9), 1)


def test_closing_the_generator_drops_what_is_running(pair, tmp_path):
    shared = (str(tmp_path),)
    results = pair.map_unordered(ray_work.act, shared, [(0, ""), (1, "hang"), (2, "hang"), (3, ""), (4, "")])
    assert next(results) == (0, 0)
    results.close()
    assert list(pair.map_unordered(ray_work.act, shared, [(5, "")])) == [(0, 5)]
    assert 4 not in attempts(tmp_path)


# ---------------------------------------------------------------- the cluster as found


def test_a_ray_of_the_user_goes_on_without_our_workers(users_ray):
    import ray
    from ray._private.state import actors

    def alive() -> set[str]:
        return {name for name, actor in actors().items() if actor["State"] != "DEAD"}

    before = alive()
    with RayExecutor(1) as executor:
        assert list(executor.map_unordered(ray_work.divide, (1,), [1])) == [(0, 1.0)]
        ours = alive() - before
        assert ours
    assert ray.is_initialized()
    assert any(not alive() & ours or time.sleep(0.1) for _ in range(300))
    with pytest.raises(RuntimeError, match="closed"):
        next(executor.map_unordered(ray_work.divide, (1,), [1]))


def test_a_cluster_whose_cpus_are_taken_is_said_in_one_line(users_ray, monkeypatch):
    import ray
    from ray.util import placement_group, remove_placement_group

    monkeypatch.setattr(ray_pool, "PLACE_SECONDS", 1.0)

    def none_free() -> bool:
        time.sleep(0.1)
        return ray.available_resources().get("CPU", 0.0) == 0

    taken = [placement_group([{"CPU": 1}]) for _ in range(4)]  # those without room wait, and take what is given back
    try:
        assert any(all(none_free() for _ in range(20)) for _ in range(30))  # earlier executors give back late
        with pytest.raises(InputError) as caught:
            RayExecutor(2)
    finally:
        for group in taken:
            remove_placement_group(group)
    (line,) = caught.value.faults
    assert re.search(r"it needs 1 CPU, the cluster has 4 CPU \(\d free\)", line)  # Ray counts late


def test_a_cluster_without_gpus_is_said_in_one_line(executor, monkeypatch):
    monkeypatch.setattr(ray_pool, "PLACE_SECONDS", 0.5)
    with pytest.raises(InputError) as caught:
        executor(None, gpus_per_task=0.5)
    (line,) = caught.value.faults
    assert "it needs 1 CPU and 0.5 GPU, the cluster has 4 CPU" in line


def test_workers_that_cannot_be_set_up_end_the_run_in_one_line(executor, monkeypatch):
    monkeypatch.setattr(ray_pool, "REFILL_SECONDS", 0.05)
    monkeypatch.setattr(ray_pool, "FAILED_STARTS", 2)
    ray = executor(1, set_up=ray_work.fail)
    with pytest.raises(InputError, match="cannot start: ModuleNotFoundError: No module named 'their_family'; every"):
        list(ray.map_unordered(ray_work.divide, (1,), [1]))


def test_nodes_without_our_code_are_refused(executor, monkeypatch, tmp_path):
    (tmp_path / "only_on_the_driver.py").write_text(
        "from evokan.evaluation.ray.worker import RayWorker\nclass Worker(RayWorker): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ray_pool, "FAILED_STARTS", 1)
    monkeypatch.setattr(ray_pool, "RayWorker", importlib.import_module("only_on_the_driver").Worker)
    with pytest.raises(InputError, match="cannot start: ModuleNotFoundError: No module named 'only_on_the_driver'; ev"):
        executor(1)


def test_nodes_with_another_version_are_refused(executor, monkeypatch):
    monkeypatch.setattr(ray_pool, "FAILED_STARTS", 1)
    monkeypatch.setattr(ray_pool, "__version__", "0.0.0")
    with pytest.raises(InputError, match=r"has evokan .*, here it is 0\.0\.0"):
        executor(1)


@pytest.mark.parametrize(
    ("settings", "faults"),
    [
        ({"workers": 0}, ["--workers 0: at least 1 is needed"]),
        (
            {"gpus_per_task": -0.5, "cohort_timeout": 0.0},
            [
                "--gpus-per-task -0.5: give a fraction of a GPU from 0 to 1, or a whole number",
                "--cohort-timeout 0: give a number of seconds above 0",
            ],
        ),
        ({"gpus_per_task": 1.5}, ["--gpus-per-task 1.5: give a fraction of a GPU from 0 to 1, or a whole number"]),
        ({"cohort_timeout": float("nan")}, ["--cohort-timeout nan: give a number of seconds above 0"]),
    ],
)
def test_settings_out_of_range(settings, faults):
    with pytest.raises(InputError) as caught:
        RayExecutor(**settings)
    assert list(caught.value.faults) == faults
