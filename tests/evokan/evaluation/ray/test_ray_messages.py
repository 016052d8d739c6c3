"""Tasks and outcomes as bytes."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets import load_dataset
from evokan.errors import TrainingFailed
from evokan.evaluation.cohorts import train_cohort
from evokan.evaluation.ray.messages import dumps_outcome, dumps_task, folds_of, loads_outcome, loads_task
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold


def no_room() -> None:
    raise MemoryError("no\nroom")


@pytest.fixture(scope="module")
def problem() -> Problem:
    return Problem.from_table(load_dataset("wine"), folds=3)


def test_the_problem_s_folds_are_not_sent_again(problem):
    there = Problem.from_table(load_dataset("wine"), folds=3)
    other = Fold(np.arange(5), np.arange(5, 8))
    item = ("name", [problem.folds[2], other, problem.folds[0], problem.folds[2]])
    task = dumps_task(train_cohort, item, folds_of(("space", problem, None)))
    function, (name, folds) = loads_task(task, folds_of(("space", there, None)))
    assert (function, name) == (train_cohort, "name")
    assert [fold is known for fold, known in zip(folds, [there.folds[i] for i in (2, 1, 0, 2)], strict=True)] == [
        True,
        False,
        True,
        True,
    ]
    np.testing.assert_array_equal(folds[1].train, other.train)


def test_outcomes_come_back_as_values():
    assert loads_outcome(dumps_outcome(lambda: 3)) == 3
    error = loads_outcome(dumps_outcome(no_room))
    assert (type(error), str(error)) == (MemoryError, "no\nroom")


def test_what_cannot_be_read_back_is_a_failure():
    error = loads_outcome(b"not a pickle")
    assert isinstance(error, TrainingFailed)
    assert str(error).startswith("the result cannot be read back: UnpicklingError")
