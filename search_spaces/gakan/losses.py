"""Losses of a block of rows and their gradients in the outputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler
from search_spaces.splines import kernels
from search_spaces.splines.kernels import exp

Array = NDArray[Any]

jit = Compiler(__file__, kernels.jit)


@jit
def cross_entropy(
    value: Array,
    first: int,
    classes: int,
    start: int,
    rows: int,
    labels: Array,
    g: Array,
    scale: float,
    top: Array,
    partition: Array,
) -> Any:
    """Return the summed cross-entropy of a block and write its gradient, times `scale`, into `g`.

    `top` and `partition` are scratch, shape (>= rows,). Rows are the inner loops, which vectorise.
    """
    for row in range(rows):
        top[row] = value[first, row]
        partition[row] = 0.0
    for k in range(first + 1, first + classes):
        for row in range(rows):
            top[row] = max(top[row], value[k, row])
    for k in range(first, first + classes):
        for row in range(rows):
            g[k, row] = exp(np.float64(value[k, row] - top[row]))
        for row in range(rows):
            partition[row] += g[k, row]
    for k in range(first, first + classes):
        for row in range(rows):
            g[k, row] *= scale / partition[row]
    total = 0.0
    for row in range(rows):
        label = first + labels[start + row]
        g[label, row] -= scale
        total += math.log(partition[row]) - (value[label, row] - top[row])
    return total


@jit
def squared_error(value: Array, first: int, start: int, rows: int, targets: Array, g: Array, scale: float) -> Any:
    """Return the summed squared error of a block and write its gradient, times `scale`, into `g`."""
    total = 0.0
    for row in range(rows):
        residual = value[first, row] - targets[start + row]
        g[first, row] = 2.0 * scale * residual
        total += residual * residual
    return total
