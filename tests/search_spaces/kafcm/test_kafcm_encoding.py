"""From bits to causal maps: genes, fixed edges, self-loops, and what users may write."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evokan.datasets import make_table
from evokan.errors import InputError, InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.registry import make_space
from evokan.testing.problems import small_problem
from search_spaces.kafcm import KAFCM, CausalMap, KAFCMOptions, encoding
from search_spaces.kafcm.rules import edge_rules

TRAJECTORY, TABLE = small_problem("trajectory"), small_problem("regression")


def space(**options) -> KAFCM:
    return KAFCM(KAFCMOptions(**options))


def edges(architecture: CausalMap) -> set[str]:
    names = "abcd"
    return {f"{names[source]}>{names[target]}" for source, target in architecture.edges}


# ---------------------------------------------------------------- the layout


def test_every_concept_has_a_gene_of_its_causes():
    layout = space().layout(TRAJECTORY)
    assert layout.describe() == (
        "causes of a 1x4 + causes of b 1x4 + causes of c 1x4 + causes of d 1x4 + grid 5 + self-loops 1"
    )
    assert [gene.stop - gene.start for gene in layout.genes()] == [4, 4, 4, 4]


def test_an_input_table_has_one_gene_and_no_loops():
    assert space(grid_bits=3).layout(TABLE).describe() == "causes of y 1x4 + grid 3"


def test_fixed_edges_are_no_bits():
    layout = space(required="a>b,c>d", forbidden="a>c,b>c,c>c,d>c").layout(TRAJECTORY)
    assert layout.describe() == "causes of a 1x4 + causes of b 1x3 + causes of d 1x3 + grid 5 + self-loops 1"


# ---------------------------------------------------------------- decoding


def test_bits_are_causes_in_the_order_of_the_columns():
    s = space()
    bits = s.layout(TRAJECTORY).from_text("0100001100001001001101")
    architecture = s.decode(bits, TRAJECTORY)
    assert edges(architecture) == {"b>a", "c>b", "d>b", "a>d", "d>d"}
    assert architecture.intervals == 7
    assert architecture.driven.tolist() == [True, True, False, True]
    assert (architecture.n_edges, architecture.n_features, architecture.depth) == (5, 4, 1)
    assert architecture.n_params == 5 * (7 + 3 + 2)


def test_the_last_bit_takes_the_loops_away():
    s = space(required="d>d")
    layout = s.layout(TRAJECTORY)
    text = "11000000000010000000"
    assert edges(s.decode(layout.from_text(text + "0"), TRAJECTORY)) == {"b>a", "a>d", "d>d"}
    assert edges(s.decode(layout.from_text(text + "1"), TRAJECTORY)) == {"a>a", "b>a", "a>d", "d>d"}
    with pytest.raises(InvalidArchitecture, match="no edge"):
        space().decode(space().layout(TRAJECTORY).from_text("1000010000100001000000"), TRAJECTORY)


@given(hnp.arrays(np.int8, (4, 4), elements=st.sampled_from([-1, 0, 1])), st.integers(0, 2**31))
def test_rules_hold_whatever_the_bits(rules, seed):
    names = "abcd"
    pairs = [(f"{names[source]}>{names[target]}", rules[target, source]) for target in range(4) for source in range(4)]
    s = space(
        required=[pair for pair, rule in pairs if rule == 1], forbidden=[pair for pair, rule in pairs if rule == -1]
    )
    layout = s.layout(TRAJECTORY)
    assert layout.length == (rules == 0).sum() + 6
    bits = layout.random(np.random.default_rng(seed))
    try:
        architecture = s.decode(bits, TRAJECTORY)
    except InvalidArchitecture:
        assert not (rules == 1).any()
        return
    found = np.zeros((4, 4), bool)
    for source, target in architecture.edges:
        found[target, source] = True
    assert found[rules == 1].all()
    assert not found[rules == -1].any()
    free = (rules == 0) & ~(np.eye(4, dtype=bool) & (bits[-1] == 0))
    wanted = np.zeros((4, 4), bool)
    wanted[rules == 0] = bits[:-6].astype(bool)
    assert np.array_equal(found[free], wanted[free])


def test_architectures_survive_json():
    architecture = CausalMap(3, 2, ((0, 1), (2, 0)), 9)
    assert CausalMap.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


# ---------------------------------------------------------------- what users write


def test_edges_may_be_text_or_a_list_and_names_may_hold_arrows():
    x = np.random.default_rng(0).normal(size=(21, 3))
    table = make_table(
        "odd",
        "trajectory",
        x[:-1],
        x[1:],
        feature_names=("a>b", "b", "c, d"),
        target_name="",
        series=np.zeros(20, np.int64),
    )
    problem = Problem.from_table(table)
    options = space(required='["a>b>b", "b>c, d"]', forbidden=["b>a>b"]).options
    rules = edge_rules(problem, options)
    assert rules.tolist() == [[0, -1, 0], [1, 0, 0], [0, 1, 0]]


def test_every_wrong_edge_gets_a_sentence():
    with pytest.raises(InputError) as caught:
        space(required="a>y,aa>b,a-b", forbidden="a>b,b>bb").layout(TRAJECTORY)
    assert list(caught.value.faults) == [
        "--space-option required=a>y: unknown effect 'y': Known: a, b, c, d",
        "--space-option required=aa>b: unknown cause 'aa': did you mean 'a'? Known: a, b, c, d",
        "--space-option required=a-b: write an edge as cause>effect",
        "--space-option forbidden=b>bb: unknown effect 'bb': did you mean 'b'? Known: a, b, c, d",
    ]
    with pytest.raises(InputError, match="forbidden=a>b: this edge is required already"):
        space(required="a>b", forbidden="a>b").layout(TRAJECTORY)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"bounding": "tan"}, "unknown value for bounding 'tan'"),
        ({"margin": "0.5"}, "margin: must be less than 0.5"),
        ({"required": '["a>b"'}, "required"),
        ({"rollout": -1}, "rollout: must be at least 0"),
    ],
)
def test_options_out_of_range_are_told(options, fault):
    with pytest.raises(InputError, match=fault):
        make_space("kafcm", options)


def test_the_reference_is_the_map_of_all_that_is_allowed():
    (reference,) = space(forbidden="a>b").reference_architectures(TRAJECTORY).values()
    assert len(reference.edges) == 15
    assert (0, 1) not in reference.edges
    every = encoding.from_mask(np.ones((1, 4), bool), 5)
    assert every == space(bounding="tanh").reference_architectures(TABLE)["all edges"]
    told = space().reference_architectures(TABLE)["all edges"]
    assert told.bounding in ("tanh", "clip")
    assert told.edges == every.edges
