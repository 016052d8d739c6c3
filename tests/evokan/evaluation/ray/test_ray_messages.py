"""Tasks and outcomes as bytes."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets import load_dataset
from evokan.errors import TrainingFailed
from evokan.evaluation.cohorts import Cohort, train_cohort
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.ray.messages import Folds, dumps_outcome, dumps_task, loads_outcome, loads_task
from evokan.evolution import Genome
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.table import Table
from evokan.problem.task import Task
from evokan.searching.finalists import Finalizer
from evokan.spaces.registry import make_space
from evokan.spaces.training import Budget


def no_room() -> None:
    raise MemoryError("no\nroom")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem.from_table(load_dataset("wine"), folds=3)


def test_the_problem_s_folds_are_not_sent_again(problem):
    there = Problem.from_table(load_dataset("wine"), folds=3)
    other = Fold(np.arange(5), np.arange(5, 8))
    item = ("name", [problem.folds[2], other, problem.folds[0], problem.folds[2]])
    task = dumps_task(train_cohort, item, Folds(("space", problem, None)))
    function, (name, folds) = loads_task(task, Folds(("space", there, None)))
    assert (function, name) == (train_cohort, "name")
    assert [fold is known for fold, known in zip(folds, [there.folds[i] for i in (2, 1, 0, 2)], strict=True)] == [
        True,
        False,
        True,
        True,
    ]
    np.testing.assert_array_equal(folds[1].train, other.train)


class Counting(ThreadExecutor):
    """Sends every item through bytes, as a cluster does, and counts them."""

    def __init__(self, there: Problem) -> None:
        super().__init__(1)
        self.there = there
        self.sent = []

    def map_unordered(self, function, shared, items):
        space, _, budget = shared
        here, there = Folds(shared), Folds((space, self.there, budget))
        tasks = [dumps_task(function, item, here) for item in items]
        self.sent += map(len, tasks)
        received = [loads_task(task, there)[1] for task in tasks]
        for item, jobs in zip(items, received, strict=True):
            for job, again in zip(_jobs(item), _jobs(jobs), strict=True):
                np.testing.assert_array_equal(job.fold.train, again.fold.train)
                np.testing.assert_array_equal(job.fold.validation, again.fold.validation)
        yield from super().map_unordered(function, shared, received)


def _jobs(item):
    return [job for network in item.networks for job in network] if isinstance(item, Cohort) else item


@pytest.mark.parametrize("refit", ["development", "holdout"])
def test_of_many_rows_nothing_but_seeds_and_bits_travels(refit):
    def made(rungs):
        x = np.random.default_rng(0).normal(size=(100_000, 2))
        return Problem.from_table(
            Table("made", Task.REGRESSION, x, x[:, 0] + x[:, 1] ** 2, ("a", "b"), "y"), folds=5, rungs=rungs
        )

    space, budget = make_space("hkan", {}), Budget(1)
    for rungs in (None, 0):
        problem, executor = made(rungs), Counting(made(rungs))
        judge = Evaluator(space, problem, budget, 1, executor, cuts=True)
        rng = np.random.default_rng(1)
        genomes = [Genome(judge.layout.random(rng)) for _ in range(4)]
        records = [record for record in judge.evaluate(genomes, 0) if record.usable][:1]
        trainer = Finalizer(space, problem, budget, executor, 1, refit)
        finalists = trainer.retrain(records)
        trainer.figures(finalists[0], {})[1]
        assert trainer.fit(finalists)[0].weights is not None
        assert len(executor.sent) >= 5
        # Row numbers of one fold alone are 640,000 bytes.
        assert max(executor.sent) < 20_000


def test_outcomes_come_back_as_values():
    assert loads_outcome(dumps_outcome(lambda: 3)) == 3
    error = loads_outcome(dumps_outcome(no_room))
    assert (type(error), str(error)) == (MemoryError, "no\nroom")


def test_what_cannot_be_read_back_is_a_failure():
    error = loads_outcome(b"not a pickle")
    assert isinstance(error, TrainingFailed)
    assert str(error).startswith("the result cannot be read back: UnpicklingError")
