"""Bits, values and text: three forms of one chromosome."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.cli.evaluate import read_chromosomes
from evokan.errors import InputError
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, ValueSegment

LAYOUT = ChromosomeLayout(
    (
        NeuronSegment("block1", 2, 3),
        ValueSegment("grid", 4),
        NeuronSegment("output", 1, 2),
        ValueSegment("depth", 2, 0),
    )
)

layouts = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda size: ("neurons", *size)),
        st.tuples(st.integers(1, 31), st.integers(-5, 5)).map(lambda size: ("value", *size)),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda parts: ChromosomeLayout(
        tuple(
            NeuronSegment(f"s{n}", a, b) if kind == "neurons" else ValueSegment(f"s{n}", a, b)
            for n, (kind, a, b) in enumerate(parts)
        )
    )
)


@st.composite
def chromosomes(draw: st.DrawFn):
    layout = draw(layouts)
    bits = draw(st.lists(st.integers(0, 1), min_size=layout.length, max_size=layout.length))
    return layout, np.array(bits, dtype=np.uint8)


def equal(left, right) -> bool:
    return left.keys() == right.keys() and all(np.array_equal(left[name], right[name]) for name in left)


# ---------------------------------------------------------------- what the bits mean


def test_bits_by_hand():
    # block1: neuron 0 listens to inputs 0 and 2, neuron 1 to input 1; grid 0b0011 + 1; output; depth 0b10.
    bits = LAYOUT.from_text("10101000110110")
    values = LAYOUT.unpack(bits)
    assert values["block1"].tolist() == [[1, 0, 1], [0, 1, 0]]
    assert values["grid"] == 4
    assert values["output"].tolist() == [[0, 1]]
    assert values["depth"] == 2
    assert LAYOUT.length == 14
    assert LAYOUT.describe() == "block1 2x3 + grid 4 + output 1x2 + depth 2"


def test_genes_are_whole_neurons_and_values_whole_numbers():
    assert list(LAYOUT.genes()) == [slice(0, 3), slice(3, 6), slice(10, 12)]
    assert list(LAYOUT.values()) == [slice(6, 10), slice(12, 14)]


@given(layouts)
def test_genes_and_values_cover_every_bit_once(layout):
    covered = np.zeros(layout.length, dtype=int)
    for part in [*layout.genes(), *layout.values()]:
        covered[part] += 1
    assert (covered == 1).all()
    assert sum(segment.size for segment in layout.segments) == layout.length


# ---------------------------------------------------------------- round trips


@given(chromosomes())
def test_packing_undoes_unpacking(case):
    layout, bits = case
    values = layout.unpack(bits)
    assert np.array_equal(layout.pack(values), bits)
    assert equal(layout.unpack(layout.pack(values)), values)
    for segment in layout.segments:
        if isinstance(segment, ValueSegment):
            assert segment.offset <= values[segment.name] < segment.offset + 2**segment.bits


@given(chromosomes())
def test_text_and_bits_are_the_same_thing(case):
    layout, bits = case
    text = layout.to_text(bits)
    assert text == "".join(str(int(bit)) for bit in bits)
    back = layout.from_text(f"  {text}\n")
    assert back.dtype == np.uint8
    assert np.array_equal(back, bits)
    back[0] ^= 1  # the reader may change what it got


def test_masks_are_copies():
    bits = LAYOUT.from_text("1" * 14)
    LAYOUT.unpack(bits)["block1"][:] = 0
    assert bits.all()


def test_anything_but_zero_connects():
    values = {"block1": [[True, False, True], [0, 2, 0]], "grid": 1, "output": np.zeros((1, 2)), "depth": 3}
    assert LAYOUT.to_text(LAYOUT.pack(values)) == "10101000000011"


def test_random_bits_are_fair_coins_that_follow_the_generator():
    layout = ChromosomeLayout((NeuronSegment("block", 100, 100),))
    bits = layout.random(np.random.default_rng(3))
    assert bits.dtype == np.uint8
    assert np.array_equal(bits, layout.random(np.random.default_rng(3)))
    assert set(bits.tolist()) == {0, 1}
    assert abs(bits.mean() - 0.5) < 0.025  # five standard deviations


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"grid": 0}, "segment 'grid': 0 is outside 1 ... 16"),
        ({"grid": 17}, "segment 'grid': 17 is outside 1 ... 16"),
        ({"depth": 4}, "segment 'depth': 4 is outside 0 ... 3"),
        ({"block1": np.ones((3, 2))}, r"segment 'block1': expected a mask of shape \(neurons, fan_in\) = \(2, 3\)"),
        ({"grdi": 1}, "values must name exactly the segments"),
    ],
)
def test_values_that_fit_no_bits_are_refused(changes, sentence):
    values = {**LAYOUT.unpack(np.zeros(14, np.uint8)), **changes}
    with pytest.raises(ValueError, match=sentence):
        LAYOUT.pack(values)


def test_a_missing_segment_is_refused():
    with pytest.raises(ValueError, match="values must name exactly the segments"):
        LAYOUT.pack({"grid": 1})


@pytest.mark.parametrize(
    ("bits", "sentence"),
    [
        (np.zeros(13, np.uint8), r"expected 14 bits \(block1 2x3 \+ grid 4 \+ output 1x2 \+ depth 2\)"),
        (np.zeros((14, 1), np.uint8), r"got shape \(14, 1\)"),
        (np.full(14, 2, np.uint8), "zeros and ones only"),
        (np.full(14, 0.5), "zeros and ones only"),
        (np.full(14, np.nan), "zeros and ones only"),
        (np.full(14, -1), "zeros and ones only"),
    ],
)
def test_bits_that_are_no_chromosome_are_refused(bits, sentence):
    for use in (LAYOUT.unpack, LAYOUT.to_text, LAYOUT.validate):
        with pytest.raises(ValueError, match=sentence):
            use(bits)


@pytest.mark.parametrize("bits", [[1] * 14, np.ones(14, bool), np.ones(14), np.ones(14, np.int64)])
def test_any_array_of_zeros_and_ones_will_do(bits):
    assert LAYOUT.validate(bits).dtype == np.uint8
    assert LAYOUT.to_text(bits) == "1" * 14


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("01", r"chromosome text has 2 bits, expected 14 \(block1 2x3 .*\)"),
        ("", "chromosome text has 0 bits, expected 14"),
        ("0" * 13 + "2", "chromosome text holds '2': only the characters 0 and 1 are allowed"),
        ("0000000 0000000", "chromosome text holds ' '"),
        ("\u0661" * 14, "only the characters 0 and 1"),  # another script's digit one
    ],
)
def test_text_that_is_no_chromosome_is_the_users_mistake(text, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        LAYOUT.from_text(text)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\xef\xbb\xbf# saved by an editor of Windows\r\n"])
def test_a_file_of_chromosomes_may_begin_with_a_byte_order_mark(tmp_path, start):
    path = tmp_path / "chromosomes.txt"
    path.write_bytes(start + b"01" * 7 + b"\r\n" + b"1" * 14 + b"\r\n")
    assert [LAYOUT.to_text(bits) for bits in read_chromosomes(path, LAYOUT)] == ["01" * 7, "1" * 14]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: NeuronSegment("a", 0, 3), "needs at least 1 neuron and 1 input, got 0 and 3"),
        (lambda: NeuronSegment("a", 3, 0), "needs at least 1 neuron and 1 input, got 3 and 0"),
        (lambda: ValueSegment("a", 0), "needs 1 to 31 bits, got 0"),
        (lambda: ValueSegment("a", 32), "needs 1 to 31 bits, got 32"),
        (lambda: ChromosomeLayout(()), "needs at least one segment"),
        (lambda: ChromosomeLayout((ValueSegment("a", 1), ValueSegment("a", 2))), "names must be unique"),
    ],
)
def test_layouts_that_mean_nothing_are_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_the_widest_number():
    layout = ChromosomeLayout((ValueSegment("n", 31, 0),))
    assert layout.unpack(np.ones(31, np.uint8)) == {"n": 2**31 - 1}
