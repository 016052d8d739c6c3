"""The two pictures of the comparison: mean ranks with critical difference, and the front of error against size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from evokan.plots import style
from experiments.comparison.methods import GLASS, METHODS, NETWORKS, USUAL
from experiments.comparison.standings import LEVEL, Standings, alike, critical_difference, geometric_means

COLOURS = {NETWORKS: style.BLUE, USUAL: style.MUTED, GLASS: style.VERMILLION}
MARKERS = {NETWORKS: "o", USUAL: "s", GLASS: "D"}
TICKS = (1.0, 1.1, 1.2, 1.3, 1.5, 1.7, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0)
"""Of relative errors, on a logarithmic axis."""
LINE = 0.55
"""Height of a label in a picture of ranks, in its units."""


Floats = NDArray[np.floating]
Box = tuple[float, float, float, float]


def critical_differences(standings: Standings) -> Axes:
    """Draw the mean ranks on one axis, the best on the left; bars join those that Nemenyi's test cannot tell apart."""
    means = {str(name): float(rank) for name, rank in standings.ranks.mean().items()}
    count, tables = len(means), len(standings.ranks)
    difference = critical_difference(count, max(tables, 1))
    order = sorted(means, key=lambda name: means[name])
    half = (count + 1) // 2
    groups = alike(means, difference)
    depth = 0.4 + 0.3 * len(groups)
    with style.styled():
        ax = style.new_axes(8.4, 1.7 + 0.3 * (half + len(groups)))
        ax.set_axis_off()
        ax.plot([1, count], [0, 0], color=style.INK, linewidth=1.2)
        for tick in range(1, count + 1):
            ax.plot([tick, tick], [0, 0.15], color=style.INK, linewidth=0.9)
            ax.text(tick, 0.25, str(tick), ha="center", va="bottom", fontsize=style.TICK_PT)
        note = f"critical difference {difference:.2f} (Nemenyi, {LEVEL:g}; {tables} table{'s' * (tables > 1)})"
        start = 1.0
        if difference < count - 1:  # one that is larger than the axis tells nobody apart
            ax.plot([1, 1 + difference], [1.3, 1.3], color=style.INK, linewidth=1.4)
            start += difference + 0.15
        ax.text(start, 1.3, note, ha="left", va="center", fontsize=style.NOTE_PT, color=style.MUTED)
        for number, (kind, colour) in enumerate(COLOURS.items()):
            ax.text(1 + 2.4 * number, 2.1, kind, ha="left", va="center", fontsize=style.NOTE_PT, color=colour)
        for place, name in enumerate(order):
            left = place < half
            row = place if left else count - 1 - place
            y, edge = -depth - LINE * (row + 1), 0.6 if left else count + 0.4
            colour = COLOURS[METHODS[name].kind]
            ax.plot([means[name], means[name], edge], [0, y, y], color=colour, linewidth=0.9)
            ax.text(
                edge + (-0.1 if left else 0.1),
                y,
                f"{style.plain(name)}  {means[name]:.2f}" if left else f"{means[name]:.2f}  {style.plain(name)}",
                ha="right" if left else "left",
                va="center",
                fontsize=style.TICK_PT,
                color=colour,
            )
        for number, group in enumerate(groups):
            y = -0.3 - 0.3 * number
            ax.plot([means[group[0]] - 0.05, means[group[-1]] + 0.05], [y, y], color=style.INK, linewidth=3)
        ax.set_xlim(-1.6, count + 2.6)
        ax.set_ylim(-depth - LINE * (half + 0.6), 2.5)
        return ax


def front(standings: Standings) -> Axes:
    """Draw the relative error of every method against its parameters, geometric means over the tables, and the front."""
    relative, sizes = standings.relative, standings.by_table("parameters").clip(lower=1.0)
    methods = [name for name in standings.methods if relative[name].notna().any()]
    error = geometric_means(relative[methods]).to_numpy(np.float64)
    size = geometric_means(sizes[methods]).to_numpy(np.float64)
    with style.styled():
        ax = style.new_axes(8.4, 5.2)
        style.dress(
            ax,
            x_label="numbers that a prediction needs (geometric mean over the tables)",
            y_label="relative error (geometric mean over the tables)",
            grid="both",
        )
        style.fit_axis(ax.xaxis, size)
        ax.set_yscale("log")
        ax.set_ylim(0.96 * error.min(), 1.08 * error.max())
        ax.yaxis.set_major_locator(FixedLocator(TICKS))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(NullLocator())
        order = np.lexsort((error, size))
        lowest = np.minimum.accumulate(error[order])
        keep = [place for place in range(len(order)) if place == 0 or lowest[place] < lowest[place - 1]]
        edge = ax.get_xlim()[1]
        ax.step(
            [*size[order][keep], edge],
            [*lowest[keep], lowest[-1]],
            where="post",
            color=style.INK,
            linewidth=1.1,
            zorder=2,
        )
        for kind, colour in COLOURS.items():
            own = [place for place, name in enumerate(methods) if METHODS[name].kind == kind]
            ax.scatter(size[own], error[own], s=34, color=colour, marker=MARKERS[kind], label=kind, zorder=3)
        _label(ax, [_named(standings, name) for name in methods], methods, size, error)
        ax.legend(loc="best", fontsize=style.NOTE_PT)
        return ax


def _named(standings: Standings, method: str) -> str:
    """Return a method's name, and how many tables its mean is over where some are missing."""
    found, tables = int(standings.relative[method].notna().sum()), len(standings.tables)
    return method if found == tables else f"{method} ({found} of {tables} tables)"


def _label(ax: Axes, names: Sequence[str], methods: Sequence[str], x: Floats, y: Floats) -> None:
    """Write each name beside its point, at the first place where it covers neither points nor names, if there is one."""
    style.finish_layout(ax)
    points = ax.transData.transform(np.column_stack([x, y]))
    pixel = style.DPI / 72
    high = 1.2 * style.NOTE_PT * pixel
    taken = [(px - 6, py - 6, px + 6, py + 6) for px, py in points.tolist()]
    right = ax.get_window_extent().x1
    for number in np.argsort(-y, kind="stable").tolist():
        px, py = points[number].tolist()
        wide = 0.62 * style.NOTE_PT * pixel * len(names[number])
        places = [(side * 5.0, up) for up in (7.0, -7.0, 15.0, -15.0, 24.0, -24.0) for side in (1, -1)]
        boxes = []
        for along, up in places:
            start = px + along * pixel - (wide if along < 0 else 0)
            boxes.append((start, py + up * pixel - high / 2, start + wide, py + up * pixel + high / 2))
        free = (
            place for place, box in enumerate(boxes) if box[2] < right and not any(_meet(box, one) for one in taken)
        )
        place = next(free, 0)
        taken.append(boxes[place])
        text = ax.annotate(
            style.clean_label(names[number]),
            (x[number], y[number]),
            xytext=places[place],
            textcoords="offset points",
            ha="left" if places[place][0] > 0 else "right",
            va="center",
            fontsize=style.NOTE_PT,
            color=COLOURS[METHODS[methods[number]].kind],
        )
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
