"""Basis functions over very many rows: matrix products with Chebyshev polynomials instead of evaluations.

Over an interval a smooth basis function equals a polynomial of moderate degree up to rounding (sigmoid with sharpness 1
on [0, 1]: degree 16). All functions of a column then share the polynomials of that column, which are computed once.

References
----------
Trefethen, "Approximation theory and approximation practice", SIAM, 2013, Theorem 8.2 (the decay of the coefficients).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np

from search_spaces.hkan.basis import Array
from search_spaces.hkan.layers import Basis, HKANLayer

_DIGITS = math.log(1e15)
"""How far the coefficients have to decay."""
_VALUES = 1 << 19
"""Values of polynomials at a time: 4 MB."""
_MOST_BELOW_HIDDEN = 6000
"""Polynomials of all columns together below a hidden layer: a Gram matrix of 0.3 GB."""
_MOST_FOR_OUTPUTS = 64
"""Polynomials at most that take the place of a fitted layer's functions: the rounding of their sums grows with them."""

Task = Literal["hidden", "last", "outputs"]
"""The fit of a hidden layer, that of the last one, or a fitted layer's outputs."""


def terms(basis: Basis, sigma: float, half: float) -> float:
    """Return how many Chebyshev polynomials g(sigma (z - mu)) takes on an interval of length ``2 half``; inf: no end.

    Sigmoid, softplus and tanh are analytic up to their poles, pi / sigma (tanh: half of it) from the real axis, the
    Gaussian function everywhere; of a polynomial in ReLU's place the error falls too slowly.
    """
    reach = (2.0 if basis == "tanh" else 1.0) * sigma * half
    if basis in ("relu", "identity") or not math.isfinite(reach):
        return math.inf
    if reach < 1e-3:
        return 6.0
    if basis == "gaussian":
        radii = 1.0 + np.geomspace(1e-3, 1e2, 200)
        return float(np.min((0.25 * (reach * (radii - 1.0 / radii)) ** 2 + _DIGITS) / np.log(radii)) + 1.0)
    return _DIGITS / math.asinh(math.pi / reach) + 1.0


class Expansion:
    """Chebyshev polynomials over the range of given columns.

    Parameters
    ----------
    low, high
        Range of each column, shape (columns,).
    count
        Number of polynomials, the constant first.
    """

    def __init__(self, low: Array, high: Array, count: int) -> None:
        self.count = count
        self._middle = 0.5 * (low + high)
        half = 0.5 * (high - low)
        self._half = np.where(half > 0.0, half, 1.0)
        angles = np.pi * (np.arange(count) + 0.5) / count
        self.points = self._middle[:, None] + self._half[:, None] * np.cos(angles)
        """Where functions have to be known, shape (columns, count)."""
        self._transform = 2.0 / count * np.cos(np.outer(angles, np.arange(count)))
        self._transform[:, 0] *= 0.5

    def coefficients(self, values: Array) -> Array:
        """Return the coefficients of functions with the given values at `points`, both of shape (..., count)."""
        found: Array = values @ self._transform
        return found

    def scaled(self, z: Array) -> Array:
        """Return columns `z`, shape (columns, rows), brought from their ranges onto [-1, 1]."""
        found: Array = z - self._middle[:, None]
        found /= self._half[:, None]
        return found

    def pieces(self, z: Array) -> Iterator[tuple[slice, Array]]:
        """Yield (rows, all polynomials but the constant) of columns `z`, shape (columns, all rows).

        The shape is (count - 1, columns, rows): the recurrence runs over contiguous memory. The next piece takes the
        place of the one before.
        """
        columns, rows = z.shape
        step = max(64, _VALUES // (columns * (self.count - 1)))
        memory = np.empty((self.count - 1, columns, min(step, rows)))
        for first in range(0, rows, step):
            part = slice(first, min(first + step, rows))
            found = memory[:, :, : part.stop - first]
            u = self.scaled(z[:, part])
            found[0] = u
            u *= 2.0
            for k in range(1, len(found)):
                np.multiply(u, found[k - 1], out=found[k])
                found[k] -= found[k - 2] if k > 1 else 1.0
            yield part, found


def expansion_for(layer: HKANLayer, z: Array, task: Task) -> Expansion | None:
    """Return the polynomials for a layer over the columns `z`, shape (columns, rows); None where they do not pay."""
    if layer.is_identity:
        return None
    low, high = z.min(axis=1), z.max(axis=1)
    count = max(
        terms(basis, sigma, 0.5 * float(np.max(high - low)))
        for basis, sigma in zip(layer.bases, layer.sigmas, strict=True)
    )
    if (task == "hidden" and len(z) * count > _MOST_BELOW_HIDDEN) or (task == "outputs" and count > _MOST_FOR_OUTPUTS):
        return None
    if not _polynomials_ns(layer, len(z), count, task) <= _values_ns(layer, task):
        return None
    return Expansion(low, high, max(2, math.ceil(count)))


def _polynomials_ns(layer: HKANLayer, columns: int, count: float, task: Task) -> float:
    """Return about how many nanoseconds a row and column take, of the polynomials and of products with them."""
    if task == "last":
        return count * (1.9 + 0.25 * layer.nodes)
    outputs = count * (0.6 + 0.05 * layer.nodes)
    return outputs if task == "outputs" else outputs + count * (1.2 + 0.025 * columns * count)


def _values_ns(layer: HKANLayer, task: Task) -> float:
    """Return the same of the basis functions themselves, and of Gram matrices of them: in fits they leave the cache."""
    m = layer.n_basis
    return layer.nodes * (1.5 * m if task == "outputs" else 15.0 * m + 0.06 * m**2)
