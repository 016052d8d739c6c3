"""Which input columns a network listens to."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from evokan.errors import InputError
from evokan.plots import style
from evokan.texts import listed

_SHOWN = 20
"""Bars at most; the rest of the columns share one."""


def plot_attribution(names: Sequence[str], importances: ArrayLike, ax: Axes | None = None) -> Axes:
    """Draw the importance of the input columns as bars, the greatest on top.

    Parameters
    ----------
    names
        Column names.
    importances
        One value per column, at least 0; 0 means that the column reaches no output. Shown as shares of
        their sum.
    ax
        Where to draw; None makes a new figure of fitting height.

    Returns
    -------
    Axes
        At most 20 bars, and one grey bar for all other columns together; the columns that reach no output are
        listed below.

    Raises
    ------
    InputError
        Names and values differ in number, there are none, or a value is negative or not finite.
    """
    values = np.asarray(importances, dtype=np.float64)
    if values.ndim != 1 or len(values) != len(names) or not len(names):
        raise InputError(f"feature importance needs one value per column: {len(names)} names, shape {values.shape}")
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError("feature importance needs finite values of at least 0")
    share = values / values.sum() if values.any() else values
    order = np.argsort(-share, kind="stable")
    used = order[share[order] > 0]
    # No-break spaces keep a name on one line.
    unused = [style.clean_label(names[i]).replace(" ", "\xa0") for i in np.flatnonzero(share == 0).tolist()]
    shown = used if len(used) <= _SHOWN + 1 else used[:_SHOWN]
    labels = [style.clean_label(names[i]) for i in shown.tolist()]
    bars = share[shown].tolist()
    if len(shown) < len(used):
        labels.append(f"{len(used) - len(shown)} others together")
        bars.append(float(share[used[len(shown) :]].sum()))
    colours = [style.BLUE] * len(shown) + [style.FAINT] * (len(bars) - len(shown))
    note = textwrap.fill("reach no output: " + listed(unused, style.MOST_NAMES), 80) if unused else ""

    with style.styled():
        if ax is None:
            ax = style.new_axes(7.0, 0.9 + 0.26 * max(len(bars), 2) + 0.15 * (note.count("\n") + bool(note)))
        style.dress(ax, x_label="importance (share of the sum)", grid="x")
        rows = np.arange(len(bars))
        ax.barh(rows, bars, height=0.68, color=colours)
        ax.set_ylim(max(len(bars), 2) - 0.4, -0.6)
        ax.set_yticks(rows, labels)
        ax.tick_params(axis="y", length=0)
        longest = max(bars, default=1.0)
        ax.set_xlim(0, 1.14 * longest)
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        for row, value in enumerate(bars):
            text = f"{100 * value:.1f} %" if value >= 0.0005 else "< 0.1 %"
            ax.text(value + 0.012 * longest, row, text, va="center", fontsize=style.NOTE_PT, color=style.INK)
        if note:
            # Part of the axis label, so that the layout makes room for it whatever the height of the axes.
            ax.annotate(
                note,
                (0, 0),
                xycoords=("axes fraction", ax.xaxis.label),
                xytext=(0, -8),
                textcoords="offset points",
                va="top",
                ha="left",
                fontsize=style.NOTE_PT,
                color=style.MUTED,
            )
    return ax
