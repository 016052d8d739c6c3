"""Curves of a solved equation: network, reference and residual at points that draw well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.integrate import solve_ivp

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation, LaneEmden, misfits
from evokan.problem.prediction import predict
from evokan.problem.solutions import as_unknown

POINTS, SIDE = 201, 31
"""Points on a line, and on each side of a square."""
START = 0.01
"""Where the numerical solution begins; below it the power series is exact to rounding."""
DIGITS = 12


def curves(equation: Equation, model: torch.nn.Module) -> list[dict[str, Any]]:
    """Return one row a point: coordinates, the network's value, the reference, and the network's residual.

    The reference is the exact solution, or `lane_emden` where there is none; ``t`` is empty on a line.
    """
    points = drawn_points(equation)
    reference = equation.exact(points)
    if reference is None:
        assert isinstance(equation, LaneEmden), equation.name
        reference = lane_emden(equation.m, points[:, 0])
    residual = misfits(equation, as_unknown(equation, model), points)[0].detach().numpy()
    columns = {"u": predict(model, points)[:, 0], "reference": reference, "residual": residual}
    return [
        {
            "equation": equation.name,
            "x": _short(point[0]),
            "t": _short(point[1]) if len(point) > 1 else "",
            **{name: _short(values[place]) for name, values in columns.items()},
        }
        for place, point in enumerate(points)
    ]


def drawn_points(equation: Equation) -> FloatArray:
    """Return equidistant points over the domain, shape (points, coordinates)."""
    given = equation.points(0)
    sides = [
        np.linspace(low, high, POINTS if given.shape[1] == 1 else SIDE)
        for low, high in zip(given.min(axis=0), given.max(axis=0), strict=True)
    ]
    return np.stack([part.ravel() for part in np.meshgrid(*sides, indexing="ij")], axis=1)


def lane_emden(m: int, x: FloatArray, rtol: float = 1e-13, atol: float = 1e-15) -> FloatArray:
    """Return the solution of the Lane-Emden equation of index `m` at ascending `x` (N,), by default to about 1e-12.

    By the Runge-Kutta method of order 8 from `START` on, below it by the power series about 0.
    """
    later = x > START
    found: FloatArray = lane_emden_series(m, x)[0]
    solved = solve_ivp(
        lane_emden_slopes(m),
        (START, float(x[-1])),
        lane_emden_series(m, np.array(START)),
        method="DOP853",
        t_eval=x[later],
        rtol=rtol,
        atol=atol,
    )
    found[later] = solved.y[0]
    return found


def lane_emden_series(m: int, x: FloatArray) -> FloatArray:
    """Return value and slope of the solution of index `m` near 0 by its power series, shape (2, *x.shape).

    Chandrasekhar, An Introduction to the Study of Stellar Structure, 1939, chapter IV.
    """
    third = m * (8 * m - 5)
    return np.array(
        [
            1.0 - x**2 / 6.0 + m * x**4 / 120.0 - third * x**6 / 15120.0,
            -x / 3.0 + m * x**3 / 30.0 - third * x**5 / 2520.0,
        ]
    )


def lane_emden_slopes(m: int) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """Return what `scipy.integrate` takes: the slopes of value and slope of index `m` at x > 0."""
    return lambda x, y: np.array([y[1], -2.0 / x * y[1] - y[0] ** m])


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
