"""Where the parts of a network diagram stand.

Inputs stand on the left, outputs on the right. The curves of a layer stand in one column of small boxes
(in two staggered ones where there are many), grouped by the node that adds them up: boxes never meet, and
an edge passes a box of the other column in the gap between two of them. All lengths are inches.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.path import Path

from evokan.spaces.explanation import EdgeCurve, Explanation

BOXES = 80
"""Curves drawn in one layer at most; the weaker edges beyond are bare lines."""
_PITCH = 0.17
"""Least distance of neighbouring edges in a column."""
_NAME_PITCH = 0.19
"""Least distance of neighbouring names."""
_ROOM = 0.72
"""Distance of neighbouring edges where there are few."""
_STAGGER = 0.4
"""Below this distance the boxes stand in two columns."""
_GROUP_GAP = 0.8
"""Gap between the edges of two nodes, in distances of edges."""
_BOX = 0.6
"""Greatest height of a box."""
_ASPECT = 1.3
_COLUMN_GAP = 0.12

_NAMED = 0.62
"""Least distance of neighbouring edges whose laws are written below their boxes."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle: lower left corner and size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class PlacedEdge:
    """An edge, the line that it follows and the box of its curve (None for a bare line)."""

    edge: EdgeCurve
    path: Path
    box: Box | None


@dataclass(frozen=True, eq=False)
class NetworkLayout:
    """A network on a plane: x from 0 at the inputs to `width`, y from 0 to `height`.

    Attributes
    ----------
    nodes
        Places of the drawn nodes by (level, number in the whole level): the inputs with an edge, the
        hidden nodes with an edge, all outputs.
    edges
        Weakest first, so that drawing in order leaves the strongest on top.
    """

    width: float
    height: float
    nodes: dict[tuple[int, int], Point]
    edges: tuple[PlacedEdge, ...]


def lay_out(explanation: Explanation, *, named: bool = False) -> NetworkLayout:
    """Return the layout of a network with at least one edge; `named` leaves room for a word below every box."""
    n_layers = len(explanation.widths) - 1
    layers = [
        sorted((e for e in explanation.edges if e.layer == k), key=lambda e: (e.target, e.source))
        for k in range(n_layers)
    ]
    levels = [sorted({e.source for e in layers[0]})]
    levels += [
        sorted({e.target for e in below} | {e.source for e in above}) for below, above in itertools.pairwise(layers)
    ]
    levels.append(list(range(explanation.widths[-1])))
    boxed = [_strongest(edges) for edges in layers]
    demand = [_demand(edges, nodes) for edges, nodes in zip(boxed, levels[1:], strict=True)]
    height = max(1.3, _NAME_PITCH * len(levels[0]), _PITCH * max(demand), min(_ROOM * max(demand), 5.0))
    if named:
        height = max(height, _NAMED * max(demand))

    pitch = height / max(len(levels[0]), 1)
    nodes: dict[tuple[int, int], Point] = {
        (0, node): (0.0, height - (i + 0.5) * pitch) for i, node in enumerate(levels[0])
    }
    placed: list[PlacedEdge] = []
    x = 0.0
    for k, edges in enumerate(layers):
        pitch = height / demand[k]
        slots, centres = _slots(boxed[k], levels[k + 1], height, pitch)
        staggered = pitch < _STAGGER
        box_height = min(_BOX, (1.6 if staggered else 0.8) * pitch)
        box_width = _ASPECT * box_height
        bends_in = max((abs(y - nodes[(k, e.source)][1]) for e, y in zip(boxed[k], slots, strict=True)), default=0.0)
        bends_out = max((abs(y - centres[e.target]) for e, y in zip(boxed[k], slots, strict=True)), default=0.0)
        start = x + float(np.clip(0.3 + 0.17 * bends_in, 0.5, 1.8))
        end = start + box_width + (box_width + _COLUMN_GAP if staggered else 0.0)
        x = end + float(np.clip(0.3 + 0.35 * bends_out, 0.5, 1.1))
        nodes.update({(k + 1, node): (x, y) for node, y in centres.items()})
        for i, (edge, y) in enumerate(zip(boxed[k], slots, strict=True)):
            left = start + (box_width + _COLUMN_GAP) * (i % 2 if staggered else 0)
            path = _through(nodes[(k, edge.source)], (start, y), (end, y), nodes[(k + 1, edge.target)])
            placed.append(PlacedEdge(edge, path, Box(left, y - box_height / 2, box_width, box_height)))
        drawn = {(e.source, e.target) for e in boxed[k]}
        placed += [
            PlacedEdge(e, _bend(nodes[(k, e.source)], nodes[(k + 1, e.target)]), None)
            for e in edges
            if (e.source, e.target) not in drawn
        ]
    placed.sort(key=lambda p: (p.box is not None, p.edge.weight))
    return NetworkLayout(x, height, nodes, tuple(placed))


def _strongest(edges: Sequence[EdgeCurve]) -> list[EdgeCurve]:
    kept = sorted(edges, key=lambda e: -e.weight)[:BOXES]
    return sorted(kept, key=lambda e: (e.target, e.source))


def _demand(edges: Sequence[EdgeCurve], targets: Sequence[int]) -> float:
    """Return the height of a column in distances of edges; a node without edges needs the room of one."""
    with_edges = {e.target for e in edges}
    return len(edges) + sum(t not in with_edges for t in targets) + _GROUP_GAP * (len(targets) - 1)


def _slots(
    edges: Sequence[EdgeCurve], targets: Sequence[int], height: float, pitch: float
) -> tuple[list[float], dict[int, float]]:
    """Return the height of each edge in its column, and of each target: the middle of its edges."""
    slots: list[float] = []
    centres: dict[int, float] = {}
    top = height
    for target in targets:
        count = sum(e.target == target for e in edges)
        slots += [top - (i + 0.5) * pitch for i in range(count)]
        room = max(count, 1) * pitch
        centres[target] = top - room / 2
        top -= room + _GROUP_GAP * pitch
    return slots, centres


def _through(source: Point, start: Point, end: Point, target: Point) -> Path:
    """Return the line that bends from `source` to `start`, runs level to `end` and bends to `target`."""
    first, last = _bend(source, start), _bend(end, target)
    return Path(
        np.concatenate([first.vertices, last.vertices]),
        [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3],
    )


def _bend(start: Point, end: Point) -> Path:
    middle = (start[0] + end[0]) / 2
    return Path([start, (middle, start[1]), (middle, end[1]), end], [Path.MOVETO, *[Path.CURVE4] * 3])
