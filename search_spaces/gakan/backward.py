"""The way back through a block of rows: from the gradients in the outputs to those in the coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler
from search_spaces.splines import dense, kernels
from search_spaces.splines.dense import BLOCK, add_products, add_slope
from search_spaces.splines.kernels import PADDING, edge_backward, edge_gradients

Array = NDArray[Any]
Net = tuple[Array, Array, Array, Array]
"""Layer starts, sources, targets, level starts: `FlatNetwork.arrays`."""
Level0 = tuple[Array, Array, Array]
"""Index, basis values and silu of the inputs; the last two up to a whole block of rows."""
Work = tuple[Array, Array, Array, Array, Array, Array]
"""Node values of one block, and what is made of them: index, basis values and derivatives, silu and its derivative."""

jit = Compiler(__file__, kernels.jit, dense.jit)


@jit
def back_on_large_grid(
    theta: Array, c: Array, gc: Array, gw: Array, net: Net, level0: Level0, start: int, rows: int, work: Work, g: Array
) -> None:
    """Add one block's gradients to `gc` and `gw`, and fill `g` of the hidden nodes."""
    layer_start, source, target, _ = net
    index0, b0, silu0 = level0
    _, index, b, d, silu, dsilu = work
    edges = source.shape[0]
    first_w_b = edges * (c.shape[1] - 2 * PADDING)
    for layer in range(layer_start.shape[0] - 2, 0, -1):
        edge = layer_start[layer]
        while edge < layer_start[layer + 1]:
            s = source[edge]
            last = edge
            while last < layer_start[layer + 1] and source[last] == s:
                edge_backward(c[last], theta[first_w_b + last], index[s], d[s], dsilu[s], g[target[last]], g[s], rows)
                last += 1
            edge_gradients(gc, gw, edge, last, target, index[s], b[s], silu[s], g, rows)
            edge = last
    stop = start + rows
    edge = 0
    while edge < layer_start[1]:
        s = source[edge]
        last = edge
        while last < layer_start[1] and source[last] == s:
            last += 1
        edge_gradients(
            gc, gw, edge, last, target, index0[s, start:stop], b0[s, :, start:stop], silu0[s, start:stop], g, rows
        )
        edge = last


@jit
def back_on_small_grid(
    theta: Array, c: Array, sums: Array, net: Net, size: int, level0: Level0, start: int, work: Work, g: Array
) -> None:
    """Add one block's gradients to `sums`, shape (edges, G + 4, lanes), and fill `g` of the hidden nodes.

    Of an edge there are `size` coefficients, then w_b.
    """
    layer_start, source, target, _ = net
    _, b0, silu0 = level0
    _, _, b, d, silu, dsilu = work
    edges = source.shape[0]
    first_w_b = edges * size
    padded = c.shape[1]
    whole = silu0.shape[1]
    step = sums.shape[2]
    for edge in range(edges - 1, layer_start[1] - 1, -1):
        s, t = np.int64(source[edge]), np.int64(target[edge])
        add_slope(
            g,
            s * BLOCK,
            d,
            s * size * BLOCK,
            BLOCK,
            size,
            c,
            edge * padded + PADDING,
            theta[first_w_b + edge],
            dsilu,
            s * BLOCK,
            g,
            t * BLOCK,
        )
        place = edge * (size + 1) * step
        add_products(sums, place, b, s * size * BLOCK, BLOCK, size, g, t * BLOCK)
        add_products(sums, place + size * step, silu, s * BLOCK, BLOCK, 1, g, t * BLOCK)
    for edge in range(layer_start[1]):
        s, t = np.int64(source[edge]), np.int64(target[edge])
        place = edge * (size + 1) * step
        add_products(sums, place, b0, s * size * whole + start, whole, size, g, t * BLOCK)
        add_products(sums, place + size * step, silu0, s * whole + start, whole, 1, g, t * BLOCK)
