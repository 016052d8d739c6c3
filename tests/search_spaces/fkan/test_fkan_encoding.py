"""Bits to networks of fractional Jacobi blocks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from evokan.datasets import load_dataset
from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import ChromosomeLayout
from search_spaces.fkan import FKAN, FKANArchitecture, FKANOptions, encoding
from search_spaces.fkan.encoding import PARALLEL, SEQUENTIAL, network

OPTIONS = FKANOptions(max_depth=3, max_width=4)


def layout(n_inputs: int, options: FKANOptions) -> ChromosomeLayout:
    return encoding.layout(SimpleNamespace(n_features=n_inputs), options)


def decode(values, n_outputs: int, options: FKANOptions) -> FKANArchitecture:
    return encoding.decode(values, SimpleNamespace(n_outputs=n_outputs, n_coefficients=0), options)


def values(**changes):
    found = {
        "inputs": np.array([[1, 0, 1]], np.uint8),
        "wiring": 0,
        "depth": 2,
        "width1": 3,
        "degree1": 5,
        "width2": 2,
        "degree2": 1,
        "width3": 4,
        "degree3": 8,
    }
    return found | changes


def test_segments_and_their_order():
    assert layout(3, OPTIONS).describe() == (
        "inputs 1x3 + wiring 1 + depth 2 + width1 2 + degree1 3 + width2 2 + degree2 3 + width3 2 + degree3 3"
    )
    fixed = FKANOptions(
        min_depth=2, max_depth=2, min_width=5, max_width=5, wiring="sequential", min_degree=2, max_degree=4
    )
    assert layout(1, fixed).describe() == "degree1 2 + degree2 2"
    network = decode(layout(1, fixed).unpack(np.ones(4, np.uint8)), 1, fixed)
    assert (network.widths, network.degrees) == ((5, 5), (4, 4))  # 2 + 3 is beyond the limit


def test_a_sequence_and_its_counts():
    found = decode(values(), 2, OPTIONS)
    assert found == FKANArchitecture(3, 2, (0, 2), SEQUENTIAL, (3, 2), (5, 1))
    assert found.levels == (2, 3, 2, 2)
    assert (found.n_edges, found.n_params, found.n_features, found.depth) == (16, 16 + 7 + 6, 2, 3)
    assert found.used_columns == (0, 2)


def test_parallel_branches_and_their_counts():
    found = decode(values(wiring=1, depth=3), 1, OPTIONS)
    assert (found.widths, found.degrees) == ((2, 3, 4), (1, 5, 8))
    assert found.levels == (2, 9, 1)
    assert (found.n_edges, found.n_params, found.depth) == (27, 27 + 10 + 9, 2)


def test_dense_maps_behind_the_blocks():
    options = OPTIONS.model_copy(update={"max_dense": 3})
    assert layout(1, options).describe().endswith("degree3 3 + dense 2 + dense_width 2")
    found = decode(values(wiring=1, dense=2, dense_width=3), 1, options)
    assert (found.levels, found.hidden, found.dense) == ((2, 5, 3, 3, 1), (5,), (3, 3))
    assert found.n_params == (10 + 15 + 9 + 3) + (5 + 3 + 3 + 1) + 6
    assert found.key != decode(values(wiring=1), 1, options).key
    assert FKANArchitecture.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_triple_for_each_neuron():
    found = decode(values(), 2, OPTIONS.model_copy(update={"triples": "neuron"}))
    assert (found.n_triples, found.n_params) == (5, 16 + 7 + 15)
    assert found.key != decode(values(), 2, OPTIONS).key


def test_equal_networks_have_one_form():
    orders = ((3, 4), (6, 2)), ((4, 3), (2, 6))
    branches = [network(2, 1, (0,), PARALLEL, widths, degrees) for widths, degrees in orders]
    assert branches[0] == branches[1]
    assert decode(values(wiring=0, depth=1), 1, OPTIONS) == decode(values(wiring=1, depth=1), 1, OPTIONS)
    assert decode(values(), 1, OPTIONS) == decode(values(width3=1, degree3=1), 1, OPTIONS)
    assert decode(values(), 1, OPTIONS).key != decode(values(wiring=1), 1, OPTIONS).key


def test_a_mask_without_columns_is_no_network():
    with pytest.raises(InvalidArchitecture, match="no input column"):
        decode(values(inputs=np.zeros((1, 3), np.uint8)), 1, OPTIONS)


def test_json_keeps_everything():
    for found in (decode(values(), 2, OPTIONS), network(4, 1, (1, 3), PARALLEL, (2, 2), (3, 1), shared=False)):
        assert FKANArchitecture.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_limits_that_cross_are_refused():
    with pytest.raises(ValidationError, match=r"min_width \(9\) is larger than max_width \(8\)"):
        FKANOptions(min_width=9, max_width=8)


@pytest.mark.parametrize("name", ["lane-emden-3", "burgers-1", "delay-fde"])
def test_a_chromosome_can_say_the_networks_of_the_paper(name):
    problem = Problem.from_table(load_dataset(name))
    space = FKAN(FKANOptions(max_depth=6, max_dense=4))
    (paper,) = space.reference_architectures(problem).values()
    assert space.decode(space.encode(paper, problem), problem) == paper
    with pytest.raises(ValueError, match="no chromosome says depth 6"):
        FKAN().encode(paper, problem)


def test_what_no_chromosome_says():
    problem = Problem.from_table(load_dataset("lane-emden-3"))
    for made, options, message in [
        (network(1, 1, (0,), PARALLEL, (2, 2), (1, 2)), FKANOptions(wiring="sequential"), "parallel blocks"),
        (network(1, 1, (0,), SEQUENTIAL, (17,), (1,)), FKANOptions(), "width1 17"),
        (network(1, 1, (0,), SEQUENTIAL, (2,), (1,), dense=(2, 3)), FKANOptions(max_dense=2), "several widths"),
        (network(1, 1, (0,), SEQUENTIAL, (2,), (1,), dense=(2,)), FKANOptions(), "dense 1"),
    ]:
        with pytest.raises(ValueError, match=f"no chromosome says .*{message}"):
            FKAN(options).encode(made, problem)


def test_a_search_on_an_equation_begins_with_networks_that_its_options_allow():
    problem = Problem.from_table(load_dataset("burgers-1"))
    keys = [one.key for one in FKAN().seeds(problem)]
    assert keys[0] == "0,1 of 2: 4q3-4q3 to 1"
    assert [one.key for one in FKAN(FKANOptions(max_width=8)).seeds(problem)] == keys[:2]
    assert not FKAN(FKANOptions(wiring="parallel")).seeds(problem)
    assert not FKAN().seeds(Problem.from_table(load_dataset("iris")))
