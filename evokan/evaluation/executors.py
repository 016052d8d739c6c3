"""Executors: where units of work run. This module has threads; a cluster needs only the same two methods.

Items and results must pickle and the function must be one of a module, so that any executor can take them.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from types import TracebackType
from typing import Any, Self, TypeVar

from evokan.errors import EvokanError, InputError
from evokan.spaces.threads import limit_openmp, limit_torch, single_threaded_math

Item = TypeVar("Item")
Result = TypeVar("Result")


class OutOfTimeError(EvokanError):
    """The seconds of a part are over: raised by an executor that has them counted."""


def available_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Executor(ABC):
    """Runs one function over many items; a context that closes it at the end."""

    _stopped = False

    @abstractmethod
    def map_unordered(
        self, function: Callable[..., Result], shared: tuple[Any, ...], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Exception], None, None]:
        """Yield ``(position, function(*shared, item))`` for every item, as they finish.

        Parameters
        ----------
        function
            A module-level function.
        shared
            Leading arguments that are the same for all items. Callers pass the same tuple every time, so that
            an executor can bring it to its workers once.
        items
            The units of work. What is yielded for one that raised is the exception itself.

        Raises
        ------
        KeyboardInterrupt
            `stop` was called: once the items that had begun are yielded.

        Notes
        -----
        Closing the generator (an interrupt does) cancels what has not begun and drops what is still running.
        """

    @abstractmethod
    def close(self) -> None:
        """Cancel what has not begun, wait for what has, and let go of all resources.

        After `stop` there is no waiting: whoever is still interested has waited already.
        """

    def stop(self) -> None:
        """Begin no further item, now and later. Safe in a signal handler: it takes no lock."""
        self._stopped = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ThreadExecutor(Executor):
    """Threads of this process, for functions that release the interpreter lock.

    While items run, the mathematical libraries work with one thread each: the workers are the parallelism,
    and sums keep their order whatever their number. Libraries loaded for the first time inside an item escape
    this, except PyTorch: load them before (`SearchSpace.prepare`). One call at a time.

    Parameters
    ----------
    workers
        Number of threads, at least 1.

    Raises
    ------
    InputError
        `workers` is less than 1.
    """

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise InputError(f"--workers {workers}: at least 1 is needed")
        self.workers = workers
        self._pool: ThreadPoolExecutor | None = None

    def map_unordered(
        self, function: Callable[..., Result], shared: tuple[Any, ...], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Exception], None, None]:
        """Yield ``(position, result or exception)`` as items finish: see `Executor`."""
        self.close()
        with single_threaded_math():

            def run(item: Item) -> Result:
                if self._stopped:
                    raise _NotBegunError
                limit_torch()
                return function(*shared, item)

            pool = ThreadPoolExecutor(self.workers, "evokan", initializer=limit_openmp)
            self._pool = pool
            try:
                futures: dict[Future[Result], int] = {}
                for position, item in enumerate(items):
                    futures[pool.submit(run, item)] = position
                for future in as_completed(futures):
                    error = future.exception()
                    if isinstance(error, _NotBegunError):
                        continue
                    if error is None:
                        yield futures[future], future.result()
                    elif isinstance(error, Exception):
                        yield futures[future], error
                    else:
                        raise error
                if self._stopped:
                    raise KeyboardInterrupt
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Cancel what has not begun, and unless stopped wait for what has."""
        if self._pool is not None:
            self._pool.shutdown(wait=not self._stopped, cancel_futures=True)
            self._pool = None


class _NotBegunError(Exception):
    """In place of the result of an item that `Executor.stop` came before."""
