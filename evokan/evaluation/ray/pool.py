"""The driver's side of workers on a Ray cluster: their birth, their calls in flight, and their end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evokan._version import __version__
from evokan.errors import InputError
from evokan.evaluation.cohorts import one_line
from evokan.evaluation.ray.cluster import describe_end, is_placeable, no_room, room
from evokan.evaluation.ray.messages import loads_outcome
from evokan.evaluation.ray.worker import RayWorker

PLACE_SECONDS = 30.0
"""How long to look for a place for the first worker."""
WITHOUT_SECONDS = 300.0
"""How long to be without any worker, while they start or after all were lost."""
SET_UP_SECONDS = 600.0
"""How long a worker may take to unpack the problem and to compile."""
FAILED_STARTS = 3
"""After how many of them in a row, with no worker left, the cluster counts as unusable."""
REFILL_SECONDS = 1.0
"""How often the cluster is looked at for room."""


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, for a progress display.

    Attributes
    ----------
    number
        Workers of a run are counted from 0; a replacement gets a new number.
    host
        Name of its machine.
    done
        Items that it has finished.
    seconds
        Since it was ready.
    """

    number: int
    host: str
    done: int
    seconds: float


@dataclass(frozen=True)
class Answer:
    """A worker has finished the item at `position`: what came back, or the exception."""

    position: int
    result: Any


@dataclass(frozen=True)
class Loss:
    """A worker is gone.

    Attributes
    ----------
    running
        Position of the item that it was busy with.
    queued
        Positions of those that it had not begun.
    hung
        Whether it was ended for taking too long.
    reason
        How it ended.
    """

    running: int
    queued: tuple[int, ...]
    hung: bool
    reason: str


@dataclass
class _Call:
    reference: Any
    kind: Literal["hello", "set-up", "item"]
    position: int = -1


@dataclass(eq=False)
class _Worker:
    number: int
    actor: Any
    host: str = ""
    ready_since: float | None = None
    equipment: int = -1
    """Number of the shared arguments that it has."""
    expected: int = -1
    """Number of those that it is being given."""
    calls: deque[_Call] = field(default_factory=deque)
    """In flight, the one at work first."""
    began: float = 0.0
    """When that one began."""
    done: int = 0

    def call(self, reference: Any, kind: Literal["hello", "set-up", "item"], position: int = -1) -> None:
        if not self.calls:
            self.began = time.monotonic()
        self.calls.append(_Call(reference, kind, position))


class Pool:
    """Actors of a Ray cluster; the parameters are those of `evokan.evaluation.ray.executor.RayExecutor`."""

    def __init__(
        self,
        size: int | None,
        gpus: float,
        limit: float | None,
        on_status: Callable[[Sequence[WorkerStatus]], None] | None,
    ) -> None:
        import ray

        self._ray: Any = ray
        self._make_actor = self._ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0)(RayWorker)
        self._size = size
        self._gpus = gpus
        self._limit = limit
        self._on_status = on_status
        self._workers: list[_Worker] = []
        self._next_number = 0
        self._next_refill = 0.0
        self._failed_starts = 0
        self._seconds_without = 0.0
        self._shared: list[Any] = []
        self._prepare = b""
        self._equipment = -1
        self._changed = False

    def start(self, can_grow: bool) -> None:
        """Ask for workers, and wait for the first.

        Parameters
        ----------
        can_grow
            Whether there is hope for more than the nodes that are up.

        Raises
        ------
        InputError
            There is no room for any, or they cannot start.
        """
        patience = PLACE_SECONDS if can_grow or room(self._gpus) else 0.0
        if not (patience and is_placeable(self._gpus, patience)):
            raise InputError(no_room(self._gpus, patience))
        while not self._ready():
            self.poll()

    def equip(self, shared: Any, prepare: bytes) -> None:
        """Give all workers, of now and later, these shared arguments: see `RayWorker.set_up`."""
        self._shared, self._prepare = [shared], prepare
        self._equipment += 1

    def greet(self) -> None:
        """Ask idle workers for a sign of life, so that no item goes to one that died meanwhile."""
        for worker in self._ready():
            if not worker.calls:
                worker.call(worker.actor.hello.remote(), "hello")

    def assign(self, waiting: deque[int], pickled: Callable[[int], bytes]) -> None:
        """Hand items to workers: one to each idle one, and a second in advance while there are plenty.

        Parameters
        ----------
        waiting
            Positions of items, taken from the left.
        pickled
            Gives the task of a position.
        """
        able = [
            worker
            for worker in self._ready()
            if worker.equipment == self._equipment and all(call.kind == "item" for call in worker.calls)
        ]
        for depth in (0, 1):
            for worker in able:
                if len(worker.calls) == depth and len(waiting) > depth * len(able):
                    position = waiting.popleft()
                    worker.call(worker.actor.run.remote(pickled(position)), "item", position)

    def poll(self) -> list[Answer | Loss]:
        """Wait for something to happen, at most about a second, and return what became of items.

        Raises
        ------
        InputError
            There has been no worker for too long, or new ones cannot start.
        """
        began = time.monotonic()
        self._refill()
        busy = {worker.calls[0].reference: worker for worker in self._workers if worker.calls}
        events: list[Answer | Loss] = []
        if busy:
            ready, _ = self._ray.wait(list(busy), num_returns=len(busy), timeout=0)
            if not ready:
                ready, _ = self._ray.wait(list(busy), num_returns=1, timeout=self._pause())
            for reference in ready:
                events.extend(self._collect(busy[reference]))
        else:
            time.sleep(self._pause())
        events.extend(self._end_overdue())
        if self._changed:
            self._changed = False
            self._report()
        self._seconds_without = 0.0 if self._ready() else self._seconds_without + time.monotonic() - began
        if self._seconds_without > WITHOUT_SECONDS:
            raise InputError(no_room(self._gpus, self._seconds_without))
        return events

    def drop(self) -> None:
        """End every worker that is busy with items."""
        self._end(worker for worker in self._workers if any(call.kind == "item" for call in worker.calls))

    def close(self) -> None:
        """End all workers."""
        self._end(self._workers)

    def _ready(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.ready_since is not None]

    def _refill(self) -> None:
        now = time.monotonic()
        if now >= self._next_refill:
            self._next_refill = now + REFILL_SECONDS
            target = max(1, room(self._gpus) if self._size is None else self._size)
            for _ in range(target - len(self._workers)):
                worker = _Worker(self._next_number, self._make_actor.remote())
                worker.call(worker.actor.hello.remote(), "hello")
                self._workers.append(worker)
                self._next_number += 1
            surplus = len(self._workers) - target
            if surplus > 0:
                self._end([worker for worker in self._workers if worker.ready_since is None][-surplus:])
        for worker in self._ready():
            if worker.equipment != self._equipment and not worker.calls:
                worker.expected = self._equipment
                worker.call(worker.actor.set_up.remote(self._shared, self._prepare), "set-up")

    def _collect(self, worker: _Worker) -> list[Answer | Loss]:
        """Take what has come back from a worker."""
        call = worker.calls[0]
        try:
            answer = self._ray.get(call.reference)
        except self._ray.exceptions.RayError as error:
            return self._lose(worker, describe_end(error))
        result = loads_outcome(answer)
        if call.kind == "hello" and worker.ready_since is None:
            worker.host, version = result
            if version != __version__:
                return self._lose(worker, f"{worker.host} has evokan {version}, here it is {__version__}")
            worker.ready_since = time.monotonic()
            self._changed = True
        elif call.kind == "set-up":
            if isinstance(result, Exception):
                return self._lose(worker, one_line(result))
            worker.equipment = worker.expected
            self._failed_starts = 0
        elif call.kind == "item":
            worker.done += 1
            self._changed = True
        worker.calls.popleft()
        worker.began = time.monotonic()
        return [Answer(call.position, result)] if call.kind == "item" else []

    def _lose(self, worker: _Worker, reason: str, hung: bool = False) -> list[Answer | Loss]:
        """End a worker, and say which items it leaves behind."""
        self._end([worker])
        if worker.ready_since is None or worker.calls[0].kind == "set-up":
            self._failed_starts += 1
            # Ever later, lest a broken node be asked all the time.
            self._next_refill = time.monotonic() + REFILL_SECONDS * 2 ** min(self._failed_starts - 1, 5)
            if self._failed_starts >= FAILED_STARTS and not self._ready():
                raise InputError(
                    f"the workers of the Ray cluster cannot start: {reason}; every node needs this "
                    "version of evokan and the search space installed"
                )
        else:
            self._next_refill = 0.0
        items = [call.position for call in worker.calls if call.kind == "item"]
        return [Loss(items[0], tuple(items[1:]), hung, reason)] if items else []

    def _end_overdue(self) -> list[Answer | Loss]:
        now = time.monotonic()
        events: list[Answer | Loss] = []
        for worker in [worker for worker in self._ready() if worker.calls]:
            limit = self._limit if worker.calls[0].kind == "item" else SET_UP_SECONDS
            if limit is not None and now - worker.began > limit:
                events.extend(self._lose(worker, f"not finished after {limit:g} seconds", hung=True))
        return events

    def _pause(self) -> float:
        """Return for how long nothing needs to be looked at."""
        moments = [self._next_refill]
        if self._limit is not None:
            moments += [worker.began + self._limit for worker in self._workers if worker.calls]
        return min(max(min(moments) - time.monotonic(), 0.001), REFILL_SECONDS)

    def _end(self, workers: Iterable[_Worker]) -> None:
        ended = list(workers)
        for worker in ended:
            self._ray.kill(worker.actor)
        self._workers = [worker for worker in self._workers if worker not in ended]
        self._changed = self._changed or bool(ended)

    def _report(self) -> None:
        if self._on_status is not None:
            now = time.monotonic()
            self._on_status(
                [
                    WorkerStatus(worker.number, worker.host, worker.done, now - (worker.ready_since or now))
                    for worker in self._ready()
                ]
            )
