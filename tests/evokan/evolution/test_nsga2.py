"""NSGA-II against brute force, and its handling of failures and copies."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evokan
from evokan.errors import InputError
from evokan.evaluation.records import Record
from evokan.evolution import Genome
from evokan.evolution.nsga2 import NSGA2
from evokan.seeding import generator
from evokan.spaces.chromosome import ChromosomeLayout, ValueSegment

LAYOUT = ChromosomeLayout((ValueSegment("number", 8),))


def individual(algorithm: NSGA2, number: int, loss: float, size: int, *, key: str = "", status: str = "ok") -> Genome:
    bits = LAYOUT.pack({"number": number % 256 + 1})
    record = Record(
        number,
        0,
        LAYOUT.to_text(bits),
        status=status,
        val_loss=loss,  # type: ignore[arg-type]
        n_params=size,
        key=key or f"k{number}",
    )
    genome = Genome(bits)
    algorithm.grade([genome], [record])
    return genome


def dominates(a: Genome, b: Genome) -> bool:
    x, y = np.array(a.fitness.values), np.array(b.fitness.values)
    return bool((x <= y).all() and (x < y).any())


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), min_size=6, max_size=16))
def test_survivors_are_taken_front_by_front(points: list[tuple[int, int]]) -> None:
    algorithm = NSGA2(population=5)
    genomes = [individual(algorithm, i, float(loss), size) for i, (loss, size) in enumerate(points)]
    kept = algorithm.survive(genomes[:3], genomes[3:])
    ids = {genome.evaluated().id for genome in kept}
    assert len(kept) == len(ids) == 5
    left = [genome for genome in genomes if genome.evaluated().id not in ids]
    # Nobody left out may stand in a better front than somebody kept.
    rank = {}
    remaining, level = list(genomes), 0
    while remaining:
        front = [g for g in remaining if not any(dominates(h, g) for h in remaining)]
        rank.update({g.evaluated().id: level for g in front})
        remaining = [g for g in remaining if g.evaluated().id not in rank]
        level += 1
    assert max(rank[i] for i in ids) <= min((rank[g.evaluated().id] for g in left), default=level)


def test_the_last_front_keeps_its_ends() -> None:
    algorithm = NSGA2(population=4)
    genomes = [individual(algorithm, i, 10.0 - i, 1 + i) for i in range(9)]
    kept = {genome.evaluated().id for genome in algorithm.survive(genomes, [])}
    assert {0, 8} <= kept


def test_copies_and_failures_stay_behind() -> None:
    algorithm = NSGA2(population=4)
    best = individual(algorithm, 0, 1.0, 1, key="a")
    copy = individual(algorithm, 1, 1.0, 1, key="a")
    worse = [individual(algorithm, i, 2.0 + i, 2 + i) for i in (2, 3)]
    failed = individual(algorithm, 4, float("inf"), 1, status="failed")
    kept = algorithm.survive([best, copy], [*worse, failed])
    assert [genome.evaluated().id for genome in kept] == [0, 2, 3, 1]


def test_failures_breed_only_when_fewer_than_two_others_exist() -> None:
    algorithm = NSGA2(population=4)
    failed = [individual(algorithm, i, float("inf"), 1, status="failed") for i in range(4)]
    usable = [individual(algorithm, i, 1.0, i) for i in (10, 11)]
    parents = algorithm.select_parents([*failed, *usable], 50, generator("test"))
    assert {parent.evaluated().id for parent in parents} == {10, 11}
    parents = algorithm.select_parents([*failed, usable[0]], 50, generator("test"))
    assert {parent.evaluated().id for parent in parents} > {10}


def test_tournaments_prefer_the_better_front_and_leave_global_state_alone() -> None:
    algorithm = NSGA2(population=4)
    good, bad = individual(algorithm, 0, 1.0, 1), individual(algorithm, 1, 2.0, 2)
    state = random.getstate()
    parents = algorithm.select_parents([bad, good], 400, generator("test"))
    assert random.getstate() == state
    share = sum(parent is good for parent in parents) / 400
    assert 0.68 < share < 0.82


def test_one_objective_is_refused() -> None:
    with pytest.raises(InputError, match="at least two"):
        NSGA2(objectives=("val_loss",))


def test_a_whole_search_takes_the_knee_of_a_front_that_never_shrinks(tmp_path) -> None:
    run = evokan.search(
        space="gakan", dataset="iris", algorithm="nsga2", population=12, generations=3, folds=1, out=tmp_path / "run"
    )
    settings = run.config["settings"]
    assert (settings["objectives"], settings["choose"]) == (["val_loss", "n_params"], "knee")
    assert run.history["hypervolume"].is_monotonic_increasing
    front = run.pareto
    assert front["n_params"].is_unique
    assert front.sort_values("n_params")["val_loss_mean"].is_monotonic_decreasing
    assert front["chosen"].sum() == 1
