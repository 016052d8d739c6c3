"""A limit on the seconds of a whole search, shared out to its parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from evokan.evaluation.executors import Executor, OutOfTimeError

Item = TypeVar("Item")
Result = TypeVar("Result")

SEARCH_SHARE = 0.6
"""Of the seconds that are left for trainings; the others are for the finalists."""


class Clock:
    """The seconds that a run has used, and those that it may use.

    Parameters
    ----------
    limit
        Seconds for the whole run; None is no limit.
    used
        Seconds that the run had used before this process went on with it.
    began
        When this process began, as `time.perf_counter` tells; by default now.

    Attributes
    ----------
    parts
        How far each part of the run got: plain values by the name of the part.
    """

    def __init__(self, limit: float | None = None, used: float = 0.0, began: float | None = None) -> None:
        self.limit = limit
        self.parts: dict[str, dict[str, Any]] = {}
        self.reserve = 0.0
        """Seconds that formula and pictures need at the end."""
        self.network = 0.0
        """Seconds of one worker for one network after the search."""
        self.plan = ""
        """What fits, in a sentence."""
        self._start = (time.perf_counter() if began is None else began) - used

    @property
    def used(self) -> float:
        """Seconds used so far, by all processes of the run."""
        return time.perf_counter() - self._start

    @property
    def left(self) -> float:
        """Seconds until the limit; infinite without one, negative after it."""
        return float("inf") if self.limit is None else self.limit - self.used

    @property
    def for_trainings(self) -> float:
        """Seconds left until formula and pictures must begin."""
        return self.left - self.reserve

    def note(self, part: str, **reached: Any) -> None:
        """Keep how far a part got."""
        self.parts.setdefault(part, {}).update(reached)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for ``config.json``."""
        return {"limit": self.limit, "used": round(self.used, 3), "parts": self.parts}


class Timed(Executor):
    """Another executor that is cut short when a time is over.

    Parameters
    ----------
    inner
        Where items run. It is not closed.
    seconds
        From now until the cut.
    least
        Results to wait for in any case, whatever the time.
    """

    def __init__(self, inner: Executor, seconds: float, least: int = 1) -> None:
        self._inner = inner
        self._end = time.perf_counter() + seconds
        self._least = least

    def map_unordered(
        self, function: Callable[..., Result], shared: tuple[Any, ...], items: Sequence[Item]
    ) -> Generator[tuple[int, Result | Exception], None, None]:
        """Yield ``(position, result or exception)`` as items finish: see `Executor`.

        Raises
        ------
        OutOfTimeError
            The time was over before the last item.
        """
        with closing(self._inner.map_unordered(function, shared, items)) as results:
            for done, result in enumerate(results, 1):
                self._least -= 1
                yield result
                if done < len(items) and self._least <= 0 and time.perf_counter() >= self._end:
                    raise OutOfTimeError("the time is over")

    def close(self) -> None:
        """Leave the inner one open."""
