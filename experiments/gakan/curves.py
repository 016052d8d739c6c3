"""Convergence curves: mean and band over seeds, a panel a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evokan.plots import style

_DASHES = ((0, (7, 3)), (0, (3, 2)))
_COLOURS = (*style.CYCLE, style.INK, style.MUTED)


def panels(count: int, width: float = 4.0, height: float = 3.3) -> tuple[Figure, Sequence[Axes]]:
    """Return a figure with `count` panels, at most three in a row."""
    columns = max(min(count, 3), 1)
    rows = max(-(-count // columns), 1)
    with style.styled():
        figure = Figure(figsize=(width * columns, height * rows), dpi=style.DPI, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]


def plot_curves(
    ax: Axes,
    lines: Mapping[str, pd.DataFrame],
    *,
    x: str,
    title: str,
    banded: Collection[str] = (),
    references: Mapping[str, float] | None = None,
    legend: bool = True,
) -> None:
    """Draw the mean of `best_val_loss` over the seeds against column `x`.

    Parameters
    ----------
    lines
        Rows of all seeds, by label. A seed without a loss yet is left out of the mean of that point.
    banded
        Labels whose lowest and highest seed bound a band.
    references
        Dashed lines, by label.
    legend
        Whether to explain the lines inside the panel.
    """
    with style.styled():
        style.dress(ax, x_label=x, y_label="lowest validation loss")
        shown: list[float] = []
        for number, (label, frame) in enumerate(lines.items()):
            known = frame[np.isfinite(frame.best_val_loss.astype(float))]
            found = known.groupby(x).best_val_loss.agg(["mean", "min", "max"])
            colour = _COLOURS[number % len(_COLOURS)]
            ax.plot(
                found.index,
                found["mean"],
                color=colour,
                linewidth=2.2 if label in banded else 1.5,
                label=label,
                zorder=3 if label in banded else 4,
            )
            shown += found["mean"].tolist()
            if label in banded:
                ax.fill_between(found.index, found["min"], found["max"], color=colour, alpha=0.15, linewidth=0)
                shown += [*found["min"].tolist(), *found["max"].tolist()]
        for number, (label, loss) in enumerate((references or {}).items()):
            ax.axhline(
                loss,
                color=(style.VERMILLION, style.GREEN)[number % 2],
                linestyle=_DASHES[number % 2],
                linewidth=1.4,
                label=label,
                zorder=2,
            )
            shown.append(loss)
        style.fit_axis(ax.yaxis, shown)
        ax.set_title(title, fontsize=style.TITLE_PT, loc="left")
        if legend:
            # Below the panel: a line over the whole width has no corner that is free.
            ax.legend(fontsize=style.NOTE_PT, loc="upper left", bbox_to_anchor=(0.0, -0.2))


def one_legend(figure: Figure, ax: Axes) -> None:
    """Write the lines of one panel below all of them."""
    with style.styled():
        figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=style.NOTE_PT)
