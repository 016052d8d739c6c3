"""Validation loss over the generations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from evokan.errors import InputError
from evokan.plots import style

_COLUMNS = ("generation", "best_val_loss", "median_val_loss", "worst_val_loss")
_DASHES = ((0, (7, 3)), (0, (3, 2)), (0, (9, 2, 2, 2)))
_REFERENCE_COLOURS = (style.VERMILLION, style.GREEN, style.PURPLE)


@dataclass(frozen=True)
class _Label:
    y: float
    text: str
    colour: str


def plot_fitness_history(
    history: pd.DataFrame, references: Mapping[str, float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the best and the median validation loss per generation, and the band from best to worst.

    Parameters
    ----------
    history
        Rows of ``history.csv``; the columns `generation`, `best_val_loss`, `median_val_loss` and
        `worst_val_loss` are read. Infinite losses (individuals without one) leave gaps; where the worst is
        infinite the band runs off the top.
    references
        Losses of networks to compare with, by label; dashed horizontal lines.
    ax
        Where to draw; None makes a new figure.

    Returns
    -------
    Axes
        The y axis is logarithmic where the losses span more than a decade (with a linear piece down to 0
        where one is 0), and reaches up to ten times the greatest of best, median and references.

    Raises
    ------
    InputError
        A column is missing or there is no row.
    """
    missing = [name for name in _COLUMNS if name not in history]
    if missing or history.empty:
        what = f"lacks the column {', '.join(missing)}" if missing else "has no row"
        raise InputError(f"the fitness history {what}: it needs {', '.join(_COLUMNS)}")
    generation, best, median, worst = (history[name].to_numpy(dtype=np.float64) for name in _COLUMNS)
    lines = {name: float(loss) for name, loss in (references or {}).items() if np.isfinite(loss)}

    with style.styled():
        ax = style.new_axes(7.6, 4.4) if ax is None else ax
        style.dress(ax, x_label="generation", y_label="validation loss")
        top = _scale(ax, best, median, worst, np.array(list(lines.values())))
        _band(ax, generation, best, np.minimum(worst, top))
        few = len(generation) <= 40
        ax.plot(
            generation,
            median,
            color=style.SKY,
            linewidth=1.6,
            marker="o" if few else "",
            markersize=3.5,
            label="median",
            zorder=3,
        )
        ax.plot(
            generation,
            best,
            color=style.BLUE,
            linewidth=2.2,
            marker="o" if few else "",
            markersize=4,
            label="best",
            zorder=4,
        )
        labels = [_end("best", best, style.BLUE), _end("median", median, style.SKY), _worst(worst, top)]
        for index, (name, loss) in enumerate(lines.items()):
            colour = _REFERENCE_COLOURS[index % len(_REFERENCE_COLOURS)]
            ax.axhline(
                loss,
                color=colour,
                linestyle=_DASHES[index % len(_DASHES)],
                linewidth=1.4,
                label=name,
                zorder=2,
            )
            labels.append(_Label(loss, f"{style.clean_label(name, 40)}  {loss:.3g}", colour))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
        span = float(generation[-1] - generation[0])
        ax.set_xlim(generation[0] - max(0.02 * span, 0.3), generation[-1] + max(0.02 * span, 0.3))
        if not np.isfinite(best).any():
            ax.text(
                0.5,
                0.5,
                "no individual has a loss yet",
                transform=ax.transAxes,
                ha="center",
                va="center",
                fontsize=style.LABEL_PT,
                color=style.MUTED,
            )
        _label_right(ax, [label for label in labels if label is not None])
    return ax


def _scale(
    ax: Axes,
    best: NDArray[np.float64],
    median: NDArray[np.float64],
    worst: NDArray[np.float64],
    lines: NDArray[np.float64],
) -> float:
    """Fit the y axis; return the loss at its top."""
    main = np.concatenate([best, median, lines])
    main = main[np.isfinite(main)]
    # The worst individuals may be worse by many orders of magnitude: they may not flatten the rest.
    poor = worst[np.isfinite(worst)]
    reach = 10 * main.max(initial=0.0)
    style.fit_axis(ax.yaxis, np.concatenate([main, np.minimum(poor, reach)]))
    return ax.get_ylim()[1]


def _band(ax: Axes, generation: NDArray[np.float64], best: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
    known = np.isfinite(best)
    if len(generation) > 1:
        ax.fill_between(
            generation,
            best,
            upper,
            where=known.tolist(),
            color=style.SKY,
            alpha=0.18,
            linewidth=0,
            label="best to worst",
            zorder=1,
        )
    elif known[0]:
        ax.vlines(
            generation,
            best,
            upper,
            color=style.SKY,
            alpha=0.25,
            linewidth=14,
            label="best to worst",
            zorder=1,
        )


def _end(name: str, losses: NDArray[np.float64], colour: str) -> _Label | None:
    known = losses[np.isfinite(losses)]
    return _Label(float(known[-1]), f"{name}  {known[-1]:.3g}", colour) if known.size else None


def _worst(worst: NDArray[np.float64], top: float) -> _Label:
    last = float(worst[-1])
    text = f"worst  {last:.3g}" if np.isfinite(last) else "worst  no loss"
    return _Label(min(last, top) if np.isfinite(last) else top, text, style.SKY)


def _label_right(ax: Axes, labels: list[_Label]) -> None:
    """Write the labels beside the axes, each at its line's height, pushed apart where they would overlap."""
    style.finish_layout(ax)
    heights = [float(ax.transAxes.inverted().transform(ax.transData.transform((0, label.y)))[1]) for label in labels]
    figure = ax.get_figure(root=True)
    assert figure is not None
    gap = 1.45 * style.TICK_PT * figure.dpi / 72 / ax.get_window_extent().height
    placed = style.spread(heights, gap, 0.0, 1.0)
    for label, height, text_height in zip(labels, heights, placed, strict=True):
        ax.plot(
            [1.004, 1.016, 1.034, 1.046],
            [height, height, text_height, text_height],
            transform=ax.transAxes,
            color=label.colour,
            linewidth=1.2,
            clip_on=False,
            label="_guide",
        )
        ax.text(
            1.055,
            text_height,
            label.text,
            transform=ax.transAxes,
            va="center",
            ha="left",
            fontsize=style.TICK_PT,
        )
