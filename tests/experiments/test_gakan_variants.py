"""What the ablation takes out: crossovers that know no neurons, a fixed depth."""

from __future__ import annotations

import random

import numpy as np
import pytest

from evokan.datasets import load_dataset
from evokan.errors import InvalidArchitecture
from evokan.evaluation.records import Record
from evokan.evolution import GeneticAlgorithm
from evokan.evolution.proposals import FairCoins
from evokan.problem.problem import Problem
from evokan.seeding import generator
from experiments.gakan.ablation import Task, measure
from experiments.gakan.variants import VARIANTS, FixedDepth, OnePointCrossover, UniformCrossover
from experiments.study import best_so_far
from search_spaces.gakan import GAKAN


@pytest.fixture(scope="module")
def problem():
    return Problem.from_table(load_dataset("iris"))


@pytest.mark.parametrize("kind", [UniformCrossover, OnePointCrossover])
def test_crossovers_exchange_bits_of_the_same_place(kind, problem):
    layout = GAKAN().layout(problem)
    algorithm = kind(population=30, crossover_rate=1.0, mutation_rate=0.0)
    population = algorithm.initial(FairCoins(layout), seed=3)
    algorithm.grade(
        population, [Record(i, 0, layout.to_text(g.bits), val_loss=1.0 + i) for i, g in enumerate(population)]
    )
    state = random.getstate()
    offspring = algorithm.breed(population, FairCoins(layout), seed=3, generation=1)
    assert random.getstate() == state
    assert [list(g) for g in offspring] == [list(g) for g in algorithm.breed(population, FairCoins(layout), 3, 1)]
    by_id = {g.evaluated().id: list(g) for g in population}
    mixed, changes = 0, []
    for child in offspring:
        parents = np.array([by_id[i] for i in child.parents])
        assert (parents == np.array(child)).any(axis=0).all()
        if len(parents) == 2:
            mixed += 1
            telling = parents[0] != parents[1]
            sides = (parents[0] == np.array(child))[telling]
            changes.append(int(np.abs(np.diff(sides.astype(int))).sum()))
    assert mixed > 20
    # One cut changes sides once; independent bits do so all the time.
    assert (max(changes) == 1) if kind is OnePointCrossover else (min(changes) > 5)


def test_a_variants_algorithm_takes_the_rates_of_the_settings():
    from dataclasses import asdict

    settings = asdict(GeneticAlgorithm(population=12, mutation_rate=0.25, parsimony="none"))
    made = VARIANTS["uniform crossover"].algorithm(**settings)
    assert asdict(made) == settings


def test_fixed_depth_keeps_every_block_whatever_the_depth_bits_say(problem):
    space, free = FixedDepth(), GAKAN()
    layout = space.layout(problem)
    rng = generator("fixed depth")
    decoded = 0
    for _ in range(50):
        values = layout.unpack(layout.random(rng))
        keys = set()
        for depth in range(1, 5):
            bits = layout.pack({**values, "depth": depth})
            try:
                network = space.decode(bits, problem)
            except InvalidArchitecture:
                continue
            assert network.depth == 4
            keys.add(network.key)
            decoded += 1
        assert len(keys) <= 1
    assert decoded > 100
    bits = layout.pack({**layout.unpack(np.ones(layout.length, dtype=np.uint8)), "depth": 4})
    assert space.decode(bits, problem) == free.decode(bits, problem)
    # A block without connections: degraded by GA-KAN, the end of a network without degradation.
    empty = layout.pack({**layout.unpack(bits), "block2": np.zeros((5, 5), dtype=np.uint8)})
    assert free.decode(empty, problem).depth == 3
    with pytest.raises(InvalidArchitecture):
        space.decode(empty, problem)


def test_best_so_far_counts_usable_networks_only():
    records = [
        Record(0, 0, "0", val_loss=2.0),
        Record(1, 0, "1", status="failed"),
        Record(2, 1, "0", status="cached", val_loss=2.0),
        Record(3, 1, "1", status="invalid"),
        Record(4, 2, "1", val_loss=1.0),
        Record(5, 2, "0", val_loss=3.0),
        Record(6, 2, "0", status="raced", val_loss=0.5),
    ]
    assert best_so_far(records) == [
        {"generation": 0, "individuals": 2, "trained": 1, "best_val_loss": 2.0},
        {"generation": 1, "individuals": 4, "trained": 1, "best_val_loss": 2.0},
        {"generation": 2, "individuals": 7, "trained": 3, "best_val_loss": 1.0},
    ]


def test_a_search_of_a_fixed_depth_begins_at_random_and_has_no_moves():
    row, generations = measure(Task("fixed depth 4", "iris", 101, {"population": 10, "generations": 3}))
    assert (row["depth"], len(generations)) == (4, 4)
    assert np.isfinite(row["best_val_loss"])
