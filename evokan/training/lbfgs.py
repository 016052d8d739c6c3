"""L-BFGS with a strong Wolfe line search, compiled, driven by reverse communication.

The minimiser never calls the loss: `advance` says what it wants, and the caller's own compiled loop provides
it. (A compiled function that takes another one as an argument cannot be cached on disk.) A driver::

    state = allocate(x, 10)
    start(state, 20, 25, (1e-7, 1e-9, 1e-10))
    loss = loss_and_gradient(x, g)                      # fills g
    while True:
        command, loss = advance(x, loss, g, state)      # may move x
        if command == EVALUATE:
            loss = loss_and_gradient(x, g)
        elif command == ITERATION:                      # x, loss, g: an accepted iterate
            ...                                         # look at another loss, keep a copy of x, or stop
        elif command == STEP_END:
            steps += 1                                  # stop, or just go on: the history is kept
        else:                                           # CONVERGED or FAILED
            break

The iterates are those of ``torch.optim.LBFGS(line_search_fn="strong_wolfe")`` with its ``step`` called again
and again, but for rounding and these differences: a loss or gradient that is not finite counts as an infinite
loss; a direction that is not finite restarts from steepest descent; a line search that runs out of
evaluations takes the best of all its points; and the loss that torch evaluates a second time at the start of
every step is counted against that step's limit, but not spent.

Arrays are one-dimensional, C-contiguous and of one floating type; losses are ``float``.

References
----------
Nocedal and Wright, Numerical Optimization, 2nd ed., 2006: algorithms 7.4 and 7.5.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evokan.training import vectors, wolfe
from evokan.training.compiled import Compiler
from evokan.training.vectors import Vector
from evokan.training.wolfe import Floats, Ints

jit = Compiler(__file__, vectors.jit, wolfe.jit)

State = tuple[Ints, Floats, NDArray[np.floating]]
"""Counters and switches; scalars; vectors, one a row."""

EVALUATE, ITERATION, STEP_END, CONVERGED, FAILED = range(5)
"""What `advance` asks for or reports."""

# Places in the first array, after the line search's. Drivers may read ITERATIONS (accepted iterates since
# `start`) and EVALUATIONS (evaluated points).
(
    ITERATIONS,
    EVALUATIONS,
    LAST,
    STEP_ITERATIONS,
    STEP_EVALUATIONS,
    MAX_ITERATIONS,
    MAX_EVALUATIONS,
    MAX_TRIALS,
    PAIRS,
    NEWEST,
    INTS,
) = range(wolfe.INTS, wolfe.INTS + 11)
# Places in the second array, after the line search's; then 1 / y.s of every pair, then the two loops' alphas.
(LOSS, SCALE, TOLERANCE_GRAD, TOLERANCE_CHANGE, TOLERANCE_CURVATURE, FLOATS) = range(wolfe.FLOATS, wolfe.FLOATS + 6)
# Rows of the third array; then the steps s of every pair, then its gradient differences y.
DIRECTION, BASE, BASE_GRADIENT, LOW_GRADIENT, ROWS = range(5)

ITERATIONS_A_STEP, EVALUATIONS_A_STEP = 20, 25
"""Limits of a step of the families, for `start`: as torch's `LBFGS.step`, and as pykan trains."""
HISTORY = 10
"""Curvature pairs that they keep, for `allocate`."""
LIMITS_ALONE = (1e-32, 1e-32, 1e-32)
"""Tolerances, for `start`, that end no step before its limits do."""

NOTHING = -1  # the last command of a new minimisation
LINE_SEARCH_EVALUATIONS = 25  # after the first
SMALLEST_INTERVAL = 1e-9  # of a line search, as the largest change of a coordinate
LARGEST = float(np.finfo(np.float64).max)


@jit
def allocate(x: Vector, history: int) -> State:
    """Return the arrays for minimising over vectors like `x` (n,), one minimisation at a time.

    `history`, at least 1, is the number of curvature pairs kept: ``2 * history + 6`` vectors in all.
    """
    slots = history + 1  # one is free, for a pair that may not be kept
    return (
        np.zeros(INTS, np.int64),
        np.zeros(FLOATS + 2 * slots, np.float64),
        np.zeros((ROWS + 2 * slots, x.size), x.dtype),
    )


@jit
def start(state: State, max_iterations: int, max_evaluations: int, tolerances: tuple[float, float, float]) -> None:
    """Begin a new minimisation; what `state` held is forgotten.

    Parameters
    ----------
    state
        From `allocate`.
    max_iterations, max_evaluations
        Limits of one step, at least 1 and 2 (torch: 20 and 25). The second may be exceeded by 1.
    tolerances
        Of the gradient, of change and of curvature, none below 0 (torch: 1e-7, 1e-9, 1e-10). Converged when
        no component of the gradient is larger than the first, or the slope along the direction is above minus
        the second. A step ends when no coordinate changed by more than the second, or the loss by less. A
        pair is kept when y.s is larger than the third.
    """
    ints, floats, _ = state
    ints[:] = 0
    ints[LAST] = NOTHING
    ints[MAX_ITERATIONS], ints[MAX_EVALUATIONS] = max_iterations, max_evaluations
    floats[TOLERANCE_GRAD], floats[TOLERANCE_CHANGE], floats[TOLERANCE_CURVATURE] = tolerances
    floats[SCALE] = 1.0


@jit
def advance(x: Vector, loss: float, g: Vector, state: State) -> tuple[int, float]:
    """Go on to the next event.

    Parameters
    ----------
    x
        Point (n,), moved in place; the driver must not change it between two calls.
    loss, g
        Loss at `x` and its gradient (n,), as evaluated by the driver or as they came back from the last call.
    state
        From `allocate` and `start`.

    Returns
    -------
    command
        ``EVALUATE``: put the loss and the gradient at `x` into the next call. ``ITERATION``: `x` is an
        accepted iterate. ``STEP_END``: one step is over. ``CONVERGED``: no further step would move `x`.
        ``FAILED``: the first loss, or every loss of a line search, was not finite.
    loss
        Loss of the last accepted iterate. But for ``EVALUATE`` that is where `x` is, and `g` is its gradient.
    """
    ints, floats, _ = state
    if ints[LAST] == EVALUATE:
        command = _judge(x, loss, g, state)
    else:
        command = _settle(x, loss, g, state)
        if command == EVALUATE:
            command = _search(x, state)
    ints[LAST] = command
    return command, floats[LOSS]


@jit
def _judge(x: Vector, loss: float, g: Vector, state: State) -> int:
    """Accept the point just evaluated, choose the next, or end the line search at its best point."""
    ints, floats, work = state
    direction, base, low_gradient = work[DIRECTION], work[BASE], work[LOW_GRADIENT]
    ints[EVALUATIONS] += 1
    ints[STEP_EVALUATIONS] += 1
    if not wolfe.accept(loss, vectors.dot(g, direction), ints, floats):
        width = abs(floats[wolfe.ENDS + 1] - floats[wolfe.ENDS])
        if ints[wolfe.TRIALS] <= ints[MAX_TRIALS] and not (
            ints[wolfe.BRACKETED] and vectors.within(direction, width, SMALLEST_INTERVAL)
        ):
            if ints[wolfe.AT_LOW]:
                vectors.copy(low_gradient, g)
            vectors.combine(x, base, floats[wolfe.LENGTH], direction)
            return EVALUATE
        low = ints[wolfe.LOW]
        floats[wolfe.LENGTH] = floats[wolfe.ENDS + low]
        if floats[wolfe.LENGTH] == 0.0:
            vectors.copy(x, base)
            vectors.copy(g, work[BASE_GRADIENT])
            if ints[MAX_TRIALS] < min(ints[wolfe.TRIALS], ints[MAX_EVALUATIONS] - 1, LINE_SEARCH_EVALUATIONS):
                return STEP_END  # the search was cut short, and the next step may search longer
            return CONVERGED if ints[wolfe.FINITE_TRIALS] else FAILED
        if not ints[wolfe.AT_LOW]:
            vectors.combine(x, base, floats[wolfe.LENGTH], direction)
            vectors.copy(g, low_gradient)
        loss = floats[wolfe.END_LOSSES + low]
    floats[LOSS] = loss
    ints[ITERATIONS] += 1
    ints[STEP_ITERATIONS] += 1
    return ITERATION


@jit
def _settle(x: Vector, loss: float, g: Vector, state: State) -> int:
    """Return what follows the last command; `EVALUATE` stands for another line search."""
    ints, floats, work = state
    last = ints[LAST]
    if last == STEP_END:
        ints[STEP_ITERATIONS] = 0
        ints[STEP_EVALUATIONS] = 1  # torch evaluates again here
        return EVALUATE
    if last in (CONVERGED, FAILED):
        return int(last)
    if last == NOTHING:
        ints[EVALUATIONS] = ints[STEP_EVALUATIONS] = 1
        floats[LOSS] = loss
        if not (math.isfinite(loss) and vectors.within(g, 1.0, LARGEST)):
            return FAILED
    if vectors.within(g, 1.0, floats[TOLERANCE_GRAD]):
        return CONVERGED
    if last == ITERATION:
        _add_pair(g, state)
    vectors.copy(work[BASE], x)
    vectors.copy(work[BASE_GRADIENT], g)
    step_is_over = last == ITERATION and (
        ints[STEP_ITERATIONS] >= ints[MAX_ITERATIONS]
        or ints[STEP_EVALUATIONS] >= ints[MAX_EVALUATIONS]
        or abs(loss - floats[wolfe.FIRST_LOSS]) < floats[TOLERANCE_CHANGE]
        or vectors.within(work[DIRECTION], floats[wolfe.LENGTH], floats[TOLERANCE_CHANGE])
    )
    return STEP_END if step_is_over else EVALUATE


@jit
def _add_pair(g: Vector, state: State) -> None:
    """Keep the last step and the change of the gradient, if the loss curves upwards enough along the step."""
    ints, floats, work = state
    slots = (work.shape[0] - ROWS) // 2
    slot = (ints[NEWEST] + 1) % slots
    s, y = work[ROWS + slot], work[ROWS + slots + slot]
    vectors.copy(s, work[DIRECTION])
    vectors.multiply(s, floats[wolfe.LENGTH])
    vectors.combine(y, g, -1.0, work[BASE_GRADIENT])
    ys = vectors.dot(y, s)
    if ys > floats[TOLERANCE_CURVATURE]:
        floats[FLOATS + slot] = 1.0 / ys
        floats[SCALE] = ys / vectors.dot(y, y)
        ints[NEWEST] = slot
        ints[PAIRS] = min(ints[PAIRS] + 1, slots - 1)


@jit
def _search(x: Vector, state: State) -> int:
    """Begin a line search: move `x` from the accepted point to the first trial, if there is a way down."""
    ints, floats, work = state
    cautious = ints[ITERATIONS] == 0
    slope = _descend(ints, floats, work)
    if not math.isfinite(slope):
        cautious = True
        ints[PAIRS] = 0
        floats[SCALE] = 1.0
        slope = _descend(ints, floats, work)
    if slope > -floats[TOLERANCE_CHANGE]:
        return CONVERGED
    length = 1.0
    if cautious:
        total = 0.0
        for value in work[BASE_GRADIENT]:
            total += abs(value)
        length = min(1.0, 1.0 / total)
    ints[MAX_TRIALS] = min(ints[MAX_EVALUATIONS] - ints[STEP_EVALUATIONS], LINE_SEARCH_EVALUATIONS)
    wolfe.begin(length, floats[LOSS], slope, ints, floats)
    vectors.combine(x, work[BASE], length, work[DIRECTION])
    return EVALUATE


@jit
def _descend(ints: Ints, floats: Floats, work: NDArray[np.floating]) -> float:
    """Set the direction to minus the inverse Hessian's approximation times the gradient; return the slope.

    The two loops of algorithm 7.4. The pairs lie in a ring, so that none is ever moved.
    """
    slots = (work.shape[0] - ROWS) // 2
    rhos, alphas = floats[FLOATS : FLOATS + slots], floats[FLOATS + slots :]
    steps, differences = work[ROWS : ROWS + slots], work[ROWS + slots :]
    direction, gradient = work[DIRECTION], work[BASE_GRADIENT]
    oldest = ints[NEWEST] - ints[PAIRS] + 1 + slots
    vectors.copy(direction, gradient)
    for number in range(ints[PAIRS] - 1, -1, -1):
        slot = (oldest + number) % slots
        alphas[slot] = rhos[slot] * vectors.dot(steps[slot], direction)
        vectors.add(direction, -alphas[slot], differences[slot])
    vectors.multiply(direction, -floats[SCALE])
    for number in range(ints[PAIRS]):
        slot = (oldest + number) % slots
        beta = rhos[slot] * vectors.dot(differences[slot], direction)
        vectors.add(direction, -alphas[slot] - beta, steps[slot])
    return vectors.dot(direction, gradient)
