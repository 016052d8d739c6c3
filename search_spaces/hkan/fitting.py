"""Training without gradients: layer by layer, every block and then every node by least squares.

Dudek and Rodak, "HKAN", arXiv 2501.18199, Algorithm 1. All blocks of a layer are fitted together from batched Gram
matrices, in pieces that stay in the processor's cache; all nodes of a hidden layer likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evokan.errors import TrainingFailed
from evokan.seeding import generator
from search_spaces.hkan.basis import Array, Column, place_centres
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.solvers import solve_gram, truncated

_PIECE = 1 << 17
"""Values of basis functions at a time: 1 MB."""
_GROUP = 1 << 23
"""Values of blocks at a time: 64 MB."""


@dataclass(frozen=True, eq=False)
class FittedLayer:
    """One layer with its trained values; h_q = bias_q + sum_p weight_qp sum_r c_qpr g(sigma (z_p - mu_qpr)).

    Attributes
    ----------
    layer
        What it is.
    centres, coefficients
        mu and c, shape (nodes, columns, n_basis); no basis function (n_basis 0) in an identity layer, whose blocks
        are the columns.
    weights, bias
        Shape (nodes, columns) and (nodes,). The constants of the blocks are part of the bias.
    """

    layer: HKANLayer
    centres: Array
    coefficients: Array
    weights: Array
    bias: Array

    def outputs(self, z: Array) -> Array:
        """Return h, shape (nodes, rows), for the columns `z`, shape (columns, rows)."""
        if self.layer.is_identity:
            linear: Array = self.weights @ z + self.bias[:, None]
            return linear
        columns = self.centres.shape[1]
        h = np.repeat(self.bias[:, None], z.shape[1], axis=1)
        combined = self.coefficients * self.weights[:, :, None]
        for first, last, values in Features(self.layer, z).pieces(self.centres, 0):
            for node in range(first // columns, (last - 1) // columns + 1):
                low, high = max(first, node * columns), min(last, (node + 1) * columns)
                part = combined[node, low - node * columns : high - node * columns]
                h[node] += part.ravel() @ values[low - first : high - first].reshape(part.size, -1)
        return h

    def blocks(self, z: Array) -> Iterator[Array]:
        """Yield for every node its blocks without their constants, shape (columns, rows)."""
        if self.layer.is_identity:
            for _ in range(self.layer.nodes):
                yield z
            return
        features = Features(self.layer, z)
        for node, (centres, coefficients) in enumerate(zip(self.centres, self.coefficients, strict=True)):
            found = np.empty_like(z)
            for first, last, values in features.pieces(centres[None], node):
                found[first:last] = np.matmul(coefficients[first:last, None, :], values)[:, 0]
            yield found


class Features:
    """The basis functions of a layer over given columns `z`, shape (columns, rows)."""

    def __init__(self, layer: HKANLayer, z: Array) -> None:
        self._columns = [Column(basis, layer.sigma, z) for basis in layer.bases]
        self._rows = z.shape[1]

    def pieces(self, centres: Array, first_node: int) -> Iterator[tuple[int, int, Array]]:
        """Yield (first block, last block + 1, values of shape (blocks, n_basis, rows)), node by node.

        Parameters
        ----------
        centres
            Of some neighbouring nodes, shape (nodes, columns, n_basis).
        first_node
            Number of the first of them within the layer.
        """
        nodes, columns, n_basis = centres.shape
        flat = centres.reshape(nodes * columns, n_basis)
        column = np.tile(np.arange(columns), nodes)
        turn = (np.repeat(np.arange(first_node, first_node + nodes), columns) + column) % len(self._columns)
        step = max(1, _PIECE // max(1, n_basis * self._rows))
        for first in range(0, len(flat), step):
            last = min(first + step, len(flat))
            if len(self._columns) == 1:
                yield first, last, self._columns[0].values(flat[first:last], column[first:last])
                continue
            values = np.empty((last - first, n_basis, self._rows))
            for number, shared in enumerate(self._columns):
                taken = np.flatnonzero(turn[first:last] == number) + first
                values[taken - first] = shared.values(flat[taken], column[taken])
            yield first, last, values


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted network and its outputs on the rows it was fitted on, shape (outputs, rows)."""

    layers: tuple[FittedLayer, ...]
    outputs: Array


def fit(layers: Sequence[HKANLayer], x: Array, targets: Array, seed: int, cutoff: float) -> Fit:
    """Fit a network.

    Parameters
    ----------
    layers
        From the input on; the last has one node for each target.
    x
        Scaled inputs, shape (rows, columns).
    targets
        Shape (rows, outputs). With several (classes), the node q of a hidden layer is fitted to target q modulo
        their number: that is ours.
    seed
        Decides the centres.
    cutoff
        Of the last least squares: singular values below this share of the largest count as 0.

    Raises
    ------
    TrainingFailed
        A value is not finite, or a linear system has no solution.
    """
    z = np.ascontiguousarray(x.T, dtype=np.float64)
    t = np.ascontiguousarray(targets.T, dtype=np.float64)
    if layers[-1].nodes != len(t):
        raise ValueError(f"the last layer has {layers[-1].nodes} nodes for {len(t)} outputs")
    fitted = []
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            for number, layer in enumerate(layers):
                found, z = _fit_layer(
                    layer, z, t, generator("hkan centres", seed, number), cutoff if number == len(layers) - 1 else None
                )
                fitted.append(found)
    except np.linalg.LinAlgError as error:
        raise TrainingFailed(f"layer {len(fitted) + 1}: the least squares have no solution ({error})") from error
    return Fit(tuple(fitted), z)


def predict(layers: Sequence[FittedLayer], x: Array) -> Array:
    """Return the outputs for scaled inputs `x` of shape (rows, columns), shape (rows, outputs)."""
    z = np.ascontiguousarray(x.T, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for layer in layers:
            z = layer.outputs(z)
    return z.T


def _fit_layer(
    layer: HKANLayer, z: Array, targets: Array, rng: np.random.Generator, cutoff: float | None
) -> tuple[FittedLayer, Array]:
    """Return the layer, and its outputs of shape (nodes, rows); a `cutoff` marks the output layer."""
    columns, rows = z.shape
    target = np.arange(layer.nodes) % len(targets)
    mean = targets.mean(axis=1)
    centred = targets - mean[:, None]
    if layer.is_identity:
        level = z.mean(axis=1)
        blocks = z - level[:, None]
        weights = _node_models(blocks[None], centred[None], cutoff)[0][target]
        empty = np.zeros((layer.nodes, columns, 0))
        found = FittedLayer(layer, empty, empty, weights, mean[target] - weights @ level)
        return found, weights @ blocks + mean[target][:, None]
    centres = place_centres(layer.placement, z, layer.nodes, layer.n_basis, rng)
    coefficients = np.empty_like(centres)
    weights = np.empty((layer.nodes, columns))
    bias = np.empty(layer.nodes)
    outputs = np.empty((layer.nodes, rows))
    features = Features(layer, z)
    size = max(1, _GROUP // max(1, columns * rows))
    for first in range(0, layer.nodes, size):
        group = slice(first, min(first + size, layer.nodes))
        own = centred[target[group]]
        blocks, c, constants = _fit_blocks(features, centres[group], first, own, layer.ridge)
        w = _node_models(blocks, own[:, None], cutoff)[:, 0]
        coefficients[group] = c
        weights[group] = w
        outputs[group] = np.matmul(w[:, None, :], blocks)[:, 0] + mean[target[group]][:, None]
        bias[group] = mean[target[group]] - (w * constants).sum(axis=1)
    return FittedLayer(layer, centres, coefficients, weights, bias), outputs


def _fit_blocks(
    features: Features, centres: Array, first_node: int, targets: Array, ridge: float
) -> tuple[Array, Array, Array]:
    """Return centred blocks (nodes, columns, rows), their coefficients, and the means that were taken off."""
    nodes, columns, n_basis = centres.shape
    rows = targets.shape[1]
    blocks = np.empty((nodes * columns, rows))
    coefficients = np.empty((nodes * columns, n_basis))
    constants = np.empty(nodes * columns)
    for first, last, values in features.pieces(centres, first_node):
        level = values.mean(axis=2)
        np.subtract(values, level[:, :, None], out=values)
        gram = np.matmul(values, values.transpose(0, 2, 1))
        own = targets[np.arange(first, last) // columns]
        c = solve_gram(gram, np.matmul(values, own[:, :, None])[:, :, 0], ridge)
        coefficients[first:last] = c
        blocks[first:last] = np.matmul(c[:, None, :], values)[:, 0]
        constants[first:last] = np.einsum("br,br->b", c, level)
    return (
        blocks.reshape(nodes, columns, rows),
        coefficients.reshape(centres.shape),
        constants.reshape(nodes, columns),
    )


def _node_models(blocks: Array, targets: Array, cutoff: float | None) -> Array:
    """Return the weights of linear models with intercept, shape (nodes, targets, columns).

    Hidden nodes are solved from Gram matrices: their many columns all resemble the target, and what such a model
    makes of directions near rounding is no help to the next layer. The last layer takes the truncated solution.

    Parameters
    ----------
    blocks, targets
        Centred, shape (nodes, columns, rows) and (nodes, targets, rows).
    """
    if not np.isfinite(blocks).all():
        raise TrainingFailed("a block is not finite: the inputs are too large for this basis; scale them")
    if cutoff is not None:
        return np.stack([truncated(b.T.copy(order="F"), t.T, cutoff).T for b, t in zip(blocks, targets, strict=True)])
    columns = blocks.shape[1]
    gram = np.matmul(blocks, blocks.transpose(0, 2, 1))
    right = np.matmul(blocks, targets.transpose(0, 2, 1))
    weights = [solve_gram(gram.copy(), right[:, :, k]) for k in range(targets.shape[1])]
    return np.stack(weights, axis=1).reshape(len(blocks), -1, columns)
