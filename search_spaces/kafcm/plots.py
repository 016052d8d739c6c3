"""Pictures of a causal map: the functional adjacency matrix, the causal graph, a simulated trajectory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from evokan.plots.style import (
    BLUE,
    CYCLE,
    FAINT,
    INK,
    LABEL_PT,
    MUTED,
    NOTE_PT,
    PURPLE,
    TICK_PT,
    VERMILLION,
    clean_label,
    dress,
    new_axes,
    plain,
    styled,
)
from evokan.spaces.explanation import Explanation

COLOURS = {"rising": BLUE, "falling": VERMILLION, "not monotonic": PURPLE, "flat": MUTED}
SIGNS = {"rising": "+", "falling": "\N{MINUS SIGN}", "not monotonic": "~", "flat": "0"}
DOUBTFUL_Q, DOUBTFUL_SHARE = 0.05, 0.5
LABELLED_SIGNS = 40
"""Graphs of more edges carry no signs: their colours say the same."""


def courses(explanation: Explanation) -> dict[tuple[int, int], str]:
    """Return the course of every edge (cause, effect)."""
    return {(edge["cause"], edge["effect"]): edge["course"] for edge in explanation.data["edges"]}


def doubts(explanation: Explanation) -> set[tuple[int, int]]:
    """Return the edges (cause, effect) that may well be none."""
    return {
        (edge["cause"], edge["effect"])
        for edge in explanation.data["edges"]
        if (edge.get("q_value") or 0.0) > DOUBTFUL_Q
        or (edge.get("stability") is not None and edge["stability"] < DOUBTFUL_SHARE)
    }


def plot_functional_matrix(explanation: Explanation, ax: Axes | None = None) -> Axes:
    """Draw the curve of every edge: a row for each cause, a column for each effect.

    With delays there is a row for each concept at a delay that is a cause of anything. Curves of one column have one
    scale, so that a stronger cause has a steeper curve.
    """
    m = explanation.widths[1]
    used = sorted({edge.source for edge in explanation.edges}) if explanation.data.get("lags") else None
    columns = list(range(explanation.widths[0])) if used is None else used
    row, n = {column: place for place, column in enumerate(columns)}, len(columns)
    causes = [clean_label(explanation.input_names[column]) for column in columns]
    effects = [clean_label(name) for name in explanation.output_names]
    with styled():
        if ax is None:
            # Cells, names beside them (some 0.07 inches a character), and a legend below.
            width = max(1.2 + 0.75 * min(m, 22), 3.6) + 0.07 * max(map(len, causes))
            ax = new_axes(width, 1.3 + 0.75 * min(n, 22) + 0.06 * max(map(len, effects)))
        course = courses(explanation)
        reach = np.zeros(m)
        for edge in explanation.edges:
            reach[edge.target] = max(reach[edge.target], float(np.ptp(edge.y)))
        for cause in range(n):
            for effect in range(m):
                ax.add_patch(_cell(effect, cause))
        for edge in explanation.edges:
            x = (edge.x - edge.x[0]) / max(float(np.ptp(edge.x)), 1e-300)
            y = (edge.y - (edge.y.max() + edge.y.min()) / 2.0) / max(reach[edge.target], 1e-300)
            ax.plot(
                edge.target + 0.12 + 0.76 * x,
                row[edge.source] + 0.5 - 0.76 * y,
                linewidth=1.5,
                color=COLOURS[course[edge.source, edge.target]],
            )
        ax.set(xlim=(-0.02, m + 0.02), ylim=(n + 0.02, -0.02), aspect="equal")
        ax.xaxis.tick_top()
        ax.xaxis.set_label_position("top")
        slant = 0 if max(map(len, effects)) <= 4 else 60
        ax.set_xticks(
            np.arange(m) + 0.5,
            effects,
            rotation=slant,
            ha="left" if slant else "center",
        )
        ax.set_yticks(np.arange(n) + 0.5, causes)
        ax.set_xlabel("effect", fontsize=LABEL_PT)
        ax.set_ylabel("cause", fontsize=LABEL_PT)
        ax.tick_params(length=0, labelsize=TICK_PT, labelcolor=INK)
        for spine in ax.spines.values():
            spine.set_visible(False)
        _legend(ax, sorted(set(course.values())))
    return ax


def plot_causal_graph(explanation: Explanation, ax: Axes | None = None) -> Axes:
    """Draw concepts and their edges: blue rises (+), red falls (-), purple is not monotonic (~); wide is strong.

    Behind the sign stands the delay, where there are delays. Dotted edges are doubtful: a q-value above `DOUBTFUL_Q`,
    or a stability below `DOUBTFUL_SHARE`.
    """
    recurrent = bool(explanation.data["recurrent"])
    m, lags = explanation.widths[1], explanation.data.get("lags")
    n = m if recurrent else explanation.widths[0]
    with styled():
        if ax is None:
            side = 4.6 + 0.14 * max(n, m)
            ax = new_axes(side * 1.15, side)
        places = _circle(n) if recurrent else np.vstack([_column(n, -1.0), _column(m, 1.0)])
        names = explanation.output_names if recurrent else (*explanation.input_names, *explanation.output_names)
        course, doubtful = courses(explanation), doubts(explanation)
        pairs = {(edge.source % n, edge.target) for edge in explanation.edges}
        drawn: Counter[tuple[int, int]] = Counter()
        for edge in sorted(explanation.edges, key=lambda edge: edge.weight):
            source, target = edge.source % n, edge.target if recurrent else n + edge.target
            kind = course[edge.source, edge.target]
            both = recurrent and (edge.target, source) in pairs
            drawn[source, target] += 1
            at = str(lags[edge.source // n]) if lags else ""
            _arrow(
                ax,
                places[source],
                places[target],
                (0.22 if both else 0.06) + 0.14 * (drawn[source, target] - 1),
                COLOURS[kind],
                0.6 + 2.2 * edge.weight,
                SIGNS[kind] + at if len(explanation.edges) <= LABELLED_SIGNS else "",
                ":" if (edge.source, edge.target) in doubtful else "-",
            )
        ax.scatter(places[:, 0], places[:, 1], s=60, color="white", edgecolors=INK, linewidths=1.2, zorder=3)
        for number, (place, name) in enumerate(zip(places, names, strict=True)):
            out = place / float(np.hypot(*place)) if recurrent else np.array([np.sign(place[0]), 0.0])
            at = place + (0.32 if recurrent and (number, number) in pairs else 0.1) * out
            ax.text(
                float(at[0]),
                float(at[1]),
                plain(name),
                ha="left" if out[0] > 0.3 else "right" if out[0] < -0.3 else "center",
                va="bottom" if out[1] > 0.3 else "top" if out[1] < -0.3 else "center",
                fontsize=LABEL_PT,
                zorder=4,
            )
        ax.set(xlim=(-1.75, 1.75), ylim=(-1.45, 1.4), aspect="equal")
        ax.set_axis_off()
        _legend(ax, sorted(set(course.values())))
    return ax


def plot_trajectory(
    names: Sequence[str],
    path: NDArray[np.float64],
    held: Sequence[int] = (),
    base: NDArray[np.float64] | None = None,
    spread: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the concepts over the steps; `path` has the shape (steps + 1, concepts), held ones are dashed.

    `base`, of the same shape, is what happens by itself: thin lines behind. `spread`, the lowest and the highest values
    of the same shape, is a band.
    """
    with styled():
        if ax is None:
            ax = new_axes(7.2, 4.0)
        for number, name in enumerate(names):
            if spread is not None:
                low, high = (ends[:, number] for ends in spread)
                ax.fill_between(
                    np.arange(len(path)), low, high, color=CYCLE[number % len(CYCLE)], alpha=0.15, linewidth=0
                )
            if base is not None:
                ax.plot(
                    np.arange(len(base)), base[:, number], color=CYCLE[number % len(CYCLE)], linewidth=0.8, alpha=0.5
                )
            ax.plot(
                np.arange(len(path)),
                path[:, number],
                color=CYCLE[number % len(CYCLE)],
                label=" " * name.startswith("_") + plain(name),  # which matplotlib would leave out
                linewidth=1.6,
                linestyle="--" if number in held else ("-", "-.", ":")[number // len(CYCLE) % 3],
                marker="o" if len(path) <= 40 else None,
                markersize=3,
            )
        dress(ax, x_label="step", y_label="value")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=NOTE_PT)
    return ax


def _cell(effect: int, cause: int) -> Rectangle:
    return Rectangle((effect + 0.03, cause + 0.03), 0.94, 0.94, facecolor="none", edgecolor=FAINT, linewidth=0.7)


def _legend(ax: Axes, kinds: Sequence[str]) -> None:
    lines = [Line2D([], [], color=COLOURS[kind], linewidth=2, label=f"{kind} ({SIGNS[kind]})") for kind in kinds]
    ax.legend(handles=lines, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=len(lines), fontsize=NOTE_PT)


def _circle(count: int) -> NDArray[np.float64]:
    angle = np.pi / 2 - 2 * np.pi * np.arange(count) / count
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _column(count: int, x: float) -> NDArray[np.float64]:
    return np.column_stack([np.full(count, x), np.linspace(1, -1, count) if count > 1 else np.zeros(1)])


def _arrow(
    ax: Axes,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    bend: float,
    colour: str,
    width: float,
    sign: str,
    line: str,
) -> None:
    look: dict[str, Any] = {
        "arrowstyle": "-|>",
        "linestyle": line,
        "mutation_scale": 9,
        "color": colour,
        "linewidth": width,
        "alpha": 0.85,
    }
    if np.array_equal(start, end):  # a self-loop: a circle on the outer side
        out = start / float(np.hypot(*start))
        side = np.array([-out[1], out[0]])
        turn = np.linspace(0.35, 2 * np.pi - 0.35, 40)[:, None]
        circle = start + 0.13 * out + 0.1 * (np.sin(turn) * side - np.cos(turn) * out)
        middle = start + 0.23 * out
        ax.add_patch(FancyArrowPatch(path=Path(circle), **look))
    else:
        along = end - start
        middle = start + 0.62 * along + bend * 0.47 * np.array([along[1], -along[0]])
        ax.add_patch(
            FancyArrowPatch(tuple(start), tuple(end), connectionstyle=f"arc3,rad={bend}", shrinkA=5, shrinkB=5, **look)
        )
    if sign:
        ax.text(
            float(middle[0]),
            float(middle[1]),
            sign,
            fontsize=TICK_PT,
            color=colour,
            ha="center",
            va="center",
            zorder=5,
            bbox={"boxstyle": "circle,pad=0.12", "facecolor": "white", "edgecolor": "none"},
        )
