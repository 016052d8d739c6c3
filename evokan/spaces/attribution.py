"""From a trained network's edges to its explanation: curves, and what every edge and every input is worth.

The attribution of a node is shared out to its incoming edges by the spread (standard deviation) of what they add,
from the outputs down: B_ij = A_j sd(edge ij) / sd(node j), A_i = sum_j B_ij (Liu et al., "KAN 2.0", arXiv 2408.10205,
Section 4.1). Outputs start equal; an input's importance is its share of the total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evokan.problem.problem import Problem
from evokan.spaces.explanation import EdgeCurve, Explanation

SMALLEST = 1e-12
"""A node that varies less than this passes nothing on."""


@dataclass(frozen=True, eq=False)
class EdgeLayer:
    """The edges between two levels of a trained network, over the rows of the data.

    Attributes
    ----------
    source, target
        Nodes below and above of every edge, shape (edges,).
    spread
        Standard deviation of what each edge adds, shape (edges,).
    total
        Standard deviation of every upper node, shape (upper nodes,).
    x, y
        Points in the range of every lower node, shape (points, lower nodes), and what each edge adds there, shape
        (points, edges).
    dense
        Whether all pairs of nodes are joined, those with the first upper node first: worked on as a matrix.
    """

    source: Tensor
    target: Tensor
    spread: Tensor
    total: Tensor
    x: Tensor
    y: Tensor
    dense: bool = False


def spread(values: Tensor) -> Tensor:
    """Return the standard deviation of every column of `values`, shape (rows, columns)."""
    return values.std(dim=0, correction=0)


def sample(values: Tensor, points: int) -> Tensor:
    """Return even points over the range of every column of `values`, shape (points, columns)."""
    low, high = values.min(dim=0).values, values.max(dim=0).values
    return low + torch.linspace(0, 1, points, dtype=torch.float64)[:, None] * (high - low)


@torch.no_grad()
def explain_edges(
    widths: tuple[int, ...],
    layers: Sequence[EdgeLayer],
    problem: Problem,
    *,
    columns: Sequence[int] | None = None,
    data: Mapping[str, Any] | None = None,
) -> Explanation:
    """Return curves and importances of a network of one-variable edges.

    Parameters
    ----------
    widths
        Nodes of every level, all input columns first.
    layers
        From the inputs to the outputs.
    columns
        Input columns that the lower nodes of the first layer stand for; by default they are all of them.
    data
        The family's own (`Explanation.data`).
    """
    node = torch.ones(len(layers[-1].total), dtype=torch.float64)
    scores: list[Tensor] = []
    for layer in reversed(layers):
        score = _shared_out(node, layer)
        scores.insert(0, score)
        node = _received(score, layer)
    strongest = max(float(score.max()) for score in scores)
    edges = []
    for number, (layer, score) in enumerate(zip(layers, scores, strict=True)):
        x, y = layer.x.numpy(), layer.y.numpy()
        for edge, (source, target) in enumerate(zip(layer.source.tolist(), layer.target.tolist(), strict=True)):
            place = columns[source] if number == 0 and columns is not None else source
            weight = float(score[edge]) / strongest if strongest > 0 else 0.0
            edges.append(EdgeCurve(number, place, target, x[:, source].copy(), y[:, edge].copy(), weight))
    importances = np.zeros(widths[0])
    importances[list(range(widths[0]) if columns is None else columns)] = node.numpy()
    total = float(importances.sum())
    table = problem.table
    return Explanation(
        widths,
        table.feature_names,
        table.output_names,
        tuple(edges),
        importances / total if total > 0 else np.zeros_like(importances),
        {} if data is None else data,
    )


def _shared_out(node: Tensor, layer: EdgeLayer) -> Tensor:
    total = layer.total.clamp_min(SMALLEST)
    if layer.dense:
        return ((node / total)[:, None] * layer.spread.reshape(len(total), -1)).reshape(-1)
    return node[layer.target] * layer.spread / total[layer.target]


def _received(score: Tensor, layer: EdgeLayer) -> Tensor:
    """Return what the lower nodes get."""
    if layer.dense:
        return score.reshape(len(layer.total), -1).sum(0)
    return torch.zeros(layer.x.shape[1], dtype=torch.float64).index_add(0, layer.source, score)
