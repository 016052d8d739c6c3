"""A fractional delay equation, with Caputo's derivative as a matrix."""

from __future__ import annotations

from functools import lru_cache
from math import gamma
from typing import TYPE_CHECKING

import numpy as np

from evokan.problem.equations.base import Equation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown

ORDER = 0.3
NODES = np.linspace(0.0, 1.0, 401)


def caputo_matrix(x: FloatArray, nodes: FloatArray, order: float) -> FloatArray:
    """Return the matrix that turns values at `nodes` into Caputo's derivative of order `order` at `x`.

    The L1 scheme: exact for the piecewise linear function through the values, error O(h^(2 - order)) for smooth
    ones (Oldham and Spanier, The Fractional Calculus, 1974, section 8.2).

    Parameters
    ----------
    x
        Shape (N,), within the nodes.
    nodes
        Ascending, from the point where the derivative begins, shape (M,).
    order
        In (0, 1).

    Returns
    -------
    ndarray
        Shape (N, M).
    """
    reach = np.maximum(x[:, None] - nodes, 0.0) ** (1.0 - order) / gamma(2.0 - order)
    # The slope of each interval, times the integral of the kernel over the part of it below x.
    weights = (reach[:, :-1] - reach[:, 1:]) / np.diff(nodes)
    matrix = np.zeros((len(x), len(nodes)))
    matrix[:, 1:] += weights
    matrix[:, :-1] -= weights
    return matrix


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
        matrix = torch.as_tensor(_matrix(place.tobytes()))
        known = (place - 1.0) ** 3 + 1.0 - 3.0 * place + 3.0 * place**2 + 2000.0 * place**2.7 / (1071.0 * gamma(0.7))
        return matrix @ u(self.at(NODES)) + u(x) - torch.as_tensor(known)

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return y(0)."""
        return [u(self.at(0.0))]

    def exact(self, x: FloatArray) -> FloatArray:
        """Return x^3."""
        solution: FloatArray = x[:, 0] ** 3
        return solution


@lru_cache(maxsize=8)
def _matrix(place: bytes) -> FloatArray:
    return caputo_matrix(np.frombuffer(place), NODES, ORDER)
