"""Moves, seeds and samples of GA-KAN, and what an edge is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.problem.splits import Fold
from evokan.seeding import generator
from evokan.spaces.chromosome import Bits
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.checks import verdict
from evokan.testing.problems import small_problem
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import KANArchitecture, full_network
from search_spaces.gakan.moves import MOVES, how_many

PROBLEM = small_problem("classification")
SPACE = GAKAN()
LAYOUT = SPACE.layout(PROBLEM)


def network(bits: Bits) -> KANArchitecture | None:
    found = verdict(SPACE, bits, PROBLEM)
    return found if isinstance(found, KANArchitecture) else None


def a_network(seed: int) -> Bits:
    rng = generator("moves", seed)
    return next(bits for bits in (LAYOUT.random(rng) for _ in range(1000)) if network(bits) is not None)


def moved(bits: Bits, move: str, seed: int, worth=None) -> Bits | None:
    return SPACE.neighbour(bits, move, PROBLEM, worth, generator("move", seed))


@given(st.integers(0, 10**6))
def test_what_is_encoded_decodes_to_the_same_network(seed):
    architecture = network(a_network(seed))
    assert SPACE.decode(SPACE.encode(architecture, PROBLEM), PROBLEM).key == architecture.key


def test_a_network_larger_than_the_chromosome_is_refused():
    wide = full_network((PROBLEM.n_features, SPACE.options.max_width + 1, PROBLEM.n_outputs), 3)
    with pytest.raises(ValueError, match="no chromosome"):
        SPACE.encode(wide, PROBLEM)


@given(st.integers(0, 10**6), st.sampled_from(sorted(MOVES)))
def test_moves_change_what_their_name_says(seed, move):
    bits = a_network(seed)
    before = network(bits)
    after_bits = moved(bits, move, seed)
    if after_bits is None:
        return
    after = network(after_bits)
    if move == "regrid":
        assert after.intervals != before.intervals
        assert (after.edges, after.widths) == (before.edges, before.widths)
    elif move == "prune":
        assert after is None or after.n_edges < before.n_edges
    elif move == "grow":
        assert after.n_edges > before.n_edges
        assert after.intervals == before.intervals
    elif move == "deepen":
        assert after.depth == before.depth + 1
        assert set(before.used_columns) == set(after.used_columns)


def test_pruning_drops_what_is_worth_least():
    full = full_network((PROBLEM.n_features, PROBLEM.n_outputs), 3)
    bits = SPACE.encode(full, PROBLEM)
    worth = np.logspace(-20, 0, full.n_edges)
    for seed in range(30):
        after = network(moved(bits, "prune", seed, worth))
        assert after.edges[0] == full.edges[0][full.n_edges - after.n_edges :]


def test_an_edge_more_comes_in_where_all_but_one_are_there():
    full = full_network((PROBLEM.n_features, PROBLEM.n_outputs), 3)
    bits = SPACE.encode(full, PROBLEM)
    assert moved(bits, "grow", 0) is None
    place = int(np.flatnonzero(bits)[3])
    bits[place] = 0
    assert network(moved(bits, "grow", 0)) == full


def test_a_single_edge_is_not_dropped():
    assert how_many(1, generator("one")) == 0
    counts = [how_many(50, generator("many", number)) for number in range(300)]
    assert min(counts) == 1
    assert max(counts) <= 49
    assert np.median(counts) < 12


def test_seeds_are_networks_that_the_chromosome_can_say():
    seeds = SPACE.seeds(PROBLEM)
    assert [SPACE.decode(SPACE.encode(seed, PROBLEM), PROBLEM).key for seed in seeds] == [seed.key for seed in seeds]
    assert len({seed.key for seed in seeds}) == len(seeds)
    shallow = GAKAN(GAKAN.Options(max_depth=1))
    assert {seed.depth for seed in shallow.seeds(PROBLEM)} == {1}


def test_samples_are_sparser_coarser_and_shallower_than_fair_coins():
    rng = generator("samples")
    found = [network(SPACE.sample(PROBLEM, rng)) for _ in range(200)]
    networks = [one for one in found if one is not None]
    coins = [one for one in (network(LAYOUT.random(rng)) for _ in range(200)) if one is not None]
    assert len(networks) > 120
    assert np.median([one.n_params for one in networks]) < np.median([one.n_params for one in coins]) / 4
    assert {1, 2, 3} <= {one.depth for one in networks}
    assert max(one.intervals for one in networks) <= 16


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_worth_told_by_a_training_is_that_of_the_finished_network(task, precision):
    problem = small_problem(task)
    space = GAKAN(GAKAN.Options(precision=precision))
    network = full_network((problem.n_features, 3, problem.n_outputs), 4)
    fold = Fold(problem.development, np.zeros(0, dtype=np.int64))
    job = TrainingJob(network, fold, 5, iterations=9, keep_weights=True)
    trained = space.train([job], problem, Budget(steps=1))[0]
    explanation = space.explain(space.model(network, problem, trained.weights), problem)
    shown = np.array([edge.weight for edge in explanation.edges])
    told = trained.attributions
    assert told.shape == (network.n_edges,)
    assert told / told.max() == pytest.approx(shown, rel=1e-6 if precision == "float64" else 1e-3)
