"""Pictures of an HKAN: how well its levels predict, and what single inputs explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots import style
from evokan.spaces.explanation import Explanation

_INPUTS = 30
"""Inputs at most in the box plot: those with the largest mean."""


def plot_levels(explanation: Explanation) -> Axes:
    """Draw predicted against target for the blocks (above) and the nodes (below) of every layer.

    As Figures 5 to 8 of arXiv 2501.18199. Each panel has the member with the median R^2, and the range of all.
    """
    levels: Sequence[Mapping[str, Any]] = explanation.data["levels"]
    with style.styled():
        figure = Figure(figsize=(0.6 + 2.9 * len(levels), 5.6), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        panels: Any = figure.subplots(2, len(levels), squeeze=False)
        for number, level in enumerate(levels):
            for row, (name, colour) in enumerate((("blocks", style.SKY), ("nodes", style.BLUE))):
                _scatter(panels[row][number], level[name], colour)
                kind = name if level[name]["count"] > 1 else name[:-1]
                low, middle, high = (level[name]["quantiles"][i] for i in (0, 2, 4))
                spread = f"{middle:.3f}" if level[name]["count"] == 1 else f"{middle:.3f} ({low:.3f} to {high:.3f})"
                panels[row][number].set_title(
                    f"layer {number + 1}: {level[name]['count']:,} {kind}\n$R^2$ {spread}", fontsize=style.TICK_PT
                )
            panels[1][number].set_xlabel("target", fontsize=style.LABEL_PT)
        for row in range(2):
            panels[row][0].set_ylabel("predicted", fontsize=style.LABEL_PT)
    axes: Axes = panels[0][0]
    return axes


def plot_input_fit(explanation: Explanation) -> Axes:
    """Draw R^2 between the target and the first layer's blocks, one box for each input (Figure 9 there).

    Boxes show the quartiles over the nodes, whiskers the extremes, dots the means I_p; the greatest mean on top.
    """
    entries: Sequence[Mapping[str, Any]] = explanation.data["input_r2"]
    order = np.argsort([-entry["mean"] for entry in entries], kind="stable")[:_INPUTS].tolist()
    boxes = [dict(zip(("whislo", "q1", "med", "q3", "whishi"), entries[p]["quantiles"], strict=True)) for p in order]
    with style.styled():
        ax = style.new_axes(7.0, 1.0 + 0.28 * max(len(order), 2))
        style.dress(ax, x_label="$R^2$ of a block with the target", grid="x")
        rows = list(range(len(order)))
        line = {"color": style.BLUE, "linewidth": 1.0}
        ax.bxp(
            boxes,
            positions=rows,
            widths=0.6,
            showfliers=False,
            orientation="horizontal",
            patch_artist=True,
            boxprops={"facecolor": "#DCEAF4", "edgecolor": style.BLUE, "linewidth": 1.0},
            medianprops=line,
            whiskerprops=line,
            capprops=line,
        )
        ax.plot([entries[p]["mean"] for p in order], rows, "o", color=style.VERMILLION, markersize=4, label="mean")
        ax.set_yticks(rows, [style.clean_label(explanation.input_names[p]) for p in order])
        ax.set_ylim(max(len(order), 2) - 0.4, -0.6)
        ax.set_xlim(left=0.0)
        ax.legend(fontsize=style.NOTE_PT, loc="lower right")
        if len(order) < len(entries):
            ax.set_title(f"the {len(order)} of {len(entries)} inputs with the largest mean", fontsize=style.TICK_PT)
    return ax


def _scatter(ax: Axes, level: Mapping[str, Any], colour: str) -> None:
    style.dress(ax, grid="both")
    ax.plot(level["target"], level["predicted"], ".", color=colour, markersize=4, alpha=0.6)
    low, high = min(level["target"]), max(level["target"])
    ax.plot([low, high], [low, high], color=style.MUTED, linewidth=0.8)
