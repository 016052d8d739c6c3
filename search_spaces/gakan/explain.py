"""What a trained network shows: curves and attributions, and the functions on its edges."""

from __future__ import annotations

import torch

from evokan.problem.problem import Problem
from evokan.spaces.attribution import EdgeLayer, explain_edges, sample, spread
from evokan.spaces.explanation import Explanation
from evokan.spaces.graph import FunctionGraph
from search_spaces.gakan.network import SparseKAN
from search_spaces.splines.torch_edges import SplineEdges, edge_functions

POINTS = 60


@torch.no_grad()
def explain(model: SparseKAN, problem: Problem) -> Explanation:
    """Return edge curves and importances over development rows (`evokan.spaces.attribution`)."""
    levels = model.levels(torch.from_numpy(problem.table.X[problem.shown]))
    layers = []
    for layer, below, above in zip(_layers(model), levels[:-1], levels[1:], strict=True):
        x = sample(below, POINTS)
        added = spread(layer.edge_values(below))
        layers.append(EdgeLayer(layer.source, layer.target, added, spread(above), x, layer.edge_values(x)))
    return explain_edges(model.architecture.widths, layers, problem)


def function_graph(model: SparseKAN, problem: Problem) -> FunctionGraph:
    """Return the edges of `model` as spline tables: effective coefficients w_s c, base weight w_b."""
    edges = [edge for number, layer in enumerate(_layers(model)) for edge in edge_functions(layer, number)]
    return FunctionGraph(
        model.architecture.widths,
        tuple(edges),
        problem.table.feature_names,
        problem.table.output_names,
        problem.task,
        model.scaler("input"),
        model.scaler("target"),
    )


def _layers(model: SparseKAN) -> list[SplineEdges]:
    return [layer for layer in model.layers if isinstance(layer, SplineEdges)]
