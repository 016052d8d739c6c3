"""Races: who is promoted, what a race spares, and that those who get through have the records of a plain run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.racing import promoted, rungs
from evokan.evolution import Genome
from evokan.spaces.training import Budget, Trained


@given(st.dictionaries(st.integers(0, 99), st.sampled_from([0.1, 0.2, 0.5, 2.0]), min_size=1))
def test_the_better_half_goes_on(losses):
    stay = promoted(losses)
    assert len(stay) == (len(losses) + 1) // 2
    worst = max((losses[position], position) for position in stay)
    assert all((losses[position], position) > worst for position in losses.keys() - stay)


@pytest.mark.parametrize(("folds", "expected"), [(2, (1, 2)), (3, (1, 3)), (4, (1, 2, 4)), (10, (1, 2, 10))])
def test_rungs_end_at_all_folds(folds, expected):
    assert rungs(folds) == expected


def genomes(count: int) -> list[Genome]:
    rng = np.random.default_rng(7)
    return [Genome([*rng.integers(0, 2, 12).tolist(), 1, 0, 0, 0]) for _ in range(count)]


@pytest.mark.parametrize("workers", [1, 3])
def test_a_race_trains_the_worse_on_fewer_folds_and_changes_nobody_else(stub_space, stub_problem, workers):
    problem = stub_problem(5)
    plain = Evaluator(stub_space(), problem, Budget(), 11, ThreadExecutor(1)).evaluate(genomes(20), 0)
    space = stub_space()
    delivered = []
    judge = Evaluator(space, problem, Budget(), 11, ThreadExecutor(workers), race=True, on_record=delivered.append)
    raced = judge.evaluate(genomes(20), 0)
    assert delivered == raced
    fresh = [record for record in raced if record.status in ("ok", "raced")]
    through = {record.id for record in fresh if record.status == "ok"}
    assert len(through) == (((len(fresh) + 1) // 2) + 1) // 2
    for record, same in zip(raced, plain, strict=True):
        if record.id in through:
            assert record == same
    # Losses here do not depend on the fold, so the race finds the best ones.
    assert {record.val_loss for record in raced if record.id in through} <= set(
        sorted(record.val_loss for record in plain if record.status == "ok")[: len(through) + 3]
    )
    lost = [record for record in raced if record.status == "raced"]
    assert {record.reason for record in lost} == {f"lost the race after {folds} of 5 folds" for folds in (1, 2)}
    assert all(
        not record.usable and np.isfinite(record.val_loss) and record.objective("val_loss") == np.inf for record in lost
    )
    assert len(space.trained) == 5 * len(through) + sum(int(record.reason.split()[4]) for record in lost)


def test_a_network_that_lost_is_not_trained_again(stub_space, stub_problem):
    space = stub_space()
    judge = Evaluator(space, stub_problem(2), Budget(), 11, ThreadExecutor(1), race=True)
    first = judge.evaluate(genomes(6), 0)
    trained = len(space.trained)
    again = judge.evaluate(genomes(6), 1)
    assert len(space.trained) == trained
    lost = [record.status == "raced" for record in first]
    assert any(lost)
    assert [record.status == "raced" for record in again] == lost


def test_a_failure_leaves_the_race_as_a_failure(stub_space, stub_problem):
    def fail_on_the_second_fold(job):
        return Trained.failed("it broke") if 0 in job.fold.validation else Trained(1.0, 1.0, 5)

    judge = Evaluator(
        stub_space(outcome=fail_on_the_second_fold), stub_problem(3), Budget(), 11, ThreadExecutor(1), race=True
    )
    records = judge.evaluate(genomes(6), 0)
    assert {record.status for record in records} <= {"failed", "raced", "cached"}
    assert any(record.status == "failed" and "it broke" in record.reason for record in records)
