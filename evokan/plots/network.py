"""Diagram of a network: nodes by layer, each live edge with its learned curve drawn on it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from numpy.typing import NDArray

from evokan.errors import InputError
from evokan.plots import style
from evokan.plots.network_layout import BOXES, Box, NetworkLayout, PlacedEdge, lay_out
from evokan.spaces.explanation import Explanation
from evokan.texts import listed

_LINE = ("#C3CCD4", "#1B242C")
_CURVE = ("#7FAED0", "#00456F")
_FRAME = ("#CDD4DA", "#56616A")
_MARGIN = 0.15


Ends = tuple[int, int, int]
"""Layer, source and target of an edge."""


def plot_network(explanation: Explanation, ax: Axes | None = None, laws: Mapping[Ends, str] | None = None) -> Axes:
    """Draw the network with the learned function of every live edge.

    Parameters
    ----------
    explanation
        What a family's `explain` gives; its edges may come in any order.
    ax
        Where to draw; None makes a new figure whose size follows from the number of edges. Into other axes
        everything, the type included, is scaled to fit.
    laws
        A word below the box of each edge that is named here: what its curve is.

    Returns
    -------
    Axes
        Data units are inches of the unscaled picture. The stronger an edge (`EdgeCurve.weight`), the
        wider and darker its line; each curve fills its box from its own lowest to its own highest value.
        Inputs without an edge are listed below. A layer of more than 80 edges shows the curves of its 80
        strongest only.

    Raises
    ------
    InputError
        The explanation holds no edges (a family without one-variable functions).
    """
    if not explanation.edges:
        raise InputError("this network has no edge curves to draw: its family explains it by importances alone")
    layout = lay_out(explanation, named=laws is not None)
    with style.styled():
        own = ax is None
        ax = style.new_axes(8, 6, layout=None) if ax is None else ax
        figure = ax.get_figure(root=True)
        assert figure is not None
        names = _write_names(ax, explanation, layout)
        extents = {
            side: max((t.get_window_extent().width for t in texts), default=0.0) / figure.dpi + 0.13
            for side, texts in names.items()
        }
        left, right = extents["left"] + _MARGIN, extents["right"] + _MARGIN
        width = max(left + layout.width + right, 4.8)
        said = _note(explanation, layout) + (" Below a box: the function that comes nearest." if laws else "")
        note = textwrap.fill(said, int((width - 2 * _MARGIN) / 0.061), break_on_hyphens=False)
        bottom = 0.14 * (note.count("\n") + 1) + 0.3
        ax.set(xlim=(-left, width - left), ylim=(-bottom, layout.height + _MARGIN), aspect="equal")
        ax.set_axis_off()
        if own:
            ax.set_position((0.0, 0.0, 1.0, 1.0))
            figure.set_size_inches(width, layout.height + _MARGIN + bottom)
        frame = ax.get_window_extent()
        scale = min(frame.width / width, frame.height / (layout.height + _MARGIN + bottom)) / figure.dpi
        for text in (*names["left"], *names["right"]):
            text.set_fontsize(style.TICK_PT * scale)
        ax.text(
            _MARGIN - left,
            -0.2,
            note,
            va="top",
            fontsize=style.NOTE_PT * scale,
            color=style.MUTED,
            linespacing=1.25,
        )
        _draw(ax, layout, scale)
        _write_laws(ax, layout, laws or {}, scale)
    return ax


def _write_laws(ax: Axes, layout: NetworkLayout, laws: Mapping[Ends, str], scale: float) -> None:
    for one in layout.edges:
        word = laws.get((one.edge.layer, one.edge.source, one.edge.target))
        if one.box is not None and word is not None:
            ax.text(
                one.box.x + one.box.width / 2,
                one.box.y - 0.015,
                style.clean_label(word, 18),
                ha="center",
                va="top",
                fontsize=(style.NOTE_PT - 1.0) * scale,
                color=style.VERMILLION,
                zorder=5,
            )


def _write_names(ax: Axes, explanation: Explanation, layout: NetworkLayout) -> dict[str, list[Text]]:
    """Write the names of the drawn inputs and outputs beside their nodes."""
    last = len(explanation.widths) - 1
    names: dict[str, list[Text]] = {"left": [], "right": []}
    for (level, node), (x, y) in layout.nodes.items():
        if level in (0, last):
            side, sign = ("left", -1) if level == 0 else ("right", 1)
            label = (explanation.input_names if level == 0 else explanation.output_names)[node]
            names[side].append(
                ax.text(
                    x + 0.13 * sign,
                    y,
                    style.clean_label(label),
                    va="center_baseline",
                    ha="right" if level == 0 else "left",
                    fontsize=style.TICK_PT,
                )
            )
    return names


def _note(explanation: Explanation, layout: NetworkLayout) -> str:
    """Return the small print: how to read the picture, and what it leaves out."""
    text = "Darker lines carry more; each box shows an edge's function where the data lies."
    crowded = any(edge.box is None for edge in layout.edges)
    if crowded:
        text += f" Of each layer, only the {BOXES} strongest edges show theirs."
    unused = [
        style.clean_label(name).replace(" ", "\xa0")
        for node, name in enumerate(explanation.input_names)
        if (0, node) not in layout.nodes
    ]
    return text + (f" Inputs not used: {listed(unused, style.MOST_NAMES)}." if unused else "")


def _draw(ax: Axes, layout: NetworkLayout, scale: float) -> None:
    edges = layout.edges
    # Edges without a box stay in the background: where there are so many, theirs would be all one sees.
    weight = np.clip([e.edge.weight if e.box is not None else 0.0 for e in edges], 0.0, 1.0)
    boxes = [(edge, edge.box) for edge in edges if edge.box is not None]
    strength = np.clip([edge.edge.weight for edge, _ in boxes], 0.0, 1.0)
    ax.add_collection(
        PathCollection(
            [e.path for e in edges],
            facecolors="none",
            edgecolors=_shade(_LINE, weight),
            linewidths=(0.5 + 1.5 * weight) * scale,
            capstyle="round",
            zorder=1,
            gid="edges",
        ),
        autolim=False,
    )
    ax.add_collection(
        PolyCollection(
            [_corners(box) for _, box in boxes],
            facecolors="white",
            edgecolors=_shade(_FRAME, strength),
            linewidths=0.6 * scale,
            zorder=2,
            gid="boxes",
        ),
        autolim=False,
    )
    ax.add_collection(
        LineCollection(
            [_curve(edge, box) for edge, box in boxes],
            colors=_shade(_CURVE, strength),
            linewidths=(0.9 + 0.8 * strength) * scale,
            capstyle="round",
            zorder=3,
            gid="curves",
        ),
        autolim=False,
    )
    places = np.array(list(layout.nodes.values()))
    ax.scatter(
        places[:, 0],
        places[:, 1],
        s=52 * scale**2,
        color=style.INK,
        edgecolor="white",
        linewidths=0.8 * scale,
        zorder=4,
        gid="nodes",
    )


def _shade(ends: tuple[str, str], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one colour per weight, from the first (0) to the second (1); the root keeps the weak visible."""
    low, high = np.array(to_rgb(ends[0])), np.array(to_rgb(ends[1]))
    colours: NDArray[np.float64] = low + (high - low) * np.sqrt(weight)[:, None]
    return colours


def _corners(box: Box) -> NDArray[np.float64]:
    return np.array([box.x, box.y]) + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (box.width, box.height)


def _curve(edge: PlacedEdge, box: Box) -> NDArray[np.float64]:
    """Return the curve scaled into its box; a constant lies in the middle."""

    def fit(values: NDArray[np.float64], start: float, length: float) -> NDArray[np.float64]:
        known = values[np.isfinite(values)]
        low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
        flat = high - low <= 1e-9 * max(abs(low), abs(high))
        part = np.full(len(values), 0.5) if flat else (values - low) / (high - low)
        return start + length * (0.1 + 0.8 * part)

    x, y = np.asarray(edge.edge.x, dtype=np.float64), np.asarray(edge.edge.y, dtype=np.float64)
    return np.column_stack([fit(x, box.x, box.width), fit(y, box.y, box.height)])
