"""Basis functions over many blocks at once, and where their centres lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search_spaces.hkan.layers import Basis, Placement

Array = NDArray[np.float64]

_FAR = 300.0
"""Arguments up to here keep both factors of an exponential, and their product, inside the range of float64."""


def place_centres(
    placement: Placement, z: Array, nodes: int, n_basis: int, rng: np.random.Generator, weights: Array | None = None
) -> Array:
    """Return the centres of every block, shape (nodes, columns, n_basis).

    Parameters
    ----------
    z
        Training values of the columns, shape (columns, rows): drawn from with replacement by ``data``, as in the
        authors' code.
    weights
        Of the rows, shape (rows,): how often they are drawn.
    """
    columns, rows = z.shape
    shape = (nodes, columns, n_basis)
    if placement == "random":
        return rng.random(shape)
    if placement == "equal":
        return np.broadcast_to(np.linspace(0.0, 1.0, n_basis), shape).copy()
    picked = rng.integers(0, rows, shape) if weights is None else rng.choice(rows, shape, p=weights / weights.sum())
    centres: Array = z[np.arange(columns)[None, :, None], picked]
    return centres


class Column:
    """What the basis functions of all blocks over the same columns share.

    Sigmoid, tanh and softplus hold exp(sigma (z - mu)) = exp(sigma (z - a)) exp(sigma (a - mu)): the first factor is
    computed once for all blocks over a column, so that an element costs a product instead of an exponential. Where
    a factor could leave the range of float64 (columns far outside of [0, 1]), the plain formula takes over.

    Parameters
    ----------
    basis, sigma
        The function g and its sharpness.
    z
        Values of the columns, shape (columns, rows).
    """

    def __init__(self, basis: Basis, sigma: float, z: Array) -> None:
        self._basis = basis
        self._sigma = {"tanh": 2.0, "sigmoid": 1.0, "softplus": -1.0}.get(basis, 0.0) * sigma
        self._plain_sigma = sigma
        self._z = z
        self._factors: Array | None = None
        if self._sigma and z.size:
            self._middle = 0.5 * (z.min(axis=1) + z.max(axis=1))
            exponent = -self._sigma * (z - self._middle[:, None])
            if np.abs(exponent).max(initial=0.0) <= _FAR:
                self._factors = np.exp(exponent)

    def values(self, centres: Array, column: NDArray[np.intp]) -> Array:
        """Return g(sigma (z - mu)) of some blocks.

        Parameters
        ----------
        centres
            Shape (blocks, n_basis).
        column
            The column below each block, shape (blocks,).

        Returns
        -------
        ndarray
            Shape (blocks, n_basis, rows), the caller's to change.
        """
        if self._factors is not None:
            exponent = self._sigma * (centres - self._middle[column][:, None])
            if np.abs(exponent).max(initial=0.0) <= _FAR:
                return self._from_factors(self._factors[column], np.exp(exponent))
        u = self._z[column][:, None, :] - centres[:, :, None]
        u *= self._plain_sigma
        return _plain(self._basis, u)

    def _from_factors(self, below: Array, centre: Array) -> Array:
        values = below[:, None, :] * centre[:, :, None]
        values += 1.0
        if self._basis == "softplus":
            return np.log(values, out=values)
        if self._basis == "sigmoid":
            return np.reciprocal(values, out=values)
        np.divide(2.0, values, out=values)
        values -= 1.0
        return values


def _plain(basis: Basis, u: Array) -> Array:
    """Return g(u), in the memory of `u`."""
    if basis == "relu":
        return np.maximum(u, 0.0, out=u)
    if basis == "tanh":
        return np.tanh(u, out=u)
    if basis == "softplus":
        return np.logaddexp(0.0, u, out=u)
    with np.errstate(over="ignore"):
        if basis == "gaussian":
            np.multiply(u, u, out=u)
            return np.exp(np.negative(u, out=u), out=u)
        np.exp(np.negative(u, out=u), out=u)
    u += 1.0
    return np.reciprocal(u, out=u)
