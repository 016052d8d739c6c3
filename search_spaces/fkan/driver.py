"""The whole training of one network on a table in one compiled call that holds no interpreter lock."""

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
    ITERATION,
    ITERATIONS_A_STEP,
    LIMITS_ALONE,
    STEP_END,
)
from search_spaces.fkan import kernel
from search_spaces.fkan.kernel import Array, Net, data_loss, loss_and_gradient, workspace

jit = Compiler(__file__, kernel.jit, lbfgs.jit, watch.jit)

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam (Kingma and Ba, 2015)."""


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
    ridge: float,
    steps: int,
    history: int,
    learning_rate: float,
    patience: int,
    last_iteration: int,
    looks: Array,
    trace: Array,
) -> NDArray[np.float64]:
    """Train one network and leave the kept values in `theta`.

    Parameters
    ----------
    theta
        In: initial values; out: kept ones.
    x, x_val
        Used input columns, shape (columns, rows); `x_val` may have no rows.
    labels, targets, labels_val, targets_val
        Class numbers (rows,), or targets (outputs, rows); those that the task does not have are empty.
    steps
        Of L-BFGS with `history` pairs, where `learning_rate` is 0; else 25 iterations of Adam each.
    patience
        Stop after this many iterations without a lower validation loss; 0 never does.
    last_iteration
        Stop after this many iterations and keep the last iterate; 0 keeps the one with the lowest validation loss,
        or the last one where there are no validation rows.
    looks
        Out: validation loss at every look, as many as fit.
    trace
        Out: alpha, beta and gamma of all blocks after every iteration, shape (iterations, 3 x blocks), as far as
        there are rows.

    Returns
    -------
    ndarray
        See `evokan.training.watch`. A first loss that is not finite leaves infinity in the first place.
    """
    result = watch.begin()
    looks_back = x_val.shape[1] > 0
    keeps_last = last_iteration > 0 or not looks_back
    work, work_val = workspace(net, x.shape[1]), workspace(net, x_val.shape[1])
    g, best = np.zeros_like(theta), theta.copy()
    loss = loss_and_gradient(theta, g, x, labels, targets, net, work, ridge)
    adam = learning_rate > 0.0
    state = lbfgs.allocate(theta, 1 if adam else history)
    lbfgs.start(state, ITERATIONS_A_STEP, EVALUATIONS_A_STEP, LIMITS_ALONE)
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    iteration, step, spent = 0, 0, 1
    ended = not np.isfinite(loss)
    while not ended and step < steps:
        if adam:
            iteration += 1
            for i in range(theta.shape[0]):
                mean[i] += (1.0 - BETA_1) * (g[i] - mean[i])
                square[i] += (1.0 - BETA_2) * (g[i] * g[i] - square[i])
                scale = np.sqrt(square[i] / (1.0 - BETA_2**iteration)) + EPSILON
                theta[i] -= learning_rate * mean[i] / (1.0 - BETA_1**iteration) / scale
            command = ITERATION
            step = iteration // EVALUATIONS_A_STEP
        else:
            command, loss = lbfgs.advance(theta, loss, g, state)
        if adam or command == EVALUATE:
            loss = loss_and_gradient(theta, g, x, labels, targets, net, work, ridge)
            spent += 1
        if command == EVALUATE:
            continue
        if command == STEP_END:
            step += 1
        if command == ITERATION:
            if not adam:
                iteration += 1
            if iteration <= trace.shape[0]:
                trace[iteration - 1] = theta[theta.shape[0] - trace.shape[1] :]
        ended = command in (CONVERGED, FAILED) or (last_iteration > 0 and iteration >= last_iteration)
        if adam and not np.isfinite(loss):
            break
        if command == ITERATION or ended:
            now = data_loss(theta, x_val, labels_val, targets_val, net, work_val) if looks_back else loss
            if watch.look(result, looks, now, iteration, keeps_last):
                best[:] = theta
        if watch.is_over(result, patience):
            break
    theta[:] = best
    train_loss = data_loss(theta, x, labels, targets, net, work) if np.isfinite(result[watch.VAL_LOSS]) else np.inf
    watch.close(result, train_loss, spent, looks_back)
    return result
