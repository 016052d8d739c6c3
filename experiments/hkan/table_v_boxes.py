"""Figure 4 of arXiv 2501.18199: the test errors of repeated fits as boxes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots import style
from experiments.hkan.published import PUBLISHED
from experiments.hkan.searches import EVOLUTION, KAN, TPE
from experiments.hkan.table_v_figures import is_number
from experiments.pages import Row

_COLUMNS = 6
_WIDE = 30.0
"""From here on the largest over the smallest error asks for a logarithmic axis."""


def draw_boxes(repeats: Sequence[Row], fits: Sequence[Row], path: Path) -> None:
    """Draw a panel for each data set: Table IV's network, those of the searches, and the published medians as lines."""
    with style.styled():
        rows = -(-len(PUBLISHED) // _COLUMNS)
        figure = Figure(figsize=(2.0 * _COLUMNS, 1.9 * rows), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels: Any = figure.subplots(rows, _COLUMNS, squeeze=False)
        for panel in panels.ravel()[len(PUBLISHED) :]:
            panel.set_axis_off()
        for panel, name in zip(panels.ravel(), PUBLISHED, strict=False):
            _panel(panel, name, groups(repeats, fits, name))
        path.parent.mkdir(parents=True, exist_ok=True)
        style.save(figure, path)


def groups(repeats: Sequence[Row], fits: Sequence[Row], name: str) -> dict[str, list[float]]:
    """Return the errors of one data set by what was fitted; what has none is left out."""
    found = {"IV": [float(row["rmse"]) for row in repeats if row["dataset"] == name and is_number(row["rmse"])]}
    for label, method in (("evolution", EVOLUTION), ("TPE", TPE), ("KAN", KAN)):
        # A piece that was killed behind its fits has them twice.
        own = {
            (row["seed"], row["fit"]): row["rmse"]
            for row in fits
            if (row["dataset"], row["method"]) == (name, method) and is_number(row["rmse"])
        }
        found[label] = [float(value) for value in own.values()]
    return {label: values for label, values in found.items() if values}


def _panel(ax: Axes, name: str, values: dict[str, list[float]]) -> None:
    style.dress(ax, grid="y")
    published = PUBLISHED[name]
    if values:
        ax.boxplot(list(values.values()), widths=0.6, medianprops={"color": style.BLUE}, flierprops={"markersize": 2})
        labels = ["search" if label == EVOLUTION else label for label in values]
        ax.set_xticks(range(1, len(values) + 1), labels, fontsize=style.NOTE_PT)
    for value, colour, dash in ((published.hkan, style.VERMILLION, "-"), (published.kan, style.MUTED, "--")):
        ax.axhline(value, color=colour, linewidth=0.9, linestyle=dash)
    seen = np.array([*(value for group in values.values() for value in group), published.hkan, published.kan])
    if seen.max() > _WIDE * seen.min() > 0:
        ax.set_yscale("log")
    ax.set_title(name, fontsize=style.TICK_PT)
