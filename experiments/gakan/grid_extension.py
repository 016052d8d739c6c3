"""Full KANs trained by grid extension: on a coarse grid first, then on finer ones that begin as what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from evokan.evaluation.folds import aggregate
from evokan.problem.metrics import Figures
from evokan.problem.splits import Fold
from evokan.searching.finalists import FRESH_SEEDS
from evokan.searching.judged import Judged, figures_of
from evokan.seeding import derive_seed
from evokan.settings.job import Job
from evokan.spaces.architecture import Weights
from evokan.spaces.training import TrainingJob
from experiments.gakan.full_networks import job_of
from search_spaces.gakan.encoding import KANArchitecture, full_network

Parents = tuple[tuple[KANArchitecture, Weights], ...]
GRIDS = (3, 5, 10, 20, 50)
"""Those of Liu et al., "KAN: Kolmogorov-Arnold networks" (2024), Section 2.4, as far as tables of so few rows ask for them."""


class Climb(NamedTuple):
    """How one seed did on its folds, grid by grid, as far as its trainings went.

    Attributes
    ----------
    losses
        Mean validation loss over the folds.
    iterations
        Where the folds stopped.
    """

    seed: int
    losses: tuple[float, ...]
    iterations: tuple[int, ...]


def fit_extended(label: str, dataset: str, split: int, settings: dict[str, Any]) -> tuple[KANArchitecture, Figures]:
    """Return a full network on the best of the grids, and its test figures; none where it cannot be fitted.

    Five fresh seeds on fresh folds, as finalists of a search have them; the grid with the lowest mean loss over the seeds,
    then the seed with the lowest loss on it. The final fit takes the same grids up to that one, each for as long as the
    folds took.
    """
    job, widths = job_of(label, dataset, split, settings)
    networks = [full_network(widths, intervals) for intervals in GRIDS]
    climbs = [_climb(job, networks, number) for number in range(FRESH_SEEDS)]
    best, level = chosen(climbs)
    if best is None:
        return networks[0], {}
    weights = ascend(job, networks[: level + 1], job.problem.whole, best)
    if weights is None:
        return networks[level], {}
    return networks[level], figures_of(job.space, job.problem, [Judged(networks[level], weights, job.problem.test)])[0]


def chosen(climbs: Sequence[Climb]) -> tuple[Climb | None, int]:
    """Return the climb to repeat and the number of its last grid; None where the first grid failed with every seed.

    Compared are the grids that all seeds reach which the first one could be trained with.
    """
    good = [climb for climb in climbs if climb.losses]
    if not good:
        return None, 0
    shared = min(len(climb.losses) for climb in good)
    level = int(np.argmin([np.mean([climb.losses[level] for climb in good]) for level in range(shared)]))
    return min(good, key=lambda climb: climb.losses[level]), level


def _climb(job: Job, networks: Sequence[KANArchitecture], number: int) -> Climb:
    """Train on the folds of one cut, grid by grid, until a training fails.

    Each grid begins with the values where the folds of the one before stopped, which are those that it was judged by: with
    each fold's own best ones a finer grid would look better before it has learned anything.
    """
    seed = derive_seed(job.config.seed, "grid extension", number)
    folds = job.problem.refold(derive_seed(job.config.seed, "folds", number))
    tasks = [TrainingJob(networks[0], fold, seed) for fold in folds]
    losses, iterations = [], []
    for network, finer in zip_longest(networks, networks[1:]):
        figures = aggregate(job.space.train(tasks, job.problem, job.budget), job.budget.fold_stop)
        if figures.reason:
            break
        losses.append(figures.val_loss)
        iterations.append(max(figures.iterations, 1))
        if finer is None:
            break
        again = [replace(task, iterations=iterations[-1], keep_weights=True) for task in tasks]
        stopped = [trained.weights for trained in job.space.train(again, job.problem, job.budget)]
        if any(weights is None for weights in stopped):
            break
        parents: list[Parents] = [((network, weights),) for weights in stopped if weights is not None]
        tasks = [TrainingJob(finer, fold, seed, parents=own) for fold, own in zip(folds, parents, strict=True)]
    return Climb(seed, tuple(losses), tuple(iterations))


def ascend(job: Job, networks: Sequence[KANArchitecture], fold: Fold, climb: Climb) -> Weights | None:
    """Train the networks on all rows of a fold, each from the values of the one before and for as long as a climb took.

    Returns
    -------
    The values of the last one; None where a training failed.
    """
    parents: Parents = ()
    for network, iterations in zip(networks, climb.iterations, strict=False):
        task = TrainingJob(network, fold, climb.seed, iterations, keep_weights=True, parents=parents)
        (trained,) = job.space.train((task,), job.problem, job.budget)
        if trained.weights is None:
            return None
        parents = ((network, trained.weights),)
    return parents[0][1] if parents else None
