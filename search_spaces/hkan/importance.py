"""How much of the target each block explains by itself."""

from __future__ import annotations

import numpy as np

from search_spaces.hkan.basis import Array
from search_spaces.hkan.fitting import FittedLayer


def block_r2(layer: FittedLayer, z: Array, wanted: Array) -> Array:
    """Return R^2 between the blocks and the targets of their nodes, shape (nodes, columns), in [0, 1].

    The measure I_p of arXiv 2501.18199 is its mean over the nodes of the first layer. Of an identity block, whose
    constants are those of the node, it is the squared correlation.

    Parameters
    ----------
    z
        Values of the columns, shape (columns, rows).
    wanted
        The target of each node, shape (nodes, rows).
    """
    return np.stack([_shares(layer, blocks, own) for blocks, own in zip(layer.blocks(z), wanted, strict=True)])


def with_constants(layer: FittedLayer, blocks: Array, wanted: Array) -> Array:
    """Return blocks (columns, rows) with the constants their own fits had; identity blocks with slope and constant."""
    centred = blocks - blocks.mean(axis=1, keepdims=True)
    if layer.layer.is_identity:
        squares = (centred**2).sum(axis=1)
        slopes = np.divide(centred @ (wanted - wanted.mean()), squares, out=np.zeros(len(squares)), where=squares > 0)
        centred *= slopes[:, None]
    found: Array = centred + wanted.mean()
    return found


def r2(predicted: Array, wanted: Array) -> Array:
    """Return the shares of explained variance of predictions (n, rows), in [0, 1]; 0 where nothing is finite."""
    total = float(((wanted - wanted.mean()) ** 2).sum())
    left = ((wanted - predicted) ** 2).sum(axis=1)
    if not total > 0:
        return np.zeros(len(predicted))
    return np.clip(1.0 - np.where(np.isfinite(left), left, total) / total, 0.0, 1.0)


def _shares(layer: FittedLayer, blocks: Array, wanted: Array) -> Array:
    return r2(with_constants(layer, blocks, wanted), wanted)
