"""The Lane-Emden equation of polytropic stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evokan.errors import InputError
from evokan.problem.equations.base import Equation, derivative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Solution, Unknown

ROOTS = (np.sqrt(6.0), np.pi, 4.3528745959461, 6.8968486193770, 14.971546348838)
"""First roots for m = 0 ... 4 (Boyd, "Chebyshev spectral methods and the Lane-Emden problem", 2011)."""
ENDS = (3.0, 4.0, 5.0, 8.0, 16.0, 10.0)
"""Ends of the domains, our choice: a little beyond the roots; m = 5 has none."""


class LaneEmden(Equation):
    """Index m: x y'' + 2 y' + x y^m = 0, y(0) = 1, y'(0) = 0.

    This is y'' + 2/x y' + y^m = 0 times x, so that the residual is regular at x = 0. The source prints y'(0) = 1, a
    slip: with 2/x y' only y'(0) = 0 is possible. Points are equidistant.

    Parameters
    ----------
    m
        0 ... 5.

    Raises
    ------
    InputError
        `m` is another number.
    """

    source = "fKAN paper (arXiv 2406.07456)"
    coordinates = ("x",)

    def __init__(self, m: int) -> None:
        if m not in range(len(ENDS)):
            raise InputError(f"Lane-Emden equation: index {m!r:.20} must be a whole number from 0 to {len(ENDS) - 1}")
        self.m = m
        self.name = f"lane-emden-{m}"
        self.summary = f"y'' + 2/x y' + y^{m} = 0, y(0) = 1, y'(0) = 0 on [0, {ENDS[m]:g}]"

    def points(self, seed: int) -> FloatArray:
        """Return 1,500 equidistant points."""
        return np.linspace(0.0, ENDS[self.m], 1500)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return x y'' + 2 y' + x y^m."""
        y = u(x)
        slope = derivative(y, x)
        return x[:, 0] * derivative(slope, x) + 2.0 * slope + x[:, 0] * y**self.m

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return y(0) - 1 and y'(0)."""
        x = self.at(0.0)
        y = u(x)
        return [y - 1.0, derivative(y, x)]

    def exact(self, x: FloatArray) -> FloatArray | None:
        """Return 1 - x^2 / 6 for m = 0, sin(x) / x for 1, (1 + x^2 / 3)^(-1/2) for 5; others have no closed form."""
        if self.m == 0:
            return 1.0 - x[:, 0] ** 2 / 6.0
        if self.m == 5:
            solution: FloatArray = (1.0 + x[:, 0] ** 2 / 3.0) ** -0.5
            return solution
        return np.sinc(x[:, 0] / np.pi) if self.m == 1 else None

    def check(self, u: Solution) -> dict[str, float]:
        """Return the first root, by bracketing, and its error; nothing for m = 5."""
        from scipy.optimize import brentq

        if self.m >= len(ROOTS):
            return {}

        def value(x: float) -> float:
            return float(u(np.array([[x]]))[0])

        grid = np.linspace(0.0, ENDS[self.m], 1001)
        below = np.flatnonzero(u(grid[:, None]) < 0.0)
        if not len(below) or below[0] == 0:
            return {"root": float("nan"), "root_error": float("nan")}
        root = float(brentq(value, grid[below[0] - 1], grid[below[0]], xtol=1e-13))
        return {"root": root, "root_error": abs(root - float(ROOTS[self.m]))}
