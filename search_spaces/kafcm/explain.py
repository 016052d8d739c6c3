"""What a trained map shows: the curve and the course of every edge, and the attribution of every cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evokan.problem.problem import Problem
from evokan.spaces.attribution import EdgeLayer, explain_edges, spread
from evokan.spaces.explanation import Explanation
from evokan.spaces.graph import FunctionGraph, NodeFunction
from search_spaces.kafcm.confidence import Confidence
from search_spaces.kafcm.network import CognitiveMap
from search_spaces.kafcm.shapes import Shape, shape_of
from search_spaces.splines.torch_edges import edge_functions

POINTS = 61
FINE = 10
"""The course of an edge is read off this many times more points than its curve keeps."""


@torch.no_grad()
def explain(model: CognitiveMap, problem: Problem) -> Explanation:
    """Return edge curves, their courses and importances over the development rows.

    The attribution is that of `evokan.spaces.attribution` for one layer. Curves have the cause's own units below and
    the part of the effect's sum, before bounding, above.
    `Explanation.data` holds the courses (``edges``), whether the map is ``recurrent``, and ``lags`` if it has delays.
    """
    values = torch.from_numpy(problem.table.X[problem.development])
    states = model.states(values)
    edges = model.step_edges
    added = edges.edge_values(states)
    total = states.new_zeros(len(states), edges.n_targets).index_add(1, edges.target, added)
    low, high = values.min(dim=0).values.numpy(), values.max(dim=0).values.numpy()
    x, y = edge_curves(model, low, high, FINE * (POINTS - 1) + 1)
    courses = [
        {"cause": source, "effect": target, **shape_to_json(shape_of(x[:, source], y[:, edge]))}
        for edge, (source, target) in enumerate(model.architecture.edges)
    ]
    shown = torch.from_numpy(x[::FINE]), torch.from_numpy(y[::FINE])
    layer = EdgeLayer(edges.source, edges.target, spread(added), spread(total), *shown)
    widths = model.architecture.n_sources, model.architecture.n_targets
    data: dict[str, Any] = {"recurrent": model.recurrent, "edges": courses}
    if problem.table.lags:
        data["lags"] = list(problem.table.lags)
    return explain_edges(widths, [layer], problem, data=data)


def with_confidences(explanation: Explanation, found: Mapping[tuple[int, int], Confidence]) -> Explanation:
    """Return an explanation whose edges say their q-value and their stability, four digits."""
    edges = []
    for edge in explanation.data["edges"]:
        own = found[edge["cause"], edge["effect"]]
        stability = None if own.stability is None else float(f"{own.stability:.4g}")
        edges.append({**edge, "q_value": float(f"{own.q_value:.4g}"), "stability": stability})
    return replace(explanation, data={**explanation.data, "edges": edges})


@torch.no_grad()
def edge_curves(
    model: CognitiveMap, low: NDArray[np.float64], high: NDArray[np.float64], points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return even points between `low` and `high` in own units, shape (points, sources), and what every edge adds.

    The second has the shape (points, edges).
    """
    x = low + np.linspace(0.0, 1.0, points)[:, None] * (high - low)
    y: NDArray[np.float64] = model.step_edges.edge_values(model.states(torch.from_numpy(x))).numpy()
    return x, y


def shape_to_json(shape: Shape) -> dict[str, object]:
    """Return the course of an edge as plain JSON values, six digits."""
    return {
        "course": shape.course,
        "turns": [[float(f"{turn.x:.6g}"), turn.kind] for turn in shape.turns],
        "intervals": [[float(f"{a:.6g}"), float(f"{b:.6g}"), course] for a, b, course in shape.intervals],
    }


NODES: dict[str, NodeFunction] = {"tanh": "tanh", "sigmoid": "sigmoid", "clip": "clip1", "identity": "identity"}


def function_graph(model: CognitiveMap, problem: Problem) -> FunctionGraph:
    """Return the edges of `model` as spline tables: effective coefficients w_s c, base weight w_b."""
    table = problem.table
    return FunctionGraph(
        (model.architecture.n_sources, model.architecture.n_targets),
        tuple(edge_functions(model.step_edges, 0)),
        table.feature_names,
        table.output_names,
        problem.task,
        model.scaler("source"),
        model.scaler("target"),
        (model.bias.numpy().copy(),),
        (NODES[model.bounding],),
    )
