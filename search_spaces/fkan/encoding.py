"""Bits to networks: input mask, wiring, depth, width and degree of every block.

The chromosome is ours; the two wirings are those of the paper's Figure 3 (Aghaei, "fKAN", arXiv 2406.07456).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Segment, Value, ValueSegment
from search_spaces.fkan.options import FKANOptions

SEQUENTIAL, PARALLEL = "sequential", "parallel"


@dataclass(frozen=True)
class FKANArchitecture(Architecture):
    """A network of linear maps and fractional Jacobi blocks.

    Attributes
    ----------
    n_inputs, n_outputs
        All input columns, and outputs.
    inputs
        Columns in use, ascending.
    wiring
        ``sequential``: linear, block, linear, block, ..., linear; ``parallel``: branches linear + block side by
        side, concatenated, then linear.
    widths, degrees
        Neurons and degree of every block; those of parallel branches in ascending order.
    shared
        Whether the neurons of a block share alpha, beta and gamma.
    """

    n_inputs: int
    n_outputs: int
    inputs: tuple[int, ...]
    wiring: str
    widths: tuple[int, ...]
    degrees: tuple[int, ...]
    shared: bool = True

    @cached_property
    def key(self) -> str:
        """Columns, blocks (width x degree) and wiring."""
        sign = "-" if self.wiring == SEQUENTIAL else "|"
        blocks = sign.join(f"{width}q{degree}" for width, degree in zip(self.widths, self.degrees, strict=True))
        triples = "" if self.shared else " a triple a neuron"
        return f"{','.join(map(str, self.inputs))} of {self.n_inputs}: {blocks} to {self.n_outputs}{triples}"

    @property
    def levels(self) -> tuple[int, ...]:
        """Neurons of every level: used columns, hidden levels, outputs."""
        hidden = self.widths if self.wiring == SEQUENTIAL else (sum(self.widths),)
        return (len(self.inputs), *hidden, self.n_outputs)

    @property
    def n_triples(self) -> int:
        """Number of (alpha, beta, gamma)."""
        return len(self.widths) if self.shared else sum(self.widths)

    @property
    def n_params(self) -> int:
        """Weights and biases of the linear maps, and three values for each triple."""
        return self.n_edges + sum(self.levels[1:]) + 3 * self.n_triples

    @property
    def n_edges(self) -> int:
        """Weights of the linear maps."""
        return sum(lower * upper for lower, upper in zip(self.levels, self.levels[1:], strict=False))

    @property
    def used_columns(self) -> tuple[int, ...]:
        """Columns in use, ascending."""
        return self.inputs

    @property
    def n_features(self) -> int:
        """Number of columns in use."""
        return len(self.inputs)

    @property
    def depth(self) -> int:
        """Number of linear maps from the inputs to the outputs."""
        return len(self.levels) - 1

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "n_inputs": self.n_inputs,
            "n_outputs": self.n_outputs,
            "inputs": list(self.inputs),
            "wiring": self.wiring,
            "widths": list(self.widths),
            "degrees": list(self.degrees),
            "shared": self.shared,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FKANArchitecture:
        """Return the architecture whose `to_json` gave `data`."""
        inputs, widths, degrees = (tuple(map(int, data[name])) for name in ("inputs", "widths", "degrees"))
        return cls(
            int(data["n_inputs"]),
            int(data["n_outputs"]),
            inputs,
            str(data["wiring"]),
            widths,
            degrees,
            bool(data["shared"]),
        )


def layout(problem: Problem, options: FKANOptions) -> ChromosomeLayout:
    """Return the segments: input mask, wiring, depth, then width and degree of every block.

    What the options leave no choice about has no segment.
    """
    segments: list[Segment] = [NeuronSegment("inputs", 1, problem.n_features)]
    if options.wiring == "both":
        segments.append(ValueSegment("wiring", 1, 0))
    segments += _choice("depth", options.min_depth, options.max_depth)
    for block in range(1, options.max_depth + 1):
        segments += _choice(f"width{block}", options.min_width, options.max_width)
        segments += _choice(f"degree{block}", options.min_degree, options.max_degree)
    return ChromosomeLayout(tuple(segments))


def decode(values: Mapping[str, Value], problem: Problem, options: FKANOptions) -> FKANArchitecture:
    """Return the network that the unpacked segments describe; numbers beyond a limit stand for the limit.

    Raises
    ------
    InvalidArchitecture
        The mask holds no input column.
    """
    mask = np.asarray(values["inputs"], dtype=bool)[0]
    if not mask.any():
        raise InvalidArchitecture("no input column is in use")
    depth = _chosen(values, "depth", options.min_depth, options.max_depth)
    widths, degrees = (
        tuple(_chosen(values, f"{name}{block}", low, high) for block in range(1, depth + 1))
        for name, low, high in (
            ("width", options.min_width, options.max_width),
            ("degree", options.min_degree, options.max_degree),
        )
    )
    wiring = options.wiring if options.wiring != "both" else (PARALLEL if values["wiring"] else SEQUENTIAL)
    inputs = tuple(np.flatnonzero(mask).tolist())
    return network(len(mask), problem.n_outputs, inputs, wiring, widths, degrees, options.triples == "block")


def network(
    n_inputs: int,
    n_outputs: int,
    inputs: tuple[int, ...],
    wiring: str,
    widths: tuple[int, ...],
    degrees: tuple[int, ...],
    shared: bool = True,
) -> FKANArchitecture:
    """Return the architecture in its one canonical form.

    The order of parallel branches means nothing, so they are sorted; a single branch is a sequence.
    """
    if wiring == PARALLEL:
        degrees, widths = zip(*sorted(zip(degrees, widths, strict=True)), strict=True)
    if len(widths) == 1:
        wiring = SEQUENTIAL
    return FKANArchitecture(n_inputs, n_outputs, inputs, wiring, tuple(widths), tuple(degrees), shared)


def _choice(name: str, low: int, high: int) -> list[Segment]:
    return [ValueSegment(name, (high - low).bit_length(), low)] if high > low else []


def _chosen(values: Mapping[str, Value], name: str, low: int, high: int) -> int:
    return min(int(values.get(name, low)), high)
