"""Inheritance: children get what their parents learned on the same fold, and a run keeps it."""

from __future__ import annotations

import numpy as np

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.heirs import Heirs
from evokan.evolution import Genome
from evokan.spaces.training import Budget, Trained


def learned(job):
    """Weights that tell of which fold they are, and how many generations of learning are in them."""
    before = max((float(values["age"][0]) for _, values in job.parents), default=0.0)
    weights = {"age": np.array([before + 1]), "fold": np.array([float(job.fold.validation[0])])}
    assert all(values["fold"][0] == weights["fold"][0] for _, values in job.parents), "another fold's weights"
    return Trained(1.0 / (before + 1), 1.0, 3, weights=weights if job.keep_weights else None)


def genome(mask: str, parents: tuple[int, ...] = ()) -> Genome:
    return Genome([*map(int, mask.ljust(12, "0")), 1, 0, 0, 0], parents=parents)


def setting(space, problem):
    heirs = Heirs(space, problem)
    return heirs, Evaluator(space, problem, Budget(), 11, ThreadExecutor(2), heirs=heirs)


def test_children_begin_where_their_parents_ended_fold_by_fold(stub_space, stub_problem):
    seen = []
    space = stub_space(outcome=learned, before=seen.extend)
    heirs, judge = setting(space, stub_problem(3))
    first = judge.evaluate([genome("1"), genome("01")], 0)
    assert [record.val_loss for record in first] == [1.0, 1.0]
    heirs.retain(first)
    (child,) = judge.evaluate([genome("11", parents=(1, 0))], 1)
    assert child.val_loss == 0.5
    assert [[architecture.key for architecture, _ in job.parents] for job in seen[-3:]] == [
        [first[1].key, first[0].key]
    ] * 3


def test_who_does_not_survive_is_forgotten(stub_space, stub_problem):
    heirs, judge = setting(stub_space(outcome=learned), stub_problem(2))
    first = judge.evaluate([genome("1"), genome("01")], 0)
    heirs.retain(first[:1])
    second = judge.evaluate([genome("11", parents=(1,)), genome("111", parents=(0,))], 1)
    assert [record.val_loss for record in second] == [1.0, 0.5]
    assert {name.split("/")[0] for name in heirs.to_arrays()} == {"0", "2", "3"}


def test_arrays_bring_everything_back(stub_space, stub_problem):
    problem = stub_problem(3)
    heirs, judge = setting(stub_space(outcome=learned), problem)
    records = judge.evaluate([genome("1"), genome("01"), genome("1")], 0)
    heirs.retain(records)
    arrays = heirs.to_arrays()
    assert len(arrays) == 2 * 3 * 2
    again, judge = setting(stub_space(outcome=learned), problem)
    judge.remember(records)
    again.retain(records)
    again.from_arrays(arrays)
    assert {name: value.tolist() for name, value in again.to_arrays().items()} == {
        name: value.tolist() for name, value in arrays.items()
    }
    (child,) = judge.evaluate([genome("11", parents=(2,))], 1)
    assert child.val_loss == 0.5


def test_a_failure_leaves_nothing(stub_space, stub_problem):
    heirs, judge = setting(stub_space(outcome=lambda job: Trained.failed("no")), stub_problem(2))
    records = judge.evaluate([genome("1")], 0)
    heirs.retain(records)
    assert heirs.to_arrays() == {}
