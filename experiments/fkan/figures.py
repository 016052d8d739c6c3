"""Pictures of the fKAN experiments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from evokan.reports import save
from evokan.reports.style import dress, new_axes, styled


def draw_depths(rows: Sequence[dict[str, Any]], path: Path, models: Sequence[str]) -> None:
    """Draw the median MAE, with quartiles, against the number of layers."""
    with styled():
        axes = new_axes(7.0, 4.2)
        for model in models:
            part = [row for row in rows if row["model"] == model]
            depths = sorted({row["depth"] for row in part})
            if not depths:
                continue
            errors = [[row["mae"] for row in part if row["depth"] == depth] for depth in depths]
            low, middle, high = (np.array([np.percentile(values, q) for values in errors]) for q in (25, 50, 75))
            (line,) = axes.plot(depths, middle, marker="o", label=model)
            axes.fill_between(depths, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
        axes.set_yscale("log")
        dress(axes, x_label="hidden layers of five neurons", y_label="test MAE, median and quartiles")
        axes.legend(frameon=False, ncols=2)
        save(axes, path)


def draw_parameters(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw alpha, beta and gamma of every block against the iterations, a row of axes for each method."""
    methods = list(dict.fromkeys(row["method"] for row in rows))
    with styled():
        figure = Figure(figsize=(9.0, 2.6 * len(methods)), layout="constrained")
        grid = figure.subplots(len(methods), 3, squeeze=False)
        for method, line in zip(methods, grid, strict=True):
            part = [row for row in rows if row["method"] == method]
            for name, axes in zip(("alpha", "beta", "gamma"), line, strict=True):
                for column in (key for key in part[0] if key.startswith(name)):
                    axes.plot([row["iteration"] for row in part], [row[column] for row in part],
                              label=f"block {column.removeprefix(name)}")
                dress(axes, x_label=f"iterations, {method}", y_label=name)
        grid[0, 0].legend(fontsize=7)
        save(figure, path)
