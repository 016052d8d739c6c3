"""The executor for a Ray cluster, or for the processors of this machine through Ray.

Every node needs the same version of evokan and of the search space installed; code is not shipped.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from evokan.errors import InputError, RunStopped, TrainingFailed
from evokan.evaluation.executors import Executor, available_processors
from evokan.evaluation.ray.cluster import connect, describe_end, disconnect
from evokan.evaluation.ray.last_words import GO_ON, LastWords
from evokan.evaluation.ray.messages import Folds, dumps, dumps_task
from evokan.evaluation.ray.pool import Answer, Pool, WorkerStatus
from evokan.problem.problem import Problem
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_DEATHS = 5
"""How many workers one item may cost."""


def prepare_space(space: SearchSpace, problem: Problem, budget: Budget) -> None:
    """Compile or load what trainings need; a `set_up` for the executor's workers."""
    space.prepare(problem)


class RayExecutor(Executor):
    """Long-lived actors of a Ray cluster: see `evokan.evaluation.executors.Executor`.

    An item whose worker or node dies (out of memory, too) is tried again on another, at most `MAX_DEATHS` times
    in all; one that raises, or takes too long, is not. All end as exceptions in place of results, and leave the
    other items alone. Workers that died are replaced, and a cluster that grows or shrinks is followed. Results
    do not depend on the number of workers. One call at a time.

    Parameters
    ----------
    workers
        Number of actors, each with one CPU, created as the cluster has room; None for as many as it has room for.
    address
        Where the cluster is: see `evokan.evaluation.ray.cluster.connect`. A process that has called
        ``ray.init`` itself keeps its connection, and `close` leaves it open.
    gpus_per_task
        GPUs for each actor: a fraction, or a whole number.
    cohort_timeout
        Seconds after which the worker of an unfinished item is ended; None for no limit.
    on_status
        Called with the state of all workers whenever an item or a worker comes or goes.
    set_up
        Module-level function that every worker calls with the shared arguments before its first item, outside
        of the time limit.

    Raises
    ------
    InputError
        A parameter is out of range, the cluster cannot be reached, or not one worker finds a place or can start.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        address: str | None = None,
        gpus_per_task: float = 0,
        cohort_timeout: float | None = None,
        on_status: Callable[[Sequence[WorkerStatus]], None] | None = None,
        set_up: Callable[..., object] | None = None,
    ) -> None:
        _check(workers, gpus_per_task, cohort_timeout)
        self.workers = workers
        self._set_up = set_up
        self._shared: tuple[Any, ...] | None = None
        self._pool: Pool | None = None
        self._connection = connect(address, workers or available_processors())
        self._last_words = None if self._connection == "found" else LastWords()
        try:
            self._pool = Pool(workers, gpus_per_task, cohort_timeout, on_status)
            self._pool.start(can_grow=self._connection != "started")
        except BaseException:
            self.close()
            raise

    def map_unordered(
        self, function: Callable[..., Result], shared: tuple[Any, ...], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Exception], None, None]:
        """Yield ``(position, result or exception)`` as items finish: see `Executor`.

        Raises
        ------
        InputError
            The cluster has had no worker for minutes, or new ones cannot start.
        RunStopped
            Ray has failed as a whole.
        """
        if self._pool is None:
            raise RuntimeError("this executor is closed")
        from ray.exceptions import RayError

        pool = self._pool
        folds = Folds(shared)
        waiting = deque(range(len(items)))
        deaths: Counter[int] = Counter()
        left = len(items)
        try:
            self._equip(pool, shared)
            pool.greet()
            while left:
                if self._stopped:
                    left -= len(waiting)
                    waiting.clear()
                pool.assign(waiting, lambda position: dumps_task(function, items[position], folds))
                for event in pool.poll():
                    if isinstance(event, Answer):
                        left -= 1
                        yield event.position, event.result
                        continue
                    waiting.extendleft(reversed(event.queued))
                    deaths[event.running] += 1
                    if event.hung or deaths[event.running] == MAX_DEATHS:
                        left -= 1
                        times = "" if event.hung else f"worker lost {MAX_DEATHS} times, at last because "
                        yield event.running, TrainingFailed(times + event.reason)
                    else:
                        waiting.appendleft(event.running)
            if self._stopped:
                raise KeyboardInterrupt
        except RayError as error:
            raise RunStopped(f"Ray has failed: {describe_end(error)}; {GO_ON}") from error
        finally:
            pool.drop()

    def close(self) -> None:
        """End all workers, and Ray where this object has started it."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
        self._shared = None
        if self._last_words is not None:
            disconnect()
            self._last_words.not_needed()
            self._last_words = None

    def _equip(self, pool: Pool, shared: tuple[Any, ...]) -> None:
        """Bring the shared arguments to the object store, unless they are there."""
        import ray

        if shared is not self._shared:
            pool.equip(ray.put(dumps(shared)), dumps(self._set_up))
            self._shared = shared


def _check(workers: int | None, gpus_per_task: float, cohort_timeout: float | None) -> None:
    faults = []
    if workers is not None and workers < 1:
        faults.append(f"--workers {workers}: at least 1 is needed")
    if not (0 <= gpus_per_task <= 1 or (gpus_per_task > 1 and float(gpus_per_task).is_integer())):
        faults.append(f"--gpus-per-task {gpus_per_task:g}: give a fraction of a GPU from 0 to 1, or a whole number")
    if cohort_timeout is not None and not cohort_timeout > 0:
        faults.append(f"--cohort-timeout {cohort_timeout:g}: give a number of seconds above 0")
    if faults:
        raise InputError(*faults)
