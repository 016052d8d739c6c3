"""Losses that the tests of both L-BFGS minimise; each fills the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[Any]
Loss = Callable[[Vector, Vector], float]  # fills the gradient


def quadratic(n: int, condition: float = 1e4, seed: int = 3) -> Loss:
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    A, b = basis @ np.diag(np.geomspace(1 / condition, 1, n)) @ basis.T, rng.normal(size=n) / condition

    def f(x: Vector, g: Vector) -> float:
        g[:] = A @ x - b
        return float(0.5 * x @ A @ x - b @ x)

    return f


def rosenbrock(x: Vector, g: Vector) -> float:
    a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g[:] = 0
    g[1:] += 200 * a
    g[:-1] -= 400 * x[:-1] * a + 2 * b
    return float((100 * a * a + b * b).sum())


def wavy(seed: int, n: int, amplitude: float) -> Loss:
    """Many local minima: line searches need every branch."""
    rng = np.random.default_rng(seed)
    centre, wave, curvature = rng.normal(size=n) * 3, rng.uniform(0.5, 8, n), 10 ** rng.uniform(-2, 2, n)

    def f(x: Vector, g: Vector) -> float:
        d = x - centre
        g[:] = curvature * d**3 + amplitude * wave * np.cos(wave * x) + 0.1 * x
        return float((curvature * d**4 / 4 + amplitude * np.sin(wave * x) + 0.05 * x * x).sum())

    return f
