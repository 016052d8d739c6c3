"""Races: who is promoted, what a race spares, and that those who get through have the records of a plain run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets import load_dataset
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import OutOfTimeError, ThreadExecutor
from evokan.evaluation.racing import ladder, promoted, promoted_of_every_size, rungs
from evokan.evolution import Genome
from evokan.problem.problem import Problem
from evokan.problem.table import Table
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


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize(
    ("cuts", "race", "expected"),
    [
        (False, False, [(0, 0, 2, "")]),
        (False, True, [(0, 0, 1, "1 of 2 folds"), (0, 1, 2, "")]),
        (True, False, [(0, 0, 1, "10 of 32 rows"), (1, 0, 1, "")]),
        (True, True, [(0, 0, 1, "10 of 32 rows"), (1, 0, 1, "1 of 2 folds"), (1, 1, 2, "")]),
    ],
)
def test_rows_first_then_folds(stub_problem, cuts, race, expected):
    steps = ladder(stub_problem(2, rungs=10), race=race, cuts=cuts)
    assert [(rung.number, rung.begin, rung.end, rung.measured) for rung in steps] == expected


def test_an_equation_has_fewer_points_and_steps_first():
    problem = Problem.from_table(load_dataset("lane-emden-0"), rungs=None)
    low, high = ladder(problem, cuts=True)
    assert (low.measured, low.effort, low.is_cut) == ("300 of 1350 rows and 0.25 of the steps", 0.25, True)
    assert (high.measured, high.effort, high.rows, high.is_cut) == ("", 1.0, 1350, False)


def test_as_many_cuts_as_there_can_be_stand_for_all_rows():
    x = np.zeros((1000, 1))
    problem = Problem.from_table(Table("made", "regression", x, np.arange(1000.0), ("a",), "y"), folds=2, rungs=10)
    assert [rung.rows for rung in ladder(problem, cuts=True)] == [10, 40, 160]


@given(
    st.dictionaries(
        st.integers(0, 99), st.tuples(st.sampled_from([0.1, 0.2, 0.5, 2.0]), st.integers(1, 50)), min_size=1
    )
)
def test_a_quarter_goes_on_and_with_it_the_best_of_every_size(table):
    losses, sizes = ({key: pair[part] for key, pair in table.items()} for part in (0, 1))
    stay = promoted_of_every_size(losses, sizes)
    assert len(stay) == (len(losses) + 3) // 4
    # The best of all is always there, of equals the smallest.
    assert min(losses, key=lambda key: (losses[key], sizes[key], key)) in stay
    if len(stay) >= 4:  # then both ends of the front are
        assert min(sizes, key=lambda key: (sizes[key], losses[key], key)) in stay


@pytest.mark.parametrize("workers", [1, 3])
def test_few_rows_first_then_all(stub_space, stub_problem, workers):
    problem = stub_problem(2, rungs=10)
    plain = Evaluator(stub_space(), problem, Budget(), 11, ThreadExecutor(1)).evaluate(genomes(20), 0)
    space, delivered = stub_space(), []
    judge = Evaluator(space, problem, Budget(), 11, ThreadExecutor(workers), cuts=True, on_record=delivered.append)
    raced = judge.evaluate(genomes(20), 0)
    assert delivered == raced
    fresh = [record for record in raced if record.status in ("ok", "raced")]
    through = [record for record in fresh if record.status == "ok"]
    assert len(through) == (len(fresh) + 3) // 4
    for record in through:
        assert (record.rows, record.rung) == (32, 1)
        same = plain[record.id]
        assert record.val_loss == same.val_loss
        assert record.seconds == same.seconds  # a fold with few rows, and with all
    for record in (record for record in fresh if record.status == "raced"):
        assert (record.rows, record.rung, record.reason) == (10, 0, "lost the race after 10 of 32 rows")
        assert record.objective("val_loss") == np.inf
    assert len(space.trained) == len(fresh) + len(through)
    assert judge.loss_evaluations == 20 * len(space.trained)


@pytest.mark.parametrize("race", [False, True])
def test_a_family_that_can_begins_on_more_rows_from_what_it_learned_on_fewer(stub_space, stub_problem, race):
    jobs = []

    def learns(job):
        jobs.append(job)
        weights = {"w": np.array([float(job.seed % 1000)])} if job.keep_weights else None
        return Trained(1.0 / (1 + job.architecture.n_edges), 1.0, 5, weights=weights)

    space = stub_space(outcome=learns)
    space.inherits = True
    problem = stub_problem(2, rungs=10)
    Evaluator(space, problem, Budget(), 11, ThreadExecutor(1), cuts=True, race=race).evaluate(genomes(20), 0)
    first = {job.architecture.key: job for job in jobs if job.fold is problem.cuts[0][0]}
    assert all(job.keep_weights and not job.parents for job in first.values())
    above = [job for job in jobs if job.fold is problem.folds[0]]
    assert above
    for job in above:
        ((network, weights),) = job.parents
        assert network.key == job.architecture.key
        assert weights["w"] == first[network.key].seed % 1000
    # Rows of the cuts validate in the other folds, which therefore learn nothing from them.
    others = [job for job in jobs if job.fold is problem.folds[1]]
    assert bool(others) == race
    assert not any(job.parents for job in others)


def test_what_is_added_races_with_the_others_and_is_told_of_the_lowest_rung(stub_space, stub_problem):
    told = []

    def more(batch, records):
        told.append([(record.id, record.status, record.rows) for record in records])
        return genomes(9)[6:] if len(told) == 1 else []

    judge = Evaluator(stub_space(), stub_problem(2, rungs=10), Budget(), 11, ThreadExecutor(1), cuts=True)
    records = judge.evaluate(genomes(6), 0, more=more)
    assert [record.id for record in records] == [*range(9)]
    assert told == [[(place, "ok", 10) for place in part] for part in (range(6), range(6, 9))]
    whole = Evaluator(stub_space(), stub_problem(2, rungs=10), Budget(), 11, ThreadExecutor(1), cuts=True)
    assert whole.evaluate(genomes(9), 0) == records


class Ends(ThreadExecutor):
    """Has time for so many calls."""

    def __init__(self, calls: int) -> None:
        super().__init__(1)
        self.calls = calls

    def map_unordered(self, function, shared, items):
        self.calls -= 1
        if self.calls < 0:
            raise OutOfTimeError("the time is over")
        yield from super().map_unordered(function, shared, items)


def test_what_was_measured_is_delivered_when_the_time_is_over(stub_space, stub_problem):
    delivered = []
    judge = Evaluator(
        stub_space(), stub_problem(2, rungs=10), Budget(), 11, Ends(1), cuts=True, on_record=delivered.append
    )
    with pytest.raises(OutOfTimeError):
        judge.evaluate(genomes(8), 0)
    assert [record.id for record in delivered] == [*range(8)]
    lost = {record.reason.partition(" (as")[0] for record in delivered if record.status == "raced"}
    assert lost == {"lost the race after 10 of 32 rows", "the time was over after 10 of 32 rows"}
