"""Caputo's fractional derivative of an unknown, from its values at nodes."""

from __future__ import annotations

from functools import lru_cache
from math import gamma
from typing import TYPE_CHECKING

import numpy as np

from evokan.errors import InputError
from evokan.problem.equations.base import Equation, derivative

if TYPE_CHECKING:
    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown


def caputo(u: Unknown, x: Tensor, order: float, nodes: FloatArray, unknown: int = 0) -> Tensor:
    """Return Caputo's derivative of an unknown of one coordinate at the points `x`, shape (N,).

    For orders below 1 by the L1 scheme on the values at the nodes; above 1 by the same scheme on the first derivative,
    which is exact there: D^a u = D^(a-1) u'. Errors O(h^(2 - order)) and O(h^(3 - order)).

    Parameters
    ----------
    x
        Shape (N, 1), within the nodes.
    order
        In (0, 1) or (1, 2); for whole ones there is `derivative`.
    nodes
        Ascending, from the point where the derivative begins, shape (M,). Nodes that are dense near the beginning suit
        solutions that rise steeply there.
    unknown
        Which one of a system.

    Raises
    ------
    InputError
        The order is another, the nodes do not ascend, or a point lies outside of them.

    Examples
    --------
    >>> import numpy as np
    >>> from evokan.problem.equations import Equation, caputo
    >>> x = Equation.at(np.array([0.25, 1.0]))
    >>> square = caputo(lambda x: x[:, 0] ** 2, x, 1.5, np.linspace(0.0, 1.0, 5))
    >>> [round(value, 6) for value in square.tolist()]  # 2 x^0.5 / Gamma(1.5)
    [1.128379, 2.256758]
    """
    import torch

    if not (0.0 < order < 2.0) or order == 1.0:
        raise InputError(f"caputo: order {order} must lie between 0 and 1 or between 1 and 2")
    places = Equation.at(nodes)
    values = u(places)
    values = values[:, unknown] if values.ndim == 2 else values
    if order > 1.0:
        values = derivative(values, places)
    points = np.ascontiguousarray(x.detach().numpy()[:, 0])
    matrix = _matrix(points.tobytes(), np.asarray(nodes, dtype=np.float64).tobytes(), order % 1.0)
    return torch.as_tensor(matrix) @ values


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
        In (0, 1); `caputo` takes those up to 2.

    Returns
    -------
    ndarray
        Shape (N, M).

    Raises
    ------
    InputError
        The order is another, the nodes do not ascend, or a point lies outside of them.
    """
    if not 0.0 < order < 1.0:
        raise InputError(f"caputo_matrix: order {order} must lie between 0 and 1 (`caputo` takes those up to 2)")
    if len(nodes) < 2 or not (np.diff(nodes) > 0.0).all():
        raise InputError("caputo: nodes must be at least two numbers that ascend")
    if len(x) and not (x.min() >= nodes[0] and x.max() <= nodes[-1]):
        raise InputError(f"caputo: points from {x.min():g} to {x.max():g} lie beyond the nodes")
    reach = np.maximum(x[:, None] - nodes, 0.0) ** (1.0 - order) / gamma(2.0 - order)
    # The slope of each interval, times the integral of the kernel over the part of it below x.
    weights = (reach[:, :-1] - reach[:, 1:]) / np.diff(nodes)
    matrix = np.zeros((len(x), len(nodes)))
    matrix[:, 1:] += weights
    matrix[:, :-1] -= weights
    return matrix


@lru_cache(maxsize=16)
def _matrix(x: bytes, nodes: bytes, order: float) -> FloatArray:
    return caputo_matrix(np.frombuffer(x), np.frombuffer(nodes), order)
