"""The Levenberg-Marquardt method for sums of squares with some hundreds of parameters.

Where a loss is a sum of squares that can become almost 0, as that of an equation, it gets orders of magnitude further
than a quasi-Newton method in the same time: the Jacobian knows the curvature that the other one has to find out.
Steps are bent by their geodesic acceleration, which costs one evaluation and takes them along narrow valleys.

References
----------
Nielsen, "Damping parameter in Marquardt's method", report IMM-REP-1999-05, Technical University of Denmark, 1999.
Transtrum and Sethna, "Improvements to the Levenberg-Marquardt algorithm for nonlinear least-squares minimization",
arXiv 1201.5885, 2012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Array = NDArray[np.float64]

FIRST_DAMPING = 1e-2
SMALLEST_DAMPING, LARGEST_DAMPING = 1e-30, 1e20
FASTEST = 0.02
"""Smallest factor of the damping after one step."""
PROBE = 0.1
"""Share of a step at which the curvature along it is looked at."""
MOST_BENT = 0.75
"""Twice the acceleration beside the step, at most: beyond that the step goes straight on."""


class Residuals(Protocol):
    """The parts of a sum of squares at one point."""

    @property
    def values(self) -> Array:
        """The parts, shape (n,); a part that is not finite makes the point one to keep away from."""
        ...

    def jacobian(self) -> Array:
        """Return their derivatives in the parameters, shape (n, parameters)."""
        ...


P = TypeVar("P", bound=Residuals)


def levenberg_marquardt(
    evaluate: Callable[[Array], P], theta: Array, renewed: Callable[[Array], bool] | None = None
) -> Iterator[tuple[Array, P, int]]:
    """Minimise the sum of squares of ``evaluate(theta).values``.

    Parameters
    ----------
    evaluate
        Returns the parts at a point.
    theta
        Where to begin, shape (parameters,).
    renewed
        Asked after every step, with the new point, whether `evaluate` has become another function.

    Yields
    ------
    tuple
        After every step: the new point, its parts, and the evaluations spent so far. The sum never grows, as long as
        `evaluate` stays what it is. Ends where no step makes it smaller, or the first one is not finite.
    """
    now, spent = evaluate(theta), 1
    total = float(now.values @ now.values)
    damping = FIRST_DAMPING
    while np.isfinite(total) and total > 0.0:
        jacobian = now.jacobian()
        normal, slope = jacobian.T @ jacobian, jacobian.T @ now.values
        if not (np.isfinite(normal).all() and slope.any()):
            return
        growth = 2.0
        while True:
            solve = _solver(normal, damping)
            step = None if solve is None else _finite(solve(-slope))
            if solve is not None and step is not None:
                ahead = evaluate(theta + PROBE * step)
                curvature = 2.0 / PROBE * ((ahead.values - now.values) / PROBE - jacobian @ step)
                bend = _finite(solve(-jacobian.T @ curvature)) if np.isfinite(curvature).all() else None
                bent = bend is not None and 2.0 * np.linalg.norm(bend) <= MOST_BENT * np.linalg.norm(step)
                move = step + 0.5 * bend if bend is not None and bent else step
                trial = evaluate(theta + move)
                spent += 2
                found = float(trial.values @ trial.values)
                predicted = float(damping * (step @ step) - step @ slope)
                if predicted > 0.0 and found < total:
                    gain = (total - found) / predicted
                    break
            damping *= growth
            growth *= 2.0
            if damping > LARGEST_DAMPING:
                return
        theta, now, total = theta + move, trial, found
        damping = max(damping * max(FASTEST, 1.0 - (2.0 * gain - 1.0) ** 3), SMALLEST_DAMPING)
        yield theta, now, spent
        if renewed is not None and renewed(theta):
            now, spent = evaluate(theta), spent + 1
            total = float(now.values @ now.values)


def _solver(normal: Array, damping: float) -> Callable[[Array], Array] | None:
    """Return what solves the damped normal equations, or None where rounding hides them."""
    damped = normal.copy()
    damped.flat[:: len(normal) + 1] += damping
    try:
        factor = cho_factor(damped, overwrite_a=True, check_finite=False)
    except LinAlgError:
        return None
    return lambda right: np.asarray(cho_solve(factor, right, check_finite=False))


def _finite(values: Array) -> Array | None:
    return values if np.isfinite(values).all() else None
