"""The evaluator on Ray: the records of threads, whatever the number of workers and whatever happens to them."""

from __future__ import annotations

import pytest
import ray_work

from evokan.datasets import load_dataset
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.ray.executor import prepare_space
from evokan.evaluation.records import Record
from evokan.evolution import Genome
from evokan.problem.problem import Problem
from evokan.seeding import generator
from evokan.spaces.training import Budget
from search_spaces.gakan import GAKAN


@pytest.fixture(scope="module")
def wine() -> Problem:
    problem = Problem.from_table(load_dataset("wine"), folds=2)
    GAKAN().prepare(problem)
    return problem


def genomes(problem: Problem, count: int) -> list[Genome]:
    layout, rng = GAKAN().layout(problem), generator("test")
    return [Genome(layout.random(rng)) for _ in range(count)]


def records(executor, space, problem: Problem, count: int = 26) -> list[Record]:
    found = []
    judge = Evaluator(space, problem, Budget(steps=1), 5, executor, on_record=found.append)
    population = genomes(problem, count)
    judge.evaluate(population[: count // 2], 0)
    judge.evaluate(population[count // 2 - 3 :], 1)
    return [record.replace(seconds=0.0) for record in found]


@pytest.fixture(scope="module")
def expected(wine) -> list[Record]:
    with ThreadExecutor(1) as threads:
        found = records(threads, GAKAN(), wine)
    assert {"ok", "cached"} <= {record.status for record in found}
    return found


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_records_are_the_same_with_any_number_of_workers(executor, wine, expected, workers):
    assert records(executor(workers, set_up=prepare_space), GAKAN(), wine) == expected


def faults(expected: list[Record], *names: str) -> dict[int, str]:
    """Give each fault to the networks with as many edges as one of the records, each time another."""
    edges = list(dict.fromkeys(record.n_edges for record in expected if record.status == "ok"))
    return dict(zip(edges[::2], names, strict=False))


def check(found: list[Record], expected: list[Record], reasons: dict[int, str]) -> None:
    """Assert that the networks with a fault have failed with their reason, and nothing else is different."""
    assert len(found) == len(expected)
    assert set(reasons) <= {record.n_edges for record in found}
    for record, healthy in zip(found, expected, strict=True):
        if healthy.n_edges in reasons and healthy.usable:
            assert (record.status, record.val_loss) == ("failed", float("inf"))
            assert record.reason.startswith(reasons[healthy.n_edges])
        else:
            assert record == healthy


def test_an_exception_a_hang_and_a_nan_fail_their_networks_alone(executor, wine, expected):
    harm = faults(expected, "raise", "nan", "hang")
    ray = executor(2, set_up=prepare_space, cohort_timeout=2.0)
    reasons = {
        "raise": "OverflowError: too large",
        "nan": "fold 1 of 2: the validation loss is nan",
        "hang": "not finished after 2 seconds",
    }
    check(records(ray, ray_work.Faulty(harm), wine), expected, {edges: reasons[what] for edges, what in harm.items()})


@pytest.mark.slow
def test_a_network_that_kills_its_worker_fails_alone(executor, wine, expected):
    harm = faults(expected, "kill")
    ray = executor(2, set_up=prepare_space)
    check(records(ray, ray_work.Faulty(harm), wine), expected, dict.fromkeys(harm, "worker lost 5 times"))
