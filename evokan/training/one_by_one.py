"""Training of jobs one after the other, for families whose trainer takes a single network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from evokan.problem.splits import Fold
from evokan.spaces.architecture import ArchitectureT
from evokan.spaces.training import Trained, TrainingJob

Cut = TypeVar("Cut")


def train_each(
    jobs: Sequence[TrainingJob[ArchitectureT]],
    cut: Callable[[Fold], Cut],
    train: Callable[[TrainingJob[ArchitectureT], Cut], Trained],
) -> list[Trained]:
    """Return what `train` makes of each job, in order.

    Parameters
    ----------
    cut
        Makes of a fold what its trainings start from, such as its rows as contiguous arrays; called once for each
        fold that occurs, since the jobs of a network, and of a cohort, share their folds.
    train
        Trains one job on what `cut` made of its fold.
    """
    made: dict[Fold, Cut] = {}
    results = []
    for job in jobs:
        if job.fold not in made:
            made[job.fold] = cut(job.fold)
        results.append(train(job, made[job.fold]))
    return results
