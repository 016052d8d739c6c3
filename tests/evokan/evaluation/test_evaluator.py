"""From individuals to records: order, cache, failures, folds, resuming."""

from __future__ import annotations

import pickle
import random
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import InputError, TrainingFailed
from evokan.evaluation.cohorts import NETWORKS_PER_COHORT, Cohort, cut, one_line, train_cohort
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evolution import Genome
from evokan.seeding import derive_seed
from evokan.spaces.training import Budget, Trained, TrainingJob

NAN, INF = float("nan"), float("inf")


def bits(block: str, grid: int = 5, spare: int = 0) -> Genome:
    """An individual with the mask `block` (padded with zeros), and the grid and spare bits."""
    text = block.ljust(12, "0") + format(grid - 1, "03b") + str(spare)
    return Genome(map(int, text))


def evaluator(space, problem, workers=1, **settings) -> Evaluator:
    return Evaluator(space, problem, Budget(), 11, ThreadExecutor(workers), **settings)


# ---------------------------------------------------------------- decoding and records


def test_a_record_has_the_figures_of_network_and_training(stub_space, stub_problem):
    child = Genome(bits("1011"), parents=(4, 2), origin="crossover")
    (record,) = evaluator(stub_space(), stub_problem()).evaluate([child], 3)
    assert (record.id, record.generation, record.chromosome) == (0, 3, "1011000000001000")
    assert (record.parents, record.origin, record.status, record.reason) == ((4, 2), "crossover", "ok", "")
    assert (record.val_loss, record.train_loss, record.val_loss_se) == (9.0, 4.5, 0.0)
    assert (record.n_params, record.n_params_paper, record.n_edges) == (30, 30, 3)
    assert (record.n_features, record.depth, record.grid) == (3, 1, 5)
    assert (record.iterations, record.seconds, record.key) == (13, 0.5, "101100000000/5")


def test_invalid_networks_are_never_trained(stub_space, stub_problem):
    space = stub_space()
    records = evaluator(space, stub_problem()).evaluate([bits(""), bits("1"), bits("", grid=2)], 0)
    assert [record.status for record in records] == ["invalid", "ok", "invalid"]
    assert records[0].reason == "no path from any input to any output"
    assert (records[0].val_loss, records[0].train_loss, records[0].seconds) == (INF, INF, 0.0)
    assert space.trained == ["100000000000/5"]


def test_other_faults_in_decoding_are_failures(stub_space, stub_problem):
    class Broken(stub_space):
        def decode(self, bits, problem):
            if bits[0]:
                raise ZeroDivisionError("division\n   by zero")
            return super().decode(bits, problem)

    records = evaluator(Broken(), stub_problem()).evaluate([bits("1"), bits("01"), bits("1")], 0)
    assert [record.status for record in records] == ["failed", "ok", "failed"]
    assert records[0].reason == records[2].reason == "decoding: ZeroDivisionError: division by zero"
    assert records[0].val_loss == INF


def test_ids_run_on_over_generations(stub_space, stub_problem):
    judge = evaluator(stub_space(), stub_problem())
    first = judge.evaluate([bits("1"), bits("")], 0)
    second = judge.evaluate([bits("1"), bits("01")], 1)
    assert [record.id for record in first + second] == [0, 1, 2, 3]


# ---------------------------------------------------------------- the cache


def test_equal_networks_are_trained_once(stub_space, stub_problem):
    space = stub_space()
    judge = evaluator(space, stub_problem())
    twin = Genome(bits("11", spare=1), parents=(7,), origin="mutation")
    first = judge.evaluate([bits("11"), bits("1"), twin], 0)
    second = judge.evaluate([bits("1", spare=1), bits("11")], 1)
    assert space.trained == ["110000000000/5", "100000000000/5"]
    assert [record.status for record in first + second] == ["ok", "ok", "cached", "cached", "cached"]
    assert [record.reason for record in first + second] == ["", "", "as 0", "as 1", "as 0"]
    source, copied = first[0], first[2]
    assert copied == source.replace(
        id=2,
        chromosome="1100000000001001",
        parents=(7,),
        origin="mutation",
        status="cached",
        reason="as 0",
        seconds=0.0,
    )
    assert second[1].generation == 1


def test_a_copy_of_a_failure_fails_again_untrained(stub_space, stub_problem):
    space = stub_space(outcome=lambda job: Trained.failed("singular matrix", seconds=2.0))
    judge = evaluator(space, stub_problem())
    records = [*judge.evaluate([bits("1"), bits("1", spare=1)], 0), *judge.evaluate([bits("1")], 1)]
    assert [record.status for record in records] == ["failed"] * 3
    assert [record.reason for record in records] == [
        "singular matrix",
        "singular matrix (as 0)",
        "singular matrix (as 0)",
    ]
    assert [record.seconds for record in records] == [2.0, 0.0, 0.0]
    assert [record.val_loss for record in records] == [INF] * 3
    assert len(space.trained) == 1


def test_seeds_follow_from_run_space_network_and_fold(stub_space, stub_problem, stub_loss):
    seeds = {}

    def outcome(job):
        seeds.setdefault(job.architecture.key, []).append(job.seed)
        return stub_loss(job)

    evaluator(stub_space(outcome=outcome), stub_problem(2)).evaluate([bits("1"), bits("11")], 0)
    assert seeds == {
        key: [derive_seed(11, "stub", key, fold) for fold in (0, 1)] for key in ("100000000000/5", "110000000000/5")
    }
    assert len({seed for pair in seeds.values() for seed in pair}) == 4


# ---------------------------------------------------------------- folds


def test_every_fold_is_trained_in_the_network_s_own_cohort(stub_space, stub_problem):
    space = stub_space(outcome=lambda job: Trained(float(job.fold.validation[0]), 1.0, 3, seconds=1.0))
    problem = stub_problem(3)
    judge = evaluator(space, problem)
    (record,) = judge.evaluate([bits("1")], 0)
    firsts = [int(fold.validation[0]) for fold in problem.folds]
    assert record.val_loss == pytest.approx(sum(firsts) / 3)
    assert record.val_loss_se > 0
    assert record.seconds == 3.0
    assert space.calls == [3]


# ---------------------------------------------------------------- cohorts


@given(st.integers(0, 30), st.integers(1, 7))
def test_cohorts_keep_the_order_and_their_size(count, size):
    networks = {3 * n: (n,) for n in range(count)}
    cohorts = cut(networks, size)
    pairs = [pair for cohort in cohorts for pair in zip(cohort.members, cohort.networks, strict=True)]
    assert pairs == list(networks.items())
    assert all(len(cohort.members) == size for cohort in cohorts[:-1])
    assert all(1 <= len(cohort.members) <= size for cohort in cohorts)


def test_cohorts_do_not_depend_on_the_workers(stub_space, stub_problem):
    genomes = [bits("1", grid) for grid in range(1, 8)]
    for workers in (1, 3):
        space = stub_space()
        judge = evaluator(space, stub_problem(2), workers)
        judge.evaluate(genomes, 0)
        assert sorted(space.calls) == sorted([2 * NETWORKS_PER_COHORT, 2 * (7 - NETWORKS_PER_COHORT)])
        assert judge.loss_evaluations == 7 * 2 * 20


def test_units_of_work_pickle(stub_problem):
    cohort = Cohort((3,), ((TrainingJob("architecture", stub_problem().folds[0], 5),),))
    again = pickle.loads(pickle.dumps(cohort))
    assert (again.members, again.networks[0][0].seed) == ((3,), 5)
    assert pickle.loads(pickle.dumps(train_cohort)) is train_cohort
    assert pickle.loads(pickle.dumps(TrainingFailed("why"))).args == ("why",)


# ---------------------------------------------------------------- failures


def test_a_cohort_that_raises_is_tried_again_one_by_one(stub_space, stub_problem):
    def before(jobs):
        if any(job.architecture.key.startswith("01") for job in jobs):
            raise MemoryError("no\nroom")

    space = stub_space(before=before)
    genomes = [bits("1"), bits("01"), bits("11"), bits("001"), bits("0001")]
    records = evaluator(space, stub_problem()).evaluate(genomes, 0)
    assert [record.status for record in records] == ["ok", "failed", "ok", "ok", "ok"]
    assert records[1].reason == "MemoryError: no room"
    assert (records[1].val_loss, records[1].n_edges, records[1].seconds) == (INF, 1, 0.0)
    assert space.calls == [4, 1, 1, 1, 1, 1]  # the two cohorts, then four networks alone


def test_what_succeeds_alone_is_no_failure(stub_space, stub_problem):
    failed = []

    def before(jobs):
        if not failed:
            failed.append(len(jobs))
            raise OSError

    space = stub_space(before=before)
    records = evaluator(space, stub_problem()).evaluate([bits("1"), bits("01")], 0)
    assert [record.status for record in records] == ["ok", "ok"]
    assert space.calls == [2, 1, 1]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda results: results[:-1], "search space 'stub' returned 0 results for 1 trainings"),
        (lambda results: results * 2, "search space 'stub' returned 2 results for 1 trainings"),
        (lambda results: [None for _ in results], "search space 'stub' returned something else than Trained objects"),
        (lambda results: None, "TypeError: object of type 'NoneType' has no len()"),
        (lambda results: [Trained("much", 1.0, 1) for _ in results], "TypeError: must be real number, not str"),
    ],
)
def test_wrong_results_fail_and_the_run_goes_on(stub_space, stub_problem, wrong, reason):
    class Wrong(stub_space):
        def train(self, jobs, problem, budget):
            return wrong(super().train(jobs, problem, budget))

    records = evaluator(Wrong(), stub_problem()).evaluate([bits("1"), bits("11")], 0)
    found = [(record.status, record.reason, record.val_loss) for record in records]
    assert found == [("failed", reason, INF)] * 2


@pytest.mark.parametrize("loss", [NAN, INF])
def test_losses_that_are_not_finite_never_enter_a_fitness(stub_space, stub_problem, loss):
    (record,) = evaluator(stub_space(outcome=lambda job: Trained(loss, loss, 4)), stub_problem()).evaluate(
        [bits("1")], 0
    )
    assert (record.status, record.val_loss, record.train_loss) == ("failed", INF, INF)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("a\n  b"), "ValueError: a b"),
        (KeyError(), "KeyError"),
        (TrainingFailed("singular"), "singular"),
        (TrainingFailed(), "TrainingFailed"),
    ],
)
def test_errors_in_one_line(error, text):
    assert one_line(error) == text


# ---------------------------------------------------------------- delivery and determinism


def some_genomes(count: int) -> list[Genome]:
    source = random.Random(3)
    blocks = ("".join(source.choices("0001", k=6)) for _ in range(count))
    return [bits(block, source.randint(1, 8)) for block in blocks]


def test_records_are_the_same_whatever_the_workers_and_the_order_of_completion(stub_space, stub_problem):
    def dawdle(jobs):
        time.sleep(random.Random(str(threading.get_ident()) + jobs[0].architecture.key).random() / 50)

    found = []
    for workers, before, size in ((1, None, 4), (2, dawdle, 4), (4, dawdle, 1), (3, dawdle, 7)):
        delivered = []
        judge = evaluator(
            stub_space(before=before), stub_problem(2), workers, on_record=delivered.append, cohort_size=size
        )
        records = judge.evaluate(some_genomes(40), 0) + judge.evaluate(some_genomes(50), 1)
        assert delivered == records
        found.append(records)
    assert {record.status for record in found[0]} == {"ok", "cached", "invalid"}
    assert found[1] == found[0]
    assert found[2] == found[0]
    assert found[3] == found[0]


def test_records_are_delivered_as_soon_as_all_before_them_are_complete(stub_space, stub_problem):
    delivered, at_start = [], {}
    third = threading.Event()

    def before(jobs):
        key = jobs[0].architecture.key[:3]
        if key == "010":
            assert third.wait(10)
        at_start[key] = len(delivered)
        if key == "001":
            third.set()

    judge = evaluator(stub_space(before=before), stub_problem(), 2, on_record=delivered.append, cohort_size=1)
    records = judge.evaluate([bits(""), bits("010"), bits("001"), bits("010", spare=1), bits("")], 0)
    assert at_start["001"] == 1  # the invalid one waited for nothing; the third was kept back by the second
    assert delivered == records
    assert [record.id for record in records] == [0, 1, 2, 3, 4]


def test_a_fault_of_the_writer_stops_the_work(stub_space, stub_problem):
    done = []

    class InTurn:
        def map_unordered(self, function, shared, items):
            try:
                for position, item in enumerate(items):
                    yield position, function(*shared, item)
            finally:
                done.append("stopped")

    def full(record):
        raise OSError("disk full")

    space = stub_space()
    judge = Evaluator(space, stub_problem(), Budget(), 11, InTurn(), on_record=full, cohort_size=1)
    with pytest.raises(OSError, match="disk full") as caught:
        judge.evaluate([bits("1"), bits("01"), bits("11")], 0)
    assert done == ["stopped"]
    assert len(space.trained) == 1
    assert caught.tb is not None  # keeps the frames, so that nothing is closed by reference counts


# ---------------------------------------------------------------- going on after a kill


def two_generations(judge: Evaluator, known=()) -> list:
    first, second = some_genomes(20), some_genomes(30)[5:]
    done = list(known)
    records = judge.evaluate(first, 0, known=done[:20])
    return records + judge.evaluate(second, 1, known=done[20:])


@pytest.mark.parametrize("line", [0, 1, 7, 19, 20, 21, 33, 45])
def test_a_resumed_run_has_the_same_records(stub_space, stub_problem, line):
    def outcome(job):
        if job.architecture.width == 3:
            return Trained.failed("no", seconds=1.0)
        return Trained(float(job.seed % 97), 1.0, 5, seconds=1.0)

    whole = two_generations(evaluator(stub_space(outcome=outcome), stub_problem()))
    assert {record.status for record in whole} == {"ok", "cached", "invalid", "failed"}
    delivered = []
    space = stub_space(outcome=outcome)
    judge = evaluator(space, stub_problem(), on_record=delivered.append)
    known = [record.replace(key="") for record in whole[:line]]  # as they come from the file
    assert two_generations(judge, known) == whole
    assert delivered == whole[line:]
    tried = {r.key for r in whole[:line] if r.key}
    assert not tried & set(space.trained)


def test_earlier_generations_are_remembered(stub_space, stub_problem):
    whole = two_generations(evaluator(stub_space(), stub_problem()))
    judge = evaluator(stub_space(), stub_problem())
    assert judge.remember([record.replace(key="") for record in whole[:20]]) == whole[:20]
    assert judge.evaluate(some_genomes(30)[5:], 1) == whole[20:]


def test_records_of_another_run_are_refused(stub_space, stub_problem):
    records = evaluator(stub_space(), stub_problem()).evaluate([bits("1"), bits("01")], 0)

    def fresh() -> Evaluator:
        return evaluator(stub_space(), stub_problem())

    with pytest.raises(InputError, match="record 0 has another chromosome"):
        fresh().evaluate([bits("11")], 0, known=records[:1])
    with pytest.raises(InputError, match="another chromosome or generation"):
        fresh().evaluate([bits("1")], 1, known=records[:1])
    with pytest.raises(InputError, match="expected the record of individual 0, got 1"):
        fresh().remember(records[1:])
    with pytest.raises(InputError, match="record 0 has a loss"):
        fresh().remember([records[0].replace(chromosome="0" * 16)])
    with pytest.raises(InputError, match="record 0: chromosome text has 3 bits"):
        fresh().remember([records[0].replace(chromosome="101")])


def test_more_known_records_than_individuals_are_refused(stub_space, stub_problem):
    records = evaluator(stub_space(), stub_problem()).evaluate([bits("1"), bits("01")], 0)
    with pytest.raises(InputError, match="2 known records"):
        evaluator(stub_space(), stub_problem()).evaluate([bits("1")], 0, known=records)
