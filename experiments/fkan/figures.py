"""Pictures of the fKAN experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from evokan.plots import save
from evokan.plots.style import BLUE, INK, LABEL_PT, MUTED, TICK_PT, VERMILLION, dress, new_axes, styled

WORST = 1e300
"""What stands for the error of a training that failed."""
FLOOR = 1e-16
"""Where logarithmic axes of errors end."""


def draw_errors(rows: Sequence[dict[str, Any]], path: Path, models: Sequence[str], column: str, label: str) -> None:
    """Draw the median MAE, with quartiles, against a column such as the number of layers.

    Lines and bands have gaps where `quartiles` are not finite.
    """
    with styled():
        axes = new_axes(7.0, 4.2)
        for model in models:
            part = [row for row in rows if row["model"] == model]
            sizes = sorted({row[column] for row in part})
            if not sizes:
                continue
            errors = [[row["mae"] for row in part if row[column] == size] for size in sizes]
            low, middle, high = np.transpose([quartiles(values) for values in errors])
            (line,) = axes.plot(sizes, middle, marker="o", label=model)
            axes.fill_between(sizes, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
        axes.set_yscale("log")
        dress(axes, x_label=label, y_label="test MAE, median and quartiles")
        axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        save(axes, path)


def quartiles(errors: ArrayLike) -> NDArray[np.float64]:
    """Return the quartiles of some errors, shape (3,); a training that failed is as bad as can be, as in `median_of`."""
    found = np.asarray(errors, dtype=np.float64)
    # Between two infinities there is nothing to interpolate.
    quarters = np.percentile(np.where(np.isfinite(found), found, WORST), (25, 50, 75))
    return np.where(quarters < WORST / len(found) ** 2, quarters, np.inf)


def draw_means(values: Mapping[str, NDArray[np.float64]], iterations: Sequence[int], path: Path) -> None:
    """Draw the mean of each parameter over trainings, and a band of its variance, against the iterations.

    Parameters
    ----------
    values
        By name, shape (trainings, iterations).
    iterations
        Their numbers.
    """
    with styled():
        axes = new_axes(6.0, 4.0)
        for name, found in values.items():
            mean, spread = found.mean(axis=0), found.var(axis=0)
            (line,) = axes.plot(iterations, mean, label=name)
            axes.fill_between(iterations, mean - spread, mean + spread, alpha=0.2, color=line.get_color(), linewidth=0)
        dress(axes, x_label="iterations of Adam", y_label="mean and variance over trainings")
        axes.legend(fontsize=TICK_PT)
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
                    axes.plot(
                        [row["iteration"] for row in part],
                        [row[column] for row in part],
                        label=f"block {column.removeprefix(name)}",
                    )
                dress(axes, x_label=f"iterations, {method}", y_label=name)
        grid[0, 0].legend(fontsize=7)
        save(figure, path)


def draw_solutions(rows: Sequence[Mapping[str, str]], folder: Path) -> list[tuple[str, Path]]:
    """Draw solutions, errors and residuals of the equations that `rows` of ``solutions.csv`` are of.

    Returns
    -------
    list of (str, Path)
        Captions and pictures.
    """
    curves: dict[str, dict[str, NDArray[np.float64]]] = {}
    for name in dict.fromkeys(row["equation"] for row in rows):
        part = [row for row in rows if row["equation"] == name]
        curves[name] = {
            key: np.array([float(row[key] or "nan") for row in part])
            for key in ("x", "t", "u", "reference", "residual")
        }
    kinds = (
        ("Lane-Emden equations, m = 0 to 5", "lane-emden", _draw_lane_emden),
        ("Burgers equations", "burgers", _draw_burgers),
        ("Delay equation", "delay", _draw_delay),
    )
    pictures = []
    for caption, kind, draw in kinds:
        own = {name: values for name, values in curves.items() if name.startswith(kind)}
        if own:
            path = folder / f"solutions_{kind}.png"
            with styled():
                save(draw(own), path)
            pictures.append((caption, path))
    return pictures


def _draw_lane_emden(curves: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> Figure:
    figure = Figure(figsize=(11.0, 3.4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    left.axhline(0.0, color=MUTED, linewidth=0.8)
    for name, part in curves.items():
        (line,) = left.plot(part["x"], part["u"], label=f"m = {name[-1]}")
        left.plot(part["x"], part["reference"], color=INK, linewidth=0.8, linestyle=":")
        middle.plot(part["x"], np.abs(part["u"] - part["reference"]) + FLOOR, color=line.get_color(), linewidth=1.0)
        right.plot(part["x"], np.abs(part["residual"]) + FLOOR, color=line.get_color(), linewidth=1.0)
    for axes in (middle, right):
        axes.set_yscale("log")
    dress(left, x_label="x", y_label="y, and the reference dotted")
    dress(middle, x_label="x", y_label="|y - reference|")
    dress(right, x_label="x", y_label="|residual|")
    left.legend(fontsize=TICK_PT)
    return figure


def _draw_burgers(curves: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> Figure:
    figure = Figure(figsize=(11.0, 3.2 * len(curves)), layout="constrained")
    for (name, part), line in zip(curves.items(), figure.subplots(len(curves), 3, squeeze=False), strict=True):
        x, t = np.unique(part["x"]), np.unique(part["t"])
        maps = {f"u, {name}": part["u"], "u - exact": part["u"] - part["reference"], "residual": part["residual"]}
        for axes, (title, values) in zip(line, maps.items(), strict=True):
            signed = not title.startswith("u,")
            reach = float(np.abs(values).max())
            levels = np.linspace(-reach, reach, 22) if signed else 21
            shown = axes.contourf(x, t, values.reshape(len(x), len(t)).T, levels, cmap="RdBu_r" if signed else None)
            bar = figure.colorbar(shown, ax=axes, format="%.1e" if signed else None)
            if signed:
                bar.set_ticks(list(np.linspace(-reach, reach, 5)))
            bar.ax.tick_params(labelsize=TICK_PT)
            bar.outline.set_visible(False)
            axes.set_title(title, fontsize=LABEL_PT)
            dress(axes, x_label="x", y_label="t")
            axes.grid(visible=False)
    return figure


def _draw_delay(curves: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> Figure:
    (part,) = curves.values()
    figure = Figure(figsize=(11.0, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    left.plot(part["x"], part["u"], color=BLUE, label="network")
    left.plot(part["x"], part["reference"], color=INK, linewidth=0.8, linestyle=":", label="exact, x^3")
    left.legend(fontsize=TICK_PT)
    _signed(middle, part["x"], part["u"] - part["reference"], "y - exact")
    _signed(right, part["x"], part["residual"], "residual")
    dress(left, x_label="x", y_label="y")
    return figure


def _signed(axes: Axes, x: NDArray[np.float64], values: NDArray[np.float64], label: str) -> None:
    axes.axhline(0.0, color=MUTED, linewidth=0.8)
    axes.plot(x, values, color=VERMILLION, linewidth=1.0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    dress(axes, x_label="x", y_label=label)


def draw_costs(times: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw the time of each activation, a mark for each source.

    Parameters
    ----------
    times
        Milliseconds by source and activation; the first source has them all.
    """
    names = list(next(iter(times.values())))
    with styled():
        axes = new_axes(7.6, 3.8)
        for (source, found), marker in zip(times.items(), "osD^v", strict=False):
            known = [name for name in names if name in found]
            axes.plot(
                [names.index(name) for name in known],
                [found[name] for name in known],
                linestyle="",
                marker=marker,
                markersize=5,
                label=source,
            )
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right")
        axes.set_yscale("log")
        dress(axes, y_label="forward pass, ms")
        axes.legend(fontsize=TICK_PT)
        save(axes, path)
