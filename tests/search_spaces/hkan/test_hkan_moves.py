"""Moves from network to network, and what they do in a search."""

from __future__ import annotations

import pytest

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.spending import SHARE
from evokan.evolution import Genome
from evokan.searching.renewal import Renewal
from evokan.seeding import generator
from evokan.spaces.training import Budget
from evokan.testing import small_problem
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer, HKANOptions
from search_spaces.hkan.encoding import nearest
from search_spaces.hkan.moves import MOVES, neighbour

PROBLEM = small_problem("regression", rows=120, folds=2, scaler="minmax")
OPTIONS = HKANOptions()


def network(*layers):
    return nearest(HKANArchitecture(PROBLEM.n_features, layers), PROBLEM, OPTIONS)


LAST = HKANLayer(1, "softplus", 5, 10, "data", 0.1)
LINEAR = network(HKANLayer(basis="identity"))
TWO = network(HKANLayer(100, "tanh", 5, 6, "random", 1), LAST)
THREE = network(HKANLayer(40, "tanh", 5, 6, "random", 1), HKANLayer(12, "relu", 2, 3), LAST)


def moved(start, move, count=60):
    found = {neighbour(start, move, PROBLEM, OPTIONS, generator("moves", number)) for number in range(count)}
    return found - {None}


def test_double_and_halve_change_one_number_by_two():
    for move, factor in (("double", 2.0), ("halve", 0.5)):
        seen = set()
        for found in moved(TWO, move):
            assert found.depth == 2
            changed = [
                (number, name, getattr(after, name) / getattr(before, name))
                for number, (before, after) in enumerate(zip(TWO.layers, found.layers, strict=True))
                for name in ("nodes", "n_basis", "sigma")
                if getattr(before, name) != getattr(after, name)
            ]
            assert len(changed) == 1
            number, name, ratio = changed[0]
            assert ratio == pytest.approx(factor, rel=0.12)
            seen.add((number, name))
        assert seen == {(0, "nodes"), (0, "n_basis"), (0, "sigma"), (1, "n_basis"), (1, "sigma")}
    assert moved(LINEAR, "double") == set()


def test_layers_come_and_go():
    assert {found.depth for found in moved(LINEAR, "append")} == {2}
    (deeper,) = moved(TWO, "append")
    assert deeper.layers[1].nodes == pytest.approx(25, rel=0.06)
    assert deeper.layers[0] != deeper.layers[1]
    assert deeper.layers[2] == LAST or deeper.layers[2].basis == "softplus"
    (split,) = moved(TWO, "split")
    assert split.layers[0] == split.layers[1]
    assert split.layers[0].nodes == pytest.approx(50, rel=0.06)
    assert moved(THREE, "append") == moved(THREE, "split") == set()  # no fourth layer
    assert {found.depth for found in moved(THREE, "drop")} == {2}
    assert {found.layers[0].basis for found in moved(THREE, "drop")} == {"tanh", "relu"}
    assert moved(LINEAR, "drop") == set()


def test_another_function_takes_the_place_of_one():
    found = moved(TWO, "other")
    assert {one.layers[0].basis for one in found} == {"tanh", "sigmoid", "gaussian", "relu", "softplus"}
    assert "identity" in {one.layers[1].basis for one in found}
    assert all(one.layers[0].nodes == TWO.layers[0].nodes for one in found)
    assert {one.layers[0].basis for one in moved(LINEAR, "other")} == {
        "sigmoid",
        "gaussian",
        "relu",
        "softplus",
        "tanh",
    }


def test_functions_of_a_mixed_layer_become_sharper_one_by_one():
    options = HKANOptions(mixed=True, mixed_sigma=True)
    sharp = HKANLayer(40, ("sigmoid", "tanh"), (4, 20), 6)
    start = nearest(HKANArchitecture(PROBLEM.n_features, (sharp, HKANLayer(basis="identity"))), PROBLEM, options)
    found = {neighbour(start, "double", PROBLEM, options, generator("moves", number)) for number in range(60)}
    first, second = start.layers[0].sigmas
    ratios = {
        (round(one.layers[0].sigmas[0] / first, 1), round(one.layers[0].sigmas[1] / second, 1))
        for one in found - {None}
    }
    assert ratios == {(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)}  # the first of another number
    for one in {neighbour(start, "other", PROBLEM, options, generator("moves", number)) for number in range(60)}:
        if one.layers[0].basis == "tanh":
            assert one.layers[0].sigma == second
    equal = nearest(HKANArchitecture(2, (HKANLayer(40, ("sigmoid", "tanh"), 4, 6), LAST)), PROBLEM, options)
    apart = {neighbour(equal, "double", PROBLEM, options, generator("moves", number)) for number in range(60)}
    assert any(isinstance(one.layers[0].sigma, tuple) for one in apart - {None})


@pytest.mark.parametrize("options", [OPTIONS, HKANOptions(mixed=True, mixed_sigma=True)])
def test_moves_are_chromosomes(options):
    space = HKAN(options)
    for start in (LINEAR, TWO, THREE):
        bits = space.encode(start, PROBLEM)
        for move in MOVES:
            child = space.neighbour(bits, move, PROBLEM, None, generator("chromosome", move))
            if child is not None:
                assert space.decode(child, PROBLEM) != start


def records_of(space, genomes, known=()):
    evaluator = Evaluator(space, PROBLEM, Budget(), 0, ThreadExecutor(1))
    return evaluator, evaluator.evaluate(genomes, 0, known)


def genomes_of(space, *networks):
    return [Genome(space.encode(one, PROBLEM)) for one in networks]


def test_one_network_takes_a_tenth_of_what_is_left_and_repeats_cost_nothing():
    cost = HKAN().cost(TWO, PROBLEM, PROBLEM.folds)
    space = HKAN(HKANOptions(max_cost=1.01 * cost / SHARE))
    wide = network(HKANLayer(900, "tanh", 5, 6, "random", 1), LAST)
    genomes = genomes_of(space, wide, TWO, TWO, LINEAR)
    evaluator, records = records_of(space, genomes)
    assert [record.status for record in records] == ["invalid", "ok", "cached", "ok"]
    assert "of max_cost" in records[0].reason
    assert "estimated" in records[0].reason
    assert evaluator.new_key(space.encode(TWO, PROBLEM)) == ""  # known
    second = network(HKANLayer(100, "relu", 5, 7, "random", 1), LAST)
    assert evaluator.evaluate(genomes_of(space, second), 1)[0].status == "invalid"  # less is left by now
    assert evaluator.new_key(space.encode(second, PROBLEM)) == ""


def test_a_search_that_goes_on_has_spent_the_same():
    cost = HKAN().cost(TWO, PROBLEM, PROBLEM.folds)
    space = HKAN(HKANOptions(max_cost=1.05 * cost / SHARE))
    variants = [
        network(HKANLayer(100, basis, 5, 6, "random", ridge), LAST)
        for basis in ("tanh", "sigmoid", "relu")
        for ridge in (0.1, 1.0)
    ]
    genomes = genomes_of(space, *variants, LINEAR)
    _, whole = records_of(space, genomes)
    assert {record.status for record in whole} == {"ok", "invalid"}
    for cut in (1, 3, 6):
        _, again = records_of(space, genomes, whole[:cut])
        assert [(one.status, one.val_loss, one.reason) for one in again] == [
            (one.status, one.val_loss, one.reason) for one in whole
        ]
        evaluator = Evaluator(space, PROBLEM, Budget(), 0, ThreadExecutor(1))
        evaluator.remember(whole[:cut])
        rest = evaluator.evaluate(genomes[cut:], 0)
        assert [one.status for one in rest] == [one.status for one in whole[cut:]]


def test_repeats_are_renewed_and_seeds_are_not():
    space = HKAN()
    genomes = genomes_of(space, TWO, TWO, THREE, LINEAR)
    genomes[0].origin = genomes[1].origin = "seed"
    genomes[2].parents = (1,)
    evaluator, _ = records_of(space, genomes_of(space, LINEAR, THREE))
    found = Renewal(evaluator, 3)(genomes, 1)
    networks = [space.decode(one.bits, PROBLEM) for one in found]
    assert networks[:2] == [TWO, TWO]
    assert networks[2] not in (THREE, LINEAR, TWO)
    assert networks[3] not in (THREE, LINEAR, TWO)
    assert [one.origin for one in found[2:]] == ["mutation", "initial"]
    assert found[2].parents == (1,)
    assert [list(one) for one in Renewal(evaluator, 3)(genomes, 1)] == [list(one) for one in found]
    nothing = HKAN(HKANOptions(max_cost=1e-9))
    evaluator, _ = records_of(nothing, genomes_of(nothing, LINEAR))
    assert Renewal(evaluator, 3)(genomes, 1) == genomes  # nobody has room: all stay as they were
