"""Chromosomes: named segments of bits, and how values and bits are exchanged.

A chromosome is a one-dimensional ``uint8`` array of zeros and ones. A `ChromosomeLayout` says what its bits
mean: `NeuronSegment` blocks hold one gene per neuron (the run of that neuron's incoming bits), and
`ValueSegment` runs hold one whole number, most significant bit first. The operators of `evokan.evolution`
need no more than this, so they are written once for all families.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InputError

Bits = NDArray[np.uint8]
"""Zeros and ones, shape (layout.length,)."""


@dataclass(frozen=True, slots=True)
class NeuronSegment:
    """A block of connection bits, neuron by neuron.

    Attributes
    ----------
    name
        Unique within the layout.
    neurons
        Number of upper neurons, at least 1: one gene each.
    fan_in
        Number of lower neurons, at least 1: the bits of one gene, lower neuron 0 first.
    """

    name: str
    neurons: int
    fan_in: int

    def __post_init__(self) -> None:
        if self.neurons < 1 or self.fan_in < 1:
            raise ValueError(
                f"segment {self.name!r}: needs at least 1 neuron and 1 input, got {self.neurons} and {self.fan_in}"
            )

    @property
    def size(self) -> int:
        """Number of bits."""
        return self.neurons * self.fan_in


@dataclass(frozen=True, slots=True)
class ValueSegment:
    """A whole number in ``offset ... offset + 2**bits - 1``, most significant bit first.

    Attributes
    ----------
    name
        Unique within the layout.
    bits
        Number of bits, 1 to 31.
    offset
        Added to the binary number: the value of all-zero bits.
    """

    name: str
    bits: int
    offset: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 31:
            raise ValueError(f"segment {self.name!r}: needs 1 to 31 bits, got {self.bits}")

    @property
    def size(self) -> int:
        """Number of bits."""
        return self.bits


Segment = NeuronSegment | ValueSegment
Value = int | NDArray[np.uint8]
"""A whole number, or a connection mask of shape (neurons, fan_in)."""


@dataclass(frozen=True)
class ChromosomeLayout:
    """The meaning of every bit of a chromosome.

    Parameters
    ----------
    segments
        In the order of their bits. Names must be unique.

    Examples
    --------
    >>> layout = ChromosomeLayout((NeuronSegment("block1", 2, 3), ValueSegment("grid", 4)))
    >>> layout.length
    10
    >>> layout.unpack(layout.from_text("1010110011"))["grid"]
    4
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        names = [segment.name for segment in self.segments]
        if not names:
            raise ValueError("a layout needs at least one segment")
        if len(set(names)) != len(names):
            raise ValueError(f"segment names must be unique, got {names}")

    @cached_property
    def length(self) -> int:
        """Number of bits."""
        return sum(segment.size for segment in self.segments)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each segment lies."""
        found: dict[str, slice] = {}
        start = 0
        for segment in self.segments:
            found[segment.name] = slice(start, start + segment.size)
            start += segment.size
        return found

    def genes(self) -> Iterator[slice]:
        """Yield the bits of every neuron, in order: the units that neuron-aligned crossover exchanges."""
        for segment in self.segments:
            if isinstance(segment, NeuronSegment):
                start = self.slices[segment.name].start
                for neuron in range(segment.neurons):
                    yield slice(start + neuron * segment.fan_in, start + (neuron + 1) * segment.fan_in)

    def values(self) -> Iterator[slice]:
        """Yield the bits of every value segment, in order: single-point crossover works inside each."""
        for segment in self.segments:
            if isinstance(segment, ValueSegment):
                yield self.slices[segment.name]

    def unpack(self, bits: Bits) -> dict[str, Value]:
        """Return the value of every segment.

        Returns
        -------
        dict
            For a neuron segment a new ``uint8`` mask of shape (neurons, fan_in); for a value segment an int.
        """
        bits = self.validate(bits)
        found: dict[str, Value] = {}
        for segment in self.segments:
            part = bits[self.slices[segment.name]]
            if isinstance(segment, NeuronSegment):
                found[segment.name] = part.reshape(segment.neurons, segment.fan_in).copy()
            else:
                found[segment.name] = segment.offset + int("".join(map(str, part)), 2)
        return found

    def pack(self, values: Mapping[str, Value]) -> Bits:
        """Return the bits that `unpack` turns into `values`.

        Raises
        ------
        ValueError
            A segment is missing or unknown, a mask has another shape, or a number does not fit its bits.
        """
        expected = set(self.slices)
        if set(values) != expected:
            raise ValueError(f"values must name exactly the segments {sorted(expected)}, got {sorted(values)}")
        bits = np.empty(self.length, dtype=np.uint8)
        for segment in self.segments:
            value = values[segment.name]
            where = self.slices[segment.name]
            if isinstance(segment, NeuronSegment):
                mask = np.asarray(value)
                if mask.shape != (segment.neurons, segment.fan_in):
                    raise ValueError(
                        f"segment {segment.name!r}: expected a mask of shape (neurons, fan_in) = "
                        f"{(segment.neurons, segment.fan_in)}, got {mask.shape}"
                    )
                bits[where] = mask.reshape(-1) != 0
            else:
                number = int(value) - segment.offset
                if not 0 <= number < 2**segment.bits:
                    raise ValueError(
                        f"segment {segment.name!r}: {value} is outside {segment.offset} ... "
                        f"{segment.offset + 2**segment.bits - 1}"
                    )
                bits[where] = [int(digit) for digit in format(number, f"0{segment.bits}b")]
        return bits

    def random(self, rng: np.random.Generator) -> Bits:
        """Return a chromosome of fair coins."""
        return rng.integers(0, 2, size=self.length, dtype=np.uint8)

    def validate(self, bits: Bits) -> Bits:
        """Return `bits` as a ``uint8`` array.

        Raises
        ------
        ValueError
            The length is not `length`, or something else than 0 and 1 is in it.
        """
        array = np.asarray(bits)
        if array.shape != (self.length,):
            raise ValueError(f"expected {self.length} bits ({self.describe()}), got shape {array.shape}")
        if ((array != 0) & (array != 1)).any():
            raise ValueError("a chromosome holds zeros and ones only")
        return array.astype(np.uint8, copy=False)

    def to_text(self, bits: Bits) -> str:
        """Return the text form: a string of ``0`` and ``1`` in the order of `segments`."""
        return (self.validate(bits) + np.uint8(ord("0"))).tobytes().decode("ascii")

    def from_text(self, text: str) -> Bits:
        """Return the chromosome of a text form.

        Raises
        ------
        InputError
            The length is wrong, or another character than ``0`` and ``1`` occurs.
        """
        text = text.strip()
        other = sorted(set(text) - {"0", "1"})
        if other:
            raise InputError(f"chromosome text holds {other[0]!r}: only the characters 0 and 1 are allowed")
        if len(text) != self.length:
            raise InputError(f"chromosome text has {len(text)} bits, expected {self.length} ({self.describe()})")
        return np.frombuffer(text.encode(), dtype=np.uint8) - np.uint8(ord("0"))

    def describe(self) -> str:
        """Return one line naming the segments and their sizes."""
        return " + ".join(
            f"{s.name} {s.neurons}x{s.fan_in}" if isinstance(s, NeuronSegment) else f"{s.name} {s.bits}"
            for s in self.segments
        )
