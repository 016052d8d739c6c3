"""Least squares: many small ridge models at once, many node models at once, and one with truncation."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.linalg.lapack import dtpqrt

Array = NDArray[np.float64]

JITTER = 1e-13
"""Smallest penalty on a Gram matrix, as a share of its trace: about what rounding has spoilt of it anyway."""
STEADY_BLOCKS, STEADY_NODES = 1e-8, 1e-6
"""The same in steady fits, of blocks and of hidden nodes: new rows in which columns no longer depend on one another as
in the training rows meet no opposite weights of any size."""

_WEAK = 1e-2
"""Directions above this share of the largest singular value are always taken."""
_AS_GOOD = 1.01
"""Of steady solutions whose validated error is within one percent of the lowest, the one with the fewest directions."""
_MANY_ROWS = 1 << 16
"""From here on the last least squares is reduced by QR block by block."""
_BLOCK = 1 << 10
"""Rows that are reduced at a time: with a hundred columns they stay in the processor's cache."""
_REFLECTORS = 16
"""Of LAPACK's TPQRT at a time."""


def solve_gram(gram: Array, right: Array, ridge: float = 0.0, least: float = JITTER) -> Array:
    """Solve (G_b + max(ridge, least_b) I) x_b = r_b for every b; `gram` is changed.

    Parameters
    ----------
    gram
        Gram matrices of centred columns, shape (batch, n, n).
    right
        Shape (batch, n).
    ridge, least
        Penalty. Below `least` times the trace, that takes its place: columns that depend on one another share
        the weight (nearly the solution of least norm), and a column that does not vary gets none.
    """
    diagonal = np.einsum("bii->bi", gram)
    penalty = np.maximum(ridge, least * diagonal.sum(axis=1))
    penalty[penalty == 0.0] = 1.0
    diagonal += penalty[:, None]
    return np.asarray(np.linalg.solve(gram, right[:, :, None])[:, :, 0], dtype=np.float64)


def truncated(x: Array, y: Array, cutoff: float, *, steady: bool = False, count: float | None = None) -> Array:
    """Return the least-squares solution of least norm, singular values below ``cutoff * largest`` taken as 0.

    Centring makes the rows depend on one another. With no more rows than columns that leaves a singular value which
    is rounding alone, so there the cutoff is at least machine precision times the larger size.

    Parameters
    ----------
    x
        Centred columns, shape (columns, rows).
    y
        Centred targets, shape (targets, rows).
    steady
        Of the weak directions, those below a hundredth of the largest singular value, take as many of the strongest
        as generalised cross-validation finds worth it (Golub, Heath and Wahba, "Generalized cross-validation as a
        method for choosing a good ridge parameter", Technometrics 21, 1979).
    count
        How many rows they stand for, where rows have weights; by default their number.

    Returns
    -------
    ndarray
        Shape (targets, columns). LAPACK's GELSD (divide and conquer), double precision, or of steady solutions a
        singular value decomposition; very many rows are reduced block by block.
    """
    columns, rows = x.shape
    count = float(rows) if count is None else count
    if rows >= _MANY_ROWS and rows > columns:
        reduced = Reduced(columns, len(y))
        reduced.add(x, y)
        return reduced.solve(cutoff, steady=steady, count=count)
    if rows <= columns:
        cutoff = max(cutoff, columns * float(np.finfo(np.float64).eps))
    if not steady:
        return _gelsd(x.T.copy(order="F"), y.T, cutoff)
    factor = np.vstack([x, y]).T
    return _steady(factor if rows <= columns else _triangle(factor), columns, cutoff, count)


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
        size = columns + targets
        self._columns = columns
        self._waiting, self._filled = np.empty((size, _BLOCK)), 0
        self._factor = np.zeros((size, size), order="F")
        self._rows = 0

    def add(self, x: Array, y: Array) -> None:
        """Take in rows: `x` of shape (columns, rows), `y` of shape (targets, rows)."""
        rows, first = x.shape[1], 0
        self._rows += rows
        while first < rows:
            last = min(rows, first + self._waiting.shape[1] - self._filled)
            place = slice(self._filled, self._filled + last - first)
            self._waiting[: self._columns, place] = x[:, first:last]
            self._waiting[self._columns :, place] = y[:, first:last]
            self._filled, first = place.stop, last
            if self._filled == self._waiting.shape[1]:
                self._reduce()

    def solve(self, cutoff: float, *, steady: bool = False, count: float | None = None) -> Array:
        """Return the solution of least norm, shape (targets, columns), as `truncated` does."""
        self._reduce()
        factor = self._factor
        if steady:
            return _steady(factor, self._columns, cutoff, float(self._rows) if count is None else count)
        return _gelsd(factor[:, : self._columns].copy(order="F"), factor[:, self._columns :], cutoff)

    def _reduce(self) -> None:
        if self._filled:
            below = self._waiting[:, : self._filled].T
            reflectors = min(_REFLECTORS, len(self._factor))
            self._factor = dtpqrt(0, reflectors, self._factor, below, overwrite_a=True, overwrite_b=True)[0]
            self._filled = 0


def _triangle(rows: Array) -> Array:
    """Return the triangular factor of `rows`, in whose memory it is computed."""
    factor: Array = scipy.linalg.qr(rows, mode="r", overwrite_a=True, check_finite=False)[0][: rows.shape[1]]
    return factor


def _steady(factor: Array, columns: int, cutoff: float, count: float) -> Array:
    """Return the steady solution, shape (targets, columns), from a factor of columns and targets side by side."""
    # Rows below reach no column: what of the targets no direction explains, without a difference of large numbers.
    u, s, vt = scipy.linalg.svd(factor[:columns, :columns], full_matrices=False, check_finite=False)
    along = u.T @ factor[:columns, columns:]
    outside = (factor[columns:, columns:] ** 2).sum(axis=0)
    largest = s[0] if len(s) else 0.0
    most = min(int((s > cutoff * largest).sum()), max(int(count) - 2, 0))
    taken = np.arange(min(int((s > _WEAK * largest).sum()), most), most + 1)
    found = np.zeros((along.shape[1], columns))
    for target, parts in enumerate(along.T):
        squares = parts**2
        left = outside[target] + np.append(np.cumsum(squares[::-1])[::-1], 0.0)[taken]
        error = left / np.maximum(count - 1.0 - taken, 1.0) ** 2
        number = int(taken[error <= _AS_GOOD * error.min()][0])
        found[target] = (parts[:number] / s[:number]) @ vt[:number]
    return found


def _gelsd(x: Array, y: Array, cutoff: float) -> Array:
    solution: Array = scipy.linalg.lstsq(x, y, cond=cutoff, overwrite_a=True, check_finite=False)[0]
    return solution.T
