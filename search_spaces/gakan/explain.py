"""What a trained network shows: the curve of every edge and the attribution of every input."""

from __future__ import annotations

import numpy as np
import torch

from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.spaces.explanation import EdgeCurve, Explanation
from evokan.spaces.graph import EdgeFunction, FunctionGraph, SplineTable
from search_spaces.gakan.network import SparseKAN
from search_spaces.splines.torch_edges import SplineEdges

POINTS = 60


@torch.no_grad()
def explain(model: SparseKAN, problem: Problem) -> Explanation:
    """Return edge curves and importances over the development rows.

    The attribution of a node is shared out to its incoming edges by the spread (standard deviation) of what
    they add, from the outputs down: B_ij = A_j sd(edge ij) / sd(node j), A_i = sum_j B_ij (Liu et al., "KAN
    2.0", arXiv 2408.10205, Section 4.1). Outputs start equal; an input's importance is its share of the total.
    """
    rows = torch.from_numpy(problem.table.X[problem.development])
    levels = model.levels(rows)
    layers = [layer for layer in model.layers if isinstance(layer, SplineEdges)]
    node_score = torch.ones(levels[-1].shape[1], dtype=torch.float64)
    edge_scores: list[torch.Tensor] = []
    for layer, below, above in zip(reversed(layers), reversed(levels[:-1]), reversed(levels[1:]), strict=True):
        spread = layer.edge_values(below).std(dim=0, correction=0)
        total = above.std(dim=0, correction=0).clamp_min(1e-12)
        score = node_score[layer.target] * spread / total[layer.target]
        edge_scores.insert(0, score)
        node_score = torch.zeros(below.shape[1], dtype=torch.float64).index_add(0, layer.source, score)
    strongest = max(float(score.max()) for score in edge_scores)
    edges = []
    for number, (layer, below) in enumerate(zip(layers, levels[:-1], strict=True)):
        points = _sample(below)
        curves = layer.edge_values(points)
        for edge, (source, target) in enumerate(zip(layer.source.tolist(), layer.target.tolist(), strict=True)):
            weight = float(edge_scores[number][edge]) / strongest if strongest > 0 else 0.0
            edges.append(EdgeCurve(number, source, target, points[:, source].numpy(), curves[:, edge].numpy(), weight))
    table = problem.table
    outputs = table.class_names if problem.task == "classification" else (table.target_name,)
    importance = node_score.numpy()
    total_score = float(importance.sum())
    return Explanation(
        model.architecture.widths,
        table.feature_names,
        outputs,
        tuple(edges),
        importance / total_score if total_score > 0 else np.zeros_like(importance),
    )


def _sample(values: torch.Tensor) -> torch.Tensor:
    low, high = values.min(dim=0).values, values.max(dim=0).values
    return low + torch.linspace(0, 1, POINTS, dtype=torch.float64)[:, None] * (high - low)


def function_graph(model: SparseKAN, problem: Problem) -> FunctionGraph:
    """Return the edges of `model` as spline tables: effective coefficients w_s c, base weight w_b."""
    edges = []
    for number, layer in enumerate(layer for layer in model.layers if isinstance(layer, SplineEdges)):
        coefficients = (layer.w_s[:, None] * layer.coefficients).detach().numpy()
        base = layer.w_b.detach().numpy()
        for edge, (source, target) in enumerate(zip(layer.source.tolist(), layer.target.tolist(), strict=True)):
            table = SplineTable(
                float(layer.lo[source]), float(layer.h[source]), coefficients[edge].copy(), float(base[edge])
            )
            edges.append(EdgeFunction(number, source, target, table))
    table_names = problem.table
    outputs = table_names.class_names if problem.task == "classification" else (table_names.target_name,)
    return FunctionGraph(
        model.architecture.widths,
        tuple(edges),
        table_names.feature_names,
        outputs,
        problem.task,
        Scaler(model.input_shift.numpy().copy(), model.input_scale.numpy().copy()),
        Scaler(model.target_shift.numpy().copy(), model.target_scale.numpy().copy()),
    )
