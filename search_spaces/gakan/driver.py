"""The whole training of one network in one compiled call that holds no interpreter lock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evokan.training import lbfgs, watch
from evokan.training.compiled import Compiler
from evokan.training.lbfgs import (
    CONVERGED,
    EVALUATE,
    EVALUATIONS_A_STEP,
    FAILED,
    HISTORY,
    ITERATION,
    ITERATIONS_A_STEP,
    LIMITS_ALONE,
    STEP_END,
)
from search_spaces.gakan import kernel
from search_spaces.gakan.backward import Level0, Net, Work
from search_spaces.gakan.kernel import (
    Array,
    data_loss,
    first_level,
    forward,
    loss_and_gradient,
    workspace,
)
from search_spaces.splines import kernels
from search_spaces.splines.dense import BLOCK
from search_spaces.splines.kernels import PADDING, regrid

jit = Compiler(__file__, kernel.jit, kernels.jit, lbfgs.jit, watch.jit)


@jit
def follow(
    theta: Array, c: Array, net: Net, lo: Array, h: Array, intervals: int, level0: Level0, work: Work, margin: float
) -> None:
    """Fit the hidden grids to the nodes' present values, and the splines to the new grids.

    A node's grid becomes [min, max] of its values over the training rows, widened by `margin` times that range
    at both ends; a node that does not vary keeps its grid. Levels are done from the input on, since each change
    moves the values above it a little.
    """
    layer_start, source, target, level_start = net
    index0, b0, silu0 = level0
    value, index, b, d, silu, dsilu = work
    n = index0.shape[1]
    edges = source.shape[0]
    size = intervals + 3
    hidden = level_start[-2]
    for layer in range(1, layer_start.shape[0] - 1):
        low = np.full(hidden, np.inf)
        high = np.full(hidden, -np.inf)
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
                1 / h,
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
            for node in range(level_start[layer - 1], level_start[layer]):
                for row in range(rows):
                    low[node] = min(low[node], value[node, row])
                    high[node] = max(high[node], value[node, row])
        for edge in range(layer_start[layer], layer_start[layer + 1]):
            node = source[edge]
            spread = high[node] - low[node]
            if spread > 1e-6 * max(1.0, abs(high[node])) and spread < 1e30:
                new_lo = low[node] - margin * spread
                new_h = spread * (1.0 + 2.0 * margin) / intervals
                regrid(c[edge], theta[edge * size : (edge + 1) * size], lo[node], h[node], new_lo, new_h, intervals)
                # The kernel's coefficients carry w_s; dividing it out keeps w_s where it was.
                w_s = theta[edges * size + edges + edge]
                for i in range(size):
                    if w_s != 0.0:
                        theta[edge * size + i] /= w_s
                    c[edge, PADDING + i] = w_s * theta[edge * size + i]
        for node in range(level_start[layer - 1], level_start[layer]):
            spread = high[node] - low[node]
            if spread > 1e-6 * max(1.0, abs(high[node])) and spread < 1e30:
                lo[node] = low[node] - margin * spread
                h[node] = spread * (1.0 + 2.0 * margin) / intervals


@jit
def train(
    theta: Array,
    x: Array,
    x_val: Array,
    labels: Array,
    targets: Array,
    labels_val: Array,
    targets_val: Array,
    net: Net,
    intervals: int,
    lo0: Array,
    h0: Array,
    lo: Array,
    h: Array,
    penalties: Array,
    steps: int,
    patience: int,
    every_iteration: bool,
    last_iteration: int,
    grid_steps: Array,
    margin: float,
    looks: Array,
) -> NDArray[np.float64]:
    """Train one network and leave the kept values in `theta`, `lo` and `h`.

    Parameters
    ----------
    theta
        In: initial values; out: kept ones. Its dtype is that of all arithmetic but the summed losses.
    x, x_val
        Used input columns, shape (columns, rows); `x_val` may have no rows.
    labels, targets
        One of them has a value for each row, the other is empty.
    lo0, h0, lo, h
        Grids of the inputs (fixed), and of the hidden nodes (out: the kept ones).
    steps
        Outer L-BFGS steps.
    patience
        Stop after this many looks at the validation loss without a new lowest one; 0 never does.
    every_iteration
        Look after every iteration (True) or after every step.
    last_iteration
        Stop after this many iterations and keep the last iterate; 0 keeps the one with the lowest validation loss,
        or the last one where there are no validation rows.
    grid_steps
        Steps (from 0) before which the hidden grids are fitted to the activations.
    looks
        Out: validation loss at every look, as many as fit.

    Returns
    -------
    ndarray
        See `evokan.training.watch`. A first loss that is not finite leaves infinity in the first place.
    """
    result = watch.begin()
    edges = net[1].shape[0]
    size = intervals + 3
    looks_back = x_val.shape[1] > 0
    keeps_last = last_iteration > 0 or not looks_back
    c = np.zeros((edges, size + 2 * PADDING), dtype=theta.dtype)
    gc = np.zeros((edges, size + 2 * PADDING), dtype=theta.dtype)
    g = np.zeros_like(theta)
    upstream = np.zeros((net[3][-1], BLOCK), dtype=theta.dtype)
    work = workspace(net[3][-1], intervals, theta)
    level0 = first_level(x, lo0, 1 / h0, intervals)
    level0_val = first_level(x_val, lo0, 1 / h0, intervals)
    inv_h = 1 / h
    best, best_lo, best_h = theta.copy(), lo.copy(), h.copy()
    state = lbfgs.allocate(theta, HISTORY)
    iteration, step, spent = 0, 0, 0
    begun, moved = -1, True
    while step < steps:
        if begun < step:
            begun = step
            if np.any(grid_steps == step):
                kernel.fold_scale(theta, c, edges, size)
                follow(theta, c, net, lo, h, intervals, level0, work, margin)
                inv_h = 1 / h
                moved = True
        if moved:
            loss = loss_and_gradient(
                theta, g, c, gc, net, lo, inv_h, intervals, level0, labels, targets, work, upstream, penalties
            )
            spent += 1
            if not np.isfinite(loss):
                break
            lbfgs.start(state, ITERATIONS_A_STEP, EVALUATIONS_A_STEP, LIMITS_ALONE)
            moved = False
        command, loss = lbfgs.advance(theta, loss, g, state)
        if command == EVALUATE:
            loss = loss_and_gradient(
                theta, g, c, gc, net, lo, inv_h, intervals, level0, labels, targets, work, upstream, penalties
            )
            spent += 1
            continue
        if command == ITERATION:
            iteration += 1
        if command == STEP_END:
            step += 1
        ended = command in (CONVERGED, FAILED) or (last_iteration > 0 and iteration >= last_iteration)
        if (command == ITERATION) == every_iteration or ended:
            if looks_back:
                now = data_loss(
                    theta, c, net, lo, inv_h, intervals, level0_val, labels_val, targets_val, work, upstream
                )
            else:
                now = loss
            if watch.look(result, looks, now, iteration, keeps_last):
                best[:], best_lo[:], best_h[:] = theta, lo, h
        if ended or watch.is_over(result, patience):
            break
    theta[:], lo[:], h[:] = best, best_lo, best_h
    train_loss = np.inf
    if np.isfinite(result[watch.VAL_LOSS]):
        train_loss = data_loss(theta, c, net, lo, 1 / h, intervals, level0, labels, targets, work, upstream)
    watch.close(result, train_loss, spent, looks_back)
    return result
