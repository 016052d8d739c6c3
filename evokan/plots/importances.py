"""Which columns count, by three measures side by side."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots import style
from evokan.texts import listed

if TYPE_CHECKING:
    from evokan.explain.column_importances import Importances

_SHOWN = 25


def plot_importances(found: Importances, loss: str = "loss") -> Figure:
    """Draw three panels with one row a column: attribution, rise of the loss when shuffled, share of networks.

    Parameters
    ----------
    found
        What `evokan.explain.column_importances` gives.
    loss
        What the loss is called.

    Returns
    -------
    Figure
        At most 25 rows, those with the largest attribution; a line below names the others.
    """
    order = np.lexsort((np.arange(len(found.names)), -found.kept, -found.attribution))
    shown = order[:_SHOWN]
    left = [style.clean_label(found.names[i]).replace(" ", "\xa0") for i in order[_SHOWN:].tolist()]
    note = textwrap.fill("Not shown: " + listed(left, style.MOST_NAMES), 120) if left else ""
    height = 1.15 + 0.25 * max(len(shown), 2) + 0.14 * (note.count("\n") + bool(note))
    with style.styled():
        figure = Figure(figsize=(8.6, height), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(1, 3, sharey=True)
        rows = np.arange(len(shown))
        values = (found.attribution[shown], found.permutation[shown], found.kept[shown])
        labels = (
            "attribution (share of the sum)",
            f"rise of the {loss} when shuffled",
            f"share of {found.networks:,} late networks",
        )
        for panel, value, label, colour in zip(
            panels, values, labels, (style.BLUE, style.GREEN, style.ORANGE), strict=True
        ):
            style.dress(panel, x_label=label, grid="x")
            panel.barh(rows, value, height=0.68, color=colour)
            panel.tick_params(axis="y", length=0)
            panel.locator_params(axis="x", nbins=4)
            panel.xaxis.label.set_fontsize(style.TICK_PT)
        panels[1].errorbar(
            values[1], rows, xerr=found.permutation_sd[shown], fmt="none", ecolor=style.INK, elinewidth=0.8
        )
        panels[1].axvline(0.0, color=style.MUTED, linewidth=0.8)
        panels[0].set_xlim(0, 1.08 * max(float(values[0].max()), 1e-12))
        panels[2].set_xlim(0, 1.02)
        for panel in (panels[0], panels[2]):
            panel.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        panels[0].set_ylim(max(len(shown), 2) - 0.4, -0.6)
        panels[0].set_yticks(rows, [style.clean_label(found.names[i]) for i in shown.tolist()])
        if note:
            figure.supxlabel(note, fontsize=style.NOTE_PT, color=style.MUTED, x=0.01, ha="left")
    return figure
