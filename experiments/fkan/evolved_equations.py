"""Equations of the study of evolution: a pendulum, a star, and predators with their prey."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.problem.equations import Equation, LaneEmden, Unknown, derivative
from experiments.fkan.solutions import lane_emden


class Pendulum(Equation):
    """theta'' + sin(theta) = 0, theta(0) = 2, theta'(0) = 0 on [0, 8]: more than one swing, far from a sine."""

    name, summary, coordinates = "pendulum", "theta'' + sin(theta) = 0 on [0, 8]", ("t",)

    def points(self, seed: int) -> FloatArray:
        """Return 400 equidistant points."""
        return np.linspace(0.0, 8.0, 400)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return theta'' + sin(theta)."""
        theta = u(x)
        return derivative(derivative(theta, x), x) + torch.sin(theta)

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return theta(0) - 2 and theta'(0)."""
        start = self.at(0.0)
        theta = u(start)
        return [theta - 2.0, derivative(theta, start)]


class Prey(Equation):
    """x' = x (1 - y), y' = y (x - 1), x(0) = 1.5, y(0) = 1 on [0, 6]: about a round of the cycle."""

    name, summary = "prey", "x' = x (1 - y), y' = y (x - 1) on [0, 6]"
    coordinates, unknowns = ("t",), ("prey", "predators")

    def points(self, seed: int) -> FloatArray:
        """Return 300 equidistant points."""
        return np.linspace(0.0, 6.0, 300)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Sequence[Tensor]:
        """Return what either equation misses by."""
        prey, predators = u(x).unbind(1)
        return [
            derivative(prey, x) - prey * (1.0 - predators),
            derivative(predators, x) - predators * (prey - 1.0),
        ]

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return x(0) - 1.5 and y(0) - 1."""
        prey, predators = u(self.at(0.0)).unbind(1)
        return [prey - 1.5, predators - 1.0]


EQUATIONS: dict[str, Equation] = {one.name: one for one in (Pendulum(), LaneEmden(3), Prey())}


def reference(equation: Equation, x: FloatArray) -> FloatArray:
    """Return the solution at ascending `x` (N,) by a Runge-Kutta method to about 1e-11, shape (N, unknowns)."""
    if isinstance(equation, LaneEmden):
        return lane_emden(equation.m, x)[:, None]
    fields = {
        "pendulum": (lambda t, y: [y[1], -np.sin(y[0])], [2.0, 0.0]),
        "prey": (lambda t, y: [y[0] * (1.0 - y[1]), y[1] * (y[0] - 1.0)], [1.5, 1.0]),
    }
    field, begin = fields[equation.name]
    path = solve_ivp(field, (0.0, float(x[-1])), begin, method="DOP853", t_eval=x, rtol=1e-12, atol=1e-13)
    solution: FloatArray = path.y[: len(equation.unknowns)].T
    return solution
