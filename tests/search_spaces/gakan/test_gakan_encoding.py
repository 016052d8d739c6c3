"""Bits to networks: published layouts and counts, hand-made cases, and the laws of decoding."""

from __future__ import annotations

import json
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokan.errors import InvalidArchitecture
from evokan.spaces.chromosome import ChromosomeLayout
from search_spaces.gakan import GAKANOptions, encoding
from search_spaces.gakan.encoding import KANArchitecture, from_masks, full_network, prune

Edges = set[tuple[int, int, int]]
"""(layer, source, target)"""


def layout(n: int, m: int, d: int, u: int) -> ChromosomeLayout:
    problem = SimpleNamespace(n_features=n, n_outputs=m)
    return encoding.layout(problem, GAKANOptions(max_depth=d, max_width=u))


def decode(values, m: int, d: int, u: int) -> KANArchitecture:
    return encoding.decode(values, SimpleNamespace(n_outputs=m), GAKANOptions(max_depth=d, max_width=u))


def build(n: int, m: int, d: int, u: int, /, **values) -> KANArchitecture:
    """Decode segments given by name; those left out are zeros (grid and depth: 1)."""
    bits = layout(n, m, d, u)
    empty = bits.unpack(np.zeros(bits.length, np.uint8))
    return decode(bits.unpack(bits.pack({**empty, **values})), m, d, u)


def described_masks(bits: ChromosomeLayout, values, m: int, d: int, u: int) -> list[np.ndarray]:
    """The layers that a chromosome keeps, by the paper's words: zero mask, then degradation."""
    depth = min(values["depth"], d)
    if depth == 1:
        return [values["block1"][:m]]
    hidden = [values["block1"][:u]] + [values[f"block{i}"] for i in range(2, depth)]
    return [hidden[0], *(mask for mask in hidden[1:] if mask.sum() > 0), values["output"]]


def on_paths(masks: list[np.ndarray]) -> Edges:
    """Every edge that some walk from an input to an output uses, found by walking all of them."""
    found: Edges = set()

    def walk(layer: int, node: int, walked: list[tuple[int, int, int]]) -> None:
        if layer == len(masks):
            found.update(walked)
            return
        for upper in np.flatnonzero(masks[layer][:, node]):
            walk(layer + 1, int(upper), [*walked, (layer, node, int(upper))])

    for column in range(masks[0].shape[1]):
        walk(0, column, [])
    return found


@st.composite
def chromosomes(draw: st.DrawFn):
    """Small layouts with sparse and dense bits; more outputs than hidden neurons too."""
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    d, u = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    bits = layout(n, m, d, u)
    share = draw(st.sampled_from([0.15, 0.4, 0.7]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return n, m, d, u, (rng.random(bits.length) < share).astype(np.uint8)


# ---------------------------------------------------------------- layouts


def test_the_papers_example_has_73_bits():
    found = layout(6, 2, 3, 5)
    assert found.describe() == "block1 5x6 + block2 5x5 + output 2x5 + grid 6 + depth 2"
    assert found.length == 6 * 5 + 5 * 5 + 5 * 2 + 6 + 2 == 73


@pytest.mark.parametrize(
    ("n", "m", "d", "u", "length"),
    [
        (13, 3, 4, 5, 138),  # wine: 65 + 25 + 25 + 15 + 6 + 2
        (4, 3, 4, 5, 20 + 25 + 25 + 15 + 8),  # iris
        (30, 2, 4, 5, 150 + 50 + 10 + 8),  # wdbc
        (4, 8, 3, 5, 8 * 4 + 25 + 8 * 5 + 8),  # block 1 has as many neurons as outputs
        (4, 3, 1, 5, 3 * 4 + 6 + 1),  # one layer only: no hidden neurons at all
        (4, 3, 2, 5, 5 * 4 + 3 * 5 + 6 + 1),
        (4, 3, 5, 2, 3 * 4 + 3 * 4 + 2 * 3 + 6 + 3),
    ],
)
def test_lengths(n, m, d, u, length):
    assert layout(n, m, d, u).length == length


def test_the_text_form_is_read_as_the_contract_says():
    # 2 inputs, 1 output, at most 3 layers, 2 hidden neurons. Block by block from the input on, neuron by
    # neuron, lower neuron 0 first; then grid and depth, most significant bit first, value + 1.
    text = "011101001000010010"
    bits = layout(2, 1, 3, 2)
    architecture = decode(bits.unpack(bits.from_text(text)), 1, 3, 2)
    # Hidden level 1: neuron 0 hears input 1, neuron 1 hears both; level 2: neuron 0 hears neuron 1 only.
    assert architecture.edges == (((0, 0), (1, 0)), ((0, 0),), ((0, 0),))
    assert architecture.widths == (2, 1, 1, 1)
    assert (architecture.grid, architecture.depth) == (5, 3)


@pytest.mark.parametrize(("grid", "depth"), [(1, 1), (64, 4), (33, 2)])
def test_grid_and_depth_cover_their_ranges(grid, depth):
    ones = {"block1": np.ones((5, 3)), "block2": np.ones((5, 5)), "block3": np.ones((5, 5)), "output": np.ones((2, 5))}
    found = build(3, 2, 4, 5, **ones, grid=grid, depth=depth)
    assert (found.grid, found.depth) == (grid, depth)


def test_a_depth_beyond_the_largest_is_the_largest():
    ones = {"block1": np.ones((2, 3)), "block2": np.ones((2, 2)), "output": np.ones((1, 2))}
    assert build(3, 1, 3, 2, **ones, depth=4) == build(3, 1, 3, 2, **ones, depth=3)


# ---------------------------------------------------------------- published counts


@pytest.mark.parametrize(
    ("widths", "grid", "count"),
    [
        ((4, 3), 4, 156),
        ((13, 3), 1, 390),
        ((7, 5, 2), 4, 585),
        ((30, 2), 17, 1560),
    ],
)
def test_published_parameter_counts(widths, grid, count):
    network = full_network(widths, grid)
    assert network.n_params_paper == count
    assert network.n_edges == network.kept_edges == sum(a * b for a, b in pairwise(widths))
    assert network.n_params == network.n_edges * (grid + 5)


def test_the_paper_counts_masked_edges_too():
    block = np.zeros((5, 7))
    block[0, 3] = block[4, 1] = 1
    output = np.zeros((2, 5))
    output[1, 0] = output[0, 4] = 1
    found = build(7, 2, 4, 5, block1=block, output=output, grid=4, depth=2)
    assert (found.n_edges, found.n_params) == (4, 4 * (4 + 5))
    assert found.n_params_paper == 585
    found = build(4, 3, 4, 5, block1=np.eye(5, 4), grid=4)
    assert (found.depth, found.n_edges, found.n_params_paper) == (1, 3, 156)


# ---------------------------------------------------------------- decoding by hand


def test_one_layer_networks_use_the_first_neurons_of_block_1():
    block = np.zeros((5, 3))
    block[0] = [1, 0, 1]
    block[4] = [1, 1, 1]  # a fifth neuron is no output
    found = build(3, 2, 4, 5, block1=block, depth=1)
    assert found.edges == (((0, 0), (2, 0)),)
    assert found.widths == (3, 2)
    assert (found.n_features, found.depth) == (2, 1)


def test_more_outputs_than_hidden_neurons():
    block = np.zeros((4, 2))  # m = 4 outputs, u = 2 hidden neurons
    block[3] = [0, 1]
    assert build(2, 4, 3, 2, block1=block, depth=1).edges == (((1, 3),),)
    block[1] = [1, 0]
    deep = build(2, 4, 3, 2, block1=block, output=np.ones((4, 2)), depth=2)
    assert deep.edges == (((0, 0),), ((0, 0), (0, 1), (0, 2), (0, 3)))  # the fourth neuron of block 1 is none
    assert deep.kept_edges == 2 * 2 + 2 * 4


def test_the_zero_mask_clears_what_is_too_deep():
    rng = np.random.default_rng(0)
    shallow = {"block1": np.ones((3, 2)), "output": np.ones((2, 3)), "depth": 2}
    noise = {"block2": rng.integers(0, 2, (3, 3)), "block3": rng.integers(0, 2, (3, 3))}
    assert build(2, 2, 4, 3, **shallow, **noise) == build(2, 2, 4, 3, **shallow)


@pytest.mark.parametrize("empty", ["block2", "block3"])
def test_an_empty_square_block_degrades(empty):
    masks = {"block1": np.ones((3, 2)), "block2": np.eye(3), "block3": np.eye(3), "output": np.ones((2, 3))}
    masks[empty] = np.zeros((3, 3))
    found = build(2, 2, 4, 3, **masks, depth=4)
    shallower = {name: mask for name, mask in masks.items() if name != "block3"} | {"block2": np.eye(3)}
    assert found == build(2, 2, 4, 3, **shallower, depth=3)
    assert (found.depth, found.kept_edges) == (3, 6 + 9 + 6)


def test_two_empty_square_blocks_leave_two_layers():
    found = build(2, 2, 4, 3, block1=np.ones((3, 2)), output=np.ones((2, 3)), depth=4)
    assert (found.depth, found.kept_edges, found.widths) == (2, 12, (2, 3, 2))


def test_a_class_that_no_path_reaches_is_valid():
    block = np.zeros((3, 2))
    block[1, 0] = 1
    found = build(2, 3, 2, 3, block1=block, depth=1)
    assert found.edges == (((0, 1),),)
    assert found.widths == (2, 3)


@pytest.mark.parametrize(
    "masks",
    [
        {},  # nothing at all
        {"block1": np.ones((3, 2))},  # nothing reaches the output
        {"output": np.ones((2, 3))},  # nothing leaves the input
        {"block1": [[1, 1], [0, 0], [0, 0]], "output": [[0, 1, 1], [0, 1, 1]]},
        {"block1": np.ones((3, 2)), "block2": [[0, 0, 0], [1, 1, 1], [0, 0, 0]], "output": [[1, 0, 1], [1, 0, 1]]},
    ],
)
def test_without_a_path_there_is_no_network(masks):
    with pytest.raises(InvalidArchitecture, match="no path leads from an input to an output"):
        build(2, 2, 3, 3, **masks, depth=3)


def test_dead_ends_go_and_neurons_are_numbered_anew():
    found = build(
        3,
        1,
        3,
        4,
        block1=[[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]],  # neuron 1 hears nothing
        block2=[[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]],
        output=[[1, 0, 1, 1]],
        depth=3,
    )  # neuron 1 of level 2 is not heard
    assert found.widths == (3, 2, 2, 1)
    assert found.edges == (((0, 0), (1, 1)), ((0, 0), (1, 1)), ((0, 0), (1, 0)))
    assert (found.n_edges, found.n_features) == (6, 2)


# ---------------------------------------------------------------- laws


@settings(deadline=None, max_examples=300)
@given(chromosomes())
def test_decoding_is_what_the_paper_describes(case):
    n, m, d, u, bits = case
    form = layout(n, m, d, u)
    values = form.unpack(bits)
    masks = described_masks(form, values, m, d, u)
    alive = on_paths(masks)
    if not alive:
        with pytest.raises(InvalidArchitecture):
            decode(values, m, d, u)
        return
    found = decode(values, m, d, u)
    assert found == decode(values, m, d, u)
    assert found.depth == len(masks)
    assert found.grid == values["grid"]
    assert found.kept_edges == sum(mask.size for mask in masks)
    assert found.n_edges == len(alive)
    assert found.n_features == len({source for layer, source, _ in alive if layer == 0})
    assert (found.widths[0], found.widths[-1]) == (n, m)
    # The live neurons keep their order; only their numbers close up.
    names = [
        range(n),
        *(sorted({target for layer, _, target in alive if layer == level}) for level in range(len(masks) - 1)),
        range(m),
    ]
    assert found.widths == tuple(map(len, names))
    renumbered = {
        (layer, names[layer][source], names[layer + 1][target])
        for layer, pairs in enumerate(found.edges)
        for source, target in pairs
    }
    assert renumbered == alive
    assert all(list(pairs) == sorted(set(pairs)) for pairs in found.edges)


@settings(deadline=None, max_examples=150)
@given(chromosomes())
def test_bits_that_reach_nothing_change_nothing(case):
    n, m, d, u, bits = case
    values = layout(n, m, d, u).unpack(bits)
    try:
        found = decode(values, m, d, u)
    except InvalidArchitecture:
        return
    masks = described_masks(layout(n, m, d, u), values, m, d, u)
    live = prune([mask.astype(bool) for mask in masks])
    for mask, kept in zip(masks, live, strict=True):
        mask[:] = kept  # views into `values`: dead bits are cleared
    again = decode(values, m, d, u)
    assert again == found
    assert again.key == found.key
    assert from_masks(live, found.grid) == found
    assert all(np.array_equal(a, b) for a, b in zip(prune(live), live, strict=True))


@settings(deadline=None, max_examples=150)
@given(chromosomes(), st.integers(0, 2**32))
def test_equal_keys_are_equal_networks_and_different_keys_different_ones(case, seed):
    n, m, d, u, bits = case
    form = layout(n, m, d, u)
    rng = np.random.default_rng(seed)
    other = bits.copy()
    other[rng.integers(0, len(bits), 2)] ^= 1
    found = []
    for one in (bits, other):
        try:
            found.append(decode(form.unpack(one), m, d, u))
        except InvalidArchitecture:
            return
    first, second = found
    same = (first.edges, first.widths, first.grid) == (second.edges, second.widths, second.grid)
    assert (first.key == second.key) == same == (first == second)
    if same:
        assert first.n_params_paper == second.n_params_paper


@settings(deadline=None, max_examples=50)
@given(chromosomes())
def test_json_gives_an_equal_network_back(case):
    n, m, d, u, bits = case
    try:
        found = decode(layout(n, m, d, u).unpack(bits), m, d, u)
    except InvalidArchitecture:
        return
    back = KANArchitecture.from_json(json.loads(json.dumps(found.to_json())))
    assert back == found
    assert back.key == found.key
    assert hash(back) == hash(found)


def test_keys_tell_grids_sources_and_layers_apart():
    networks = [
        full_network((2, 1), 3),
        full_network((2, 1), 4),
        full_network((2, 1, 1), 3),
        full_network((1, 1), 3),
        from_masks([np.array([[True, False]])], 3),
        from_masks([np.array([[False, True]])], 3),
        from_masks([np.array([[True, True], [False, False]])], 3),
    ]
    assert len({network.key for network in networks}) == len(networks)


def test_keys_stay_as_they_are():
    # Training seeds follow from keys: another text would give other records.
    assert full_network((2, 2, 1), 7).key == "G7 2-2-1 0>0,0>1,1>0,1>1|0>0,1>0"
