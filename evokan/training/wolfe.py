"""The strong Wolfe line search, compiled: it chooses step lengths, the caller evaluates them.

It sees scalars only: the loss along the direction, and its slope. Its state lies in the first places of two
arrays.

References
----------
Nocedal and Wright, Numerical Optimization, 2nd ed., 2006: algorithms 3.5 and 3.6, equation 3.59.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler

jit = Compiler(__file__)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DECREASE, CURVATURE = 1e-4, 0.9
"""The constants c1 and c2 of the strong Wolfe conditions."""

TRIALS, FINITE_TRIALS, BRACKETED, LOW, AT_LOW, HESITANT, INTS = range(7)
"""Places in the first array: trials judged and not accepted, trials with a finite loss, whether a minimum lies
between the two ends, the end with the lower loss, whether the last trial is that end, whether the length on
trial lies close to an end; and how many places there are."""

LENGTH, FIRST_LOSS, FIRST_SLOPE, ENDS, END_LOSSES, END_SLOPES, FLOATS = 0, 1, 2, 3, 5, 7, 9
"""Places in the second array: the length on trial, loss and slope at 0, two each for the ends' lengths, losses
and slopes; and how many places there are."""


@jit
def begin(length: float, loss: float, slope: float, ints: Ints, floats: Floats) -> None:
    """Begin a search from `loss` and `slope`, below 0, with the trial `length`."""
    ints[:INTS] = 0
    floats[LENGTH], floats[FIRST_LOSS], floats[FIRST_SLOPE] = length, loss, slope
    _set_end(0, 0.0, loss, slope, floats)


@jit
def accept(loss: float, slope: float, ints: Ints, floats: Floats) -> bool:
    """Return whether the length on trial, with this loss and slope, is good; if not, choose the next one.

    Until a minimum is bracketed, end 0 is the last trial and the lengths grow (algorithm 3.5); from then on
    the interval shrinks (algorithm 3.6). A trial that is not finite counts as an infinite loss.
    """
    length, low = floats[LENGTH], ints[LOW]
    if math.isfinite(loss) and math.isfinite(slope):
        ints[FINITE_TRIALS] += 1
    else:
        loss = math.inf
    # From the third trial on, as in torch, a loss above the last one ends the growth.
    too_high = loss > floats[FIRST_LOSS] + DECREASE * length * floats[FIRST_SLOPE] or (
        loss >= floats[END_LOSSES + low] and (ints[BRACKETED] > 0 or ints[TRIALS] > 1)
    )
    if not too_high and abs(slope) <= -CURVATURE * floats[FIRST_SLOPE]:
        return True

    ints[TRIALS] += 1
    if not ints[BRACKETED] and not too_high and slope < 0.0:
        _set_end(1, length, loss, slope, floats)
        floats[LENGTH] = _cubic_minimum(length + 0.01 * (length - floats[ENDS]), 10.0 * length, floats)
        _set_end(0, length, loss, slope, floats)
        ints[AT_LOW] = 1
        return False
    high = 1 - low
    replaced = high if too_high or not ints[BRACKETED] else low
    if replaced == low and slope * (floats[ENDS + high] - floats[ENDS + low]) >= 0.0:
        _set_end(high, floats[ENDS + low], floats[END_LOSSES + low], floats[END_SLOPES + low], floats)
    _set_end(replaced, length, loss, slope, floats)
    ints[BRACKETED] = 1
    ints[LOW] = 0 if floats[END_LOSSES] <= floats[END_LOSSES + 1] else 1
    ints[AT_LOW] = ints[LOW] == replaced
    _choose_inside(ints, floats)
    return False


@jit
def _set_end(end: int, length: float, loss: float, slope: float, floats: Floats) -> None:
    floats[ENDS + end], floats[END_LOSSES + end], floats[END_SLOPES + end] = length, loss, slope


@jit
def _choose_inside(ints: Ints, floats: Floats) -> None:
    """Choose the next length between the ends, and not twice in a row close to one of them."""
    lower, upper = min(floats[ENDS], floats[ENDS + 1]), max(floats[ENDS], floats[ENDS + 1])
    length = _cubic_minimum(lower, upper, floats)
    margin = 0.1 * (upper - lower)
    close = min(upper - length, length - lower) < margin
    if close and (ints[HESITANT] or length >= upper or length <= lower):
        length = upper - margin if upper - length < length - lower else lower + margin
        close = False
    ints[HESITANT] = close
    floats[LENGTH] = length


@jit
def _cubic_minimum(lower: float, upper: float, floats: Floats) -> float:
    """Return the minimum of the cubic through both ends (equation 3.59), kept between `lower` and `upper`.

    Where there is none, or an end is not finite: the middle of `lower` and `upper`.
    """
    left = 0 if floats[ENDS] <= floats[ENDS + 1] else 1
    right = 1 - left
    t1, f1, s1 = floats[ENDS + left], floats[END_LOSSES + left], floats[END_SLOPES + left]
    t2, f2, s2 = floats[ENDS + right], floats[END_LOSSES + right], floats[END_SLOPES + right]
    d1 = s1 + s2 - 3.0 * (f1 - f2) / (t1 - t2)
    radicand = d1 * d1 - s1 * s2
    if 0.0 <= radicand < math.inf:
        d2 = math.sqrt(radicand)
        minimum = t2 - (t2 - t1) * ((s2 + d2 - d1) / (s2 - s1 + 2.0 * d2))
        if not math.isnan(minimum):
            return float(min(max(minimum, lower), upper))
    return 0.5 * (lower + upper)
