"""Pieces of an experiment on several processes of one thread each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import active_children, get_context
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
LOOKS = 1.0
"""Seconds between two looks of a process at whether it is still needed."""


def pool_of(workers: int) -> ProcessPoolExecutor:
    """Return a pool whose processes end when the one that made it does, however that comes about."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),))


def _end_with(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def in_order(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """Yield what `work`, a module's own function, makes of every task, in their order, on `workers` processes.

    The order is what makes a file of results the same whatever the number of processes.
    """
    with pool_of(workers) as pool:
        yield from pool.map(work, tasks)


def as_done(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """Yield the same as `in_order` does, each as soon as it is there: nothing finished waits to be kept.

    Who stops listening, or is interrupted, waits for nothing: the processes are ended with what they were at.
    """
    others = set(active_children())
    pool = pool_of(workers)
    try:
        for future in as_completed([pool.submit(work, task) for task in tasks]):
            yield future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - others:
            process.kill()  # a search in it would make SIGTERM wait
            process.join()
        raise
    pool.shutdown()
