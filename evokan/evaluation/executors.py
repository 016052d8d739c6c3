"""Executors: where units of work run. This module has threads; a cluster needs only the same two methods.

Items and results must pickle and the function must be one of a module, so that any executor can take them.
"""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from types import TracebackType
from typing import Any, Self, TypeVar

from threadpoolctl import threadpool_limits

from evokan.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")


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
        with _SingleThreadedMath() as math_threads:

            def run(item: Item) -> Result:
                if self._stopped:
                    raise _NotBegunError
                math_threads.limit_torch()
                return function(*shared, item)

            pool = ThreadPoolExecutor(self.workers, "evokan", initializer=_limit_openmp)
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


class _SingleThreadedMath:
    """One thread for each mathematical library inside the block, and the former numbers afterwards."""

    def __init__(self) -> None:
        self._torch_threads: int | None = None

    def __enter__(self) -> Self:
        self._limits = threadpool_limits(limits=1)
        self.limit_torch()
        return self

    def __exit__(self, *exception: object) -> None:
        self._limits.restore_original_limits()
        if self._torch_threads is not None:
            sys.modules["torch"].set_num_threads(self._torch_threads)

    def limit_torch(self) -> None:
        """Limit PyTorch, if some module has loaded it by now."""
        torch: Any = sys.modules.get("torch")
        # While another thread is still importing it, the functions may be missing.
        threads = torch.get_num_threads() if hasattr(torch, "set_num_threads") else 1
        if threads > 1:
            self._torch_threads = threads
            torch.set_num_threads(1)


def _limit_openmp() -> None:
    """Limit OpenMP in this worker: unlike BLAS, it counts its threads anew in every thread of the process."""
    threadpool_limits(limits=1, user_api="openmp")
