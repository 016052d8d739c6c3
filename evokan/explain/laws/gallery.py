"""What every edge of a network does to the data, next to the law that comes nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.explain.laws.edges import EdgeLaw, fit_edges, sample_points
from evokan.explain.laws.library import LibraryFunction
from evokan.spaces.graph import FunctionGraph

LEAST_R2 = 0.95
"""A law that explains less of an edge does not stand for it."""


@dataclass(frozen=True, eq=False)
class EdgePortrait:
    """One edge: its curve where the data lies, and its best law.

    Attributes
    ----------
    layer, source, target
        As in `EdgeFunction`.
    source_name, target_name
        Column and output names; ``h1.2`` for the second node of the first hidden level.
    x, y
        Points at even quantiles of the data and the edge's values there, shape (96,).
    law
        The function with the best score; None where none can be fitted.
    spread
        Standard deviation of what the edge adds over the rows.
    """

    layer: int
    source: int
    target: int
    source_name: str
    target_name: str
    x: FloatArray
    y: FloatArray
    law: EdgeLaw | None
    spread: float


def portraits(
    graph: FunctionGraph, X: FloatArray, functions: Sequence[LibraryFunction] | None = None
) -> list[EdgePortrait]:
    """Return all edges of a network, in the order of `FunctionGraph.edges`.

    Parameters
    ----------
    X
        Raw rows, shape (N, inputs); where they lie, the laws have to fit.

    Raises
    ------
    InputError
        An edge has no finite value on some row; the sentence names the edge.
    """
    levels = graph.levels(X)
    names = [
        list(graph.input_names),
        *([f"h{level}.{node + 1}" for node in range(width)] for level, width in enumerate(graph.widths[1:-1], start=1)),
        list(graph.output_names),
    ]
    points, values, spreads, faults = [], [], [], []
    for edge in graph.edges:
        x = sample_points(levels[edge.layer][:, edge.source])
        with np.errstate(all="ignore"):
            y = edge.function(x)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            faults.append(
                f"edge {names[edge.layer][edge.source]} -> {names[edge.layer + 1][edge.target]} has values "
                "that are not finite on the data: it cannot be read"
            )
        points.append(x)
        values.append(y)
        spreads.append(float(np.std(edge.function(levels[edge.layer][:, edge.source]))))
    if faults:
        raise InputError(*faults)
    laws = fit_edges(np.array(points), np.array(values), functions)
    return [
        EdgePortrait(
            edge.layer,
            edge.source,
            edge.target,
            names[edge.layer][edge.source],
            names[edge.layer + 1][edge.target],
            x,
            y,
            found[0] if found else None,
            spread,
        )
        for edge, x, y, found, spread in zip(graph.edges, points, values, laws, spreads, strict=True)
    ]


def told(found: Sequence[EdgePortrait]) -> dict[tuple[int, int, int], str]:
    """Return a word for each edge, by layer, source and target: its law, or that it is a spline of its own."""
    return {
        (one.layer, one.source, one.target): one.law.law.function.name
        if one.law is not None and one.law.r2 >= LEAST_R2
        else "spline"
        for one in found
    }
