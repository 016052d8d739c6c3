"""One step of a causal map as the graph of its edge functions, for `evokan.explain`."""

from __future__ import annotations

from evokan.explain.graph import EdgeFunction, FunctionGraph, NodeFunction, SplineTable
from evokan.problem import Problem
from evokan.scaling import Scaler
from search_spaces.kafcm.network import CognitiveMap

NODES: dict[str, NodeFunction] = {"tanh": "tanh", "sigmoid": "sigmoid", "clip": "clip1", "identity": "identity"}


def function_graph(model: CognitiveMap, problem: Problem) -> FunctionGraph:
    """Return the edges of `model` as spline tables: effective coefficients w_s c, base weight w_b."""
    layer = model.step_edges
    base = layer.w_b.detach()
    coefficients = (layer.w_s[:, None] * layer.coefficients).detach().numpy()
    edges = tuple(
        EdgeFunction(0, source, target, SplineTable(float(layer.lo[source]), float(layer.h[source]),
                                                    coefficients[edge].copy(), float(base[edge])))
        for edge, (source, target) in enumerate(model.architecture.edges)
    )

    def scaler(side: str) -> Scaler:
        shift, scale = (model.get_buffer(f"{side}_{part}").numpy().copy() for part in ("shift", "scale"))
        return Scaler(shift, scale)

    table = problem.table
    return FunctionGraph((model.architecture.n_sources, model.architecture.n_targets), edges, table.feature_names,
                         table.output_names, problem.task, scaler("source"), scaler("target"),
                         (model.bias.numpy().copy(),), (NODES[model.bounding],))
