"""Bits to causal maps: adjacency bits of every concept, grid bits, a bit for self-loops; fixed edges.

Salmeron, "KA-FCM", arXiv 2604.05136, has no chromosome: this one is ours. The bits are grouped by the concept
that an edge leads to, so that crossover exchanges the causes of a concept as a whole. Edges that the user requires
or forbids are not among the bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Value, ValueSegment
from search_spaces.kafcm.options import Bounding, KAFCMOptions
from search_spaces.kafcm.rules import FREE, REQUIRED, edge_rules

SPLINE_ORDER = 3


@dataclass(frozen=True)
class CausalMap(Architecture):
    """A fuzzy cognitive map with a curve on every edge.

    Attributes
    ----------
    n_sources, n_targets
        Concepts that may be causes and effects: the same ones in a trajectory, otherwise inputs and the target.
    edges
        (cause, effect), sorted. With delays a cause is a concept at a delay: a column of the table.
    intervals
        Grid intervals G of every spline.
    bounding
        What keeps concepts in their range, where `KAFCMOptions.bounding` leaves it to the data; else empty.
    """

    n_sources: int
    n_targets: int
    edges: tuple[tuple[int, int], ...]
    intervals: int
    bounding: Bounding | Literal[""] = ""

    @cached_property
    def key(self) -> str:
        """Grid, concepts and edges."""
        edges = ",".join(f"{source}>{target}" for source, target in self.edges)
        return f"G{self.intervals} {self.n_sources}-{self.n_targets} {edges}"

    @property
    def n_edges(self) -> int:
        """Edges of the causal graph."""
        return len(self.edges)

    @property
    def n_params(self) -> int:
        """Edges x (G + k + 2): G + k coefficients, w_b and w_s."""
        return self.n_edges * (self.intervals + SPLINE_ORDER + 2)

    @property
    def n_features(self) -> int:
        """Concepts that are a cause of anything."""
        return len({source for source, _ in self.edges})

    @property
    def depth(self) -> int:
        """One: a step of the map is one layer of edges."""
        return 1

    @property
    def grid(self) -> int:
        """Grid intervals G."""
        return self.intervals

    @property
    def driven(self) -> NDArray[np.bool_]:
        """Which concepts have a cause, shape (n_targets,)."""
        found = np.zeros(self.n_targets, dtype=bool)
        found[[target for _, target in self.edges]] = True
        return found

    def bounded_by(self, options: KAFCMOptions) -> Bounding:
        """Return what keeps concepts in their range: what the options say, the map itself, or ``tanh``."""
        if options.bounding != "auto":
            return options.bounding
        return self.bounding or "tanh"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "n_sources": self.n_sources,
            "n_targets": self.n_targets,
            "edges": [list(edge) for edge in self.edges],
            "grid": self.intervals,
            **({"bounding": self.bounding} if self.bounding else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CausalMap:
        """Return the architecture whose `to_json` gave `data`.

        Raises
        ------
        ValueError
            A bounding that is none.
        """
        edges = tuple((int(source), int(target)) for source, target in data["edges"])
        bounding = data.get("bounding", "")
        if bounding not in ("", *get_args(Bounding)):
            raise ValueError(f"bounding: {bounding!r:.50} is none of {', '.join(get_args(Bounding))}")
        return cls(int(data["n_sources"]), int(data["n_targets"]), edges, int(data["grid"]), bounding)


def layout(problem: Problem, options: KAFCMOptions) -> ChromosomeLayout:
    """Return the segments: one gene for each concept with free edges, the grid bits, and a bit for self-loops.

    There is no such bit where causes and effects are not the same concepts.

    Raises
    ------
    InputError
        As `edge_rules`.
    """
    free = (edge_rules(problem, options) == FREE).sum(axis=1)
    genes = [
        NeuronSegment(f"causes of {name}", 1, int(count))
        for name, count in zip(problem.table.output_names, free, strict=True)
        if count
    ]
    recurrent = problem.task.in_time
    ends = [ValueSegment("grid", options.grid_bits)] + ([ValueSegment("self-loops", 1, 0)] if recurrent else [])
    return ChromosomeLayout((*genes, *ends))


def decode(
    values: Mapping[str, Value], problem: Problem, options: KAFCMOptions, bounding: Bounding | Literal[""] = ""
) -> CausalMap:
    """Return the map that the unpacked segments describe: free edges as their bits say, and the required ones.

    With the self-loop bit off, edges from a concept to itself are left out, but for required ones.

    Raises
    ------
    InvalidArchitecture
        There is no edge.
    """
    return from_mask(mask_of(values, problem, options), int(np.asarray(values["grid"])), bounding)


def mask_of(values: Mapping[str, Value], problem: Problem, options: KAFCMOptions) -> NDArray[np.bool_]:
    """Return the edges that the unpacked segments describe, shape (targets, sources)."""
    rules, names = edge_rules(problem, options), problem.table.output_names
    mask = rules == REQUIRED
    for target, name in enumerate(names):
        bits = values.get(f"causes of {name}")
        if bits is not None:
            mask[target, rules[target] == FREE] = np.asarray(bits)[0] != 0
    if values.get("self-loops") == 0:
        effect, cause = np.indices(rules.shape)
        mask &= (rules == REQUIRED) | (cause % len(names) != effect)
    return np.asarray(mask, dtype=bool)


def write_causes(mask: NDArray[np.bool_], problem: Problem, options: KAFCMOptions) -> dict[str, Value]:
    """Return the genes of the edges in `mask`, shape (targets, sources), as far as they are free."""
    rules = edge_rules(problem, options)
    return {
        f"causes of {name}": mask[target, rules[target] == FREE][None, :].astype(np.uint8)
        for target, name in enumerate(problem.table.output_names)
        if (rules[target] == FREE).any()
    }


def from_mask(mask: NDArray[np.bool_], intervals: int, bounding: Bounding | Literal[""] = "") -> CausalMap:
    """Return the map whose edges are marked in `mask`, shape (targets, sources).

    Raises
    ------
    InvalidArchitecture
        There is no edge.
    """
    if not mask.any():
        raise InvalidArchitecture("no edge between any two concepts")
    targets, sources = np.nonzero(mask)
    edges = zip(sources.tolist(), targets.tolist(), strict=True)
    return CausalMap(mask.shape[1], mask.shape[0], tuple(sorted(edges)), intervals, bounding)
