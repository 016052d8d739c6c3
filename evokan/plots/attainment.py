"""Attainment surfaces of the fronts of several ways of searching."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evokan.plots import style

Points = Sequence[Sequence[float]]
COLUMNS = 3
"""Panels side by side."""


def plot_attainment(surfaces: Mapping[str, Mapping[str, Mapping[str, Points]]]) -> Figure:
    """Draw what half of the fronts of each way have reached, and the band from the best to all of them.

    Parameters
    ----------
    surfaces
        By data set and way: the surfaces ``best``, ``median`` and ``worst``, points of parameters and loss, the
        smallest first (`evokan.reports.compare`).

    Returns
    -------
    Figure
        A panel for each data set.
    """
    ways = list(dict.fromkeys(way for by_way in surfaces.values() for way in by_way))
    across = min(len(surfaces), COLUMNS)
    down = -(-len(surfaces) // across)
    with style.styled():
        figure = Figure(figsize=(1.2 + 4.4 * across, 0.5 + 3.4 * down), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        for place, (name, by_way) in enumerate(surfaces.items(), start=1):
            ax = figure.add_subplot(down, across, place)
            style.dress(ax, x_label="parameters", y_label="validation loss")
            ax.set_title(style.clean_label(name), fontsize=style.TITLE_PT)
            points = np.array([point for one in by_way.values() for curve in one.values() for point in curve])
            style.fit_axis(ax.xaxis, points[:, 0])
            style.fit_axis(ax.yaxis, points[:, 1])
            ends = ax.get_xlim()[1], ax.get_ylim()[1]
            for way, one in by_way.items():
                colour = style.CYCLE[ways.index(way) % len(style.CYCLE)]
                best, median, worst = (_stairs(one[part], *ends) for part in ("best", "median", "worst"))
                outline = np.concatenate([best, worst[::-1]])
                ax.fill(outline[:, 0], outline[:, 1], color=colour, alpha=0.15, linewidth=0)
                ax.plot(median[:, 0], median[:, 1], color=colour, linewidth=1.8, label=style.clean_label(way, 60))
        handles = {
            label: handle for ax in figure.axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", fontsize=style.TICK_PT)
    return figure


def _stairs(points: Points, right: float, top: float) -> NDArray[np.float64]:
    """Return the corners of the line above which everything is reached, from the top edge to the right one."""
    corners = [[points[0][0], top]]
    for (x, y), following in zip(points, [*points[1:], None], strict=True):
        corners += [[x, y], [right if following is None else following[0], y]]
    return np.array(corners, dtype=np.float64)
