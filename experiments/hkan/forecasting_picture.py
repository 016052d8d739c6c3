"""Forecasts of test rows beside what came: one panel for each series, and its errors below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots import style
from experiments.pages import Row

SPACES = {"hkan": style.BLUE, "kafcm": style.VERMILLION}


def draw(rows: Sequence[Row], path: Path) -> Path:
    """Draw the steps of `forecasting_steps.csv`: above the series and its forecasts, below their errors."""
    names = list(dict.fromkeys(str(row["dataset"]) for row in rows))
    with style.styled():
        figure = Figure(figsize=(5.4 * len(names), 4.6), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        grid: Any = figure.subplots(2, len(names), squeeze=False, height_ratios=(2, 1), sharex="col")
        for (above, below), name in zip(grid.T, names, strict=True):
            for space, colour in SPACES.items():
                own = [row for row in rows if (row["dataset"], row["space"]) == (name, space)]
                if not own:
                    continue
                step, actual, forecast = (np.array([row[key] for row in own]) for key in ("step", "actual", "forecast"))
                above.plot(step, actual, color=style.INK, linewidth=1.6, alpha=0.35)
                above.plot(step, forecast, color=colour, linewidth=0.9, label=space)
                below.plot(step, forecast - actual, color=colour, linewidth=0.9)
            style.dress(above, y_label=str(own[0]["concept"]) if own else "")
            style.dress(below, x_label="test step", y_label="error")
            above.set_title(f"{name}; grey: what came", fontsize=style.TICK_PT)
        lines, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(lines, labels, loc="outside lower center", ncols=len(labels), fontsize=style.NOTE_PT)
        style.save(figure, path)
    return path
