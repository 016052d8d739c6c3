"""Full KANs trained by grid extension: on a coarse grid first, then on finer ones that begin as what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from evokan.evaluation.folds import aggregate
from evokan.problem.metrics import Figures
from evokan.problem.splits import Fold
from evokan.searching.judged import Judged, figures_of
from evokan.seeding import derive_seed
from evokan.settings.job import Job
from evokan.spaces.architecture import Weights
from evokan.spaces.training import Trained, TrainingJob
from experiments.gakan.full_networks import job_of
from search_spaces.gakan.encoding import KANArchitecture, full_network

GRIDS = (3, 5, 10, 20, 50)
"""Those of Liu et al., "KAN: Kolmogorov-Arnold networks" (2024), Section 2.4, as far as tables of so few rows ask for them."""
SEEDS = 5


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
    """Return a full network on the best of the grids, and its test figures; none where nothing can be trained.

    Five fresh seeds on fresh folds, as finalists of a search have them; the grid with the lowest mean loss over the seeds,
    then the seed with the lowest loss on it. The final fit takes the same grids up to that one, each for as long as the
    folds took.
    """
    job, hidden = job_of(label, dataset, split, settings)
    widths = (job.problem.n_features, *hidden, job.problem.n_outputs)
    networks = [full_network(widths, intervals) for intervals in GRIDS]
    climbs = [_climb(job, networks, number) for number in range(SEEDS)]
    best, level = chosen(climbs)
    if best is None:
        return networks[0], {}
    trained = ascend(job, networks[: level + 1], job.problem.whole, best.seed, best.iterations)
    weights = trained[-1].weights
    if weights is None:
        return networks[level], {}
    return networks[level], figures_of(job.space, job.problem, [Judged(networks[level], weights, job.problem.test)])[0]


def chosen(climbs: Sequence[Climb]) -> tuple[Climb | None, int]:
    """Return the climb to repeat and the number of its last grid; None where no grid could be trained with any seed.

    A seed that does not reach a grid has no part in the mean there; the grid has to be reached by more than half.
    """
    by_level = [[climb.losses[level] for climb in climbs if len(climb.losses) > level] for level in range(len(GRIDS))]
    means = [float(np.mean(losses)) if len(losses) > len(climbs) / 2 else np.inf for losses in by_level]
    level = int(np.argmin(means))
    if not np.isfinite(means[level]):
        return None, 0
    return min((climb for climb in climbs if len(climb.losses) > level), key=lambda climb: climb.losses[level]), level


def _climb(job: Job, networks: Sequence[KANArchitecture], number: int) -> Climb:
    """Train on the folds of one cut, grid by grid, until a training fails."""
    seed = derive_seed(job.config.seed, "grid extension", number)
    folds = job.problem.refold(derive_seed(job.config.seed, "folds", number))
    by_fold = [ascend(job, networks, fold, seed) for fold in folds]
    losses, iterations = [], []
    for trained in zip(*by_fold, strict=False):
        figures = aggregate(trained, job.budget.fold_stop)
        if figures.reason:
            break
        losses.append(figures.val_loss)
        iterations.append(figures.iterations)
    return Climb(seed, tuple(losses), tuple(iterations))


def ascend(
    job: Job, networks: Sequence[KANArchitecture], fold: Fold, seed: int, iterations: Sequence[int] | None = None
) -> list[Trained]:
    """Train the networks on a fold one after the other, each from the values of the one before, until one fails.

    Parameters
    ----------
    iterations
        How long to train each; by default the rows of validation decide.
    """
    found: list[Trained] = []
    parents: tuple[tuple[KANArchitecture, Weights], ...] = ()
    for level, network in enumerate(networks):
        steps = None if iterations is None else max(iterations[level], 1)
        task = TrainingJob(network, fold, seed, steps, keep_weights=True, parents=parents)
        (trained,) = job.space.train((task,), job.problem, job.budget)
        found.append(trained)
        if trained.weights is None:
            break
        parents = ((network, trained.weights),)
    return found
