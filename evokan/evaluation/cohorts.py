"""Cohorts: the units of work that executors run, and how one is trained.

Cohorts are cut in the order of the chromosomes and to a fixed number of networks, whatever the number of
workers and the expected costs: records are written in that order as cohorts finish, so a kill loses the
fewest of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokan.errors import EvokanError, TrainingFailed
from evokan.evaluation.folds import Evaluation, aggregate
from evokan.problem.problem import Problem
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, Trained, TrainingJob

NETWORKS_PER_COHORT = 4
"""Enough work to outweigh the hand-over, and 25 cohorts in a generation of 100 to keep workers busy."""
NETWORKS_PER_GPU_COHORT = 100
"""On a GPU a cohort is one program, whose steps cost hardly more with more networks."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """Networks that are trained together.

    Attributes
    ----------
    members
        Position of each network's individual in its generation, ascending.
    networks
        The jobs of each network, one per fold.
    """

    members: tuple[int, ...]
    networks: tuple[tuple[TrainingJob, ...], ...]

    def split(self) -> list[Cohort]:
        """Return one cohort for each network."""
        return [Cohort((member,), (jobs,)) for member, jobs in zip(self.members, self.networks, strict=True)]


def cut(networks: Mapping[int, tuple[TrainingJob, ...]], size: int = NETWORKS_PER_COHORT) -> list[Cohort]:
    """Return cohorts of `size` networks each (fewer in the last), in the order of `networks`."""
    members = list(networks)
    parts = (members[start : start + size] for start in range(0, len(members), size))
    return [Cohort(tuple(part), tuple(networks[member] for member in part)) for part in parts]


def train_cohort(space: SearchSpace, problem: Problem, budget: Budget, cohort: Cohort) -> list[Evaluation]:
    """Train all jobs of a cohort in one call of the family, and return the figures of its networks, in order.

    Raises
    ------
    TrainingFailed
        The family returned something else than one `Trained` for each job.
    Exception
        Whatever the family raises.
    """
    jobs = [job for network in cohort.networks for job in network]
    results: Sequence[Any] = space.train(jobs, problem, budget)
    if len(results) != len(jobs):
        raise TrainingFailed(f"search space {space.name!r} returned {len(results)} results for {len(jobs)} trainings")
    if not all(isinstance(result, Trained) for result in results):
        raise TrainingFailed(f"search space {space.name!r} returned something else than Trained objects")
    figures, start = [], 0
    for network in cohort.networks:
        figures.append(aggregate(results[start : start + len(network)], budget.fold_stop))
        start += len(network)
    return figures


def one_line(error: Exception) -> str:
    """Return an exception as one line: evokan's own by their sentence, others with their type in front."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    if not text:
        return name
    return text if isinstance(error, EvokanError) else f"{name}: {text}"
