"""Cohorts: the units of work that executors run, and how one is trained.

Cohorts are cut in the order of the chromosomes and to a fixed number of networks, whatever the number of
workers and the expected costs: records are written in that order as cohorts finish, so a kill loses the
fewest of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evokan.errors import EvokanError, TrainingFailed
from evokan.problem import Problem
from evokan.space import Budget, SearchSpace, Trained, TrainingJob

NETWORKS_PER_COHORT = 4
"""Enough work to outweigh the hand-over, and 25 cohorts in a generation of 100 to keep workers busy."""
NETWORKS_PER_GPU_COHORT = 100
"""On a GPU a cohort is one program, whose steps cost hardly more with more networks."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Figures:
    """What the trainings of one network over all folds came to.

    Attributes
    ----------
    val_loss, train_loss
        Means over the folds; infinity where `reason` is given.
    val_loss_se
        Standard error of `val_loss`: sample standard deviation / sqrt(folds), 0 with one fold.
    iterations
        Mean of the optimiser iterations, rounded half up, at least 1 unless no fold moved at all.
    evaluations, seconds
        Sums over the folds.
    reason
        Empty, or why the network failed.
    folds
        What came out of each training.
    raced_after
        Folds after which the network lost a race, and was not trained on the others; 0 if it did not.
    """

    val_loss: float
    train_loss: float
    val_loss_se: float
    iterations: int
    evaluations: int
    seconds: float
    reason: str = ""
    folds: tuple[Trained, ...] = ()
    raced_after: int = 0

    @classmethod
    def failed(cls, reason: str, evaluations: int = 0, seconds: float = 0.0) -> Figures:
        """Return the figures of a network without a loss."""
        return cls(math.inf, math.inf, 0.0, 0, evaluations, seconds, reason)


def cut(networks: Mapping[int, tuple[TrainingJob, ...]], size: int = NETWORKS_PER_COHORT) -> list[Cohort]:
    """Return cohorts of `size` networks each (fewer in the last), in the order of `networks`."""
    members = list(networks)
    parts = (members[start : start + size] for start in range(0, len(members), size))
    return [Cohort(tuple(part), tuple(networks[member] for member in part)) for part in parts]


def train_cohort(space: SearchSpace, problem: Problem, budget: Budget, cohort: Cohort) -> list[Figures]:
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
        raise TrainingFailed(f"search space {space.name!r} returned {len(results)} results "
                             f"for {len(jobs)} trainings")
    if not all(isinstance(result, Trained) for result in results):
        raise TrainingFailed(f"search space {space.name!r} returned something else than Trained objects")
    figures, start = [], 0
    for network in cohort.networks:
        figures.append(aggregate(results[start : start + len(network)]))
        start += len(network)
    return figures


def aggregate(folds: Sequence[Trained]) -> Figures:
    """Return the figures of one network from its trainings, one per fold, at least one.

    A fold that failed, or any loss that is not finite, fails the network: the reason is that of the first
    such fold.
    """
    evaluations = sum(int(fold.evaluations) for fold in folds)
    seconds = sum(float(fold.seconds) for fold in folds)
    for number, fold in enumerate(folds, start=1):
        fault = _fault(fold)
        if fault:
            where = f"fold {number} of {len(folds)}: " if len(folds) > 1 else ""
            return Figures.failed(where + fault, evaluations, seconds)
    count = len(folds)
    val_losses = [float(fold.val_loss) for fold in folds]
    val_loss = sum(val_losses) / count
    train_loss = sum(float(fold.train_loss) for fold in folds) / count
    # x * x overflows to infinity where x**2 raises.
    squares = sum((loss - val_loss) * (loss - val_loss) for loss in val_losses)
    error = math.sqrt(squares / (count - 1) / count) if count > 1 else 0.0
    if not all(map(math.isfinite, (val_loss, train_loss, error))):
        return Figures.failed("the losses of the folds are too large to be averaged", evaluations, seconds)
    iterations = [int(fold.iterations) for fold in folds]
    mean = math.floor(sum(iterations) / count + 0.5)
    return Figures(val_loss, train_loss, error, max(mean, min(1, max(iterations))), evaluations, seconds,
                   folds=tuple(folds))


def one_line(error: Exception) -> str:
    """Return an exception as one line: evokan's own by their sentence, others with their type in front."""
    text = " ".join(str(error).split())
    name = type(error).__name__
    if not text:
        return name
    return text if isinstance(error, EvokanError) else f"{name}: {text}"


def _fault(fold: Trained) -> str:
    if fold.reason:
        return " ".join(fold.reason.split())
    for name, loss in (("validation", fold.val_loss), ("training", fold.train_loss)):
        if not math.isfinite(loss):
            return f"the {name} loss is {float(loss)}"
    return ""
