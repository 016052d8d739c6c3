"""A fractional delay equation, with Caputo's derivative as a matrix."""

from __future__ import annotations

from math import gamma
from typing import TYPE_CHECKING

import numpy as np

from evokan.problem.equations.base import Equation
from evokan.problem.equations.fractional import caputo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown

ORDER = 0.3
NODES = np.linspace(0.0, 1.0, 401)


class FractionalDelay(Equation):
    """D^0.3 y(x) = y(x - 1) - y(x) + 1 - 3 x + 3 x^2 + 2000 x^2.7 / (1071 Gamma(0.7)), y(0) = 0 on [0, 1].

    The solution is y = x^3, which also is the history y(x - 1) for x < 1. Caputo's derivative is taken from the values
    at 401 equidistant nodes. The domain and the 200 points are ours: the source (arXiv 2406.07456) gives none.
    """

    name = "delay-fde"
    summary = "D^0.3 y(x) = y(x - 1) - y(x) + f(x), y(0) = 0, y = x^3 before 0, on [0, 1]"
    source = "fKAN paper (arXiv 2406.07456)"
    coordinates = ("x",)

    def points(self, seed: int) -> FloatArray:
        """Return 200 equidistant points."""
        return np.linspace(0.0, 1.0, 200)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return the left side minus the right side."""
        import torch

        place = x.detach().numpy()[:, 0]
        known = (place - 1.0) ** 3 + 1.0 - 3.0 * place + 3.0 * place**2 + 2000.0 * place**2.7 / (1071.0 * gamma(0.7))
        return caputo(u, x, ORDER, NODES) + u(x) - torch.as_tensor(known)

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return y(0)."""
        return [u(self.at(0.0))]

    def exact(self, x: FloatArray) -> FloatArray:
        """Return x^3."""
        solution: FloatArray = x[:, 0] ** 3
        return solution
