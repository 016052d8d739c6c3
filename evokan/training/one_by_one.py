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
        fold that occurs, since the jobs of a network, and of a cohort, share their folds. All jobs of a fold are done
        before the next fold is cut.
    train
        Trains one job on what `cut` made of its fold.
    """
    places: dict[Fold, list[int]] = {}
    for place, job in enumerate(jobs):
        places.setdefault(job.fold, []).append(place)
    results: dict[int, Trained] = {}
    for fold, own in places.items():
        made = cut(fold)  # of one fold at a time: of many rows it takes much memory
        for place in own:
            results[place] = train(jobs[place], made)
    return [results[place] for place in range(len(jobs))]
