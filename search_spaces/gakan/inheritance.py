"""What a network can take over from trained relatives: neuron by neuron, spline by spline.

Neuron-aligned crossover hands whole neurons from parent to child, so a child's neuron usually has a twin in one of
its parents: the one with the most incoming edges in common. Its splines are where the child's training begins;
edges that no parent has begin near zero, so that the child begins as what its parents were.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from evokan.spaces.architecture import Weights
from search_spaces.gakan.encoding import SPLINE_ORDER, KANArchitecture

Array = NDArray[Any]
Relative = tuple[KANArchitecture, Weights]
Origin = tuple[int, int]
"""A neuron of a relative: number of the relative, and of the neuron in its level."""

NEW_EDGE = 0.1
"""Share of the usual initial values that an edge without a twin begins with."""


def inherited_values(architecture: KANArchitecture, relatives: Sequence[Relative], fresh: Array) -> Array:
    """Return the parameter vector to start from, shape (edges x (G + 5),).

    Parameters
    ----------
    architecture
        The child.
    relatives
        Its parents as trained, the nearer one first; with none `fresh` comes back.
    fresh
        Initial values of a network without relatives.
    """
    twins = matched_edges(architecture, [relative for relative, _ in relatives])
    if not any(twin is not None for layer in twins for twin in layer):
        return fresh
    size = architecture.intervals + SPLINE_ORDER
    count = architecture.n_edges
    coefficients = fresh[: count * size].reshape(count, size) * NEW_EDGE
    w_b = fresh[count * size : count * (size + 1)] * NEW_EDGE
    w_s = fresh[count * (size + 1) :].copy()
    edge = 0
    for level, layer in enumerate(twins):
        for twin in layer:
            if twin is not None:
                relative, position = twin
                network, weights = relatives[relative]
                change = regrid(network.intervals, architecture.intervals)
                coefficients[edge] = change @ weights[f"layers.{level}.coefficients"][position]
                w_b[edge] = weights[f"layers.{level}.w_b"][position]
                w_s[edge] = weights[f"layers.{level}.w_s"][position]
            edge += 1
    return np.concatenate([coefficients.ravel(), w_b, w_s])


def matched_edges(
    architecture: KANArchitecture, relatives: Sequence[KANArchitecture]
) -> list[list[tuple[int, int] | None]]:
    """Return, for every edge of every layer, its twin as (relative, position in the relative's layer), or None."""
    origins: list[dict[Origin, int]] = [
        {(number, node): node for number in range(len(relatives)) for node in range(architecture.widths[0])}
    ]
    found: list[list[tuple[int, int] | None]] = []
    for level, layer in enumerate(architecture.edges):
        last = level == architecture.depth - 1
        neurons = _neurons(relatives, level, last, origins[-1])
        incoming: dict[int, set[int]] = {}
        for source, target in layer:
            incoming.setdefault(target, set()).add(source)
        twin_of: dict[int, tuple[Origin, dict[int, int]]] = {}
        used: set[Origin] = set()
        for target, sources in sorted(incoming.items()):
            candidates = [
                (len(sources & edges.keys()), -len(edges.keys() - sources), -origin[0], -origin[1], origin)
                for origin, edges in neurons.items()
                if origin not in used and (origin[1] == target or not last)
            ]
            common, *_, origin = max(candidates, default=(0, (0, 0)))
            if common:
                used.add(origin)
                twin_of[target] = origin, neurons[origin]
        found.append(
            [
                (twin_of[target][0][0], twin_of[target][1][source])
                if target in twin_of and source in twin_of[target][1]
                else None
                for source, target in layer
            ]
        )
        origins.append({origin: target for target, (origin, _) in twin_of.items()})
    return found


def _neurons(
    relatives: Sequence[KANArchitecture], level: int, last: bool, below: dict[Origin, int]
) -> dict[Origin, dict[int, int]]:
    """Return the neurons that `level` of the relatives ends in: their edges by the child's source node."""
    found: dict[Origin, dict[int, int]] = {}
    for number, relative in enumerate(relatives):
        # A layer of outputs is no twin of a hidden one.
        if level >= relative.depth or (level == relative.depth - 1) != last:
            continue
        for position, (source, upper) in enumerate(relative.edges[level]):
            node = below.get((number, source))
            if node is not None:
                found.setdefault((number, upper), {})[node] = position
    return found


@lru_cache(maxsize=4096)
def regrid(intervals: int, new_intervals: int) -> Array:
    """Return the matrix from coefficients on one uniform grid to those on another over the same range.

    Shape (new_intervals + 3, intervals + 3): least squares over the range, exact where the new grid refines the old
    one.
    """
    if intervals == new_intervals:
        return np.eye(intervals + SPLINE_ORDER)
    points = np.linspace(0.0, 1.0, 8 * max(intervals, new_intervals) + 1)
    matrix: Array = np.linalg.lstsq(_design(points, new_intervals), _design(points, intervals), rcond=None)[0]
    return matrix


def _design(points: Array, intervals: int) -> Array:
    knots = np.arange(-SPLINE_ORDER, intervals + SPLINE_ORDER + 1) / intervals
    basis: Array = BSpline.design_matrix(np.clip(points, 0.0, 1.0 - 1e-12), knots, SPLINE_ORDER).toarray()
    return basis
