"""HKAN written out with scikit-learn: one ridge model a block, one linear model a node."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

G = {
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "gaussian": lambda u: np.exp(-(u**2)),
    "relu": lambda u: np.maximum(u, 0),
    "softplus": lambda u: np.log1p(np.exp(u)),
    "tanh": np.tanh,
}


def basis_values(basis, sigma, z, centres):
    """Shape (rows, centres), of one column."""
    return G[basis](sigma * (z[:, None] - centres))


def fit_predict(fitted, x, y, x_new, **linear):
    """Fit the network with the centres of `fitted` layers to x, y by scikit-learn, and predict x_new.

    Only the centres are taken over; several targets: node q is fitted to column q modulo their number. `linear` are
    settings of the nodes' `LinearRegression`.
    """
    y = y.reshape(len(x), -1)
    for found in fitted:
        layer = found.layer
        heights, heights_new = [], []
        for q in range(layer.nodes):
            target = y[:, q % y.shape[1]]
            if layer.is_identity:
                below, below_new = x, x_new
            else:
                blocks = []
                for p in range(x.shape[1]):
                    old, new = (
                        np.column_stack(
                            [
                                basis_values(
                                    layer.bases[turn % len(layer.bases)],
                                    layer.sigmas[turn % len(layer.bases)],
                                    z[:, p],
                                    found.centres[q, p, [r]],
                                )
                                for r in range(layer.n_basis)
                                for turn in [r if layer.inside else q + p]
                            ]
                        )
                        for z in (x, x_new)
                    )
                    model = Ridge(alpha=layer.ridge).fit(old, target)
                    blocks.append((model.predict(old), model.predict(new)))
                below, below_new = (np.column_stack(part) for part in zip(*blocks, strict=True))
            node = LinearRegression(**linear).fit(below, target)
            heights.append(node.predict(below))
            heights_new.append(node.predict(below_new))
        x, x_new = np.column_stack(heights), np.column_stack(heights_new)
    return x_new
