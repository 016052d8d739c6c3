"""The strong Wolfe line search, compiled: it chooses lengths, the caller evaluates them.

It sees scalars only: the loss along the direction and its slope. Its state lies in the first places of two arrays.

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

TRIALS, FINITE_TRIALS, BRACKETED, LOW, AT_LOW, HESITANT = range(6)
"""Places in the first array: trials judged and not accepted, trials with a finite loss, whether both ends of the
interval are known, which end has the lower loss, whether the last trial is that end, whether the next length must
keep away from the ends."""
INTS = 6

LENGTH, FIRST_LOSS, FIRST_SLOPE, ENDS, END_LOSSES, END_SLOPES = 0, 1, 2, 3, 5, 7
"""Places in the second array: the length on trial; loss and slope at 0; length, loss and slope of both ends."""
FLOATS = 9


@jit
def begin(length: float, loss: float, slope: float, ints: Ints, floats: Floats) -> None:
    """Begin a search at `loss` and `slope`, below 0, with the trial `length`."""
    ints[:INTS] = 0
    floats[LENGTH], floats[FIRST_LOSS], floats[FIRST_SLOPE] = length, loss, slope
    floats[ENDS], floats[END_LOSSES], floats[END_SLOPES] = 0.0, loss, slope


@jit
def accept(loss: float, slope: float, ints: Ints, floats: Floats) -> bool:
    """Return whether the trial length, with this loss and slope, is good; if not, choose the next one.

    Until a minimum is bracketed, end 0 is the last trial and the lengths grow (algorithm 3.5); from then on the
    interval shrinks (algorithm 3.6). A trial that is not finite counts as an infinite loss.
    """
    length, first_slope, low = floats[LENGTH], floats[FIRST_SLOPE], ints[LOW]
    if math.isfinite(loss) and math.isfinite(slope):
        ints[FINITE_TRIALS] += 1
    else:
        loss = math.inf
    too_high = loss > floats[FIRST_LOSS] + DECREASE * length * first_slope or (
        loss >= floats[END_LOSSES + low] and (ints[BRACKETED] > 0 or ints[TRIALS] > 1))
    if not too_high and abs(slope) <= -CURVATURE * first_slope:
        return True

    if ints[BRACKETED]:
        replaced = 1 - low if too_high else low
        if not too_high and slope * (floats[ENDS + 1 - low] - floats[ENDS + low]) >= 0.0:
            for place in (ENDS, END_LOSSES, END_SLOPES):
                floats[place + 1 - low] = floats[place + low]
    elif too_high or slope >= 0.0:
        replaced = 1
        ints[BRACKETED] = 1
    else:
        replaced = 0
        floats[LENGTH] = _cubic_minimum(floats[ENDS], floats[END_LOSSES], floats[END_SLOPES], length, loss, slope,
                                        length + 0.01 * (length - floats[ENDS]), 10.0 * length)
    floats[ENDS + replaced], floats[END_LOSSES + replaced], floats[END_SLOPES + replaced] = length, loss, slope
    if ints[BRACKETED]:
        ints[LOW] = 0 if floats[END_LOSSES] <= floats[END_LOSSES + 1] else 1
        _choose_inside(ints, floats)
    ints[AT_LOW] = ints[LOW] == replaced
    ints[TRIALS] += 1
    return False


@jit
def _choose_inside(ints: Ints, floats: Floats) -> None:
    """Choose the next length between both ends, not twice in a row close to one of them."""
    left = 0 if floats[ENDS] <= floats[ENDS + 1] else 1
    right = 1 - left
    lower, upper = floats[ENDS + left], floats[ENDS + right]
    length = _cubic_minimum(lower, floats[END_LOSSES + left], floats[END_SLOPES + left],
                            upper, floats[END_LOSSES + right], floats[END_SLOPES + right], lower, upper)
    margin = 0.1 * (upper - lower)
    if min(upper - length, length - lower) >= margin:
        ints[HESITANT] = 0
    elif ints[HESITANT] or length >= upper or length <= lower:
        length = upper - margin if upper - length < length - lower else lower + margin
        ints[HESITANT] = 0
    else:
        ints[HESITANT] = 1
    floats[LENGTH] = length


@jit
def _cubic_minimum(t1: float, f1: float, s1: float, t2: float, f2: float, s2: float,
                   lower: float, upper: float) -> float:
    """Return the minimum of the cubic with losses f and slopes s at t1 < t2, kept between `lower` and `upper`.

    Equation 3.59; the middle of `lower` and `upper` where there is none.
    """
    d1 = s1 + s2 - 3.0 * (f1 - f2) / (t1 - t2)
    radicand = d1 * d1 - s1 * s2
    if 0.0 <= radicand < math.inf:
        d2 = math.sqrt(radicand)
        t = t2 - (t2 - t1) * ((s2 + d2 - d1) / (s2 - s1 + 2.0 * d2))
        if not math.isnan(t):
            return min(max(t, lower), upper)
    return 0.5 * (lower + upper)
