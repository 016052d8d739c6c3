"""Training without gradients: layer by layer, every block and then every node by least squares.

Dudek and Rodak, "HKAN", arXiv 2501.18199, Algorithm 1. All blocks of a layer are fitted together from batched Gram
matrices, in pieces that stay in the processor's cache; all nodes of a hidden layer likewise. Over very many rows
`moments` takes over, where the basis functions allow it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evokan.errors import TrainingFailed
from evokan.seeding import generator
from search_spaces.hkan import moments
from search_spaces.hkan.basis import Array, place_centres
from search_spaces.hkan.expansion import Expansion, Task, expansion_for
from search_spaces.hkan.features import Features
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.rule import Rule
from search_spaces.hkan.solvers import solve_gram, truncated

_GROUP = 1 << 23
"""Values of blocks at a time: 64 MB."""
MANY_ROWS = 20_000
"""From here on a fit sums moments. The paper's tables are smaller: their fits are by the blocks' own values."""
_ROUGH = 1e-12
"""Cutoff behind a layer that was fitted by moments: its outputs are exact to some 1e-13 of their range."""
_MANY_VALUES = 1 << 27
"""From here on outputs are computed by polynomials: so many basis functions take a good tenth of a second."""


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
        nodes, columns, n_basis = self.centres.shape
        if nodes * columns * n_basis * z.shape[1] >= _MANY_VALUES:
            polynomials = expansion_for(self.layer, z, "outputs")
            if polynomials is not None:
                return self._expanded(polynomials, z)
        h = np.repeat(self.bias[:, None], z.shape[1], axis=1)
        combined = self.coefficients * self.weights[:, :, None]
        for first, last, values in Features(self.layer, z).pieces(self.centres, 0):
            for node in range(first // columns, (last - 1) // columns + 1):
                low, high = max(first, node * columns), min(last, (node + 1) * columns)
                part = combined[node, low - node * columns : high - node * columns]
                h[node] += part.ravel() @ values[low - first : high - first].reshape(part.size, -1)
        return h

    def _expanded(self, polynomials: Expansion, z: Array) -> Array:
        """Return h by way of polynomials over the range of these very rows."""
        functions = moments.functions(self.layer, polynomials, self.centres, self.coefficients)
        functions *= self.weights[:, :, None]
        return moments.outputs(polynomials, z, functions[..., 1:], self.bias + functions[..., 0].sum(axis=1))

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


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted network, and on the rows it was fitted on its outputs and what is below its last layer.

    Attributes
    ----------
    layers
        From the input on.
    outputs, below
        Shape (outputs, rows) and (columns, rows).
    """

    layers: tuple[FittedLayer, ...]
    outputs: Array
    below: Array


def fit(
    layers: Sequence[HKANLayer],
    x: Array,
    targets: Array,
    seed: int,
    cutoff: float,
    weights: Array | None = None,
    *,
    steady: bool = False,
    with_outputs: bool = True,
) -> Fit:
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
    weights
        Of the rows, positive, shape (rows,): a weight of 2 counts as the row twice, in every least squares.
    steady
        Whether weights that only dependences of the training rows hold in balance are kept out: blocks and hidden
        nodes have a small ridge whatever their own, and the last least squares takes of its weak directions those
        that cross-validation finds worth it. That is ours; the paper's least squares are plain.
    with_outputs
        Whether the network's outputs on these rows are wanted; without, over very many rows, there are none.

    Raises
    ------
    TrainingFailed
        A value is not finite, or a linear system has no solution.
    """
    z = np.ascontiguousarray(x.T, dtype=np.float64)
    t = np.ascontiguousarray(targets.T, dtype=np.float64)
    if layers[-1].nodes != len(t):
        raise ValueError(f"the last layer has {layers[-1].nodes} nodes for {len(t)} outputs")
    fitted, below = [], z
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
            for number, layer in enumerate(layers):
                rng, last = generator("hkan centres", seed, number), number == len(layers) - 1
                task: Task = "last" if last else "hidden"
                polynomials = expansion_for(layer, z, task) if z.shape[1] >= MANY_ROWS else None
                below = z
                rule = Rule(last, cutoff, steady)
                found, z = _fit_layer(layer, z, t, rng, rule, weights, polynomials, with_outputs or not last)
                if polynomials is not None:
                    cutoff = max(cutoff, _ROUGH)
                fitted.append(found)
    except np.linalg.LinAlgError as error:
        raise TrainingFailed(f"layer {len(fitted) + 1}: the least squares have no solution ({error})") from error
    return Fit(tuple(fitted), z, below)


def predict(layers: Sequence[FittedLayer], x: Array) -> Array:
    """Return the outputs for scaled inputs `x` of shape (rows, columns), shape (rows, outputs)."""
    z = np.ascontiguousarray(x.T, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for layer in layers:
            z = layer.outputs(z)
    return z.T


def _fit_layer(
    layer: HKANLayer,
    z: Array,
    targets: Array,
    rng: np.random.Generator,
    rule: Rule,
    weights: Array | None,
    polynomials: Expansion | None,
    wanted: bool,
) -> tuple[FittedLayer, Array]:
    """Return the layer, and its outputs of shape (nodes, rows)."""
    columns, rows = z.shape
    target = np.arange(layer.nodes) % len(targets)
    mean = _mean(targets, weights)
    centred = targets - mean[:, None]
    if layer.is_identity:
        level = _mean(z, weights)
        blocks = z - level[:, None]
        slopes = _node_models(blocks[None], centred[None], rule, layer.node_ridge, weights)[0][target]
        empty = np.zeros((layer.nodes, columns, 0))
        found = FittedLayer(layer, empty, empty, slopes, mean[target] - slopes @ level)
        return found, slopes @ blocks + mean[target][:, None]
    centres = place_centres(layer.placement, z, layer.nodes, layer.n_basis, rng, weights)
    if polynomials is not None:
        return _fit_by_moments(layer, polynomials, z, centred, mean, centres, rule, weights, wanted)
    coefficients = np.empty_like(centres)
    slopes = np.empty((layer.nodes, columns))
    bias = np.empty(layer.nodes)
    outputs = np.empty((layer.nodes, rows))
    features = Features(layer, z)
    size = max(1, _GROUP // max(1, columns * rows))
    for first in range(0, layer.nodes, size):
        group = slice(first, min(first + size, layer.nodes))
        own = centred[target[group]]
        blocks, c, constants = _fit_blocks(features, centres[group], first, own, layer.ridge, rule, weights)
        w = _node_models(blocks, own[:, None], rule, layer.node_ridge, weights)[:, 0]
        coefficients[group] = c
        slopes[group] = w
        outputs[group] = np.matmul(w[:, None, :], blocks)[:, 0] + mean[target[group]][:, None]
        bias[group] = mean[target[group]] - (w * constants).sum(axis=1)
    return FittedLayer(layer, centres, coefficients, slopes, bias), outputs


def _fit_by_moments(
    layer: HKANLayer,
    polynomials: Expansion,
    z: Array,
    centred: Array,
    mean: Array,
    centres: Array,
    rule: Rule,
    weights: Array | None,
    wanted: bool,
) -> tuple[FittedLayer, Array]:
    """Return what `_fit_layer` does, without a look at the rows for each block."""
    nodes, columns, n_basis = centres.shape
    target = np.arange(nodes) % len(centred)
    sums = moments.moments(polynomials, z, centred, weights, within=rule.last)
    coefficients = np.empty_like(centres)
    slopes, constants = np.empty((nodes, columns)), np.empty((nodes, columns))
    combined = np.empty((nodes, columns, polynomials.count - 1))
    for group in moments.groups(nodes, columns, n_basis, polynomials.count):
        found = moments.fit_blocks(
            layer, polynomials, sums, centres[group], group.start, target[group], rule.least_of_blocks
        )
        coefficients[group], constants[group], combined[group] = found.coefficients, found.constants, found.functions
        if not rule.last:
            penalties = layer.node_ridge, rule.least_of_nodes
            slopes[group] = moments.hidden_weights(sums, found.functions, target[group], *penalties)
    if rule.last:
        reduced = moments.last_rows(polynomials, z, centred[target], weights, sums, combined, layer.node_ridge)
        steady, count = rule.steady and not layer.node_ridge, _count(z.shape[1], weights)
        slopes = np.stack([part.solve(rule.cutoff, steady=steady, count=count)[0] for part in reduced])
    combined *= slopes[:, :, None]
    check_finite(combined)
    bias = mean[target] - (slopes * constants).sum(axis=1)
    fitted = FittedLayer(layer, centres, coefficients, slopes, bias)
    if not wanted:
        return fitted, np.empty((nodes, 0))
    return fitted, moments.outputs(polynomials, z, combined, mean[target] - (combined * sums.mean).sum(axis=(1, 2)))


def _mean(values: Array, weights: Array | None) -> Array:
    """Return means over the last axis."""
    means: Array = values.mean(axis=-1) if weights is None else values @ weights / weights.sum()
    return means


def _count(rows: int, weights: Array | None) -> float:
    """Return how many rows there are: a weight of 2 stands for two of them."""
    return float(rows) if weights is None else max(float(rows), float(weights.sum()))


def _fit_blocks(
    features: Features, centres: Array, first_node: int, targets: Array, ridge: float, rule: Rule, weights: Array | None
) -> tuple[Array, Array, Array]:
    """Return centred blocks (nodes, columns, rows), their coefficients, and the means that were taken off."""
    nodes, columns, n_basis = centres.shape
    rows = targets.shape[1]
    blocks = np.empty((nodes * columns, rows))
    coefficients = np.empty((nodes * columns, n_basis))
    constants = np.empty(nodes * columns)
    for first, last, values in features.pieces(centres, first_node):
        level = _mean(values, weights)
        np.subtract(values, level[:, :, None], out=values)
        weighted = values if weights is None else values * weights
        gram = np.matmul(weighted, values.transpose(0, 2, 1))
        own = targets[np.arange(first, last) // columns]
        c = solve_gram(gram, np.matmul(weighted, own[:, :, None])[:, :, 0], ridge, rule.least_of_blocks)
        coefficients[first:last] = c
        blocks[first:last] = np.matmul(c[:, None, :], values)[:, 0]
        constants[first:last] = np.einsum("br,br->b", c, level)
    return (
        blocks.reshape(nodes, columns, rows),
        coefficients.reshape(centres.shape),
        constants.reshape(nodes, columns),
    )


def check_finite(blocks: Array) -> None:
    """Raise `TrainingFailed` where a value of a block is not finite."""
    if not np.isfinite(blocks).all():
        raise TrainingFailed("a block is not finite: the inputs are too large for this basis; scale them")


def _node_models(blocks: Array, targets: Array, rule: Rule, ridge: float, weights: Array | None) -> Array:
    """Return the weights of linear models with intercept, shape (nodes, targets, columns).

    Hidden nodes are solved from Gram matrices: their many columns all resemble the target, and what such a model
    makes of directions near rounding is no help to the next layer. The last layer takes the truncated solution.

    Parameters
    ----------
    blocks, targets
        Centred, shape (nodes, columns, rows) and (nodes, targets, rows).
    ridge
        Penalty on the squares of the weights.
    """
    check_finite(blocks)
    columns, count = blocks.shape[1], _count(blocks.shape[2], weights)
    if weights is not None:
        root = np.sqrt(weights)
        blocks, targets = blocks * root, targets * root
    if rule.last:
        steady = rule.steady and not ridge
        if ridge:
            rows = np.broadcast_to(np.sqrt(ridge) * np.eye(columns), (len(blocks), columns, columns))
            blocks = np.concatenate([blocks, rows], axis=2)
            targets = np.concatenate([targets, np.zeros((*targets.shape[:2], columns))], axis=2)
        pairs = zip(blocks, targets, strict=True)
        return np.stack([truncated(b, t, rule.cutoff, steady=steady, count=count) for b, t in pairs])
    gram = np.matmul(blocks, blocks.transpose(0, 2, 1))
    right = np.matmul(blocks, targets.transpose(0, 2, 1))
    penalties = ridge, rule.least_of_nodes
    slopes = [solve_gram(gram.copy(), right[:, :, k], *penalties) for k in range(targets.shape[1])]
    return np.stack(slopes, axis=1).reshape(len(blocks), -1, columns)
