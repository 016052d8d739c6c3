"""The output layer for classes: its blocks as they are, and the weights of a penalised multinomial logistic regression.

One-hot least squares, as in the layers below, with one factor to logits is overconfident where there are many nodes;
this is ours, the paper has regression alone. The penalty is the one with the lowest cross-entropy on the held-out parts
of the training rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray
from scipy.special import log_softmax

from evokan.seeding import generator
from search_spaces.hkan.basis import Array
from search_spaces.hkan.fitting import FittedLayer, check_finite, fit
from search_spaces.hkan.head_limits import HEAD_DIRECTIONS, HEAD_ROWS
from search_spaces.hkan.layers import HKANLayer

PENALTIES = (1e4, 1e3, 1e2, 1e1, 1e0, 1e-1, 1e-2)
"""On half the squares of the weights of blocks with variance 1, beside the sum of the cross-entropies."""
_PARTS = 4
_WEAK = 1e-4
"""Share of the largest singular value below which directions are left out."""
_ITERATIONS = 100

Labels = NDArray[np.int64]


def fit_classes(
    layers: Sequence[HKANLayer],
    x: Array,
    labels: Labels,
    classes: int,
    seed: int,
    cutoff: float,
    weights: Array | None = None,
    *,
    steady: bool = False,
) -> tuple[tuple[FittedLayer, ...], Array]:
    """Return layers whose outputs are logits, and those of the training rows, shape (rows, classes).

    Parameters
    ----------
    layers, x, seed, cutoff, weights, steady
        As for `search_spaces.hkan.fitting.fit`.
    labels
        Class numbers below `classes`, shape (rows,).

    Raises
    ------
    TrainingFailed
        A value is not finite, or a linear system has no solution.
    """
    found = fit(layers, x, np.eye(classes)[labels], seed, cutoff, weights, steady=steady, with_outputs=False)
    last = with_logits(found.layers[-1], found.below, labels, seed, weights)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        logits = last.outputs(found.below).T
    return (*found.layers[:-1], last), logits


def with_logits(layer: FittedLayer, below: Array, labels: Labels, seed: int, weights: Array | None) -> FittedLayer:
    """Return the output layer with weights that make its outputs logits.

    Parameters
    ----------
    layer
        Fitted to one-hot classes, one node each.
    below
        Values of its columns, shape (columns, rows).
    labels
        Class numbers, shape (rows,).
    seed
        Decides which rows are held out together.
    weights
        Of the rows, shape (rows,).

    Raises
    ------
    TrainingFailed
        A block is not finite.
    """
    rows = np.linspace(0, len(labels) - 1, min(len(labels), HEAD_ROWS)).astype(np.int64)
    z, own = np.ascontiguousarray(below[:, rows]), labels[rows]
    heavy = np.ones(len(rows)) if weights is None else weights[rows]
    bases: list[_Basis] = []
    for blocks in layer.blocks(z):
        # All nodes of an identity layer have the same blocks.
        bases.append(bases[0] if layer.layer.is_identity and bases else _basis(blocks, heavy))
    features = np.zeros((len(bases), len(rows), max(basis.features.shape[1] for basis in bases)))
    for node, basis in enumerate(bases):
        features[node, :, : basis.features.shape[1]] = basis.features
    best = _penalty(features, own, heavy, seed)
    theta, bias = _fit(features, own, heavy, PENALTIES[: best + 1])
    slopes = np.stack([basis.back @ part[: basis.back.shape[1]] for basis, part in zip(bases, theta, strict=True)])
    means = np.stack([basis.mean for basis in bases])
    return replace(layer, weights=slopes, bias=bias - (slopes * means).sum(axis=1))


@dataclass(frozen=True, eq=False)
class _Basis:
    """Principal directions of blocks (rows, r), the way back from their weights (columns, r), means (columns,)."""

    features: Array
    back: Array
    mean: Array


def _basis(blocks: Array, heavy: Array) -> _Basis:
    check_finite(blocks)
    mean = blocks @ heavy / heavy.sum()
    centred = blocks - mean[:, None]
    spread = np.sqrt(centred**2 @ heavy / heavy.sum())
    flat = spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
    size = np.where(flat, 1.0, spread)
    centred /= size[:, None]
    centred[flat] = 0.0
    columns, rows = centred.shape
    gram = centred @ centred.T if columns <= rows else centred.T @ centred
    count = len(gram)
    values, vectors = scipy.linalg.eigh(gram, subset_by_index=[max(0, count - HEAD_DIRECTIONS), count - 1])
    kept = values > max(float(values[-1]), 1e-300) * _WEAK**2
    values, vectors = values[kept], vectors[:, kept]
    if columns > rows:
        vectors = centred @ vectors / np.sqrt(values)
    return _Basis(centred.T @ vectors, vectors / size[:, None], mean)


def _penalty(features: Array, labels: Labels, heavy: Array, seed: int) -> int:
    """Return the place of the penalty of lowest loss on held-out rows; after two that lose none is tried."""
    part = np.empty(len(labels), dtype=np.int64)
    mixed = generator("hkan head", seed).permutation(len(labels))
    part[mixed[np.argsort(labels[mixed], kind="stable")]] = np.arange(len(labels)) % _PARTS
    starts: list[tuple[Array, Array] | None] = [None] * _PARTS
    losses: list[float] = []
    for penalty in PENALTIES:
        total = 0.0
        for number in range(_PARTS):
            known, held = part != number, part == number
            if not (known.any() and held.any()):
                continue
            found = _minimise(features[:, known], labels[known], heavy[known], penalty, starts[number])
            starts[number] = found
            total += float(heavy[held] @ _losses(features[:, held], labels[held], *found))
        losses.append(total)
        if len(losses) > 2 and min(losses[-2:]) > min(losses):
            break
    return int(np.argmin(losses))


def _fit(features: Array, labels: Labels, heavy: Array, penalties: tuple[float, ...]) -> tuple[Array, Array]:
    found = None
    for penalty in penalties:
        found = _minimise(features, labels, heavy, penalty, found)
    assert found is not None
    return found


def _minimise(
    features: Array, labels: Labels, heavy: Array, penalty: float, start: tuple[Array, Array] | None
) -> tuple[Array, Array]:
    """Return weights (classes, r) and biases (classes,) of the lowest penalised loss (L-BFGS)."""
    classes, rows, size = features.shape
    wanted = np.arange(rows)

    def loss(flat: Array) -> tuple[float, Array]:
        theta, bias = flat[: classes * size].reshape(classes, size), flat[classes * size :]
        logits = np.matmul(features, theta[:, :, None])[:, :, 0] + bias[:, None]
        logs = log_softmax(logits, axis=0)
        residual = np.exp(logs)
        residual[labels, wanted] -= 1.0
        residual *= heavy
        slope = np.matmul(residual[:, None, :], features)[:, 0] + penalty * theta
        value = -float(heavy @ logs[labels, wanted]) + 0.5 * penalty * float((theta**2).sum())
        return value, np.concatenate([slope.ravel(), residual.sum(axis=1)])

    begin = np.zeros(classes * (size + 1)) if start is None else np.concatenate([start[0].ravel(), start[1]])
    options = {"maxiter": _ITERATIONS, "ftol": 1e-9, "gtol": 1e-5}
    found = scipy.optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", options=options).x
    return found[: classes * size].reshape(classes, size), found[classes * size :]


def _losses(features: Array, labels: Labels, theta: Array, bias: Array) -> Array:
    logits = np.matmul(features, theta[:, :, None])[:, :, 0] + bias[:, None]
    losses: Array = -log_softmax(logits, axis=0)[labels, np.arange(len(labels))]
    return losses
