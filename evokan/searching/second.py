"""A second process of a search: it imports what the end needs while networks are trained, and works beside the first.

One interpreter does one thing at a time, and most of what follows the last training holds its lock. The second one is
a help and nothing else: what it cannot do, or does not do any more, is done here, with the same result. It writes no
file, and ends with the process that began it, however that one ends: standard input is the rope between them.
"""

from __future__ import annotations

import os
import pickle
import queue
import threading
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, ParamSpec, Self, TypeVar

from evokan.evaluation.executors import available_processors
from evokan.searching.ahead import load
from evokan.searching.rope import begin, end, received, send

if TYPE_CHECKING:
    from evokan.searching.clock import Clock
    from evokan.settings.job import Job

Given = ParamSpec("Given")
Result = TypeVar("Result")

AHEAD = ("torch", "evokan.explain.find", "evokan.runs.run", "sklearn.model_selection")
"""What is imported before the first question comes."""
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from evokan.searching.second import serve; serve()"
MOST_ROWS, MOST_VALUES = 2000, 1_000_000
"""Of a table that a second process holds as well."""


class _GoneError(Exception):
    """The other process is not there any more, or could not do what it was asked for."""


@dataclass(frozen=True)
class Answer:
    """What comes back.

    Attributes
    ----------
    done
        Whether the function returned.
    result
        What it returned.
    warnings
        What was warned of meanwhile: as `warnings.warn_explicit` takes it.
    """

    done: bool
    result: Any = None
    warnings: tuple[tuple[str, type[Warning], str, int], ...] = ()


class Asked(Generic[Result]):
    """A question; `result` waits for the answer."""

    def __init__(self, here: Callable[[], Result], answer: Callable[[], Answer] | None = None) -> None:
        self._here, self._answer = here, answer

    def result(self) -> Result:
        """Return what the function returns; it is called here where no other process has done it.

        Raises
        ------
        Exception
            Whatever the function raises here. Warnings are those of either process.
        """
        try:
            answer = None if self._answer is None else self._answer()
        except _GoneError:
            answer = None
        if answer is None:
            return self._here()
        found: Result = answer.result
        return found


class Second:
    """Who is asked where there is no second process: every function is called here, when its result is wanted."""

    @property
    def there(self) -> bool:
        """Whether there is another process that may still be asked."""
        return False

    def ask(self, function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Asked[Result]:
        """Ask for ``function(*given, **named)``; questions are answered in their order.

        Parameters
        ----------
        function
            One of a module, which depends on its arguments and on files alone and changes nothing.
        """
        return Asked(lambda: function(*given, **named))


ALONE = Second()


class SecondProcess(Second):
    """The second process, at work from now on; a context that ends it."""

    def __init__(self) -> None:
        self._warned: dict[Any, Any] = {}
        self._asked = 0
        self._answers: list[Answer] = []
        self._process: Any = None
        with suppress(OSError, ValueError, TypeError):
            self._process = begin(_START)

    @property
    def there(self) -> bool:
        """Whether it may still be asked."""
        return self._process is not None

    def ask(self, function: Callable[Given, Result], *given: Given.args, **named: Given.kwargs) -> Asked[Result]:
        """Ask for ``function(*given, **named)``: see `Second`."""
        here = Second.ask(self, function, *given, **named)
        if self._process is None:
            return here
        try:
            send(self._process.stdin, pickle.dumps((function, given, named), pickle.HIGHEST_PROTOCOL))
        except Exception:  # it has ended, or the question cannot travel
            self._end()
            return here
        self._asked += 1
        return Asked(here.result, partial(self._answer, self._asked - 1))

    def _answer(self, number: int) -> Answer:
        """Return the answer to a question, by its number, once what was warned of is said."""
        while len(self._answers) <= number:
            if self._process is None:
                raise _GoneError
            try:
                self._answers.append(pickle.loads(received(self._process.stdout)))
            except Exception:  # it has ended, or what it says cannot be understood
                self._end()
        answer = self._answers[number]
        if not answer.done:
            raise _GoneError
        for message, category, file, line in answer.warnings:
            warnings.warn_explicit(message, category, file, line, registry=self._warned)
        return answer

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, whatever it does."""
        self._end()


def second_for(job: Job, clock: Clock, *, wanted: bool) -> AbstractContextManager[Second]:
    """Return a second process where it is wanted and helps, and nobody where it could not know what this one knows.

    It helps where there is a second processor, and where a search takes seconds, so that what comes after it counts:
    with few rows, and without a limit, which leaves no second unused. Families, data sets, equations and functions that
    were registered are this process's own.
    """
    if not wanted or available_processors() < 2 or clock.limit is not None or job.budget.device != "cpu":
        return nullcontext(ALONE)
    from evokan.datasets import registry as datasets
    from evokan.explain.laws import library as functions
    from evokan.spaces import registry as spaces
    from evokan.training import lbfgs

    own = job.problem.table.equation is not None or any(
        module.has_registered() for module in (datasets, functions, spaces)
    )
    small = len(job.problem.development) <= MOST_ROWS and job.problem.table.X.size <= MOST_VALUES
    # Without a cache on disk it would compile the kernels once more.
    return SecondProcess() if small and not own and lbfgs.jit.folder else nullcontext(ALONE)


def serve() -> None:
    """Import ahead, then answer what standard input asks, until it ends: the other process."""
    with os.fdopen(os.dup(0), "rb") as questions, os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints is no answer
        waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(questions, waiting), daemon=True).start()
        load(AHEAD)
        while True:
            send(answers, _answered(waiting.get()))


def _listen(questions: BinaryIO, waiting: queue.SimpleQueue[bytes]) -> None:
    """Take questions as they come. Whoever asks holds the other end open as long as he lives."""
    with suppress(EOFError):
        while True:
            waiting.put(received(questions))
    os._exit(0)


def _answered(question: bytes) -> bytes:
    """Return the answer as it is sent."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function, given, named = pickle.loads(question)
            result = function(*given, **named)
            said = tuple((str(one.message), one.category, one.filename, one.lineno) for one in caught)
            return pickle.dumps(Answer(True, result, said), pickle.HIGHEST_PROTOCOL)
        except Exception:  # whoever asked tries it again, and says what is wrong
            return pickle.dumps(Answer(False), pickle.HIGHEST_PROTOCOL)
