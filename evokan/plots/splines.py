"""The splines of a formula that no function fitted, each over its grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.errors import InputError
from evokan.plots import style

if TYPE_CHECKING:
    from evokan.spaces.graph import SplineTable

_COLUMNS = 4
_SHOWN = 24
_POINTS = 200


def plot_splines(tables: Mapping[str, SplineTable]) -> Figure:
    """Draw one small picture a spline, under the name that it has in the formula.

    Parameters
    ----------
    tables
        `Formula.tables`; of more than 24 the first ones are drawn, and a line below tells how many are left out.

    Raises
    ------
    InputError
        There are none.
    """
    if not tables:
        raise InputError("this formula has no splines to draw")
    shown = [*tables.items()][:_SHOWN]
    columns = min(_COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    with style.styled():
        figure = Figure(figsize=(2.6 * columns + 0.3, 1.9 * rows + 0.45), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        for number, (name, table) in enumerate(shown, start=1):
            ax = figure.add_subplot(rows, columns, number)
            style.dress(ax, grid="both")
            ax.tick_params(labelsize=style.NOTE_PT - 1.5, pad=1.5)
            ax.locator_params(nbins=4)
            u = np.linspace(table.lo, table.lo + table.h * (len(table.coefficients) - 3), _POINTS)
            ax.plot(u, table(u), color=style.BLUE, linewidth=1.4)
            ax.set_title(f"{name}(u)", fontsize=style.NOTE_PT, color=style.INK, pad=3)
        note = "The splines of the formula, over their grids."
        if len(shown) < len(tables):
            note += f" The first {len(shown)} of {len(tables)}."
        figure.supxlabel(note, fontsize=style.NOTE_PT, color=style.MUTED, x=0.01, ha="left")
    return figure
