"""The compiled loss of a causal map over rollouts, and its gradient through time.

A rollout starts from a state of the data and applies the map again and again: s(t + 1) = f(bias + sum of edges
(s(t))). Rollouts stand side by side, the longest first, so that those still running at a step are the first
ones; blocks of them stay in the processor's caches. Step 0 works on data, whose basis values are made once
(`first_level`); the later ones evaluate the basis at their own states, and the gradient flows back through
them (back-propagation through time, written out).

With delays a cause is a concept some steps back: s_j(t + 1) = f(bias + sum of edges (s_i(t + 1 - lag))). What lies
before a rollout is taken from the data; no gradient flows there.

Edges are sorted by cause. The parameter vector holds E x (G + 3) coefficients, E values w_b, E values w_s.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler
from search_spaces.splines import kernels
from search_spaces.splines.kernels import PADDING, basis, edge_backward, edge_forward, edge_gradients, exp

Array = NDArray[Any]
Net = tuple[Array, Array, Array, Array, Array, Array]
"""Cause of every edge (counted among the used ones), effect, column of every used cause, bias of every effect; concept
and delay of every used cause."""
Grid = tuple[float, float, int]
"""Left end, 1 / interval width and intervals G: the same for every edge."""
Level0 = tuple[Array, Array, Array]
"""Index, basis values and silu of the first states, block by block."""
Data = tuple[Level0, Array, Array, Array, Array]
"""First states; wanted states (targets, steps), step by step; rollouts that run at each step; loss weights; states of
the used causes as they were (causes, steps), where delays ask for them."""
Work = tuple[Array, Array, Array, Array, Array, Array, Array, Array]
"""Of one block, for every step: index, b, d, silu, dsilu; sums; states; gradients that later steps hand back."""

BLOCK = 64
SMOOTH = 1e-3
"""|c| is taken as sqrt(c^2 + SMOOTH^2) - SMOOTH, whose gradient L-BFGS can follow through 0."""
TANH, SIGMOID, CLIP, IDENTITY = range(4)

jit = Compiler(__file__, kernels.jit)


@jit
def first_level(x: Array, grid: Grid) -> Level0:
    """Return what `basis` makes of the first states `x`, shape (used causes, rollouts)."""
    lo, inv_h, intervals = grid
    causes, count = x.shape
    blocks = (count + BLOCK - 1) // BLOCK
    index = np.zeros((blocks, causes, BLOCK), dtype=np.uint32)
    b = np.zeros((blocks, causes, 4, BLOCK))
    silu = np.zeros((blocks, causes, BLOCK))
    d, dsilu = np.empty((4, BLOCK)), np.empty(BLOCK)
    for block in range(blocks):
        start = block * BLOCK
        rows = min(BLOCK, count - start)
        for s in range(causes):
            basis(
                x[s, start : start + rows],
                lo,
                inv_h,
                intervals,
                index[block, s],
                b[block, s],
                d,
                silu[block, s],
                dsilu,
                rows,
            )
    return index, b, silu


@jit
def workspace(causes: int, targets: int, steps: int) -> Work:
    """Return the arrays that hold one block of rollouts."""
    return (
        np.zeros((steps, causes, BLOCK), dtype=np.uint32),
        np.zeros((steps, causes, 4, BLOCK)),
        np.zeros((steps, causes, 4, BLOCK)),
        np.zeros((steps, causes, BLOCK)),
        np.zeros((steps, causes, BLOCK)),
        np.zeros((steps, targets, BLOCK)),
        np.zeros((steps, targets, BLOCK)),
        np.zeros((steps, targets, BLOCK)),
    )


@jit
def bound(kind: int, total: Array, state: Array, rows: int) -> None:
    """Write the bounded sums `total` into `state`."""
    if kind == TANH:
        for row in range(rows):
            state[row] = 1.0 - 2.0 / (exp(2.0 * total[row]) + 1.0)
    elif kind == SIGMOID:
        for row in range(rows):
            state[row] = 1.0 / (1.0 + exp(-total[row]))
    elif kind == CLIP:
        for row in range(rows):
            state[row] = min(max(total[row], -1.0), 1.0)
    else:
        for row in range(rows):
            state[row] = total[row]


@jit
def bound_backward(kind: int, total: Array, state: Array, g: Array, rows: int) -> None:
    """Multiply the gradients `g` by the slope of the bounding."""
    if kind == TANH:
        for row in range(rows):
            g[row] *= 1.0 - state[row] * state[row]
    elif kind == SIGMOID:
        for row in range(rows):
            g[row] *= state[row] * (1.0 - state[row])
    elif kind == CLIP:
        for row in range(rows):
            g[row] *= 1.0 if -1.0 < total[row] < 1.0 else 0.0


@jit
def step(
    c: Array,
    w_b: Array,
    net: Net,
    kind: int,
    index: Array,
    b: Array,
    silu: Array,
    total: Array,
    state: Array,
    rows: int,
) -> None:
    """Apply the map once to a block whose basis values are given."""
    source, target, _, bias, _, _ = net
    for j in range(total.shape[0]):
        for row in range(rows):
            total[j, row] = bias[j]
    for edge in range(source.shape[0]):
        s = source[edge]
        edge_forward(c[edge], w_b[edge], index[s], b[s], silu[s], total[target[edge]], rows)
    for j in range(total.shape[0]):
        bound(kind, total[j], state[j], rows)


@jit
def roll(c: Array, w_b: Array, net: Net, kind: int, grid: Grid, data: Data, block: int, work: Work) -> Any:
    """Roll out one block, and return its sum of weighted squared errors."""
    lo, inv_h, intervals = grid
    (index0, b0, silu0), wanted, running, weights, known = data
    index, b, d, silu, dsilu, total, state, _ = work
    concept, lag = net[4], net[5]
    error, offset = 0.0, 0
    for t in range(running.shape[0]):
        start = block * BLOCK
        rows = min(BLOCK, running[t] - start)
        if rows <= 0:
            break
        if t == 0:
            step(c, w_b, net, kind, index0[block], b0[block], silu0[block], total[0], state[0], rows)
        else:
            for s in range(concept.shape[0]):
                own = lag[s] <= t
                basis(
                    state[t - lag[s], concept[s]] if own else known[s, offset + start : offset + start + rows],
                    lo,
                    inv_h,
                    intervals,
                    index[t, s],
                    b[t, s],
                    d[t, s],
                    silu[t, s],
                    dsilu[t, s],
                    rows,
                )
            step(c, w_b, net, kind, index[t], b[t], silu[t], total[t], state[t], rows)
        for j in range(wanted.shape[0]):
            for row in range(rows):
                residual = state[t, j, row] - wanted[j, offset + start + row]
                error += weights[j] * residual * residual
        offset += running[t]
    return error


@jit
def roll_back(
    c: Array,
    w_b: Array,
    gc: Array,
    gw: Array,
    net: Net,
    kind: int,
    data: Data,
    block: int,
    work: Work,
    g: Array,
    scale: float,
) -> None:
    """Add the gradient of `scale` times what `roll` returned to `gc` and `gw`; `g` is scratch."""
    source, target, _, _, concept, lag = net
    (index0, b0, silu0), wanted, running, weights, _ = data
    index, b, d, silu, dsilu, total, state, carry = work
    edges = source.shape[0]
    start = block * BLOCK
    offset = wanted.shape[1]
    carry[: running.shape[0]] = 0.0
    for t in range(running.shape[0] - 1, -1, -1):
        offset -= running[t]
        rows = min(BLOCK, running[t] - start)
        if rows <= 0:
            continue
        for j in range(wanted.shape[0]):
            for row in range(rows):
                residual = state[t, j, row] - wanted[j, offset + start + row]
                g[j, row] = carry[t, j, row] + 2.0 * scale * weights[j] * residual
            bound_backward(kind, total[t, j], state[t, j], g[j], rows)
        edge = 0
        while edge < edges:
            s = source[edge]
            last = edge
            while last < edges and source[last] == s:
                if lag[s] <= t:
                    edge_backward(
                        c[last],
                        w_b[last],
                        index[t, s],
                        d[t, s],
                        dsilu[t, s],
                        g[target[last]],
                        carry[t - lag[s], concept[s]],
                        rows,
                    )
                last += 1
            if t > 0:
                edge_gradients(gc, gw, edge, last, target, index[t, s], b[t, s], silu[t, s], g, rows)
            else:
                edge_gradients(gc, gw, edge, last, target, index0[block, s], b0[block, s], silu0[block, s], g, rows)
            edge = last


@jit
def unfold(theta: Array, c: Array, edges: int, size: int) -> None:
    """Write the effective coefficients w_s c_i into the padded array `c`, shape (edges, size + 6)."""
    for edge in range(edges):
        w_s = theta[edges * (size + 1) + edge]
        for i in range(size):
            c[edge, PADDING + i] = w_s * theta[edge * size + i]


@jit
def data_loss(theta: Array, c: Array, net: Net, kind: int, grid: Grid, data: Data, work: Work) -> Any:
    """Return the mean over steps and effects of the weighted squared error."""
    edges, size = net[0].shape[0], grid[2] + 3
    unfold(theta, c, edges, size)
    w_b = theta[edges * size : edges * (size + 1)]
    error = 0.0
    for block in range(data[0][0].shape[0]):
        error += roll(c, w_b, net, kind, grid, data, block, work)
    return error / data[1].size


@jit
def loss_and_gradient(
    theta: Array,
    grad: Array,
    c: Array,
    gc: Array,
    net: Net,
    kind: int,
    grid: Grid,
    data: Data,
    work: Work,
    g: Array,
    ridge: float,
    l1: float,
) -> Any:
    """Return the loss of `data_loss` plus the penalties, and write its gradient into `grad`."""
    edges, size = net[0].shape[0], grid[2] + 3
    unfold(theta, c, edges, size)
    w_b = theta[edges * size : edges * (size + 1)]
    gw = grad[edges * size : edges * (size + 1)]
    gc[:], gw[:] = 0.0, 0.0
    error = 0.0
    scale = 1.0 / data[1].size
    for block in range(data[0][0].shape[0]):
        error += roll(c, w_b, net, kind, grid, data, block, work)
        roll_back(c, w_b, gc, gw, net, kind, data, block, work, g, scale)
    loss = error * scale
    for edge in range(edges):
        loss += ridge * w_b[edge] * w_b[edge]
        gw[edge] += 2.0 * ridge * w_b[edge]
        w_s = theta[edges * (size + 1) + edge]
        gw_s = 0.0
        for i in range(size):
            value = c[edge, PADDING + i]
            root = math.sqrt(value * value + SMOOTH * SMOOTH)
            loss += ridge * value * value + l1 * (root - SMOOTH)
            upstream = gc[edge, PADDING + i] + 2.0 * ridge * value + l1 * value / root
            gw_s += upstream * theta[edge * size + i]
            grad[edge * size + i] = w_s * upstream
        grad[edges * (size + 1) + edge] = gw_s
    return loss
