"""SciPy's way with Lane-Emden equations: an initial value problem, and collocation."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_bvp

from evokan.arrays import FloatArray
from experiments.fkan.solutions import START, lane_emden, lane_emden_series, lane_emden_slopes


def by_ivp(m: int, x: FloatArray) -> FloatArray:
    """Return the solution at ascending `x` (N,) by a Runge-Kutta method of order 8."""
    return lane_emden(m, x, rtol=1e-12, atol=1e-14)


def by_bvp(m: int, x: FloatArray) -> FloatArray:
    """Return the solution at ascending `x` (N,) by collocation of order 4."""
    mesh = np.linspace(START, float(x[-1]), 200)
    begin = lane_emden_series(m, np.array(START))
    path = solve_bvp(
        lane_emden_slopes(m),
        lambda left, right: left - begin,
        mesh,
        np.vstack([(1.0 + mesh**2 / 3.0) ** -0.5, np.zeros_like(mesh)]),
        tol=1e-9,
        max_nodes=100_000,
    )
    found: FloatArray = np.where(x > START, path.sol(np.maximum(x, START))[0], lane_emden_series(m, x)[0])
    return found
