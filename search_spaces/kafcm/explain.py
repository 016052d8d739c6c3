"""What a trained map shows: the curve and the course of every edge, and the attribution of every cause."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.spaces.explanation import EdgeCurve, Explanation
from evokan.spaces.graph import EdgeFunction, FunctionGraph, NodeFunction, SplineTable
from search_spaces.kafcm.network import CognitiveMap
from search_spaces.kafcm.shapes import Shape, shape_of

POINTS = 61
FINE = 10
"""The course of an edge is read off this many times more points than its curve keeps."""


@torch.no_grad()
def explain(model: CognitiveMap, problem: Problem) -> Explanation:
    """Return edge curves, their courses and importances over the development rows.

    The weight of an edge is the standard deviation of what it adds, over that of the sum at its effect; a cause
    counts as much as its edges together (the attribution of Liu et al., arXiv 2408.10205, Section 4.1, for one
    layer). Curves have the cause's own units below and the part of the effect's sum, before bounding, above.
    `Explanation.data` holds the courses (``edges``) and whether the map is ``recurrent``.
    """
    values = torch.from_numpy(problem.table.X[problem.development])
    states = model.states(values)
    edges = model.step_edges
    added = edges.edge_values(states)
    total = states.new_zeros(len(states), edges.n_targets).index_add(1, edges.target, added)
    spread = total.std(dim=0, correction=0).clamp_min(1e-12)
    score = added.std(dim=0, correction=0) / spread[edges.target]
    low, high = values.min(dim=0).values.numpy(), values.max(dim=0).values.numpy()
    x, y = edge_curves(model, low, high, FINE * (POINTS - 1) + 1)
    strongest = max(float(score.max()), 1e-300)
    curves, courses = [], []
    for edge, (source, target) in enumerate(model.architecture.edges):
        courses.append({"cause": source, "effect": target, **shape_to_json(shape_of(x[:, source], y[:, edge]))})
        curves.append(
            EdgeCurve(
                0, source, target, x[::FINE, source].copy(), y[::FINE, edge].copy(), float(score[edge]) / strongest
            )
        )
    importance = states.new_zeros(states.shape[1]).index_add(0, edges.source, score).numpy()
    whole = float(importance.sum())
    table = problem.table
    return Explanation(
        (model.architecture.n_sources, model.architecture.n_targets),
        table.feature_names,
        table.output_names,
        tuple(curves),
        importance / whole if whole > 0 else np.zeros_like(importance),
        {"recurrent": model.recurrent, "edges": courses},
    )


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
    layer = model.step_edges
    base = layer.w_b.detach()
    coefficients = (layer.w_s[:, None] * layer.coefficients).detach().numpy()
    edges = tuple(
        EdgeFunction(
            0,
            source,
            target,
            SplineTable(float(layer.lo[source]), float(layer.h[source]), coefficients[edge].copy(), float(base[edge])),
        )
        for edge, (source, target) in enumerate(model.architecture.edges)
    )

    def scaler(side: str) -> Scaler:
        shift, scale = (model.get_buffer(f"{side}_{part}").numpy().copy() for part in ("shift", "scale"))
        return Scaler(shift, scale)

    table = problem.table
    return FunctionGraph(
        (model.architecture.n_sources, model.architecture.n_targets),
        edges,
        table.feature_names,
        table.output_names,
        problem.task,
        scaler("source"),
        scaler("target"),
        (model.bias.numpy().copy(),),
        (NODES[model.bounding],),
    )
