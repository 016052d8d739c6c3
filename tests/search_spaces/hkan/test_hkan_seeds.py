"""From networks back to chromosomes, and the networks that a search begins with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokan.seeding import generator
from evokan.testing import small_problem
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer, HKANOptions
from search_spaces.hkan.encoding import encode, nearest
from search_spaces.hkan.seeds import seeds

VARIANTS = [
    HKANOptions(max_cost=1e9),
    HKANOptions(max_cost=1e9, mixed=True, max_nodes=9, max_basis=6),
    HKANOptions(max_cost=1e9, max_layers=1, max_basis=1),
    HKANOptions(max_cost=1e9, max_layers=5, max_nodes=3, max_nodes_deep=2, max_sigma=1),
]
TASKS = ["regression", "classification"]
PROBLEMS = {task: small_problem(task, scaler="minmax") for task in TASKS}


@given(st.sampled_from(VARIANTS), st.sampled_from(TASKS), st.integers(0, 2**31))
@settings(max_examples=150, deadline=None)
def test_every_network_has_a_chromosome(options, task, seed):
    space, problem = HKAN(options), PROBLEMS[task]
    layout = space.layout(problem)
    found = space.decode(layout.random(generator("encode", seed)), problem)
    bits = layout.pack(encode(found, problem, options))
    assert space.decode(bits, problem) == found
    assert nearest(found, problem, options) == found


@pytest.mark.parametrize("options", [*VARIANTS, HKANOptions(), HKANOptions(max_layers=1)])
@pytest.mark.parametrize("task", TASKS)
def test_seeds_are_networks_of_the_space_the_linear_one_first(options, task):
    space, problem = HKAN(options), PROBLEMS[task]
    found = seeds(problem, options)
    assert found[0] == space.reference_architectures(problem)["linear"]
    assert len(set(found)) == len(found)
    layout = space.layout(problem)
    for network in found:
        assert space.decode(layout.pack(encode(network, problem, options)), problem) == network


def test_seeds_are_two_layers_of_rising_size():
    found = seeds(PROBLEMS["regression"], HKANOptions())
    rising = [network.layers[0].nodes for network in found if network.depth == 2 and network.layers[0].n_basis == 3]
    assert len(rising) == 4
    assert rising == sorted(rising)
    for nodes, wanted in zip(rising, (10, 30, 100, 300), strict=True):
        assert nodes == pytest.approx(wanted, rel=0.06)
    assert {network.depth for network in found} == {1, 2}


def test_what_no_chromosome_says_is_refused():
    problem, options = PROBLEMS["regression"], HKANOptions()

    def network(*layers):
        return HKANArchitecture(problem.n_features, layers)

    last = HKANLayer(basis="identity")
    for layers in (
        (HKANLayer(101, "tanh", n_basis=3), last),
        (HKANLayer(2, "tanh", 1.5), last),
        (HKANLayer(2, "tanh", n_basis=41), last),
        (HKANLayer(2, "identity"), last),
        (HKANLayer(2, "tanh", ridge=0.5), last),
        (HKANLayer(2, ("tanh", "relu")), last),
        (HKANLayer(2, "tanh", node_ridge=0.5), last),
        (HKANLayer(2), HKANLayer(2), HKANLayer(2), last),
    ):
        with pytest.raises(ValueError, match="no chromosome says"):
            encode(network(*layers), problem, options)
