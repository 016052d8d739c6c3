"""Genomes, fitness, and the operators on them."""

from __future__ import annotations

import copy
import pickle
import random
from collections import Counter

import numpy as np
import pytest
from deap import tools
from hypothesis import given
from hypothesis import strategies as st

from evokan.evolution import (
    Fitness,
    Genome,
    bit_flip,
    initialise,
    neuron_crossover,
    tournament,
)
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, ValueSegment

LAYOUT = ChromosomeLayout(
    (
        NeuronSegment("first", 3, 4),
        ValueSegment("grid", 6),
        NeuronSegment("last", 2, 3),
        ValueSegment("depth", 2),
        ValueSegment("loops", 1, 0),
    )
)

segments = st.lists(
    st.tuples(st.booleans(), st.integers(1, 6), st.integers(1, 6)),
    min_size=1,
    max_size=5,
).map(
    lambda parts: ChromosomeLayout(
        tuple(
            NeuronSegment(f"s{n}", a, b) if neuron else ValueSegment(f"s{n}", a)
            for n, (neuron, a, b) in enumerate(parts)
        )
    )
)
seeds = st.integers(0, 2**32)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def graded(*losses: float) -> list[Genome]:
    genomes = []
    for number, loss in enumerate(losses):
        genome = Genome([number])
        genome.fitness = Fitness([loss])
        genomes.append(genome)
    return genomes


# ---------------------------------------------------------------- fitness and genome


def test_fitness_minimises_any_number_of_objectives():
    assert Fitness([1.0]) > Fitness([2.0])
    assert Fitness([1.0, 5.0]) > Fitness([1.0, 6.0])
    assert Fitness([1.0, 3.0]).dominates(Fitness([1.0, 4.0]))
    assert not Fitness([1.0, 5.0]).dominates(Fitness([2.0, 4.0]))
    assert Fitness([3.0]) > Fitness([float("inf")])
    assert not Fitness().valid
    assert Fitness([0.0, 7.0, float("inf")]).values == (0.0, 7.0, float("inf"))


@pytest.mark.parametrize("values", [[float("nan")], [1.0, float("nan")], [np.float64("nan")]])
def test_fitness_refuses_nan(values):
    with pytest.raises(ValueError, match="NaN"):
        Fitness(values)
    fitness = Fitness([1.0])
    with pytest.raises(ValueError, match="NaN"):
        fitness.values = values
    assert fitness.values == (1.0,)


@pytest.mark.parametrize("clone", [copy.deepcopy, copy.copy, lambda g: pickle.loads(pickle.dumps(g))])
def test_genome_clones_whole(clone):
    genome = Genome([1, 0, 1], parents=(3, 4), origin="crossover")
    genome.fitness.values = (2.0, 9.0)
    other = clone(genome)
    assert type(other) is Genome
    assert other == [1, 0, 1]
    assert (other.parents, other.origin, other.record) == ((3, 4), "crossover", None)
    assert other.fitness.values == (2.0, 9.0)
    other[0] = 0
    assert genome == [1, 0, 1]


def test_deep_copies_do_not_share_their_fitness():
    genome = Genome([1, 0])
    genome.fitness.values = (2.0,)
    other = copy.deepcopy(genome)
    del other.fitness.values
    assert genome.fitness.values == (2.0,)
    assert not other.fitness.valid


def test_genome_serves_deap_and_numpy():
    genome = Genome(np.array([1, 0, 1, 1], dtype=np.uint8))
    (mutant,) = tools.mutFlipBit(genome, indpb=1.0)
    assert mutant == [0, 1, 0, 0]
    assert mutant.bits.dtype == np.uint8
    assert {type(bit) for bit in mutant} == {int}


def test_an_ungraded_genome_has_no_record():
    with pytest.raises(ValueError, match="not been evaluated"):
        Genome([1]).evaluated()


# ---------------------------------------------------------------- global state


def deap_draws(seed, call):
    """Let an operator of DEAP's draw what ours draws from the generator of `seed`."""
    state = random.getstate()
    random.seed(int(rng(seed).integers(2**63)))
    try:
        return call()
    finally:
        random.setstate(state)


@pytest.mark.parametrize("seed", range(20))
def test_the_draws_are_those_of_deaps_operators(seed):
    single = ChromosomeLayout((ValueSegment("only", 9),))
    a, b = initialise(single, 2, rng(seed + 100))
    expected = deap_draws(seed, lambda: tools.cxOnePoint(list(a), list(b)))

    class Fixed:
        """No gene to swap: all that is drawn before is the seed."""

        random = staticmethod(np.ones)
        integers = rng(seed).integers

    neuron_crossover(a, b, single, Fixed())
    assert (list(a), list(b)) == expected

    bits = list(initialise(LAYOUT, 1, rng(seed))[0])
    mutant = deap_draws(seed, lambda: tools.mutFlipBit(list(bits), indpb=1.0 / len(bits))[0])
    ours = list(bits)
    bit_flip(ours, rng(seed))
    assert ours == mutant or (mutant == bits and sum(x != y for x, y in zip(ours, bits, strict=True)) == 1)

    pool = [Genome([1, 0]) for _ in range(6)]
    for number, genome in enumerate(pool):
        genome.fitness.values = (float(number % 3),)
    winners = deap_draws(seed, lambda: tools.selTournament(pool, 12, tournsize=2))
    assert [id(one) for one in tournament(pool, 12, rng(seed))] == [id(one) for one in winners]


def test_no_operator_touches_global_state():
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002 - the very thing to test
    a, b = initialise(LAYOUT, 2, rng())
    neuron_crossover(a, b, LAYOUT, rng())
    bit_flip(a, rng())
    tournament(graded(1.0, 2.0, 3.0), 8, rng())
    assert random.getstate() == before
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(x, y) for x, y in zip(numpy_before, after, strict=True))


def test_operators_do_not_depend_on_global_state():
    def result() -> tuple[list[int], ...]:
        source = rng(5)
        a, b = initialise(LAYOUT, 2, source)
        neuron_crossover(a, b, LAYOUT, source)
        bit_flip(b, source)
        return list(a), list(b), *map(list, tournament(graded(*range(9)), 5, source))

    random.seed(1)
    first = result()
    random.seed(2)
    assert result() == first


# ---------------------------------------------------------------- initial population


def test_initial_bits_are_fair_coins():
    genomes = initialise(LAYOUT, 2000, rng())
    share = np.mean(genomes, axis=0)
    assert share.shape == (LAYOUT.length,)
    assert np.abs(share - 0.5).max() < 0.06  # more than five standard errors
    assert initialise(LAYOUT, 3, rng(7)) == initialise(LAYOUT, 3, rng(7))


# ---------------------------------------------------------------- crossover


def test_genes_are_swapped_whole_and_values_cut_once():
    swapped, cuts, single = Counter(), Counter(), Counter()
    trials = 400
    for seed in range(trials):
        a, b = [0] * LAYOUT.length, [1] * LAYOUT.length
        neuron_crossover(a, b, LAYOUT, rng(seed))
        for number, gene in enumerate(LAYOUT.genes()):
            assert len(set(a[gene])) == 1, "a gene was torn"
            swapped[number] += a[gene][0]
        for name in ("grid", "depth"):
            part = a[LAYOUT.slices[name]]
            cut = part.index(1)
            assert 1 <= cut < len(part)
            assert part == [0] * cut + [1] * (len(part) - cut), "not a single-point crossover"
            cuts[name, cut] += 1
        single[a[-1]] += 1
    assert all(0.4 < swapped[gene] / trials < 0.6 for gene in range(5))
    assert {cut for name, cut in cuts if name == "grid"} == {1, 2, 3, 4, 5}
    assert 0.4 < single[1] / trials < 0.6


def test_genes_are_swapped_independently():
    patterns = set()
    for seed in range(300):
        a, b = [0] * LAYOUT.length, [1] * LAYOUT.length
        neuron_crossover(a, b, LAYOUT, rng(seed))
        patterns.add(tuple(a[gene][0] for gene in LAYOUT.genes()))
    assert len(patterns) == 2**5


@given(segments, seeds)
def test_crossover_conserves_the_bits_of_every_place(layout, seed):
    source = rng(seed)
    a, b = initialise(layout, 2, source)
    before = [sorted(pair) for pair in zip(a, b, strict=True)]
    neuron_crossover(a, b, layout, source)
    assert [sorted(pair) for pair in zip(a, b, strict=True)] == before
    assert len(a) == len(b) == layout.length


@given(segments, seeds)
def test_crossing_with_oneself_changes_nothing(layout, seed):
    (a,) = initialise(layout, 1, rng(seed))
    first, second = list(a), list(a)
    neuron_crossover(first, second, layout, rng(seed))
    assert first == second == a


# ---------------------------------------------------------------- mutation


@given(st.integers(1, 80), seeds)
def test_at_least_one_bit_flips_and_all_stay_bits(length, seed):
    before = Genome(rng(seed).integers(0, 2, length))
    after = copy.deepcopy(before)
    bit_flip(after, rng(seed + 1))
    assert after != before
    assert set(after) <= {0, 1}


def test_every_bit_flips_with_probability_one_over_length():
    length, trials = 20, 6000
    flips = np.zeros(length)
    none = 0
    for seed in range(trials):
        bits = [0] * length
        bit_flip(bits, rng(seed))
        flips += bits
        none += sum(bits) == 1
    # 1/L each, plus the one that is flipped where none was: (1 + (1 - 1/L)^L) / L.
    expected = (1 + (1 - 1 / length) ** length) / length
    assert np.abs(flips / trials - expected).max() < 5 * np.sqrt(expected / trials)
    # exactly one flip: either none by chance, or exactly one.
    one = (1 - 1 / length) ** length + (1 - 1 / length) ** (length - 1)
    assert abs(none / trials - one) < 5 * np.sqrt(one * (1 - one) / trials)


# ---------------------------------------------------------------- tournament


def test_the_better_of_two_wins():
    wins = Counter(genome[0] for genome in tournament(graded(3.0, 1.0, 2.0), 9000, rng()))
    # Two draws with replacement out of three: best 5/9, middle 3/9, worst 1/9.
    for number, share in ((1, 5 / 9), (2, 3 / 9), (0, 1 / 9)):
        assert abs(wins[number] / 9000 - share) < 0.03


def test_individuals_without_a_loss_breed_only_where_fewer_than_two_others_exist():
    inf = float("inf")
    assert {g[0] for g in tournament(graded(inf, 5.0, inf, 6.0), 200, rng())} == {1, 3}
    winners = Counter(g[0] for g in tournament(graded(inf, 5.0, inf), 300, rng()))
    assert set(winners) == {0, 1, 2}
    assert abs(winners[1] / 300 - 5 / 9) < 0.12
    assert {g[0] for g in tournament(graded(inf, inf), 50, rng())} == {0, 1}


def test_tournament_returns_the_individuals_themselves():
    genomes = graded(1.0, 2.0)
    assert all(any(winner is genome for genome in genomes) for winner in tournament(genomes, 6, rng()))
