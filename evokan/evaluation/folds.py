"""From the trainings of one network, one on each fold, to its figures.

A training keeps the values with the lowest validation loss, so the mean over the folds of those losses flatters a
network: each fold has stopped at the moment that suits its own few rows. Where the families report the loss after
every iteration, one moment is taken for all folds: that with the lowest mean. One number is then chosen by looking
at the rows, not one for each fold, and the final fit, which has no rows to look at, knows how long to go on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evokan.spaces.training import FoldStop, Trained


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the trainings of one network over all folds came to.

    Attributes
    ----------
    val_loss, train_loss
        Means over the folds; infinity where `reason` is given. `train_loss` is that of the values each fold keeps.
    val_loss_se
        Standard error of `val_loss`: sample standard deviation / sqrt(folds), 0 with one fold.
    iterations
        The common iteration of the folds; or the mean of their own, rounded half up, at least 1 unless no fold moved
        at all.
    evaluations, seconds
        Sums over the folds.
    reason
        Empty, or why the network failed.
    folds
        What came out of each training.
    lost
        On what part of rows or folds the network was measured, and why on no more; empty where it was on all.
    rows, rung
        How many rows the folds have together, and the number of the rung (`evokan.evaluation.racing`).
    """

    val_loss: float
    train_loss: float
    val_loss_se: float
    iterations: int
    evaluations: int
    seconds: float
    reason: str = ""
    folds: tuple[Trained, ...] = ()
    lost: str = ""
    rows: int = 0
    rung: int = 0

    @classmethod
    def failed(cls, reason: str, evaluations: int = 0, seconds: float = 0.0) -> Evaluation:
        """Return the figures of a network without a loss."""
        return cls(math.inf, math.inf, 0.0, 0, evaluations, seconds, reason)


def aggregate(folds: Sequence[Trained], stop: FoldStop = "own") -> Evaluation:
    """Return the figures of one network from its trainings, one per fold, at least one.

    A fold that failed, or any loss that is not finite, fails the network: the reason is that of the first
    such fold.

    Parameters
    ----------
    stop
        ``common``: all folds count at the iteration with the lowest mean validation loss. ``own``: each counts with
        its own lowest; so it is, too, with one fold, and where a training has not reported its losses.
    """
    evaluations = sum(int(fold.evaluations) for fold in folds)
    seconds = sum(float(fold.seconds) for fold in folds)
    for number, fold in enumerate(folds, start=1):
        fault = _fault(fold)
        if fault:
            where = f"fold {number} of {len(folds)}: " if len(folds) > 1 else ""
            return Evaluation.failed(where + fault, evaluations, seconds)
    count = len(folds)
    val_losses, iterations = _common(folds) if stop == "common" else ([], 0)
    if not val_losses:
        val_losses = [float(fold.val_loss) for fold in folds]
        own = [int(fold.iterations) for fold in folds]
        iterations = max(math.floor(sum(own) / count + 0.5), min(1, max(own)))
    val_loss = sum(val_losses) / count
    train_loss = sum(float(fold.train_loss) for fold in folds) / count
    # x * x overflows to infinity where x**2 raises.
    squares = sum((loss - val_loss) * (loss - val_loss) for loss in val_losses)
    error = math.sqrt(squares / (count - 1) / count) if count > 1 else 0.0
    if not all(map(math.isfinite, (val_loss, train_loss, error))):
        return Evaluation.failed("the losses of the folds are too large to be averaged", evaluations, seconds)
    return Evaluation(val_loss, train_loss, error, iterations, evaluations, seconds, folds=tuple(folds))


def _common(folds: Sequence[Trained]) -> tuple[list[float], int]:
    """Return each fold's loss at the iteration with the lowest mean, and that iteration; no losses if there is none.

    A training that stopped earlier goes on with its last loss.
    """
    if len(folds) == 1 or not all(fold.looks for fold in folds):
        return [], 0
    longest = max(len(fold.looks) for fold in folds)
    losses = np.array([[*fold.looks, *fold.looks[-1:] * (longest - len(fold.looks))] for fold in folds])
    with np.errstate(over="ignore", invalid="ignore"):
        means = losses.mean(axis=0)
    means[~np.isfinite(means)] = np.inf
    best = int(np.argmin(means))
    return (losses[:, best].tolist(), best + 1) if np.isfinite(means[best]) else ([], 0)


def _fault(fold: Trained) -> str:
    if fold.reason:
        return " ".join(fold.reason.split())
    for name, loss in (("validation", fold.val_loss), ("training", fold.train_loss)):
        if not math.isfinite(loss):
            return f"the {name} loss is {float(loss)}"
    return ""
