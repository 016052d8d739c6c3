"""What every edge of a trained network is worth, compiled: the search asks after every training.

The same attribution as `evokan.spaces.attribution` gives for the finished network (Liu et al., "KAN 2.0",
arXiv 2408.10205, Section 4.1).
"""

from __future__ import annotations

import numpy as np

from evokan.training.compiled import Compiler
from search_spaces.gakan import kernel
from search_spaces.gakan.backward import Net
from search_spaces.splines import kernels
from search_spaces.splines.kernels import PADDING, Array, basis, edge_forward

jit = Compiler(__file__, kernel.jit, kernels.jit)

SMALLEST = 1e-12
"""A node that varies less than this passes nothing on."""


@jit
def spread(values: Array) -> float:
    """Return the standard deviation of `values`."""
    centre = 0.0
    for value in values:
        centre += value
    centre /= values.shape[0]
    total = 0.0
    for value in values:
        total += (value - centre) * (value - centre)
    return float(np.sqrt(total / values.shape[0]))


@jit
def attributions(
    theta: Array, x: Array, net: Net, intervals: int, lo0: Array, inv_h0: Array, lo: Array, inv_h: Array
) -> Array:
    """Return the attribution of every edge over the rows of `x`, shape (edges,), at least 0.

    Parameters
    ----------
    theta, net, intervals
        The network as the kernel takes it.
    x
        Used input columns, shape (columns, rows).
    lo0, inv_h0, lo, inv_h
        Grids of the inputs and of the nodes above.
    """
    layer_start, source, target, level_start = net
    edges, rows = source.shape[0], x.shape[1]
    size = intervals + 3
    c = np.zeros((edges, size + 2 * PADDING), dtype=x.dtype)
    kernel.fold_scale(theta, c, edges, size)
    value = np.zeros((level_start[-1], rows), dtype=x.dtype)
    index = np.empty(rows, dtype=np.uint32)
    b, d = np.empty((4, rows), dtype=x.dtype), np.empty((4, rows), dtype=x.dtype)
    silu, dsilu, out = np.empty(rows, dtype=x.dtype), np.empty(rows, dtype=x.dtype), np.empty(rows, dtype=x.dtype)
    added = np.empty(edges)
    for layer in range(layer_start.shape[0] - 1):
        at = -1
        for edge in range(layer_start[layer], layer_start[layer + 1]):
            if source[edge] != at:
                at = source[edge]
                if layer == 0:
                    basis(x[at], lo0[at], inv_h0[at], intervals, index, b, d, silu, dsilu, rows)
                else:
                    basis(value[at], lo[at], inv_h[at], intervals, index, b, d, silu, dsilu, rows)
            out[:] = 0.0
            edge_forward(c[edge], theta[edges * size + edge], index, b, silu, out, rows)
            added[edge] = spread(out)
            value[target[edge]] += out
    worth = np.zeros(level_start[-1])
    worth[level_start[-2] :] = 1.0
    total = np.empty(level_start[-1])
    for node in range(level_start[-1]):
        total[node] = max(spread(value[node]), SMALLEST)
    for edge in range(edges - 1, -1, -1):
        node = target[edge]
        added[edge] *= worth[node] / total[node]
        if edge >= layer_start[1]:
            worth[source[edge]] += added[edge]
    return added
