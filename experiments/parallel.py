"""Pieces of an experiment on several processes of one thread each."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import active_children, connection, get_context
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
PATIENCE = 10.0
"""Seconds by the clock for each processor second that a guarded task may take: what hangs takes none."""
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


def guarded(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int,
    seconds: float,
    instead: Callable[[Task, str, float], Result],
    *,
    as_done: bool = False,
) -> Iterator[Result]:
    """Yield the same as `in_order` does, and what `instead` makes of a task that takes too long or loses its process.

    Such a process is killed, whatever it is in the middle of, and another takes its place: nothing that hangs or takes
    all memory stops the others.

    Parameters
    ----------
    seconds
        Of one core, for each task; by the clock, `PATIENCE` times as much, so that a busy machine decides nothing.
    instead
        Takes the task, the reason in words, and the processor seconds that were spent on it (0 on Windows).
    as_done
        Yield each as soon as it is there, not in the order of the tasks.

    Raises
    ------
    Exception
        What `work` raises.
    """
    kept: dict[int, Result] = {}
    following = 0
    for place, result in _crew(work, tasks, workers, seconds, instead):
        if as_done:
            yield result
            continue
        kept[place] = result
        while following in kept:
            yield kept.pop(following)
            following += 1


@dataclass(eq=False)
class _Hand:
    """A process that does one task after the other.

    Attributes
    ----------
    place
        Of its task; None until it has come up.
    until
        When its task has to be done.
    before
        Its processor seconds before the task.
    """

    process: BaseProcess
    pipe: connection.Connection
    place: int | None = None
    until: float = math.inf
    before: float = 0.0

    def answer(self) -> tuple[float, bool, Any] | None:
        """Return its processor seconds, whether all went well, and the result or error; None where there is nothing."""
        with suppress(EOFError):
            if self.pipe.poll():
                seconds, good, found = self.pipe.recv()
                return seconds, good, found
        return None

    def end(self) -> float:
        """Kill the process, and return the processor seconds that its task has had."""
        earlier = _of_children()
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return max(0.0, _of_children() - earlier - self.before)


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _ended(process: BaseProcess, seconds: float) -> str:
    status = process.exitcode or 0
    if status == -getattr(signal, "SIGXCPU", 0):
        return f"not finished in {seconds:g} s of one core"
    return f"its process was ended by signal {-status}" if status < 0 else f"its process ended with status {status}"


def _hand(work: Callable[..., Any], seconds: float) -> _Hand:
    context = get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_serve, args=(work, far, os.getpid(), seconds))
    process.start()
    far.close()
    return _Hand(process, near)


def _serve(work: Callable[..., Any], pipe: connection.Connection, parent: int, seconds: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that made it, which ends it
    _end_with(parent)
    pipe.send((time.process_time(), True, None))
    with suppress(EOFError):
        while True:
            task = pipe.recv()
            _allow(seconds)
            try:
                found, good = work(task), True
            except Exception as error:
                found, good = error, False
            pipe.send((time.process_time(), good, found))


def _allow(seconds: float) -> None:
    """Let the system end this process after so many more processor seconds, whatever code it is in; not on Windows."""
    with suppress(ImportError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + seconds), hard))


def _crew(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int,
    seconds: float,
    instead: Callable[[Task, str, float], Result],
) -> Iterator[tuple[int, Result]]:
    """Yield places of tasks and what came of them, as they are done."""
    left = deque(enumerate(tasks))
    hands = [_hand(work, seconds) for _ in range(min(workers, len(tasks)))]
    try:
        while hands:
            nearest = min(hand.until for hand in hands) - time.monotonic()
            connection.wait([hand.pipe for hand in hands], None if nearest == math.inf else max(0.0, nearest))
            for hand in list(hands):
                if not hand.pipe.poll() and time.monotonic() < hand.until:
                    continue
                place, late = hand.place, time.monotonic() >= hand.until
                answer = hand.answer()
                if answer is None:
                    hands.remove(hand)
                    spent = hand.end()
                    if place is None:
                        raise RuntimeError("a process of the experiment ended before it had a task")
                    if left:
                        hands.append(_hand(work, seconds))
                    clock = f"not finished in {PATIENCE * seconds:g} s by the clock"
                    reason = clock if late else _ended(hand.process, seconds)
                    yield place, instead(tasks[place], reason, spent)
                    continue
                hand.before, good, found = answer
                if not good:
                    raise found
                if left:
                    hand.place, task = left.popleft()
                    hand.until = time.monotonic() + PATIENCE * seconds
                    hand.pipe.send(task)
                else:
                    hands.remove(hand)
                    hand.end()
                if place is not None:
                    yield place, found
    finally:
        for hand in hands:
            hand.end()
