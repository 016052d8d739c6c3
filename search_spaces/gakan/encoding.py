"""Bits to networks: zero mask, layer degradation, pruning, and the canonical form of GA-KAN.

Long, Wang, Xue and Zhang, "GA-KAN", arXiv 2501.17411, Section III: connection masks, grid and depth as one
binary chromosome. Where the paper is silent (which blocks a shallow network keeps, one-layer networks, more
outputs than hidden neurons) the reading is ours; `decode` states it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Value, ValueSegment
from search_spaces.gakan.options import GAKANOptions

SPLINE_ORDER = 3
GRID_BITS = 6

Mask = NDArray[np.bool_]
"""Connections of one layer, shape (upper neurons, lower neurons)."""


@dataclass(frozen=True)
class KANArchitecture(Architecture):
    """A pruned network of spline edges.

    Attributes
    ----------
    widths
        Nodes of every level: all input columns, the live hidden neurons, all outputs.
    edges
        For every layer the live edges as (source, target), sorted.
    intervals
        Grid intervals G of every spline.
    kept_edges
        All edges of the kept layers, masked ones too: what the paper counts.
    """

    widths: tuple[int, ...]
    edges: tuple[tuple[tuple[int, int], ...], ...]
    intervals: int
    kept_edges: int

    @cached_property
    def key(self) -> str:
        """Grid, widths and edges; equal for chromosomes that prune to the same network."""
        layers = "|".join(",".join(f"{source}>{target}" for source, target in layer) for layer in self.edges)
        return f"G{self.intervals} {'-'.join(map(str, self.widths))} {layers}"

    @property
    def n_edges(self) -> int:
        """Live edges."""
        return sum(map(len, self.edges))

    @property
    def n_params(self) -> int:
        """Live edges x (G + k + 2): G + k coefficients, w_b and w_s."""
        return self.n_edges * (self.intervals + SPLINE_ORDER + 2)

    @property
    def n_params_paper(self) -> int:
        """All edges of the kept layers x (G + 9), as in the paper's Table V."""
        return self.kept_edges * (self.intervals + 9)

    @property
    def n_features(self) -> int:
        """Input columns with a live edge."""
        return len(self.used_columns)

    @property
    def used_columns(self) -> tuple[int, ...]:
        """Input columns with a live edge, ascending."""
        return tuple(sorted({source for source, _ in self.edges[0]}))

    @property
    def depth(self) -> int:
        """Number of layers after degradation."""
        return len(self.edges)

    @property
    def grid(self) -> int:
        """Grid intervals G."""
        return self.intervals

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "widths": list(self.widths),
            "edges": [[list(edge) for edge in layer] for layer in self.edges],
            "grid": self.intervals,
            "kept_edges": self.kept_edges,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KANArchitecture:
        """Return the architecture whose `to_json` gave `data`."""
        edges = tuple(tuple((int(s), int(t)) for s, t in layer) for layer in data["edges"])
        return cls(tuple(map(int, data["widths"])), edges, int(data["grid"]), int(data["kept_edges"]))


def layout(problem: Problem, options: GAKANOptions) -> ChromosomeLayout:
    """Return the segments: neuron blocks from the input on, grid bits, depth bits.

    With at most d layers and u hidden neurons: n x u, (d - 2) times u x u, u x m, 6 grid bits (1 to 64) and
    the depth bits. Where outputs outnumber hidden neurons, block 1 has m neurons, so that one-layer networks
    can be written; deeper ones use its first u. With d = 1 block 1 is the output layer.
    """
    max_depth, max_width, n_outputs = options.max_depth, options.max_width, problem.n_outputs
    first = max(max_width, n_outputs) if max_depth > 1 else n_outputs
    blocks = [NeuronSegment("block1", first, problem.n_features)]
    blocks += [NeuronSegment(f"block{i}", max_width, max_width) for i in range(2, max_depth)]
    if max_depth > 1:
        blocks.append(NeuronSegment("output", n_outputs, max_width))
    depth_bits = max(1, (max_depth - 1).bit_length())
    return ChromosomeLayout((*blocks, ValueSegment("grid", GRID_BITS), ValueSegment("depth", depth_bits)))


def decode(values: Mapping[str, Value], problem: Problem, options: GAKANOptions) -> KANArchitecture:
    """Return the network that the unpacked segments describe.

    With t = min(depth, d): for t >= 2 blocks 1 ... t - 1 and the output block are kept (the zero mask clears
    the others); for t = 1 the first m neurons of block 1 are the output layer. A kept square block without
    any connection is removed (degradation). Edges on no path from an input to an output are pruned.

    Raises
    ------
    InvalidArchitecture
        No path leads from any input to any output.
    """
    masks = [np.asarray(values[name], dtype=bool)[rows] for name, rows in blocks_of(values, problem, options)]
    return from_masks(masks, int(values["grid"]))


def blocks_of(values: Mapping[str, Value], problem: Problem, options: GAKANOptions) -> list[tuple[str, slice]]:
    """Return the segments that the layers of a network lie in, from the input on, and the rows of them that count."""
    target = min(int(values["depth"]), options.max_depth)
    if target == 1:
        return [("block1", slice(problem.n_outputs))]
    square = [f"block{i}" for i in range(2, target) if np.any(values[f"block{i}"])]
    return [("block1", slice(options.max_width)), *((name, slice(None)) for name in square), ("output", slice(None))]


def encode(
    architecture: KANArchitecture, layout: ChromosomeLayout, problem: Problem, options: GAKANOptions
) -> dict[str, Value]:
    """Return segments that `decode` to `architecture`; unused blocks are empty.

    Raises
    ------
    ValueError
        It has more layers or neurons, or a larger grid, than the chromosome can say.
    """
    if architecture.depth > options.max_depth or max(architecture.widths[1:-1], default=0) > options.max_width:
        raise ValueError(
            f"no chromosome of depth {options.max_depth} and width {options.max_width} is {architecture.key}"
        )
    values = dict(layout.unpack(np.zeros(layout.length, dtype=np.uint8)))
    values |= {"grid": architecture.intervals, "depth": architecture.depth}
    last = architecture.depth - 1
    for level, layer in enumerate(architecture.edges):
        name = "output" if level == last and level else f"block{level + 1}"
        block = np.asarray(values[name])
        for source, target in layer:
            block[target, source] = 1
        values[name] = block
    return values


def from_masks(masks: list[Mask], intervals: int) -> KANArchitecture:
    """Prune the layers `masks` to the edges that lie on a path from an input to an output.

    Raises
    ------
    InvalidArchitecture
        There is no such path.
    """
    live = prune(masks)
    if not live[0].any():
        raise InvalidArchitecture("no path leads from an input to an output")
    numbers = [np.arange(masks[0].shape[1])]
    widths = [masks[0].shape[1]]
    for mask in live[:-1]:
        reached = mask.any(axis=1)
        numbers.append(np.cumsum(reached) - 1)
        widths.append(int(reached.sum()))
    numbers.append(np.arange(masks[-1].shape[0]))
    widths.append(masks[-1].shape[0])
    edges = []
    for level, mask in enumerate(live):
        targets, sources = np.nonzero(mask)
        pairs = zip(numbers[level][sources].tolist(), numbers[level + 1][targets].tolist(), strict=True)
        edges.append(tuple(sorted(pairs)))
    return KANArchitecture(tuple(widths), tuple(edges), intervals, sum(mask.size for mask in masks))


def prune(masks: list[Mask]) -> list[Mask]:
    """Return copies of `masks` with only the edges on a path from an input to an output."""
    forward: list[NDArray[np.bool_]] = [np.ones(masks[0].shape[1], dtype=bool)]
    for mask in masks:
        forward.append(np.any(mask & forward[-1], axis=1))
    backward: list[NDArray[np.bool_]] = [np.ones(masks[-1].shape[0], dtype=bool)]
    for mask in reversed(masks):
        backward.insert(0, np.any(mask & backward[0][:, None], axis=0))
    return [mask & forward[i] & backward[i + 1][:, None] for i, mask in enumerate(masks)]


def full_network(widths: tuple[int, ...], intervals: int) -> KANArchitecture:
    """Return the network with every edge between neighbouring levels."""
    masks = [np.ones((upper, lower), dtype=bool) for lower, upper in pairwise(widths)]
    return from_masks(masks, intervals)
