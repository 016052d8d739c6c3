"""Gallery of the edges of a network: data points, learned curve, law, R^2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.errors import InputError
from evokan.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from evokan.explain.laws.gallery import EdgePortrait

_SHOWN = 24
_COLUMNS = 4


def plot_edge_gallery(portraits: Sequence[EdgePortrait]) -> Figure:
    """Draw one small picture an edge, the strongest first.

    Parameters
    ----------
    portraits
        What `evokan.explain.laws.gallery.portraits` gives.

    Returns
    -------
    Figure
        The 24 edges with the greatest spread; a line below tells how many are left out. Ticks below a curve stand at
        every fourth of the 96 quantiles of the data.

    Raises
    ------
    InputError
        There are no edges.
    """
    if not portraits:
        raise InputError("this network has no edges to draw")
    shown = sorted(portraits, key=lambda one: (-one.spread, one.layer, one.source, one.target))[:_SHOWN]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    with style.styled():
        figure = Figure(figsize=(2.6 * columns + 0.3, 2.05 * rows + 0.45), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        for number, portrait in enumerate(shown):
            _draw(figure.add_subplot(rows, columns, number + 1), portrait)
        note = "Points: the edge where the data lies; line: the law that comes nearest."
        if len(shown) < len(portraits):
            note += f" The {len(shown)} strongest of {len(portraits)} edges."
        figure.supxlabel(note, fontsize=style.NOTE_PT, color=style.MUTED, x=0.01, ha="left")
    return figure


def _draw(ax: Axes, portrait: EdgePortrait) -> None:
    style.dress(ax, grid="both")
    ax.tick_params(labelsize=style.NOTE_PT - 1.5, pad=1.5)
    ax.locator_params(nbins=4)
    if portrait.law is not None:
        x = np.linspace(portrait.x[0], portrait.x[-1], 300)
        ax.plot(x, portrait.law.law(x), color=style.VERMILLION, linewidth=1.4, zorder=2)
        told = f"{portrait.law.law.function.name},  R² {_share(portrait.law.r2)}"
    else:
        told = "no law"
    ax.plot(
        portrait.x,
        portrait.y,
        linestyle="none",
        marker="o",
        markersize=2.2,
        color=style.BLUE,
        alpha=0.55,
        markeredgewidth=0,
        zorder=3,
    )
    low, high = float(portrait.y.min()), float(portrait.y.max())
    margin = 0.12 * (high - low) or 0.1 * abs(high) or 0.1
    ax.set_ylim(low - 1.6 * margin, high + margin)
    ax.plot(
        portrait.x[::4],
        np.full(len(portrait.x[::4]), low - 1.25 * margin),
        linestyle="none",
        marker="|",
        markersize=4,
        color=style.MUTED,
        markeredgewidth=0.7,
    )
    arrow = f"{style.clean_label(portrait.source_name, 18)} → {style.clean_label(portrait.target_name, 18)}"
    ax.set_title(f"{arrow}\n{told}", fontsize=style.NOTE_PT, color=style.INK, pad=3)


def _share(r2: float) -> str:
    """Return R^2 with as many digits as tell it from 1."""
    for digits in (2, 3, 4, 5):
        text = f"{r2:.{digits}f}"
        if float(text) < 1:
            return text
    return "> 0.99999"
