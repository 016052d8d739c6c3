"""What a training is asked for and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.splits import Fold
from evokan.spaces.architecture import ArchitectureT, Weights

FoldStop = Literal["common", "own"]
"""Where trainings on several folds stop to be judged: `Budget.fold_stop`."""


@dataclass(frozen=True)
class Budget:
    """How much work one training may do.

    Attributes
    ----------
    steps
        Outer optimiser steps (for L-BFGS: 20 iterations and at most 25 loss evaluations each).
    device
        ``cpu`` or ``cuda``.
    fold_stop
        Whether the folds of a network count at a ``common`` iteration or each at its ``own`` best
        (`evokan.evaluation.folds`).
    """

    steps: int = 20
    device: str = "cpu"
    fold_stop: FoldStop = "own"


@dataclass(frozen=True, eq=False)
class TrainingJob(Generic[ArchitectureT]):
    """One network to train on one fold.

    Attributes
    ----------
    architecture
        What to train.
    fold
        Rows to fit on and rows to look at. An empty validation part means: train for exactly `iterations`.
    seed
        Seed of the initial values; the framework derives it from the run's seed and the architecture's key.
    iterations
        Where given, stop after this many optimiser iterations and keep the last values.
    keep_weights
        Whether the trained values are wanted back.
    parents
        Networks that were trained on the same fold, and their values, to begin from instead of random values
        where the family can (`SearchSpace.inherits`); the first one is the nearer relative.
    steps
        Where given, takes the place of `Budget.steps`; asked for on equations alone.
    """

    architecture: ArchitectureT
    fold: Fold
    seed: int
    iterations: int | None = None
    keep_weights: bool = False
    parents: tuple[tuple[ArchitectureT, Weights], ...] = ()
    steps: int | None = None

    @property
    def watched(self) -> bool:
        """Whether the validation loss decides which values are kept."""
        return not self.iterations and len(self.fold.validation) > 0


@dataclass(frozen=True, eq=False)
class Trained:
    """What came out of a `TrainingJob`.

    Attributes
    ----------
    val_loss, train_loss
        Bare losses without penalties, at the kept iteration; finite where `reason` is empty. `val_loss` equals
        `train_loss` where the fold had no validation rows.
    iterations
        Optimiser iterations up to the kept values.
    evaluations
        Loss-and-gradient evaluations spent in all.
    seconds
        Wall-clock time of this training.
    reason
        Empty, or why the training failed.
    weights
        Trained values, where the job asked for them.
    looks
        Validation loss after iteration 1, 2, ..., as far as the training went (the last value may come twice; a
        training that ends where it begins has the one of its beginning). Empty where it was not looked at after every
        iteration, or did not decide when to stop.
    attributions
        What every edge is worth over the training rows, at least 0, in the order of the architecture's edges; None
        where the family does not tell.
    """

    val_loss: float
    train_loss: float
    iterations: int
    evaluations: int = 0
    seconds: float = 0.0
    reason: str = ""
    weights: Weights | None = None
    looks: tuple[float, ...] = ()
    attributions: FloatArray | None = None

    @classmethod
    def failed(cls, reason: str, seconds: float = 0.0) -> Trained:
        """Return the record of a training that gave nothing usable."""
        return cls(np.inf, np.inf, 0, seconds=seconds, reason=reason)
