"""Baselines fitted in a process of its own, beside the search, on processors that it leaves idle.

It can be ended at any moment, which a model of scikit-learn in a thread cannot; its warnings and its lock of the
interpreter are its own. The figures are those of `evokan.problem.baselines.fit_baselines`.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from evokan.problem.problem import Problem
from evokan.searching.clock import Clock
from evokan.searching.rope import begin, end, received, send
from evokan.searching.second import ALONE, Second
from evokan.settings.job import Job
from evokan.spaces.threads import single_threaded_math

if TYPE_CHECKING:
    from evokan.problem.baselines import Figures, Which

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from evokan.searching.beside import serve; serve()"
FEW_ROWS = 2000
"""Up to so many rows, all baselines take a second, as long as a process takes to begin."""


@contextmanager
def baselines_of(
    problem: Problem, seed: int, which: Which, clock: Clock, second: Second = ALONE
) -> Iterator[Callable[[], dict[str, Figures]]]:
    """Give a function that returns the baselines: fitted then, or beside what is done in the block, by many rows.

    Parameters
    ----------
    problem, seed, which
        As for `evokan.problem.baselines.fit_baselines`.
    clock
        Where it has a limit, those that are not done in time have an ``error``.
    second
        Who is asked for those of few rows.
    """
    if problem.task.is_equation or which == "none":
        yield dict
        return
    if len(problem.development) <= FEW_ROWS and clock.limit is None:
        yield second.ask(fitted, problem, seed, which).result
        return
    from evokan.problem.baselines import baseline_names

    names = baseline_names(problem, which)
    with Baselines(problem, seed, which) as at_work:

        def wait() -> dict[str, Figures]:
            if clock.limit is None:
                found, complete = at_work.wait()
                return found if complete else fitted(problem, seed, which)
            found, complete = at_work.wait(max(clock.for_trainings, 0.0))
            clock.note("baselines", done=len(found), of=len(names))
            return {name: found.get(name, {"error": "not done within the time limit"}) for name in names}

        yield wait


def compared_with(job: Job) -> Which:
    """Return which baselines are wanted: without test rows none can be told from another."""
    return job.config.baselines if len(job.problem.test) else "none"


def compared(job: Job, baselines: Callable[[], Mapping[str, Figures]]) -> dict[str, Figures]:
    """Return the usual models and those of the family, unless none are wanted."""
    if compared_with(job) == "none":
        return {}
    return {**baselines(), **job.space.baselines(job.problem, job.config.split_seed)}


def fitted(problem: Problem, seed: int, which: Which) -> dict[str, Figures]:
    """Return the baselines, fitted in this process: see `evokan.problem.baselines.fit_baselines`."""
    from evokan.problem.baselines import fit_baselines

    with single_threaded_math():
        return fit_baselines(problem, seed, which=which)


class Baselines:
    """The baselines of a problem, at work; a context that ends them.

    Parameters
    ----------
    problem, seed, which
        As for `evokan.problem.baselines.fit_baselines`.
    """

    def __init__(self, problem: Problem, seed: int, which: Which = "all") -> None:
        self._found: dict[str, Figures] = {}
        self._complete = False
        self._process = begin(_START)
        self._listener = threading.Thread(target=self._listen, args=((problem, seed, which),), daemon=True)
        self._listener.start()

    def _listen(self, question: tuple[Problem, int, Which]) -> None:
        with suppress(OSError, ValueError):
            send(self._process.stdin, pickle.dumps(question, pickle.HIGHEST_PROTOCOL))
            for line in self._process.stdout:
                name, figures = json.loads(line)
                if not name:
                    self._complete = True
                    return
                self._found[name] = figures

    def wait(self, seconds: float | None = None) -> tuple[dict[str, Figures], bool]:
        """Return what is found after at most `seconds` (None: at the end), and whether it is all."""
        self._listener.join(seconds)
        return dict(self._found), self._complete

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._listener.join()
        end(self._process)


def serve() -> None:
    """Fit the baselines that standard input asks for, and write each as a line of JSON: the other process."""
    from evokan.problem.baselines import each_baseline

    problem, seed, which = pickle.loads(received(sys.stdin.buffer))
    # Whoever asked holds standard input open as long as he lives.
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)
    with single_threaded_math():
        for name, figures in each_baseline(problem, seed, which=which):
            print(json.dumps([name, figures]), flush=True)
    print(json.dumps(["", {}]), flush=True)
