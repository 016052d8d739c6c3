"""Fit all values of a network again: Levenberg and Marquardt's method with the network's own Jacobian.

For squared errors it is the method as it stands; for cross-entropy the Hessian is that of Fisher (generalised
Gauss-Newton; Schraudolph, 2002). The constants of a law have to come out to ten digits, which no first-order method
does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from evokan.arrays import FloatArray
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import LawForm
from evokan.explain.reading.network import Network
from evokan.explain.reading.rows import Rows

FAILS = 12
"""Steps in a row that make the loss no smaller: then nothing will."""


@dataclass(frozen=True)
class Strength:
    """How hard to fit.

    Attributes
    ----------
    iterations
        Largest number of steps.
    spline_ridge, law_ridge
        Weights of the penalties on splines and on the constants of laws.
    precision
        Stop when two steps in a row improve the loss by less than this share of it.
    target
        Stop at this loss: better is rounding.
    """

    iterations: int = 60
    spline_ridge: float = 1e-6
    law_ridge: float = 0.0
    precision: float = 1e-5
    target: float = 1e-26


def refit(network: Network, rows: Rows, strength: Strength, effort: Effort | None = None) -> Network:
    """Return `network` with its values fitted to `rows`; never worse than it was, penalties counted.

    Stops with what it has where `effort` is over. A network that is not defined on all rows comes back
    as it is.
    """
    if not network.links:
        return network

    fixed: dict[int, FloatArray] = {}

    def evaluate(params: FloatArray) -> tuple[FloatArray, Callable[[], FloatArray]]:
        tried = network.with_params(params)
        bases = dict(fixed)
        values = tried.forward(rows.x, bases)
        # Inputs do not change with the parameters, nor do the basis functions of the splines on them.
        fixed.update((i, basis) for i, basis in bases.items() if network.links[i].source < network.n_inputs)
        return values[list(network.outputs)].T, lambda: tried.jacobian(values, bases)

    penalty = _penalty(network, strength)
    return network.with_params(minimise(evaluate, network.params, rows, penalty, strength, effort))


def minimise(
    evaluate: Callable[[FloatArray], tuple[FloatArray, Callable[[], FloatArray]]],
    params: FloatArray,
    rows: Rows,
    penalty: FloatArray,
    strength: Strength,
    effort: Effort | None = None,
) -> FloatArray:
    """Return parameters of lower or equal loss.

    Parameters
    ----------
    evaluate
        Takes parameters, shape (P,), to the outputs, shape (N, outputs), and to a function that gives their
        derivatives, shape (outputs, N, P).
    penalty
        Matrix of a quadratic penalty, half of which counts, shape (P, P).
    """

    def total(outputs: FloatArray, values: FloatArray) -> float:
        return rows.loss(outputs) + 0.5 * float(values @ penalty @ values)

    effort = effort or Effort()
    outputs, derivatives = evaluate(params)
    loss = total(outputs, params)
    damping, slow = 1e-3, 0
    for _ in range(strength.iterations):
        if not np.isfinite(loss) or loss < strength.target or effort.over:
            break
        effort.spend_step(outputs.size, len(params))
        with np.errstate(all="ignore"):
            hessian, gradient = rows.normal_equations(outputs, derivatives())
        if not (np.isfinite(hessian).all() and np.isfinite(gradient).all()):
            break
        hessian, gradient = hessian + penalty, gradient + penalty @ params
        diagonal = np.diag(hessian) + 1e-10 * (np.diag(hessian).max() + 1e-300)
        gain = -1.0
        for _ in range(FAILS):
            trial = params + _step(hessian, gradient, damping * diagonal)
            tried, tried_derivatives = evaluate(trial)
            tried_loss = total(tried, trial)
            if tried_loss < loss:
                gain = (loss - tried_loss) / loss
                params, outputs, derivatives, loss = trial, tried, tried_derivatives, tried_loss
                damping = max(damping / 8, 1e-15)
                break
            damping = min(damping * 6, 1e12)
        slow = slow + 1 if gain < strength.precision else 0
        if gain < 0 or slow >= 2:
            break
    return params


def _step(hessian: FloatArray, gradient: FloatArray, damping: FloatArray) -> FloatArray:
    try:
        factor = cho_factor(hessian + np.diag(damping + 1e-14 * damping.max()), check_finite=False)
        step: FloatArray = cho_solve(factor, -gradient, check_finite=False)
    except LinAlgError:
        return np.zeros_like(gradient)
    return np.nan_to_num(step)


def _penalty(network: Network, strength: Strength) -> FloatArray:
    matrix = np.zeros((len(network.params),) * 2)
    place = 0
    for link in network.links:
        part = link.form.penalty(strength.law_ridge if isinstance(link.form, LawForm) else strength.spline_ridge)
        end = place + len(part)
        matrix[place:end, place:end] = part
        place = end
    return matrix
