"""Bits to networks: input mask, wiring, depth, width and degree of every block, dense maps behind them.

The chromosome is ours; the two wirings are those of the paper's Figure 3 (Aghaei, "fKAN", arXiv 2406.07456), and the
maps without activation behind the blocks those of its network for the delay equation.
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
    dense
        Neurons of further linear maps between the blocks and the outputs. They add nothing to what the network can say,
        and change how it is trained.
    n_coefficients
        Coefficients of an equation that are trained with the network.
    """

    n_inputs: int
    n_outputs: int
    inputs: tuple[int, ...]
    wiring: str
    widths: tuple[int, ...]
    degrees: tuple[int, ...]
    shared: bool = True
    dense: tuple[int, ...] = ()
    n_coefficients: int = 0

    @cached_property
    def key(self) -> str:
        """Columns, blocks (width x degree) and wiring."""
        sign = "-" if self.wiring == SEQUENTIAL else "|"
        blocks = sign.join(f"{width}q{degree}" for width, degree in zip(self.widths, self.degrees, strict=True))
        triples = "" if self.shared else " a triple a neuron"
        dense = "".join(f" to {width}" for width in self.dense)
        more = f" with {self.n_coefficients} coefficients" if self.n_coefficients else ""
        return (
            f"{','.join(map(str, self.inputs))} of {self.n_inputs}: {blocks}{dense} to {self.n_outputs}{triples}{more}"
        )

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of the levels that have an activation."""
        return self.widths if self.wiring == SEQUENTIAL else (sum(self.widths),)

    @property
    def levels(self) -> tuple[int, ...]:
        """Neurons of every level: used columns, hidden and dense levels, outputs."""
        return (len(self.inputs), *self.hidden, *self.dense, self.n_outputs)

    @property
    def n_triples(self) -> int:
        """Number of (alpha, beta, gamma)."""
        return len(self.widths) if self.shared else sum(self.widths)

    @property
    def n_params(self) -> int:
        """Weights and biases of the linear maps, three values for each triple, and coefficients."""
        return self.n_edges + sum(self.levels[1:]) + 3 * self.n_triples + self.n_coefficients

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
        """Return plain JSON values; what is not there is left out."""
        more: dict[str, Any] = {"dense": list(self.dense)} if self.dense else {}
        more |= {"n_coefficients": self.n_coefficients} if self.n_coefficients else {}
        return more | {
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
            tuple(map(int, data.get("dense", ()))),
            int(data.get("n_coefficients", 0)),
        )


def layout(problem: Problem, options: FKANOptions) -> ChromosomeLayout:
    """Return the segments: input mask, wiring, depth, width and degree of every block, number and width of dense maps.

    What leaves no choice, as a mask of one column, has no segment.
    """
    segments: list[Segment] = [NeuronSegment("inputs", 1, problem.n_features)] if problem.n_features > 1 else []
    if options.wiring == "both":
        segments.append(ValueSegment("wiring", 1, 0))
    segments += _choice("depth", options.min_depth, options.max_depth)
    for block in range(1, options.max_depth + 1):
        segments += _choice(f"width{block}", options.min_width, options.max_width)
        segments += _choice(f"degree{block}", options.min_degree, options.max_degree)
    segments += _choice("dense", 0, options.max_dense)
    if options.max_dense:
        segments += _choice("dense_width", options.min_width, options.max_width)
    return ChromosomeLayout(tuple(segments))


def decode(values: Mapping[str, Value], problem: Problem, options: FKANOptions) -> FKANArchitecture:
    """Return the network that the unpacked segments describe; numbers beyond a limit stand for the limit.

    Raises
    ------
    InvalidArchitecture
        The mask holds no input column.
    """
    mask = np.asarray(values.get("inputs", [[1]]), dtype=bool)[0]
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
    maps = _chosen(values, "dense", 0, options.max_dense)
    dense = (_chosen(values, "dense_width", options.min_width, options.max_width),) * maps
    shared, more = options.triples == "block", problem.n_coefficients
    return network(len(mask), problem.n_outputs, inputs, wiring, widths, degrees, shared, dense, more)


def encode(architecture: FKANArchitecture, problem: Problem, options: FKANOptions) -> dict[str, Value]:
    """Return the segments that `decode` to `architecture`; those of blocks it does not have are at their lowest.

    Raises
    ------
    ValueError
        No chromosome says so many blocks, neurons or degrees, this wiring, or dense maps of several widths.
    """
    plan = layout(problem, options)
    found: dict[str, Value] = {s.name: s.offset for s in plan.segments if isinstance(s, ValueSegment)}
    if problem.n_features > 1:
        found["inputs"] = np.isin(np.arange(problem.n_features), architecture.inputs)[None].astype(np.uint8)

    def put(name: str, value: int, low: int, high: int) -> None:
        if not low <= value <= high:
            raise ValueError(f"no chromosome says {name} {value} ({architecture.key})")
        if name in found:
            found[name] = value

    if len(architecture.widths) > 1 and options.wiring not in ("both", architecture.wiring):
        raise ValueError(f"no chromosome says {architecture.wiring} blocks ({architecture.key})")
    if options.wiring == "both":
        found["wiring"] = int(architecture.wiring == PARALLEL)
    put("depth", len(architecture.widths), options.min_depth, options.max_depth)
    for block, (width, degree) in enumerate(zip(architecture.widths, architecture.degrees, strict=True), start=1):
        put(f"width{block}", width, options.min_width, options.max_width)
        put(f"degree{block}", degree, options.min_degree, options.max_degree)
    put("dense", len(architecture.dense), 0, options.max_dense)
    if len(set(architecture.dense)) > 1:
        raise ValueError(f"no chromosome says dense maps of several widths ({architecture.key})")
    for width in architecture.dense[:1]:
        put("dense_width", width, options.min_width, options.max_width)
    return found


def network(
    n_inputs: int,
    n_outputs: int,
    inputs: tuple[int, ...],
    wiring: str,
    widths: tuple[int, ...],
    degrees: tuple[int, ...],
    shared: bool = True,
    dense: tuple[int, ...] = (),
    n_coefficients: int = 0,
) -> FKANArchitecture:
    """Return the architecture in its one canonical form.

    The order of parallel branches means nothing, so they are sorted; a single branch is a sequence.
    """
    if wiring == PARALLEL:
        degrees, widths = zip(*sorted(zip(degrees, widths, strict=True)), strict=True)
    if len(widths) == 1:
        wiring = SEQUENTIAL
    widths, degrees = tuple(widths), tuple(degrees)
    return FKANArchitecture(n_inputs, n_outputs, inputs, wiring, widths, degrees, shared, dense, n_coefficients)


def _choice(name: str, low: int, high: int) -> list[Segment]:
    return [ValueSegment(name, (high - low).bit_length(), low)] if high > low else []


def _chosen(values: Mapping[str, Value], name: str, low: int, high: int) -> int:
    return min(int(values.get(name, low)), high)
