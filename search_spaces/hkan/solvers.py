"""Least squares: many small ridge models at once, many node models at once, and one with truncation."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]

JITTER = 1e-13
"""Smallest penalty on a Gram matrix, as a share of its trace: about what rounding has spoilt of it anyway."""


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
        Centred columns, shape (rows, columns); changed.
    y
        Centred targets, shape (rows, targets).

    Returns
    -------
    ndarray
        Shape (columns, targets). LAPACK's GELSD (divide and conquer), double precision.
    """
    rows, columns = x.shape
    if rows <= columns:
        cutoff = max(cutoff, columns * float(np.finfo(np.float64).eps))
    solution: Array = scipy.linalg.lstsq(x, y, cond=cutoff, overwrite_a=True, check_finite=False)[0]
    return solution
