"""The Burgers equation with a travelling wave for a solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evokan.problem.equations.base import Equation, derivative

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown

COEFFICIENTS = ((1.0, 0.01, 0.1), (0.1, 0.0001, 0.5))
"""m0, m1, m2 of the two published cases."""


class Burgers(Equation):
    """u_t + m0 u u_x - m1 u_xx = 0 on [0, 1]^2, with the exact solution on three sides of the square.

    The solution is u = m2 / m0 - 2 m1 / m0 tanh(x - m2 t). The source (arXiv 2406.07456) prints u_tt for u_t and a plus
    in the solution, both slips: inserted into the equation, the tanh must carry a minus. It gives initial values
    only; those at x = 0 and x = 1 are ours. Points form a grid of 100 x 100.

    Parameters
    ----------
    case
        1 or 2: which of the published coefficients.
    """

    source = "fKAN paper (arXiv 2406.07456)"
    coordinates = ("x", "t")

    def __init__(self, case: int) -> None:
        self.m0, self.m1, self.m2 = COEFFICIENTS[case - 1]
        self.name = f"burgers-{case}"
        self.summary = f"u_t + {self.m0:g} u u_x - {self.m1:g} u_xx = 0, a travelling wave on [0, 1]^2"

    def points(self, seed: int) -> FloatArray:
        """Return a grid of 100 x 100 points."""
        side = np.linspace(0.0, 1.0, 100)
        return np.stack([part.ravel() for part in np.meshgrid(side, side, indexing="ij")], axis=1)

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return u_t + m0 u u_x - m1 u_xx."""
        value = u(x)
        in_x = derivative(value, x, 0)
        return derivative(value, x, 1) + self.m0 * value * in_x - self.m1 * derivative(in_x, x, 0)

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return the errors at t = 0, x = 0 and x = 1, at 100 points each."""
        import torch

        side = np.linspace(0.0, 1.0, 100)
        places = self.at(side, 0.0), self.at(0.0, side), self.at(1.0, side)
        return [u(place) - torch.as_tensor(self.exact(place.detach().numpy())) for place in places]

    def exact(self, x: FloatArray) -> FloatArray:
        """Return m2 / m0 - 2 m1 / m0 tanh(x - m2 t)."""
        wave: FloatArray = np.tanh(x[:, 0] - self.m2 * x[:, 1])
        return self.m2 / self.m0 - 2.0 * self.m1 / self.m0 * wave
