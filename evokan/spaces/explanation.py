"""What a family can say about a trained network, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, eq=False)
class EdgeCurve:
    """A learned one-variable function, sampled where the data lies.

    Attributes
    ----------
    layer, source, target
        Layer of edges from 0 at the input; node numbers below and above, as in the whole layer.
    x, y
        The curve over the range of the training data at this edge, shape (points,).
    weight
        Importance in [0, 1], 1 for the strongest edge of the network.
    """

    layer: int
    source: int
    target: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a family can say about a trained network.

    Attributes
    ----------
    widths
        Number of nodes of each level, input first.
    input_names, output_names
        Labels of the first and last level.
    edges
        Learned curves of every live edge; empty where a family has no such edges.
    importances
        One value per input column, in [0, 1], summing to 1 (0 for a column that reaches no output).
    data
        Plain JSON values of the family's own, a few hundred kB at most: what `SearchSpace.plots` draws.
    """

    widths: tuple[int, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    edges: tuple[EdgeCurve, ...] = ()
    importances: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    data: Mapping[str, Any] = field(default_factory=dict)


def explanation_to_json(explanation: Explanation) -> dict[str, Any]:
    """Return plain JSON values; curves keep six digits, enough for a picture."""

    def numbers(values: NDArray[np.float64]) -> list[float]:
        return [float(f"{value:.6g}") for value in values]

    return {
        "widths": list(explanation.widths),
        "input_names": list(explanation.input_names),
        "output_names": list(explanation.output_names),
        "importances": numbers(explanation.importances),
        "data": dict(explanation.data),
        "edges": [
            {
                "layer": e.layer,
                "source": e.source,
                "target": e.target,
                "weight": e.weight,
                "x": numbers(e.x),
                "y": numbers(e.y),
            }
            for e in explanation.edges
        ],
    }


def explanation_from_json(data: dict[str, Any]) -> Explanation:
    """Return the explanation whose `explanation_to_json` gave `data`."""

    def numbers(values: list[float]) -> NDArray[np.float64]:
        return np.array(values, dtype=np.float64)

    edges = tuple(
        EdgeCurve(e["layer"], e["source"], e["target"], numbers(e["x"]), numbers(e["y"]), float(e["weight"]))
        for e in data["edges"]
    )
    return Explanation(
        tuple(data["widths"]),
        tuple(data["input_names"]),
        tuple(data["output_names"]),
        edges,
        numbers(data["importances"]),
        data.get("data", {}),
    )
