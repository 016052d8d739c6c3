"""What a generation leaves behind, and the loop that runs generations."""

from __future__ import annotations

import itertools
import math
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.records import Record
from evokan.evolution import GeneticAlgorithm
from evokan.evolution.front import pareto_front
from evokan.evolution.history import HISTORY_COLUMNS, diversity, hypervolume, summarise
from evokan.searching.loop import State, evolve
from evokan.spaces.training import Budget

INF = math.inf
REFERENCE = {"val_loss": 2.0, "n_params": 20.0}


def record(number: int, loss: float = 1.0, size: int = 1, status: str = "ok", chromosome: str = "0101") -> Record:
    return Record(number, 0, chromosome, status=status, val_loss=loss, n_params=size, key=str(number))


# ---------------------------------------------------------------- hypervolume


@pytest.mark.parametrize(
    ("points", "share"),
    [
        ([], 0.0),
        ([(0.0, 0)], 1.0),
        ([(1.0, 10)], 0.25),
        ([(1.0, 10), (0.5, 15)], (1.0 * 10 + 0.5 * 5) / 40),  # two boxes, the overlap once
        ([(1.0, 10), (0.5, 15), (1.5, 5)], (1.0 * 10 + 0.5 * 5 + 0.5 * 5) / 40),
        ([(1.0, 10), (1.5, 15)], 0.25),  # dominated: adds nothing
        ([(2.0, 1), (1.0, 20), (3.0, 30)], 0.0),  # on or beyond the reference point
        ([(1.0, 10), (0.1, 900)], 0.25),
    ],
)
def test_hypervolume_by_hand(points, share):
    front = [record(number, loss, size) for number, (loss, size) in enumerate(points)]
    assert hypervolume(front, REFERENCE) == pytest.approx(share, abs=1e-15)


def test_hypervolume_in_three_objectives():
    front = [Record(0, 0, "", val_loss=1.0, n_params=10, depth=1)]
    assert hypervolume(front, {**REFERENCE, "depth": 4.0}) == pytest.approx(0.25 * 0.75)


def test_networks_without_a_loss_span_no_volume():
    assert hypervolume([record(0, 0.0, 0, status="failed")], REFERENCE) == 0.0


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30)), max_size=8), st.floats(0, 3), st.integers(0, 30))
def test_another_network_never_lowers_the_hypervolume(points, loss, size):
    front = [record(number, *point) for number, point in enumerate(points)]
    before, after = hypervolume(front, REFERENCE), hypervolume([*front, record(99, loss, size)], REFERENCE)
    assert 0.0 <= before <= after + 1e-12
    assert after <= 1.0 + 1e-12


# ---------------------------------------------------------------- diversity


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        (["0110"], 0.0),
        (["0110", "0110"], 0.0),
        (["0000", "1111"], 1.0),
        (["0000", "0001"], 0.25),
        (["00", "01", "11"], (1 + 2 + 1) / 3 / 2),
    ],
)
def test_diversity_by_hand(rows, share):
    assert diversity(np.array([[bit == "1" for bit in row] for row in rows])) == pytest.approx(share)


@given(
    st.integers(2, 7).flatmap(
        lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=2, max_size=8)
    )
)
def test_diversity_is_the_mean_over_all_pairs(rows):
    bits = np.array(rows)
    pairs = [np.mean(a != b) for a, b in itertools.combinations(bits, 2)]
    assert diversity(bits) == pytest.approx(np.mean(pairs))


# ---------------------------------------------------------------- one row


def test_columns_are_those_of_the_contract():
    assert HISTORY_COLUMNS == (
        "generation",
        "evaluated",
        "cached",
        "invalid",
        "failed",
        "raced",
        "best_val_loss",
        "median_val_loss",
        "worst_val_loss",
        "best_n_params",
        "front_size",
        "hypervolume",
        "diversity",
        "seconds",
    )


def test_counts_are_of_the_generation_and_losses_of_its_survivors():
    evaluated = [
        record(10, 0.9),
        record(11, 0.2, status="cached"),
        record(12, 0.3, status="cached"),
        record(13, INF, status="invalid"),
        record(14, INF, status="failed"),
        record(15, 5.0),
        record(16, 6.0, status="raced"),
    ]
    survivors = [
        record(11, 0.2, 30, "cached", "0000"),
        record(3, 0.2, 20, "ok", "0011"),
        record(10, 0.9, 7, "ok", "0000"),
    ]
    row = summarise(4, evaluated, survivors, [record(3, 1.0, 10)], REFERENCE, 1.5)
    assert (row.generation, row.evaluated, row.cached, row.invalid, row.failed, row.raced) == (4, 2, 2, 1, 1, 1)
    assert (row.best_val_loss, row.median_val_loss, row.worst_val_loss) == (0.2, 0.2, 0.9)
    assert row.best_n_params == 20  # of two equally good ones the smaller
    assert (row.front_size, row.hypervolume, row.seconds) == (1, 0.25, 1.5)
    assert row.diversity == pytest.approx((2 + 2 + 0) / 3 / 4)


@pytest.mark.parametrize(
    ("losses", "median"),
    [
        ([1.0, 2.0], 1.5),
        ([1.0, INF], INF),
        ([INF, INF], INF),
        ([1.0, 2.0, INF], 2.0),
        ([3.0, INF, 1.0, 2.0], 2.5),
    ],
)
def test_the_median_with_failures_among_the_survivors(losses, median):
    survivors = [record(n, loss, status="ok" if loss < INF else "failed") for n, loss in enumerate(losses)]
    assert summarise(0, survivors, survivors, [], REFERENCE, 0.0).median_val_loss == median


@given(
    st.lists(
        st.tuples(st.sampled_from(["ok", "cached", "invalid", "failed"]), st.floats(0, 1e308)), min_size=1, max_size=9
    )
)
def test_infinities_never_become_nan(rows):
    pool = [
        record(n, loss if status in ("ok", "cached") else INF, n + 1, status) for n, (status, loss) in enumerate(rows)
    ]
    row = summarise(0, pool, pool, pareto_front(pool, tuple(REFERENCE)), REFERENCE, 0.0)
    assert not any(math.isnan(figure) for figure in astuple(row))
    assert row.best_val_loss <= row.median_val_loss <= row.worst_val_loss
    if not any(one.usable for one in pool):
        assert (row.best_val_loss, row.worst_val_loss, row.best_n_params) == (INF, INF, 0)


# ---------------------------------------------------------------- the loop


def run(space, problem, until: int, state: State | None = None):
    """Evolve eight individuals to generation `until`; return the state, the rows and the evaluator's space."""
    rows = []
    with ThreadExecutor() as executor:
        evaluator = Evaluator(space, problem, Budget(), 1, executor)
        if state is not None:
            evaluator.remember(state.records)
        after = evolve(
            GeneticAlgorithm(8),
            evaluator,
            state or State(),
            seed=1,
            last_generation=until,
            objectives=tuple(REFERENCE),
            reference=REFERENCE,
            on_generation=lambda row, population: rows.append((row, [list(g) for g in population])),
        )
    return after, rows


def test_every_generation_leaves_one_row(stub_space, stub_problem):
    state, rows = run(stub_space(), stub_problem(), 5)
    assert [row.generation for row, _ in rows] == [0, 1, 2, 3, 4, 5]
    assert state.generation == 5
    assert [one.id for one in state.records] == list(range(6 * 8))
    assert [list(genome) for genome in state.population] == rows[-1][1]
    best = [row.best_val_loss for row, _ in rows]
    assert best == sorted(best, reverse=True)  # survivors never get worse
    assert all(row.evaluated + row.cached + row.invalid + row.failed == 8 for row, _ in rows)
    for row, _ in rows:
        so_far = [one for one in state.records if one.generation <= row.generation]
        assert row.front_size == len(pareto_front(so_far, tuple(REFERENCE)))


def test_going_on_is_the_same_as_never_having_stopped(stub_space, stub_problem):
    whole, rows = run(stub_space(), stub_problem(), 6)
    half, first = run(stub_space(), stub_problem(), 2)
    rest, second = run(stub_space(), stub_problem(), 6, half)
    assert rest.records == whole.records
    assert rest.population == whole.population

    def timeless(found):
        return [(astuple(replace(row, seconds=0.0)), population) for row, population in found]

    assert timeless(first + second) == timeless(rows)


def test_nothing_left_to_do(stub_space, stub_problem):
    done, _ = run(stub_space(), stub_problem(), 3)
    again, rows = run(stub_space(), stub_problem(), 2, done)
    assert rows == []
    assert again.generation == 3
    assert again.records == done.records
