"""Where a training begins when there is a law without noise: at the least squares of its edges.

One step of a map that nothing bends is linear in the coefficients of its edges. L-BFGS comes near their least squares,
and needs thousands of iterations for the last digits. Where there is noise it begins at small random values all the
same: that it stops before the least squares is what keeps a map from following the noise.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from evokan.arrays import FloatArray
from search_spaces.kafcm.encoding import SPLINE_ORDER, CausalMap
from search_spaces.kafcm.kernel import Data, Net
from search_spaces.splines.kernels import PADDING

NOISELESS = 1e-4
"""Share of an effect's variance that least squares may leave for it to count as a law without noise."""
MOST_VALUES = 10_000_000
"""Largest number of basis values of an effect."""
PLAIN = ("clip", "identity")
"""Boundings that leave a sum as it is."""


def begin_solved(theta: FloatArray, architecture: CausalMap, net: Net, data: Data, ridge: float) -> float:
    """Put the penalised least squares of every effect that follows a law without noise into `theta`.

    Parameters
    ----------
    theta
        Initial values, as `search_spaces.kafcm.flat.initial_values` returns them; its scales w_s stay.
    net, data
        As the kernel takes them, with rollouts of one step.
    ridge
        Penalty on the effective coefficients.

    Returns
    -------
    float
        The penalty to train with: less of it where all effects follow laws without noise, since there it is all that
        keeps a map from them.
    """
    bases = {effect: _design(architecture, net, data, effect) for effect in np.unique(net[1]).tolist()}
    shares = [_solve(theta, architecture, net, data, ridge, effect, basis) for effect, basis in bases.items()]
    if max(shares) >= NOISELESS:
        return ridge
    less = ridge * max(shares) / NOISELESS
    for effect, basis in bases.items():
        _solve(theta, architecture, net, data, less, effect, basis)
    return less


def _design(architecture: CausalMap, net: Net, data: Data, effect: int) -> FloatArray | None:
    """Return splines and silu of the causes of an effect, shape (rows, terms); None where they are too many."""
    own, rows, size = np.flatnonzero(net[1] == effect), data[1].shape[1], architecture.intervals + SPLINE_ORDER
    terms = len(own) * (size + 1)
    if terms * rows > MOST_VALUES or terms > rows // 2:
        return None
    return np.hstack([_basis(data, int(net[0][edge]), rows, size) for edge in own])


def _solve(
    theta: FloatArray,
    architecture: CausalMap,
    net: Net,
    data: Data,
    ridge: float,
    effect: int,
    basis: FloatArray | None,
) -> float:
    """Put the least squares of an effect into `theta`, and return what is left of its variance; 1 where noise is."""
    if basis is None:
        return 1.0
    wanted, weight, rows = data[1][effect], float(data[3][effect]), len(basis)
    gram = basis.T @ basis
    gram[np.diag_indices_from(gram)] += max(ridge * len(data[1]) * rows / weight, 1e-13 * rows)
    found = linalg.solve(gram, basis.T @ wanted, assume_a="pos", check_finite=False)
    share = weight * float(np.mean((basis @ found - wanted) ** 2))
    if share >= NOISELESS:
        return 1.0
    own, edges, size = np.flatnonzero(net[1] == effect), architecture.n_edges, architecture.intervals + SPLINE_ORDER
    parts = found.reshape(len(own), size + 1)
    w_s = theta[edges * (size + 1) :]
    theta[: edges * size].reshape(edges, size)[own] = parts[:, :-1] / w_s[own, None]
    theta[edges * size : edges * (size + 1)][own] = parts[:, -1]
    return share


def _basis(data: Data, cause: int, rows: int, size: int) -> FloatArray:
    """Return splines and silu of a cause, shape (rows, size + 1)."""
    index, values, silu = data[0]
    first = index[:, cause].reshape(-1)[:rows].astype(np.int64)
    found = np.zeros((rows, size + 2 * PADDING))
    for place in range(SPLINE_ORDER + 1):
        found[np.arange(rows), first + place] = values[:, cause, place].reshape(-1)[:rows]
    return np.column_stack([found[:, PADDING:-PADDING], silu[:, cause].reshape(-1)[:rows]])
