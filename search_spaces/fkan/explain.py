"""What a trained network shows: the curves between its levels and the attribution of every input."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.polynomial import chebyshev
from torch import Tensor
from torch.nn.functional import elu

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.spaces.attribution import EdgeLayer, explain_edges, sample, spread
from evokan.spaces.explanation import Explanation
from evokan.spaces.graph import EdgeFunction, FunctionGraph
from search_spaces.fkan.flat import compile_network
from search_spaces.fkan.network import FKANNetwork
from search_spaces.fkan.series import jacobi_series, sigmoid_series
from search_spaces.fkan.solution import told_solution

POINTS = 60


@torch.no_grad()
def explain(model: FKANNetwork, problem: Problem) -> Explanation:
    """Return curves and importances over the development rows.

    Read as a Kolmogorov-Arnold network, a node is the sum below a block, and the edge from node i to node j of the
    next level is the function w_ji J(2 s(.)^g - 1) of node i (w_ji x_i from an input); attributions are those of
    `evokan.spaces.attribution`.
    """
    architecture = model.architecture
    levels = model.levels(torch.from_numpy(problem.table.X[problem.shown]))
    layers = []
    for level, weight in enumerate(model.weights):
        below, flat = levels[level], weight.reshape(-1)
        upper, lower = weight.shape
        target, source = (
            part.reshape(-1) for part in torch.meshgrid(torch.arange(upper), torch.arange(lower), indexing="ij")
        )
        x = sample(below, POINTS)
        added = (weight.abs() * spread(_curves(model, level, below))).reshape(-1)
        curves = flat * _curves(model, level, x)[:, source]
        layers.append(EdgeLayer(source, target, added, spread(levels[level + 1]), x, curves, dense=True))
    return explain_edges(
        (architecture.n_inputs, *architecture.levels[1:]),
        layers,
        problem,
        columns=architecture.used_columns,
        data={"blocks": _blocks(model, levels), **told_solution(model, problem)},
    )


def _blocks(model: FKANNetwork, levels: list[Tensor]) -> list[dict[str, Any]]:
    """Return the basis function of every triple over the range of its sums, as plain numbers."""
    _, first, degrees = compile_network(model.architecture)
    sums = torch.cat(levels[1 : 1 + len(model.architecture.hidden)], dim=1)
    series = jacobi_series(tuple(degrees.tolist()), elu(model.alpha), elu(model.beta))
    g, found = torch.sigmoid(model.gamma), []
    for block, degree in enumerate(degrees.tolist()):
        part = sums[:, first[block] : first[block + 1]]
        x = torch.linspace(float(part.min()), float(part.max()), POINTS, dtype=torch.float64)
        y = sigmoid_series(x, model.gamma[block], series[block])
        a, b = float(elu(model.alpha[block])), float(elu(model.beta[block]))
        found.append(
            {
                "label": f"q={degree}, a={a:.2f}, b={b:.2f}, g={float(g[block]):.2f}",
                "x": [round(value, 6) for value in x.tolist()],
                "y": [round(value, 6) for value in y.tolist()],
            }
        )
    return found


def _curves(model: FKANNetwork, level: int, values: Tensor) -> Tensor:
    """Return what the edges from a level's nodes carry, before their weights."""
    activations = model.activations()
    return sigmoid_series(values, *activations[level - 1]) if 0 < level <= len(activations) else values


def function_graph(model: FKANNetwork, problem: Problem) -> FunctionGraph:
    """Return `model` as layers of straight lines and, between them, of one function a neuron."""
    architecture, table = model.architecture, problem.table
    hidden, widths = architecture.hidden, [architecture.n_inputs]
    edges: list[EdgeFunction] = []
    biases: list[FloatArray] = []
    for level, weight in enumerate(model.weights):
        for j, row in enumerate(weight.tolist()):
            for i, factor in enumerate(row):
                source = architecture.inputs[i] if level == 0 else i
                edges.append(EdgeFunction(len(biases), source, j, partial(_line, factor)))
        biases.append(_array(model.biases[level]))
        widths.append(len(weight))
        if level < len(hidden):
            gammas, coefficients = model.activations()[level]
            g, series = _array(torch.sigmoid(gammas)), _array(coefficients)
            for j in range(hidden[level]):
                own = (float(g), series) if g.ndim == 0 else (float(g[j]), series[j])
                edges.append(EdgeFunction(len(biases), j, j, partial(activation, *own)))
            biases.append(np.zeros(hidden[level]))
            widths.append(hidden[level])
    return FunctionGraph(
        tuple(widths),
        tuple(edges),
        table.feature_names,
        table.output_names,
        problem.task,
        model.scaler("input"),
        _for_each(model.scaler("target"), architecture.n_outputs),
        tuple(biases),
    )


def activation(g: float, series: FloatArray, x: FloatArray) -> FloatArray:
    """Return sum_k series_k T_k(2 s(x)^g - 1) at `x` (N,)."""
    t = 2.0 * np.exp(-g * np.logaddexp(0.0, -x)) - 1.0
    return np.asarray(chebyshev.chebval(t, series), dtype=np.float64)


def _for_each(scaler: Scaler, outputs: int) -> Scaler:
    """Return a scaler that all outputs share as one of each."""
    return Scaler(*(np.broadcast_to(part, outputs).copy() for part in (scaler.shift, scaler.scale)))


def _line(slope: float, x: FloatArray) -> FloatArray:
    values: FloatArray = slope * x
    return values


def _array(tensor: Tensor) -> FloatArray:
    return np.array(tensor.detach().numpy(), dtype=np.float64)
