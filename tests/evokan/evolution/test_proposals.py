"""Offspring that a family proposes: seeds, samples and moves, told in bits."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from evokan.evaluation.records import Record
from evokan.evolution import NSGA2, GeneticAlgorithm, Genome, RandomSearch
from evokan.evolution.proposals import FairCoins
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment

LAYOUT = ChromosomeLayout((NeuronSegment("block", 4, 5),))
SEED = np.ones(20, np.uint8)


class Known(FairCoins):
    """A family with one seed, samples of a single bit, and a move that clears the first bit set."""

    def seeds(self):
        return [SEED] * 50

    def sample(self, rng):
        bits = np.zeros(20, np.uint8)
        bits[rng.integers(20)] = 1
        return bits

    def move(self, genome, name, rng):
        if name == "never" or not any(genome):
            return None
        bits = genome.bits
        bits[int(np.argmax(bits))] = 0
        return bits


KNOWN = Known(LAYOUT, {"clear": 3.0, "never": 1.0})


def population(count: int = 6) -> list[Genome]:
    genomes = [Genome(SEED) for _ in range(count)]
    records = [Record(n, 0, "", val_loss=float(n), n_params=n + 1, key=str(n)) for n in range(count - 1)]
    GeneticAlgorithm().grade(genomes, [*records, Record(count - 1, 0, "", status="invalid")])
    return genomes


def test_half_of_a_seeded_generation_are_seeds_and_the_rest_samples():
    first = GeneticAlgorithm(population=10, seeded=True).initial(KNOWN, seed=1)
    assert [sum(genome) for genome in first] == [20] * 5 + [1] * 5
    assert first == GeneticAlgorithm(population=10, seeded=True).initial(KNOWN, seed=1)


def test_without_seeding_bits_are_fair_coins_whatever_the_family_knows():
    plain = GeneticAlgorithm(population=10)
    assert plain.initial(KNOWN, seed=1) == plain.initial(FairCoins(LAYOUT), seed=1)


@pytest.mark.parametrize("seeded", [True, False])
def test_random_search_draws_as_the_first_generation_is_drawn(seeded):
    bred = RandomSearch(population=40, seeded=seeded).breed([], KNOWN, seed=1, generation=2)
    assert all(sum(genome) == 1 for genome in bred) == seeded


@pytest.mark.parametrize("kind", [GeneticAlgorithm, NSGA2])
def test_moves_make_the_share_of_the_offspring_that_is_wanted(kind):
    algorithm = kind(population=200, move_rate=0.5)
    offspring = algorithm.breed(population(), KNOWN, seed=1, generation=1)
    assert len(offspring) == 200
    counts = Counter(genome.origin for genome in offspring)
    # A quarter of the moves wanted is never possible: these are bred as the others are.
    assert 55 <= counts["clear"] <= 95
    assert counts["never"] == 0
    for child in offspring:
        if child.origin == "clear":
            (parent,) = child.parents
            assert sum(child) == 19
            assert parent < 5, "the parent has a loss"
    parents = {child.parents[0] for child in offspring if child.origin == "clear"}
    assert parents == set(range(5)), "every individual with a loss may be a parent, not the best alone"


def test_without_moves_the_offspring_are_those_of_the_paper():
    bred = [
        GeneticAlgorithm(population=8, move_rate=rate).breed(population(), proposals, seed=1, generation=1)
        for rate, proposals in ((0.0, KNOWN), (0.5, FairCoins(LAYOUT)), (0.0, FairCoins(LAYOUT)))
    ]
    assert bred[0] == bred[1] == bred[2]
