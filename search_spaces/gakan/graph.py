"""A trained network as the graph of its edge functions, for `evokan.explain`."""

from __future__ import annotations

from evokan.explain.graph import EdgeFunction, FunctionGraph, SplineTable
from evokan.problem import Problem
from evokan.scaling import Scaler
from search_spaces.gakan.network import SparseKAN
from search_spaces.splines.torch_edges import SplineEdges


def function_graph(model: SparseKAN, problem: Problem) -> FunctionGraph:
    """Return the edges of `model` as spline tables: effective coefficients w_s c, base weight w_b."""
    edges = []
    for number, layer in enumerate(layer for layer in model.layers if isinstance(layer, SplineEdges)):
        coefficients = (layer.w_s[:, None] * layer.coefficients).detach().numpy()
        base = layer.w_b.detach().numpy()
        for edge, (source, target) in enumerate(zip(layer.source.tolist(), layer.target.tolist(), strict=True)):
            table = SplineTable(float(layer.lo[source]), float(layer.h[source]), coefficients[edge].copy(),
                                float(base[edge]))
            edges.append(EdgeFunction(number, source, target, table))
    table_names = problem.table
    outputs = table_names.class_names if problem.task == "classification" else (table_names.target_name,)
    return FunctionGraph(model.architecture.widths, tuple(edges), table_names.feature_names, outputs, problem.task,
                         Scaler(model.input_shift.numpy().copy(), model.input_scale.numpy().copy()),
                         Scaler(model.target_shift.numpy().copy(), model.target_scale.numpy().copy()))
