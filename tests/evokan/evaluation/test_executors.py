"""Threads: results as they finish, exceptions as values, cancelling, and the limit on library threads."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from evokan.errors import InputError
from evokan.evaluation.executors import ThreadExecutor


def divide(shared: int, item: int) -> float:
    return shared / item


def blas_threads(_: object = None) -> list[int]:
    return [library["num_threads"] for library in threadpool_info()]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_item_is_answered_once_and_exceptions_are_values(workers):
    with ThreadExecutor(workers) as executor:
        answers = dict(executor.map_unordered(divide, (12,), [1, 2, 0, 4, 0]))
    assert sorted(answers) == [0, 1, 2, 3, 4]
    assert [answers[n] for n in (0, 1, 3)] == [12.0, 6.0, 3.0]
    assert all(isinstance(answers[n], ZeroDivisionError) for n in (2, 4))


def test_nothing_to_do():
    with ThreadExecutor() as executor:
        assert list(executor.map_unordered(divide, (1,), [])) == []


def test_results_come_as_they_finish():
    second_done = threading.Event()

    def work(item: str) -> str:
        if item == "first":
            assert second_done.wait(10)
        return item

    with ThreadExecutor(2) as executor:
        results = executor.map_unordered(work, (), ["first", "second"])
        assert next(results) == (1, "second")
        second_done.set()
        assert list(results) == [(0, "first")]


def test_workers_run_at_the_same_time():
    meeting = threading.Barrier(3, timeout=10)

    def work(_: int) -> int:
        return meeting.wait()

    with ThreadExecutor(3) as executor:
        assert {result for _, result in executor.map_unordered(work, (), range(3))} == {0, 1, 2}


@pytest.mark.parametrize("interrupt", ["close the generator", "close the executor", "raise"])
def test_what_has_not_begun_is_cancelled(interrupt):
    begun, go = [], threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        if item:
            assert go.wait(10)
        return item

    executor = ThreadExecutor(1)
    results = executor.map_unordered(work, (), range(50))
    assert next(results) == (0, 0)
    if interrupt == "close the executor":
        threading.Timer(0.05, go.set).start()
        executor.close()
    elif interrupt == "raise":
        with pytest.raises(KeyboardInterrupt):
            results.throw(KeyboardInterrupt)
    else:
        results.close()
    go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("evokan"):
            thread.join(10)
    assert begun in ([0], [0, 1])


def test_other_than_exceptions_end_the_map():
    def work(_: int) -> None:
        raise SystemExit

    with ThreadExecutor(1) as executor, pytest.raises(SystemExit):
        list(executor.map_unordered(work, (), [1, 2]))


def test_an_executor_serves_again_after_closing():
    executor = ThreadExecutor(2)
    for _ in range(3):
        assert dict(executor.map_unordered(divide, (6,), [2, 3])) == {0: 3.0, 1: 2.0}
        executor.close()
    executor.close()


@pytest.mark.parametrize("workers", [0, -3])
def test_at_least_one_worker(workers):
    with pytest.raises(InputError, match="--workers"):
        ThreadExecutor(workers)


def test_libraries_have_one_thread_inside_workers_and_their_own_outside():
    import sklearn.utils  # noqa: F401 - loads an OpenMP library beside NumPy's BLAS

    with threadpool_limits(limits=2):
        outside = blas_threads()
        assert 2 in outside
        with ThreadExecutor(2) as executor:
            answers = dict(executor.map_unordered(blas_threads, (), [0, 1, 2, 3]))
            assert blas_threads() == outside
        assert {threads for answer in answers.values() for threads in answer} == {1}


def test_limits_are_restored_after_an_interrupt():
    with threadpool_limits(limits=2):
        outside = blas_threads()
        executor = ThreadExecutor(1)
        results = executor.map_unordered(divide, (1,), [1, 1])
        next(results)
        results.close()
        assert blas_threads() == outside
        executor.close()


def test_torch_has_one_thread_inside_workers_even_if_loaded_there():
    script = textwrap.dedent("""
        import sys
        from evokan.evaluation.executors import ThreadExecutor

        def load(_):
            import torch
            torch.set_num_threads(3)

        def threads(_):
            return sys.modules["torch"].get_num_threads()

        with ThreadExecutor(1) as executor:
            assert "torch" not in sys.modules
            together = [n for _, n in executor.map_unordered(lambda work: work(0), (), [load, threads])]
            outside = threads(0)
            later = [n for _, n in executor.map_unordered(threads, (), [0, 1])]
        print(together, outside, later, threads(0))
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[None, 1] 3 [1, 1] 3", done.stderr


def test_after_a_stop_what_has_begun_is_yielded_and_nothing_else_begins():
    begun: list[int] = []
    go_on = threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        assert go_on.wait(10)
        return item

    with ThreadExecutor(2) as executor:
        results = executor.map_unordered(work, (), list(range(20)))
        timer = threading.Timer(0.2, lambda: (executor.stop(), go_on.set()))
        timer.start()
        found = []
        with pytest.raises(KeyboardInterrupt):
            found.extend(results)
        assert sorted(begun) == [0, 1]
        with pytest.raises(KeyboardInterrupt):
            next(executor.map_unordered(work, (), [99]))
    assert sorted(begun) == [0, 1]


def test_closing_after_a_stop_does_not_wait():
    release = threading.Event()
    executor = ThreadExecutor(1)
    results = executor.map_unordered(lambda item: release.wait(30), (), [0])
    timer = threading.Timer(0.1, executor.stop)
    timer.start()
    timer.join()
    threading.Thread(target=results.close).start()
    executor.close()
    assert not release.is_set()
    release.set()
