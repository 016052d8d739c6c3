"""Layers and chromosomes."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.seeding import generator
from evokan.spaces.chromosome import ChromosomeLayout
from evokan.testing import small_problem
from search_spaces.hkan import HKAN, HKANArchitecture, HKANLayer, HKANOptions, encoding
from search_spaces.hkan.encoding import HIDDEN_BASES, RIDGES

OPTIONS = HKANOptions()


def layout(options: HKANOptions) -> ChromosomeLayout:
    return encoding.layout(small_problem("regression"), options)


def decode(values, options: HKANOptions, n_inputs: int, n_outputs: int) -> HKANArchitecture:
    return encoding.decode(values, SimpleNamespace(n_features=n_inputs, n_outputs=n_outputs), options)


def gray(number: int) -> int:
    return number ^ number >> 1


def network(**codes: int) -> HKANArchitecture:
    """The network whose segments hold the Gray codes of the given places (all others 0), for 3 inputs, 1 output."""
    zero = dict.fromkeys(layout(OPTIONS).slices, 0)
    return decode({**zero, **{name.replace("_", "."): gray(code) for name, code in codes.items()}}, OPTIONS, 3, 1)


def reached(segment: str, attribute: str, depth: int, layer: int):
    """All values that an attribute takes while its segment runs through its codes."""
    size = next(s.size for s in layout(OPTIONS).segments if s.name == segment)
    return [
        getattr(network(**{segment.replace(".", "_"): code}, layers=depth).layers[layer], attribute)
        for code in range(2**size)
    ]


DEPTH = {1: 0, 2: 4, 3: 7}


def test_every_range_of_the_papers_table_is_covered_from_end_to_end():
    for depth, widest in ((2, 1000), (3, 200)):
        nodes = reached("hidden1.nodes", "nodes", DEPTH[depth], 0)
        assert (nodes[0], nodes[-1]) == (2, widest)
        assert nodes == sorted(nodes)
        assert all(b <= 1.12 * a + 1 for a, b in itertools.pairwise(nodes))  # no gap beyond a tenth or one node
    for layer, name in ((0, "hidden1"), (1, "output")):
        sigmas = reached(f"{name}.sigma", "sigma", DEPTH[2], layer)
        assert (sigmas[0], sigmas[-1]) == (1, 50)
        assert all(1 < b / a < 1.07 for a, b in itertools.pairwise(sigmas))
        assert set(reached(f"{name}.m", "n_basis", DEPTH[2], layer)) == set(range(1, 41))
        assert set(reached(f"{name}.ridge", "ridge", DEPTH[2], layer)) == set(RIDGES)
    assert set(reached("hidden1.basis", "basis", DEPTH[2], 0)) == set(HIDDEN_BASES)
    assert set(reached("output.basis", "basis", DEPTH[1], 0)) == {*HIDDEN_BASES, "identity"}
    assert set(reached("hidden1.placement", "placement", DEPTH[2], 0)) == {"random", "data"}
    assert set(reached("output.placement", "placement", DEPTH[1], 0)) == {"random", "data", "equal"}
    assert {network(layers=code).depth for code in range(8)} == {1, 2, 3}


def test_choices_have_nearly_equal_shares():
    for name, attribute, count in (
        ("hidden1.basis", "basis", 5),
        ("hidden1.ridge", "ridge", 6),
        ("output.placement", "placement", 3),
        ("hidden1.m", "n_basis", 40),
    ):
        values = reached(name, attribute, DEPTH[2], 0 if name.startswith("hidden") else 1)
        shares = [values.count(value) for value in set(values)]
        assert len(shares) == count
        assert max(shares) <= 2 * min(shares)


def test_neighbours_differ_in_one_bit():
    bits = layout(OPTIONS)
    where = bits.slices["hidden1.nodes"]
    chromosome = np.zeros(bits.length, np.uint8)
    chromosome[bits.slices["layers"]] = [1, 1, 0]  # the Gray code of 4
    codes = [[int(digit) for digit in format(gray(place), "06b")] for place in range(64)]
    assert all(np.not_equal(a, b).sum() == 1 for a, b in itertools.pairwise(codes))
    widths = []
    for code in codes:
        chromosome[where] = code
        widths.append(decode(bits.unpack(chromosome), OPTIONS, 3, 1).layers[0].nodes)
    assert widths == sorted(widths)
    assert (widths[0], widths[-1]) == (2, 1000)


@given(st.integers(0, 2**31))
def test_unused_segments_change_nothing(seed):
    bits = layout(OPTIONS)
    rng = generator("unused", seed)
    chromosome = bits.random(rng)
    found = decode(bits.unpack(chromosome), OPTIONS, 4, 1)
    changed = chromosome.copy()
    unused = [f"hidden{level}." for level in range(found.depth, 3)]
    if found.layers[-1].is_identity:
        unused += [f"output.{name}" for name in ("sigma", "m", "placement", "ridge")]
    for name, part in bits.slices.items():
        if name.startswith(tuple(unused)):
            changed[part] = rng.integers(0, 2, part.stop - part.start)
    again = decode(bits.unpack(changed), OPTIONS, 4, 1)
    assert again == found
    assert again.key == found.key


def test_mixed_layers_take_any_set_of_functions():
    options = HKANOptions(mixed=True)
    bits = layout(options)
    rng = generator("mixed")
    found = {decode(bits.unpack(bits.random(rng)), options, 2, 1).layers[0].basis for _ in range(2000)}
    assert {basis for basis in found if isinstance(basis, str)} == {*HIDDEN_BASES, "identity"}
    assert {frozenset(basis) for basis in found if not isinstance(basis, str)} == {
        frozenset(chosen) for size in range(2, 6) for chosen in itertools.combinations(HIDDEN_BASES, size)
    }


EACH = HKANOptions(mixed=True, mixed_sigma=True)


@given(st.integers(0, 2**31))
def test_every_function_of_a_mixed_layer_may_have_its_own_sharpness(seed):
    problem = small_problem("regression")
    bits = layout(EACH)
    space = HKAN(EACH)
    chromosome = bits.random(generator("each", seed))
    found = space.decode(chromosome, problem)
    assert space.decode(space.encode(found, problem), problem) == found
    # One function more or less leaves the others as sharp as they were.
    values = bits.unpack(chromosome)
    steps = encoding._ratios(1, EACH.max_sigma)
    for name, one in zip([*(f"hidden{n}" for n in range(1, found.depth)), "output"], found.layers, strict=True):
        for basis, sigma in zip(one.bases, one.sigmas, strict=True):
            if not one.is_identity:
                assert sigma == steps[encoding._from_gray(values[f"{name}.sigma.{basis}"])]


def test_sharpness_of_each_function_is_asked_for_and_changes_no_other_chromosome():
    one = HKANLayer(4, ("sigmoid", "tanh"), (2.0, 5.0))
    problem = small_problem("regression")
    mixed = HKANArchitecture(problem.n_features, (one, HKANLayer(basis="identity")))
    near = encoding.nearest(mixed, problem, EACH)
    assert near.layers[0].sigmas == pytest.approx((2.0, 5.0), rel=0.035)
    assert HKAN(EACH).decode(HKAN(EACH).encode(near, problem), problem) == near
    with pytest.raises(ValueError, match=r"no chromosome says hidden1\.sigma"):
        HKAN(HKANOptions(mixed=True)).encode(near, problem)
    with pytest.raises(ValueError, match="set mixed as well"):
        HKANOptions(mixed_sigma=True)
    # As runs of before have stored them.
    last = {"basis": 5, "placement": 3}
    before = [
        ("layers", 3),
        *((f"hidden{n}.{what}", size) for n in (1, 2) for what, size in _SIZES.items()),
        *((f"output.{what}", size) for what, size in {**_SIZES, **last}.items() if what != "nodes"),
    ]
    assert [(s.name, s.size) for s in layout(HKANOptions(mixed=True)).segments] == before


_SIZES = {"nodes": 6, "basis": 6, "sigma": 6, "m": 7, "placement": 1, "ridge": 4}


def test_counts_by_hand():
    found = HKANArchitecture(3, (HKANLayer(5, "tanh", n_basis=4), HKANLayer(1, "identity")))
    assert found.widths == (3, 5, 1)
    assert (found.n_edges, found.n_features, found.depth) == (5 * 3 + 5, 3, 2)
    assert found.n_params == 5 * (3 * (4 + 1) + 1) + (5 + 1)


def test_layers_are_equal_where_nothing_differs():
    assert HKANLayer(1, "identity", sigma=7, n_basis=3, ridge=5) == HKANLayer(1, "identity")
    assert HKANLayer(3, ("tanh",)) == HKANLayer(3, "tanh")
    assert HKANLayer(3, ("tanh", "relu")).key != HKANLayer(3, ("relu", "tanh")).key
    assert HKANLayer.from_json(HKANLayer(3, ("tanh", "relu"), 2.5).to_json()) == HKANLayer(3, ("tanh", "relu"), 2.5)
    several = HKANLayer(3, ("tanh", "relu"), [2, 5], node_ridge=0.5, inside=True)
    assert HKANLayer.from_json(json.loads(json.dumps(several.to_json()))) == several
    assert several.sigmas == (2.0, 5.0)
    assert several.key == "3:tanh+relu s2+5 m10 data r0.01 h0.5 inside"
    assert HKANLayer(3, ("tanh", "relu"), (2, 2)) == HKANLayer(3, ("tanh", "relu"), 2)
    assert HKANLayer(3, "tanh", inside=True) == HKANLayer(3, "tanh")
    assert "inside" not in HKANLayer(3, ("tanh", "relu")).to_json()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"basis": "sigmiod"}, "did you mean 'sigmoid'"),
        ({"basis": ()}, "at least one"),
        ({"basis": ("tanh", "identity")}, "no identity"),
        ({"basis": ("tanh", "tanh")}, "each function once"),
        ({"placement": "date"}, "did you mean 'data'"),
        ({"nodes": 0}, "nodes 0"),
        ({"n_basis": 1.5}, "n_basis 1.5"),
        ({"sigma": 0.0}, "sigma 0.0"),
        ({"sigma": math.nan}, "sigma nan"),
        ({"ridge": -1.0}, "ridge -1.0"),
        ({"nodes": 2.0}, "nodes 2.0"),
        ({"nodes": None}, "nodes None"),
        ({"nodes": math.nan}, "nodes nan"),
        ({"nodes": math.inf}, "nodes inf"),
        ({"nodes": True}, "nodes True"),
        ({"nodes": "3"}, "nodes '3'"),
        ({"n_basis": np.float64(3)}, "n_basis np.float64"),
        ({"sigma": None}, "sigma None"),
        ({"sigma": 10**400}, "sigma 1000000"),
        ({"sigma": np.ones((40, 3))}, r"sigma array\("),
        ({"sigma": True}, "sigma True"),
        ({"ridge": "x"}, "ridge 'x'"),
        ({"ridge": math.inf}, "ridge inf"),
        ({"node_ridge": -1}, "node_ridge -1"),
        ({"sigma": (1, 2)}, "one for each of 1 functions"),
        ({"basis": ("tanh", "relu"), "sigma": (1, 0)}, r"sigma \(1, 0\)"),
        ({"inside": 1}, "inside 1"),
        ({"basis": None}, "unknown basis 'None'"),
        ({"basis": {"tanh", "relu"}}, "unknown basis .{"),
        ({"basis": ("tanh", None)}, "unknown basis 'None'"),
        ({"basis": ["tanh", ["relu"]]}, "unknown basis"),
        ({"placement": None}, "unknown placement 'None'"),
        ({"placement": np.array(["data", "equal"])}, "unknown placement"),
    ],
)
def test_a_layer_that_cannot_be_is_refused_with_a_reason(wrong, words):
    with pytest.raises(InputError, match=words) as caught:
        HKANLayer(**wrong)
    assert len(caught.value.faults) == 1
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_numbers_of_any_kind_are_kept_as_plain_ones():
    layer = HKANLayer(np.int64(3), np.str_("tanh"), np.float32(2.5), np.uint8(4), np.str_("random"), Fraction(1, 2))
    assert layer == HKANLayer(3, "tanh", 2.5, 4, "random", 0.5)
    assert [type(value) for value in layer.to_json().values()] == [int, str, float, int, str, float]
    assert "node_ridge" in HKANLayer(node_ridge=2).to_json()
    assert HKANLayer.from_json(json.loads(json.dumps(layer.to_json()))) == layer
    assert HKANLayer(3, ["tanh", "relu"]) == HKANLayer(3, ("tanh", "relu"))


def test_all_faults_of_a_layer_come_together():
    with pytest.raises(InputError) as caught:
        HKANLayer(0, "no", -1, 0, "nowhere", -1)
    assert len(caught.value.faults) == 6
