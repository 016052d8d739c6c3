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
from evokan.spaces.explanation import EdgeCurve, Explanation
from evokan.spaces.graph import EdgeFunction, FunctionGraph
from search_spaces.fkan.flat import compile_network
from search_spaces.fkan.network import FKANNetwork
from search_spaces.fkan.series import jacobi_series, sigmoid_series

POINTS = 60


@torch.no_grad()
def explain(model: FKANNetwork, problem: Problem) -> Explanation:
    """Return curves and importances over the development rows.

    Read as a Kolmogorov-Arnold network, a node is the sum below a block, and the edge from node i to node j of the
    next level is the function w_ji J(2 s(.)^g - 1) of node i (w_ji x_i from an input). The attribution of a node is
    shared out to its incoming edges by the spread (standard deviation) of what they add, from the outputs down (Liu
    et al., "KAN 2.0", arXiv 2408.10205, Section 4.1).
    """
    architecture, table = model.architecture, problem.table
    levels = model.levels(torch.from_numpy(table.X[problem.development]))
    score = torch.ones(architecture.n_outputs, dtype=torch.float64)
    scores: list[Tensor] = []
    for level in range(len(model.weights) - 1, -1, -1):
        spread = _curves(model, level, levels[level]).std(dim=0, correction=0)
        added = model.weights[level].abs() * spread
        total = levels[level + 1].std(dim=0, correction=0).clamp_min(1e-12)
        scores.insert(0, (score / total)[:, None] * added)
        score = scores[0].sum(0)
    strongest = max(float(part.max()) for part in scores)
    edges = []
    for level, part in enumerate(scores):
        below = levels[level]
        low, high = below.min(dim=0).values, below.max(dim=0).values
        points = low + torch.linspace(0, 1, POINTS, dtype=torch.float64)[:, None] * (high - low)
        curves = _curves(model, level, points)
        for j, row in enumerate(model.weights[level]):
            for i, weight in enumerate(row.tolist()):
                source = architecture.used_columns[i] if level == 0 else i
                edges.append(
                    EdgeCurve(
                        level,
                        source,
                        j,
                        points[:, i].numpy(),
                        weight * curves[:, i].numpy(),
                        float(part[j, i]) / strongest if strongest > 0 else 0.0,
                    )
                )
    importances = np.zeros(architecture.n_inputs)
    importances[list(architecture.used_columns)] = score.numpy()
    total_score = importances.sum()
    return Explanation(
        (architecture.n_inputs, *architecture.levels[1:]),
        table.feature_names,
        table.output_names,
        tuple(edges),
        importances / total_score if total_score > 0 else importances,
        {"blocks": _blocks(model, levels)},
    )


def _blocks(model: FKANNetwork, levels: list[Tensor]) -> list[dict[str, Any]]:
    """Return the basis function of every triple over the range of its sums, as plain numbers."""
    _, first, degrees = compile_network(model.architecture)
    sums = torch.cat(levels[1:-1], dim=1)
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
    return values if level == 0 else sigmoid_series(values, *model.activations()[level - 1])


def function_graph(model: FKANNetwork, problem: Problem) -> FunctionGraph:
    """Return `model` as layers of straight lines and, between them, of one function a neuron."""
    architecture, table = model.architecture, problem.table
    hidden = architecture.levels[1:-1]
    edges: list[EdgeFunction] = []
    biases: list[FloatArray] = []
    for level, weight in enumerate(model.weights):
        for j, row in enumerate(weight.tolist()):
            for i, factor in enumerate(row):
                source = architecture.inputs[i] if level == 0 else i
                edges.append(EdgeFunction(2 * level, source, j, partial(_line, factor)))
        biases.append(_array(model.biases[level]))
        if level < len(hidden):
            gammas, coefficients = model.activations()[level]
            g, series = _array(torch.sigmoid(gammas)), _array(coefficients)
            for j in range(hidden[level]):
                own = (float(g), series) if g.ndim == 0 else (float(g[j]), series[j])
                edges.append(EdgeFunction(2 * level + 1, j, j, partial(activation, *own)))
            biases.append(np.zeros(hidden[level]))
    widths = (
        architecture.n_inputs,
        *(width for pair in zip(hidden, hidden, strict=True) for width in pair),
        architecture.n_outputs,
    )
    return FunctionGraph(
        widths,
        tuple(edges),
        table.feature_names,
        table.output_names,
        problem.task,
        Scaler(_array(model.input_shift), _array(model.input_scale)),
        Scaler(_array(model.target_shift), _array(model.target_scale)),
        tuple(biases),
    )


def activation(g: float, series: FloatArray, x: FloatArray) -> FloatArray:
    """Return sum_k series_k T_k(2 s(x)^g - 1) at `x` (N,)."""
    t = 2.0 * np.exp(-g * np.logaddexp(0.0, -x)) - 1.0
    return np.asarray(chebyshev.chebval(t, series), dtype=np.float64)


def _line(slope: float, x: FloatArray) -> FloatArray:
    values: FloatArray = slope * x
    return values


def _array(tensor: Tensor) -> FloatArray:
    return np.array(tensor.detach().numpy(), dtype=np.float64)
