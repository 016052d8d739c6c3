"""Networks to their figures: cut into cohorts, trained by an executor, and once more alone where a cohort breaks."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing

from evokan.evaluation.cohorts import (
    NETWORKS_PER_COHORT,
    NETWORKS_PER_GPU_COHORT,
    Cohort,
    cut,
    one_line,
    train_cohort,
)
from evokan.evaluation.executors import Executor
from evokan.evaluation.folds import Evaluation
from evokan.problem.problem import Problem
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, TrainingJob


class Trainings:
    """Trains networks of one family on one problem.

    Parameters
    ----------
    space, problem, budget
        What to train, on what, and how long.
    executor
        Where cohorts run. It is not closed.
    cohort_size
        Networks per cohort, at least 1; by default a number that depends on the device alone.
    """

    def __init__(
        self, space: SearchSpace, problem: Problem, budget: Budget, executor: Executor, cohort_size: int | None = None
    ) -> None:
        self._shared = (space, problem, budget)
        self._executor = executor
        self._cohort_size = cohort_size or (NETWORKS_PER_COHORT if budget.device == "cpu" else NETWORKS_PER_GPU_COHORT)

    def train(self, networks: Mapping[int, tuple[TrainingJob, ...]]) -> Generator[tuple[int, Evaluation], None, None]:
        """Yield the figures of each network by its position, in any order.

        A cohort that raises is split and each of its networks tried once alone; what raises again has failed.
        """
        broken: list[Cohort] = []
        with closing(self._run(cut(networks, self._cohort_size))) as results:
            for cohort, result in results:
                if isinstance(result, Exception):
                    broken.append(cohort)
                else:
                    yield from zip(cohort.members, result, strict=True)
        alone = sorted((single for cohort in broken for single in cohort.split()), key=lambda c: c.members)
        with closing(self._run(alone)) as results:
            for cohort, result in results:
                if isinstance(result, Exception):
                    yield cohort.members[0], Evaluation.failed(one_line(result))
                else:
                    yield cohort.members[0], result[0]

    def _run(self, cohorts: Sequence[Cohort]) -> Generator[tuple[Cohort, list[Evaluation] | Exception], None, None]:
        if cohorts:
            with closing(self._executor.map_unordered(train_cohort, self._shared, cohorts)) as results:
                for position, result in results:
                    yield cohorts[position], result
