"""The compiled loss, gradient and validation of one sparse network of spline edges.

Layout of a network (built by `search_spaces.gakan.flat.flatten`): edges are sorted by layer;
``source`` of the first layer numbers the used input columns, all other nodes are numbered through hidden
levels and outputs together. The parameter vector holds E x (G + 3) coefficients, then E values w_b, then E
values w_s. Rows are worked on in blocks that stay in the processor's first caches. Grids of few intervals take the
dense path (`search_spaces.splines.dense`): `b` and `d` then hold all basis functions of a node, not the active four.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler
from search_spaces.gakan import backward, losses
from search_spaces.gakan.backward import Level0, Net, Work, back_on_large_grid, back_on_small_grid
from search_spaces.gakan.losses import cross_entropy, squared_error
from search_spaces.splines import dense, kernels
from search_spaces.splines.dense import BLOCK, MOST_INTERVALS, add_edge
from search_spaces.splines.kernels import PADDING, basis, edge_forward

Array = NDArray[Any]
jit = Compiler(__file__, kernels.jit, dense.jit, losses.jit, backward.jit)


@jit
def width(intervals: int) -> int:
    """Return how many basis values are kept for a point: all of a small grid, the four active ones of a large."""
    return intervals + 3 if intervals <= MOST_INTERVALS else 4


@jit
def first_level(x: Array, lo: Array, inv_h: Array, intervals: int) -> Level0:
    """Return index, basis values and silu of the inputs `x`, shape (columns, rows): fixed during a training."""
    columns, rows = x.shape
    whole = (rows + BLOCK - 1) // BLOCK * BLOCK
    index = np.empty((columns, rows), dtype=np.uint32)
    b = np.zeros((columns, width(intervals), whole), dtype=x.dtype)
    silu = np.zeros((columns, whole), dtype=x.dtype)
    d = np.empty((4, rows), dtype=x.dtype)
    dsilu = np.empty(rows, dtype=x.dtype)
    for column in range(columns):
        if intervals <= MOST_INTERVALS:
            dense.columns(x[column], lo[column], inv_h[column], b[column], rows)
            dense.smooth(x[column], silu[column], dsilu, rows)
            continue
        basis(x[column], lo[column], inv_h[column], intervals, index[column], b[column], d, silu[column], dsilu, rows)
    return index, b, silu


@jit
def fold_scale(theta: Array, c: Array, edges: int, size: int) -> None:
    """Write w_s c_i of every edge into the padded array `c`, shape (edges, size + 6)."""
    for edge in range(edges):
        w_s = theta[edges * size + edges + edge]
        for i in range(size):
            c[edge, PADDING + i] = w_s * theta[edge * size + i]


@jit
def forward(
    theta: Array,
    c: Array,
    layer_start: Array,
    source: Array,
    target: Array,
    level_start: Array,
    lo: Array,
    inv_h: Array,
    intervals: int,
    index0: Array,
    b0: Array,
    silu0: Array,
    start: int,
    rows: int,
    value: Array,
    index: Array,
    b: Array,
    d: Array,
    silu: Array,
    dsilu: Array,
    slopes: bool,
) -> None:
    """Compute the values of all nodes for rows start ... start + rows - 1, into `value` (nodes, BLOCK).

    Derivatives of the basis are wanted with `slopes`, for the way back.
    """
    edges = source.shape[0]
    size = intervals + 3
    first_w_b = edges * size
    value[:] = 0.0
    stop = start + rows
    padded = c.shape[1]
    whole = silu0.shape[1]
    is_dense = intervals <= MOST_INTERVALS
    for edge in range(layer_start[0], layer_start[1]):
        s = np.int64(source[edge])
        if is_dense:
            add_edge(
                value,
                target[edge] * BLOCK,
                b0,
                s * size * whole + start,
                whole,
                size,
                c,
                edge * padded + PADDING,
                theta[first_w_b + edge],
                silu0,
                s * whole + start,
            )
            continue
        edge_forward(
            c[edge],
            theta[first_w_b + edge],
            index0[s, start:stop],
            b0[s, :, start:stop],
            silu0[s, start:stop],
            value[target[edge]],
            rows,
        )
    for layer in range(1, layer_start.shape[0] - 1):
        for node in range(level_start[layer - 1], level_start[layer]):
            if is_dense:
                if slopes:
                    dense.columns_and_slopes(value[node], lo[node], inv_h[node], b[node], d[node], BLOCK)
                else:
                    dense.columns(value[node], lo[node], inv_h[node], b[node], BLOCK)
                dense.smooth(value[node], silu[node], dsilu[node], BLOCK)
                continue
            basis(
                value[node],
                lo[node],
                inv_h[node],
                intervals,
                index[node],
                b[node],
                d[node],
                silu[node],
                dsilu[node],
                rows,
            )
        for edge in range(layer_start[layer], layer_start[layer + 1]):
            s = np.int64(source[edge])
            if is_dense:
                add_edge(
                    value,
                    target[edge] * BLOCK,
                    b,
                    s * size * BLOCK,
                    BLOCK,
                    size,
                    c,
                    edge * padded + PADDING,
                    theta[first_w_b + edge],
                    silu,
                    s * BLOCK,
                )
                continue
            edge_forward(c[edge], theta[first_w_b + edge], index[s], b[s], silu[s], value[target[edge]], rows)


@jit
def data_loss(
    theta: Array,
    c: Array,
    net: Net,
    lo: Array,
    inv_h: Array,
    intervals: int,
    level0: Level0,
    labels: Array,
    targets: Array,
    work: Work,
    g: Array,
) -> Any:
    """Return the mean loss without gradient; cross-entropy where `labels` has rows, squared error otherwise."""
    layer_start, source, target, level_start = net
    index0, b0, silu0 = level0
    value, index, b, d, silu, dsilu = work
    n = index0.shape[1]
    first = level_start[-2]
    classes = level_start[-1] - first
    fold_scale(theta, c, source.shape[0], intervals + 3)
    total = 0.0
    for start in range(0, n, BLOCK):
        rows = min(BLOCK, n - start)
        forward(
            theta,
            c,
            layer_start,
            source,
            target,
            level_start,
            lo,
            inv_h,
            intervals,
            index0,
            b0,
            silu0,
            start,
            rows,
            value,
            index,
            b,
            d,
            silu,
            dsilu,
            False,
        )
        if labels.shape[0] > 0:
            total += cross_entropy(value, first, classes, start, rows, labels, g, 1.0, silu[first], dsilu[first])
        else:
            total += squared_error(value, first, start, rows, targets, g, 1.0)
    return total / n


@jit
def loss_and_gradient(
    theta: Array,
    grad: Array,
    c: Array,
    gc: Array,
    net: Net,
    lo: Array,
    inv_h: Array,
    intervals: int,
    level0: Level0,
    labels: Array,
    targets: Array,
    work: Work,
    g: Array,
    penalties: Array,
) -> Any:
    """Return the mean loss plus penalties, and write its gradient into `grad`."""
    layer_start, source, target, level_start = net
    index0, b0, silu0 = level0
    value, index, b, d, silu, dsilu = work
    n = index0.shape[1]
    edges = source.shape[0]
    size = intervals + 3
    first = level_start[-2]
    classes = level_start[-1] - first
    first_w_b = edges * size
    fold_scale(theta, c, edges, size)
    gc[:] = 0.0
    gw = grad[first_w_b : first_w_b + edges]
    gw[:] = 0.0
    is_dense = intervals <= MOST_INTERVALS
    sums = np.zeros((edges if is_dense else 0, size + 1, dense.lanes(theta)), dtype=theta.dtype)
    total = 0.0
    for start in range(0, n, BLOCK):
        rows = min(BLOCK, n - start)
        forward(
            theta,
            c,
            layer_start,
            source,
            target,
            level_start,
            lo,
            inv_h,
            intervals,
            index0,
            b0,
            silu0,
            start,
            rows,
            value,
            index,
            b,
            d,
            silu,
            dsilu,
            True,
        )
        g[:] = 0.0
        if labels.shape[0] > 0:
            total += cross_entropy(value, first, classes, start, rows, labels, g, 1.0 / n, silu[first], dsilu[first])
        else:
            total += squared_error(value, first, start, rows, targets, g, 1.0 / n)
        if is_dense:
            back_on_small_grid(theta, c, sums, net, size, level0, start, work, g)
        else:
            back_on_large_grid(theta, c, gc, gw, net, level0, start, rows, work, g)
    for edge in range(sums.shape[0]):
        for i in range(size):
            gc[edge, PADDING + i] = sums[edge, i].sum()
        gw[edge] = sums[edge, size].sum()
    loss = total / n + penalise(theta, grad, c, gc, edges, size, penalties)
    for edge in range(edges):
        w_s = theta[first_w_b + edges + edge]
        gw_s = 0.0
        for i in range(size):
            upstream_c = gc[edge, PADDING + i]
            gw_s += upstream_c * theta[edge * size + i]
            grad[edge * size + i] = w_s * upstream_c
        grad[first_w_b + edges + edge] = gw_s
    return loss


@jit
def penalise(theta: Array, grad: Array, c: Array, gc: Array, edges: int, size: int, penalties: Array) -> Any:
    """Return the penalty and add its gradient in the effective coefficients to `gc`, in w_b to `grad`.

    ridge x sum c^2 + base_ridge x sum w_b^2 + roughness x sum (second difference of c)^2 + l1 x sum |c|, over all
    edges; the roughness is that of P-splines (Eilers and Marx, 1996).
    """
    ridge, base_ridge, roughness, l1 = penalties[0], penalties[1], penalties[2], penalties[3]
    total = 0.0
    if ridge == 0.0 and base_ridge == 0.0 and roughness == 0.0 and l1 == 0.0:
        return total
    for edge in range(edges):
        w_b = theta[edges * size + edge]
        total += base_ridge * w_b * w_b
        grad[edges * size + edge] += 2.0 * base_ridge * w_b
        for i in range(PADDING, PADDING + size):
            value = c[edge, i]
            total += ridge * value * value + l1 * abs(value)
            gc[edge, i] += 2.0 * ridge * value + l1 * np.sign(value)
        for i in range(PADDING + 1, PADDING + size - 1):
            bend = c[edge, i - 1] - 2.0 * c[edge, i] + c[edge, i + 1]
            total += roughness * bend * bend
            gc[edge, i - 1] += 2.0 * roughness * bend
            gc[edge, i] -= 4.0 * roughness * bend
            gc[edge, i + 1] += 2.0 * roughness * bend
    return total


@jit
def workspace(nodes: int, intervals: int, like: Array) -> Work:
    """Return the block-sized arrays that `forward` fills, of the dtype of `like`."""
    return (
        np.zeros((nodes, BLOCK), dtype=like.dtype),
        np.zeros((nodes, BLOCK), dtype=np.uint32),
        np.zeros((nodes, width(intervals), BLOCK), dtype=like.dtype),
        np.zeros((nodes, width(intervals), BLOCK), dtype=like.dtype),
        np.zeros((nodes, BLOCK), dtype=like.dtype),
        np.zeros((nodes, BLOCK), dtype=like.dtype),
    )
