"""How a curve runs: where it rises and falls, and where it turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Course = Literal["rising", "falling", "not monotonic", "flat"]
PROMINENCE = 0.1


@dataclass(frozen=True)
class Turn:
    """A place where a curve turns.

    Attributes
    ----------
    x
        In the cause's own units.
    kind
        ``maximum`` or ``minimum``.
    """

    x: float
    kind: Literal["maximum", "minimum"]


@dataclass(frozen=True)
class Shape:
    """The course of one curve.

    Attributes
    ----------
    course
        Over its whole range.
    turns
        In the order of x.
    intervals
        (from, to, ``rising`` or ``falling``) between the turns.
    """

    course: Course
    turns: tuple[Turn, ...]
    intervals: tuple[tuple[float, float, Literal["rising", "falling"]], ...]


def shape_of(x: NDArray[np.float64], y: NDArray[np.float64], prominence: float = PROMINENCE) -> Shape:
    """Return how the curve `y` over the ascending points `x`, shape (points,), runs.

    A turn counts where the curve goes back by at least the share `prominence` of its whole range; smaller waves are
    passed over. Its place is the vertex of the parabola through the three points around it.
    """
    room = float(np.ptp(y)) * prominence
    if room <= 1e-12 * max(1.0, float(np.abs(y).max())) * prominence:
        return Shape("flat", (), ())
    # One walk that remembers the highest and the lowest point since the last turn.
    extremes: list[int] = []
    high = low = 0
    upwards = 0
    for i in range(1, len(y)):
        high = i if y[i] > y[high] else high
        low = i if y[i] < y[low] else low
        if upwards >= 0 and y[high] - y[i] > room:
            if upwards or high > 0:
                extremes.append(high)
            upwards, low = -1, i
        elif upwards <= 0 and y[i] - y[low] > room:
            if upwards or low > 0:
                extremes.append(low)
            upwards, high = 1, i
    inner = [i for i in extremes if 0 < i < len(y) - 1]
    first = upwards if len(inner) % 2 == 0 else -upwards
    turns = tuple(
        Turn(_vertex(x, y, i), "maximum" if (first > 0) == (number % 2 == 0) else "minimum")
        for number, i in enumerate(inner)
    )
    ends = [float(x[0]), *(turn.x for turn in turns), float(x[-1])]
    courses: tuple[Literal["rising", "falling"], ...] = ("falling", "rising")
    intervals = tuple((ends[k], ends[k + 1], courses[(first > 0) == (k % 2 == 0)]) for k in range(len(ends) - 1))
    return Shape("not monotonic" if turns else intervals[0][2], turns, intervals)


def _vertex(x: NDArray[np.float64], y: NDArray[np.float64], i: int) -> float:
    bend = y[i - 1] - 2.0 * y[i] + y[i + 1]
    shift = 0.5 * (y[i - 1] - y[i + 1]) / bend if bend else 0.0
    return float(x[i] + np.clip(shift, -0.5, 0.5) * (x[i + 1] - x[i - 1]) / 2.0)
