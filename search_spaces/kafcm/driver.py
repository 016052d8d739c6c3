"""The whole training of one causal map in one compiled call that holds no interpreter lock."""

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
    STEP_END,
)
from search_spaces.kafcm import kernel
from search_spaces.kafcm.kernel import BLOCK, Array, Data, Grid, Net, data_loss, loss_and_gradient, workspace
from search_spaces.splines import kernels
from search_spaces.splines.kernels import PADDING

jit = Compiler(__file__, kernel.jit, kernels.jit, lbfgs.jit, watch.jit)

TOLERANCES = (1e-12, 1e-16, 1e-32)
"""Of the gradient, of the loss and the coordinates, of curvature: a law without noise is followed to the end."""


@jit
def train(
    theta: Array,
    net: Net,
    kind: int,
    grid: Grid,
    data: Data,
    val: Data,
    ridge: float,
    l1: float,
    steps: int,
    patience: int,
    last_iteration: int,
    looks: Array,
) -> NDArray[np.float64]:
    """Train one map and leave the kept values in `theta`.

    Parameters
    ----------
    theta
        In: initial values; out: kept ones.
    net, kind, grid
        The map, its bounding and its grid, as in `search_spaces.kafcm.kernel`.
    data, val
        Rollouts to fit, and to look at after every iteration; `val` may hold none.
    ridge, l1
        Weights of the penalties.
    steps
        L-BFGS steps of 20 iterations.
    patience
        Stop after this many iterations without a new lowest validation loss; 0 never does.
    last_iteration
        Stop after this many iterations and keep the last iterate; 0 keeps the one with the lowest validation loss,
        or the last one where there is nothing to look at.
    looks
        Out: validation loss at every look, as many as fit.

    Returns
    -------
    ndarray
        See `evokan.training.watch`. A first loss that is not finite leaves infinity in the first place.
    """
    result = watch.begin()
    edges, size = net[0].shape[0], grid[2] + 3
    looks_back = val[1].size > 0
    keeps_last = last_iteration > 0 or not looks_back
    c = np.zeros((edges, size + 2 * PADDING))
    gc = np.zeros((edges, size + 2 * PADDING))
    gradient = np.zeros_like(theta)
    targets = data[1].shape[0]
    g = np.zeros((targets, BLOCK))
    work = workspace(net[2].shape[0], targets, max(data[2].shape[0], val[2].shape[0]))
    best = theta.copy()
    state = lbfgs.allocate(theta, HISTORY)
    lbfgs.start(state, ITERATIONS_A_STEP, EVALUATIONS_A_STEP, TOLERANCES)
    loss = loss_and_gradient(theta, gradient, c, gc, net, kind, grid, data, work, g, ridge, l1)
    iteration, step, spent = 0, 0, 1
    usable = np.isfinite(loss)
    while usable and step < steps:
        command, loss = lbfgs.advance(theta, loss, gradient, state)
        if command == EVALUATE:
            loss = loss_and_gradient(theta, gradient, c, gc, net, kind, grid, data, work, g, ridge, l1)
            spent += 1
            continue
        if command == STEP_END:
            step += 1
            continue
        iteration += int(command == ITERATION)
        ended = command in (CONVERGED, FAILED) or (last_iteration > 0 and iteration >= last_iteration)
        now = data_loss(theta, c, net, kind, grid, val, work) if looks_back else loss
        if watch.look(result, looks, now, iteration, keeps_last):
            best[:] = theta
        if ended or watch.is_over(result, patience):
            break
    theta[:] = best
    train_loss = data_loss(theta, c, net, kind, grid, data, work) if np.isfinite(result[watch.VAL_LOSS]) else np.inf
    watch.close(result, train_loss, spent, looks_back)
    return result
