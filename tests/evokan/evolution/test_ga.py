"""The genetic algorithm: breeding, survival, and whole trajectories through the evaluator."""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections import Counter
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.records import Record
from evokan.evolution import Algorithm, GeneticAlgorithm, Genome
from evokan.evolution.ga import every_size
from evokan.evolution.proposals import FairCoins
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, ValueSegment
from evokan.spaces.training import Budget

LAYOUT = ChromosomeLayout((NeuronSegment("block", 5, 6), ValueSegment("grid", 6), ValueSegment("depth", 2)))
COINS = FairCoins(LAYOUT)
INF = float("inf")


def individual(number, loss, n_params=10, *, se=0.0, key=None, bits=(1,)) -> Genome:
    status = "ok" if math.isfinite(loss) else "invalid"
    genome = Genome(bits)
    record = Record(
        number,
        0,
        "",
        status=status,
        val_loss=loss,
        n_params=n_params,
        val_loss_se=se,
        key=(f"net{number}" if key is None else key) if status == "ok" else "",
    )
    GeneticAlgorithm().grade([genome], [record])
    return genome


def ids(genomes) -> list[int]:
    return [genome.record.id for genome in genomes]


def ga(population=4, **settings) -> GeneticAlgorithm:
    return GeneticAlgorithm(population=population, **settings)


def random_population(size: int, seed: int = 0) -> list[Genome]:
    rng = np.random.default_rng(seed)
    return [individual(n, float(rng.integers(9)), bits=LAYOUT.random(rng)) for n in range(size)]


# ---------------------------------------------------------------- settings


def test_defaults_are_those_of_the_paper():
    algorithm = GeneticAlgorithm()
    assert (algorithm.population, algorithm.crossover_rate, algorithm.mutation_rate) == (100, 0.9, 0.5)
    assert algorithm.objectives == ("val_loss",)
    assert isinstance(algorithm, Algorithm)
    with pytest.raises(FrozenInstanceError):
        algorithm.population = 3


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"population": 1}, "--population 1"),
        ({"crossover_rate": 1.2}, "--crossover-rate 1.2"),
        ({"mutation_rate": float("nan")}, "--mutation-rate nan"),
        ({"objectives": ()}, "--objectives"),
        ({"objectives": ("val_loss", "val_loss")}, "once"),
        ({"objectives": ("val_los",)}, "did you mean 'val_loss'"),
        ({"move_rate": -0.1}, "--move-rate -0.1"),
        ({"objectives": ("n_params",), "parsimony": "one-se"}, "one-se"),
        ({"objectives": ("n_params",), "parsimony": "sizes"}, "sizes"),
    ],
)
def test_unusable_settings_are_refused(settings, named):
    with pytest.raises(InputError, match=named) as caught:
        GeneticAlgorithm(**settings)
    assert len(caught.value.faults) == 1


def test_all_faults_come_at_once():
    with pytest.raises(InputError) as caught:
        GeneticAlgorithm(population=0, crossover_rate=-1.0, mutation_rate=2.0)
    assert len(caught.value.faults) == 3


# ---------------------------------------------------------------- breeding


def test_initial_population_follows_from_the_seed():
    first = ga(8).initial(COINS, seed=3)
    assert len(first) == 8
    assert {genome.origin for genome in first} == {"initial"}
    assert first == ga(8).initial(COINS, seed=3)
    assert first != ga(8).initial(COINS, seed=4)
    assert ga(5).initial(COINS, seed=3) == first[:5]


@pytest.mark.parametrize("size", [2, 7, 10])
def test_breeding_gives_as_many_offspring_and_leaves_the_parents(size):
    population = random_population(size)
    before = [list(genome) for genome in population]
    offspring = ga(size).breed(population, COINS, seed=1, generation=1)
    assert len(offspring) == size
    assert [list(genome) for genome in population] == before
    assert all(child.record is None and not child.fitness.valid for child in offspring)


def test_breeding_follows_from_seed_and_generation():
    population = random_population(10)
    before = random.getstate()

    def bred(**where):
        return ga(10).breed(population, COINS, **where)

    assert bred(seed=1, generation=1) == bred(seed=1, generation=1)
    assert bred(seed=1, generation=1) != bred(seed=1, generation=2)
    assert bred(seed=1, generation=1) != bred(seed=2, generation=1)
    assert random.getstate() == before


def test_origin_and_parents_say_what_happened_to_the_bits():
    population = random_population(40)
    by_id = {genome.record.id: genome for genome in population}
    seen = Counter()
    for generation in range(1, 40):
        for child in ga(40).breed(population, COINS, seed=5, generation=generation):
            seen[child.origin] += 1
            parents = [by_id[number] for number in child.parents]
            if child.origin in ("survivor", "mutation"):
                (parent,) = parents
                assert (child == parent) == (child.origin == "survivor")
            else:
                own, mate = parents
                assert child not in (own, mate)
                if child.origin == "crossover":
                    assert all(bit in pair for bit, *pair in zip(child, own, mate, strict=True))
                    assert all(child[gene] in (own[gene], mate[gene]) for gene in LAYOUT.genes())
    total = sum(seen.values())
    # 0.9 cross and half of all mutate; few crossings return the very parents.
    shares = {"crossover+mutation": 0.45, "crossover": 0.45, "mutation": 0.05, "survivor": 0.05}
    assert all(abs(seen[origin] / total - share) < 0.05 for origin, share in shares.items())


def test_an_offspring_equal_to_a_parent_is_a_survivor_however_it_came_about():
    layout = ChromosomeLayout((NeuronSegment("block", 2, 1),))
    population = [individual(n, 1.0, bits=(n // 2, n % 2)) for n in range(4)]
    seen = Counter()
    for generation in range(1, 100):
        for child in ga(4).breed(population, FairCoins(layout), seed=0, generation=generation):
            seen[child.origin] += 1
            equal = [number for number in child.parents if child == population[number]]
            assert equal == (list(child.parents) if child.origin == "survivor" else [])
    assert len(seen) == 4


def test_without_variation_all_offspring_are_copies():
    population = random_population(6)
    offspring = ga(6, crossover_rate=0.0, mutation_rate=0.0).breed(population, COINS, seed=0, generation=1)
    assert {child.origin for child in offspring} == {"survivor"}
    assert all(child == population[child.parents[0]] for child in offspring)


def test_invalid_parents_breed_only_where_fewer_than_two_others_exist():
    def parents(*losses):
        population = [
            individual(n, loss, bits=LAYOUT.random(np.random.default_rng(n))) for n, loss in enumerate(losses)
        ]
        found = set()
        for generation in range(1, 20):
            for child in ga(6).breed(population, COINS, seed=0, generation=generation):
                found.update(child.parents)
        return found

    assert parents(INF, 3.0, INF, 4.0, INF, INF) == {1, 3}
    assert parents(INF, 3.0, INF) == {0, 1, 2}
    assert parents(INF, INF) == {0, 1}


def test_ungraded_individuals_do_not_compete():
    with pytest.raises(ValueError, match="not been evaluated"):
        ga(2).survive([Genome([1])], [])


# ---------------------------------------------------------------- survival


def test_the_best_of_both_survive():
    old = [individual(n, loss) for n, loss in enumerate([5.0, 1.0, INF, 7.0])]
    new = [individual(n, loss) for n, loss in enumerate([4.0, INF, 6.0, 0.5], start=4)]
    assert ids(ga(4).survive(old, new)) == [7, 1, 4, 0]


def test_ties_go_to_the_smaller_then_to_the_older():
    pool = [individual(0, 1.0, 30), individual(1, 1.0, 20), individual(2, 1.0, 20), individual(3, 0.5, 99)]
    assert ids(ga(4).survive(pool, [])) == [3, 1, 2, 0]
    assert ids(ga(4, parsimony="none").survive(pool, [])) == [3, 0, 1, 2]


def test_survivors_on_another_first_objective():
    pool = [individual(0, 1.0, 30), individual(1, 9.0, 20), individual(2, INF, 1)]
    assert ids(ga(3, objectives=("n_params", "val_loss")).survive(pool, [])) == [1, 0, 2]


def test_within_one_standard_error_the_smallest_come_first_behind_the_best():
    pool = [
        individual(0, 1.0, 50, se=0.2),
        individual(1, 1.2, 10, se=9.0),  # on the bound: counts as equal
        individual(2, 1.1, 10),
        individual(3, 1.15, 40),
        individual(4, 1.21, 1, se=9.0),  # outside, however small
        individual(5, INF, 0),
    ]
    algorithm = ga(6, parsimony="one-se")
    assert ids(algorithm.survive(pool, [])) == [0, 2, 1, 3, 4, 5]
    assert ids(replace(algorithm, population=2).survive(pool, [])) == [0, 2]
    assert ids(ga(6).survive(pool, [])) == [0, 2, 3, 1, 4, 5]


def test_copies_stay_behind_as_long_as_others_fill_the_population():
    pool = [
        individual(0, 1.0, key="a"),
        individual(1, 1.0, key="a"),
        individual(2, 2.0, key="b"),
        individual(3, 2.0, key="b"),
        individual(4, 3.0, key="c"),
        individual(5, INF),
    ]
    assert ids(ga(3).survive(pool, [])) == [0, 2, 4]
    assert ids(ga(6).survive(pool, [])) == [0, 2, 4, 1, 3, 5]
    assert ids(ga(3, distinct=False).survive(pool, [])) == [0, 1, 2]


def test_records_without_keys_are_refused_where_copies_matter():
    pool = [individual(0, 1.0, key=""), individual(1, 2.0)]
    with pytest.raises(ValueError, match="remember"):
        ga(2).survive(pool, [])
    assert ids(ga(2, distinct=False).survive(pool, [])) == [0, 1]


pools = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 1.5, 2.0, INF]),
        st.integers(1, 4),
        st.sampled_from([0.0, 0.6]),
        st.sampled_from("abc"),
    ),
    min_size=2,
    max_size=12,
)


@given(pools, st.sampled_from(["none", "ties", "one-se"]), st.booleans(), st.integers(2, 6), st.randoms())
def test_laws_of_survival(pool, parsimony, distinct, size, shuffler):
    genomes = [individual(n, loss, params, se=se, key=key) for n, (loss, params, se, key) in enumerate(pool)]
    algorithm = ga(size, parsimony=parsimony, distinct=distinct)
    survivors = ids(algorithm.survive(genomes, []))
    assert len(survivors) == len(set(survivors)) == min(size, len(genomes))
    # The best loss is never lost, and comes first.
    assert pool[survivors[0]][0] == min(loss for loss, *_ in pool)
    # The order of the input does not matter.
    shuffled = list(genomes)
    shuffler.shuffle(shuffled)
    assert ids(algorithm.survive(shuffled[:1], shuffled[1:])) == survivors
    # Whoever has no loss comes after all who have one, and survives only if all of these do.
    usable = [math.isfinite(pool[n][0]) for n in survivors]
    assert usable == sorted(usable, reverse=True)
    if not all(usable):
        assert sum(usable) == sum(math.isfinite(loss) for loss, *_ in pool)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 2000)), min_size=1, max_size=30),
    st.integers(1, 8),
)
def test_every_size_thins_the_front_of_loss_and_size_and_keeps_its_ends(figures, count):
    pool = [individual(n, float(loss), size) for n, (loss, size) in enumerate(figures)]
    ordered = ga(8, parsimony="ties").rank(pool)
    chosen = every_size(ordered, count)
    assert 1 <= len(chosen) <= max(count, 1)
    assert chosen[0] is ordered[0]
    steps = [(genome.record.val_loss, genome.record.n_params) for genome in chosen]
    assert steps == sorted(steps, key=lambda step: (step[0], -step[1]))
    for genome in chosen:
        smaller = [other for other in pool if other.record.n_params <= genome.record.n_params and other is not genome]
        assert all(genome.record.val_loss <= other.record.val_loss for other in smaller)
    if count > 1 and len(chosen) > 1:
        assert chosen[-1].record.n_params == min(genome.record.n_params for genome in pool)


def test_thinning_is_even_over_orders_of_magnitude():
    pool = [individual(n, float(n), size) for n, size in enumerate([1000, 990, 980, 100, 99, 10])]
    assert [genome.record.n_params for genome in every_size(pool, 3)] == [1000, 99, 10]


def test_with_sizes_small_networks_survive_beside_better_ones():
    pool = [individual(n, 1.0 + n / 100, 500 + n) for n in range(10)] + [individual(10, 9.0, 5)]
    assert 10 in ids(ga(4, parsimony="sizes").survive(pool, []))
    assert 10 not in ids(ga(4, parsimony="ties").survive(pool, []))
    assert ids(ga(4, parsimony="sizes").survive(pool, []))[0] == 0


# ---------------------------------------------------------------- trajectories


def trajectory(space, problem, *, workers=1, generations=5, algorithm=None) -> list[list[Record]]:
    """Return the records of all generations, and check what must hold in every one."""
    algorithm = algorithm or GeneticAlgorithm(population=12)
    with ThreadExecutor(workers) as executor:
        evaluator = Evaluator(space, problem, Budget(), 7, executor)
        population = algorithm.initial(FairCoins(evaluator.layout), seed=7)
        history = [evaluator.evaluate(population, 0)]
        algorithm.grade(population, history[0])
        best = min(record.val_loss for record in history[0])
        for generation in range(1, generations + 1):
            offspring = algorithm.breed(population, FairCoins(evaluator.layout), 7, generation)
            history.append(evaluator.evaluate(offspring, generation))
            algorithm.grade(offspring, history[-1])
            population = algorithm.survive(population, offspring)
            assert population[0].record.val_loss <= best
            best = population[0].record.val_loss
    return history


def digest(history: list[list[Record]]) -> str:
    lines = [
        f"{r.id} {r.generation} {r.chromosome} {r.parents} {r.origin} {r.status} {r.reason} {r.val_loss:.0f}"
        for generation in history
        for r in generation
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


# Of generations 0 to 5 with seed 7: whole numbers only, so they hold on every machine.
GOLDEN_BEST = [13.0, 11.0, 10.0, 7.0, 5.0, 3.0]
GOLDEN_DIGEST = "7f1a31a9d9cd03778fba7165cf265a6dc051275731e771adb6ddaa680122e34e"


def test_golden_trajectory(stub_space, stub_problem):
    history = trajectory(stub_space(), stub_problem())
    assert [min(r.val_loss for r in generation) for generation in history] == GOLDEN_BEST
    assert digest(history) == GOLDEN_DIGEST


def test_a_trajectory_does_not_depend_on_the_number_of_threads(stub_space, stub_problem):
    def dawdle(jobs):
        time.sleep(random.Random(jobs[0].seed).random() / 100)

    two = trajectory(stub_space(before=dawdle), stub_problem(), workers=2)
    assert two == trajectory(stub_space(), stub_problem(), workers=1)
    assert digest(two) == GOLDEN_DIGEST


def test_the_search_finds_the_hidden_network(stub_space, stub_problem):
    history = trajectory(stub_space(), stub_problem(), generations=25, algorithm=ga(30))
    assert min(r.val_loss for r in history[-1]) == 0.0


def test_a_whole_run_leaves_global_state_alone(stub_space, stub_problem):
    before, numpy_before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002 - the thing to test
    trajectory(stub_space(), stub_problem(), workers=2, generations=2)
    assert random.getstate() == before
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
