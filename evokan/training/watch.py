"""Which iterate a training keeps and when it stops: once, for every compiled driver.

A driver looks at the validation loss from time to time. The iterate with the lowest one is kept; a training whose
length is given, or that has nothing to look at, keeps the last one instead.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray
from evokan.spaces.architecture import Weights
from evokan.spaces.training import Trained
from evokan.training.compiled import Compiler

jit = Compiler(__file__)

VAL_LOSS, TRAIN_LOSS, BEST_ITERATION, SPENT, LOOKS, SINCE = range(6)
"""Places in a watch: validation and training loss of the kept iterate, its iteration, evaluations spent, looks taken,
and looks since the kept one."""


@jit
def begin() -> FloatArray:
    """Return the watch of a training that has not looked yet: infinity stands for no usable loss."""
    return np.array([np.inf, np.inf, 0.0, 0.0, 0.0, 0.0])


@jit
def look(watch: FloatArray, trace: FloatArray, now: float, iteration: int, keeps_last: bool) -> bool:
    """Take note of the loss `now` after `iteration`, and return whether this iterate is the one to keep.

    Parameters
    ----------
    trace
        Out: every loss looked at, as many as fit. After the last iteration the same one may come twice.
    keeps_last
        Whether the last iterate with a finite loss is kept instead of the best one.
    """
    place = int(watch[LOOKS])
    if place < trace.shape[0]:
        trace[place] = now
    watch[LOOKS] += 1
    watch[SINCE] += 1
    if np.isfinite(now) and (now < watch[VAL_LOSS] or keeps_last):
        watch[VAL_LOSS], watch[BEST_ITERATION] = now, iteration
        watch[SINCE] = 0
        return True
    return False


@jit
def is_over(watch: FloatArray, patience: int) -> bool:
    """Return whether `patience` looks in a row have found nothing better; with 0 that is never so."""
    return patience > 0 and watch[SINCE] >= patience


@jit
def close(watch: FloatArray, train_loss: float, spent: int, looks_back: bool) -> None:
    """Complete the watch by the training loss of the kept iterate, which stands for both where there was no look."""
    watch[SPENT] = spent
    if np.isfinite(watch[VAL_LOSS]):
        watch[TRAIN_LOSS] = train_loss
        if not looks_back:
            watch[VAL_LOSS] = train_loss


def trained(
    watch: FloatArray,
    theta: NDArray[np.floating],
    trace: FloatArray,
    began: float,
    weights: Callable[[], Weights] | None,
    attributions: Callable[[], FloatArray] | None = None,
) -> Trained:
    """Return the verdict on a training: its figures, or the reason why it failed.

    Parameters
    ----------
    watch
        Of the training, closed.
    theta
        The kept values.
    trace
        What `look` wrote: becomes `Trained.looks`.
    began
        When it began, by `time.perf_counter`.
    weights
        Makes the state dict, where it is wanted.
    attributions
        Tells what every edge is worth.
    """
    seconds = time.perf_counter() - began
    val_loss, train_loss = float(watch[VAL_LOSS]), float(watch[TRAIN_LOSS])
    if not (np.isfinite(val_loss) and np.isfinite(train_loss) and np.isfinite(theta).all()):
        return Trained.failed("the loss is not finite", seconds)
    return Trained(
        val_loss,
        train_loss,
        int(watch[BEST_ITERATION]),
        int(watch[SPENT]),
        seconds,
        weights=None if weights is None else weights(),
        looks=tuple(trace[: int(watch[LOOKS])].tolist()),
        attributions=None if attributions is None else attributions(),
    )
