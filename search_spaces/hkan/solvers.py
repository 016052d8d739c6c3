"""Least squares: many small ridge models at once, many node models at once, and one with truncation."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]

JITTER = 1e-13
"""Smallest penalty on a Gram matrix, as a share of its trace: about what rounding has spoilt of it anyway."""

_MANY_ROWS = 1 << 16
_BLOCK = 1 << 13
"""Rows that are reduced at a time."""


def solve_gram(gram: Array, right: Array, ridge: float = 0.0) -> Array:
    """Solve (G_b + max(ridge, jitter_b) I) x_b = r_b for every b; `gram` is changed.

    Parameters
    ----------
    gram
        Gram matrices of centred columns, shape (batch, n, n).
    right
        Shape (batch, n).
    ridge
        Penalty. Below `JITTER` times the trace, that takes its place: columns that depend on one another share
        the weight (nearly the solution of least norm), and a column that does not vary gets none.
    """
    diagonal = np.einsum("bii->bi", gram)
    penalty = np.maximum(ridge, JITTER * diagonal.sum(axis=1))
    penalty[penalty == 0.0] = 1.0
    diagonal += penalty[:, None]
    return np.asarray(np.linalg.solve(gram, right[:, :, None])[:, :, 0], dtype=np.float64)


def truncated(x: Array, y: Array, cutoff: float) -> Array:
    """Return the least-squares solution of least norm, singular values below ``cutoff * largest`` taken as 0.

    Centring makes the rows depend on one another. With no more rows than columns that leaves a singular value which
    is rounding alone, so there the cutoff is at least machine precision times the larger size.

    Parameters
    ----------
    x
        Centred columns, shape (columns, rows).
    y
        Centred targets, shape (targets, rows).

    Returns
    -------
    ndarray
        Shape (targets, columns). LAPACK's GELSD (divide and conquer), double precision; very many rows are reduced
        block by block.
    """
    columns, rows = x.shape
    if rows >= _MANY_ROWS and rows > columns:
        reduced = Reduced(columns, len(y))
        for first in range(0, rows, _BLOCK):
            reduced.add(x[:, first : first + _BLOCK], y[:, first : first + _BLOCK])
        return reduced.solve(cutoff)
    if rows <= columns:
        cutoff = max(cutoff, columns * float(np.finfo(np.float64).eps))
    return _gelsd(x.T.copy(order="F"), y.T, cutoff)


class Reduced:
    """Least squares of which the rows come block by block: their triangular factor by QR, and the targets with it.

    The factor has the singular values of all rows to rounding, which a Gram matrix does not (TSQR: Demmel et al.,
    "Communication-optimal parallel and sequential QR and LU factorizations", SIAM J. Sci. Comput. 34, 2012).

    Parameters
    ----------
    columns, targets
        Their numbers.
    """

    def __init__(self, columns: int, targets: int) -> None:
        self._columns = columns
        self._waiting = np.empty((columns + targets, 0))
        self._factor = np.empty((0, columns + targets))

    def add(self, x: Array, y: Array) -> None:
        """Take in rows: `x` of shape (columns, rows), `y` of shape (targets, rows)."""
        self._waiting = np.hstack([self._waiting, np.vstack([x, y])])
        if self._waiting.shape[1] >= _BLOCK:
            self._reduce()

    def solve(self, cutoff: float) -> Array:
        """Return the solution of least norm, shape (targets, columns), as `truncated` does."""
        self._reduce()
        factor = self._factor
        return _gelsd(factor[:, : self._columns].copy(order="F"), factor[:, self._columns :], cutoff)

    def _reduce(self) -> None:
        rows = np.vstack([self._factor, self._waiting.T])
        self._factor = scipy.linalg.qr(rows, mode="r", overwrite_a=True, check_finite=False)[0][: rows.shape[1]]
        self._waiting = self._waiting[:, :0]


def _gelsd(x: Array, y: Array, cutoff: float) -> Array:
    solution: Array = scipy.linalg.lstsq(x, y, cond=cutoff, overwrite_a=True, check_finite=False)[0]
    return solution.T
