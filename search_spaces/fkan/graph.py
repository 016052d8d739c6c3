"""A trained network as the graph of its functions, for `evokan.explain`."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from numpy.polynomial import chebyshev
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.explain.graph import EdgeFunction, FunctionGraph
from evokan.problem import Problem
from evokan.scaling import Scaler
from search_spaces.fkan.network import FKANNetwork


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
    widths = (architecture.n_inputs, *(width for pair in zip(hidden, hidden, strict=True) for width in pair),
              architecture.n_outputs)
    return FunctionGraph(widths, tuple(edges), table.feature_names, table.output_names, problem.task,
                         Scaler(_array(model.input_shift), _array(model.input_scale)),
                         Scaler(_array(model.target_shift), _array(model.target_scale)), tuple(biases))


def activation(g: float, series: FloatArray, x: FloatArray) -> FloatArray:
    """Return sum_k series_k T_k(2 s(x)^g - 1) at `x` (N,)."""
    t = 2.0 * np.exp(-g * np.logaddexp(0.0, -x)) - 1.0
    return np.asarray(chebyshev.chebval(t, series), dtype=np.float64)


def _line(slope: float, x: FloatArray) -> FloatArray:
    values: FloatArray = slope * x
    return values


def _array(tensor: Tensor) -> FloatArray:
    return np.array(tensor.detach().numpy(), dtype=np.float64)
