"""Pictures of how losses and metrics go over the epochs of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from evokan.plots import save
from evokan.plots.style import INK, LABEL_PT, MUTED, TICK_PT, VERMILLION, dress, fit_axis, styled

FIXED = (INK, MUTED, VERMILLION)
"""Colours of activations that are not trained; those that are go from dark to light with their degree."""
DARKEST, LIGHTEST = 0.0, 0.88
"""Places in the colour map."""
FEWEST = 2
"""Epochs that make a curve."""


def draw_curves(rows: Sequence[Mapping[str, str]], path: Path, metric: str, label: str) -> None:
    """Draw loss and metric, of training and validation, against the epochs; no picture where no training has `FEWEST`.

    Parameters
    ----------
    rows
        As stored: of the longest trainings, the stages of one behind the other, the mean over the seeds is drawn with a
        band from the lowest to the highest.
    metric
        Its name in the columns ``train_...`` and ``val_...``.
    label
        What the axes call it.
    """
    longest = max((int(row["epochs"]) for row in rows), default=0)
    if longest < FEWEST:
        return
    part = [row for row in rows if int(row["epochs"]) == longest]
    stages = list(dict.fromkeys(row["stage"] for row in part))
    names = sorted(dict.fromkeys(row["activation"] for row in part))
    colours = dict(zip(names, _colours(names), strict=True))
    with styled():
        figure = Figure(figsize=(10.0, 6.4), layout="constrained")
        grid = figure.subplots(2, 2, sharex=True, sharey="row")
        for line, (key, said) in zip(grid, (("loss", "loss"), (metric, label)), strict=True):
            for axes, kind in zip(line, ("train", "val"), strict=True):
                for name in names:
                    own = [row for row in part if row["activation"] == name]
                    _draw_one(axes, _by_seed(own, f"{kind}_{key}", stages, longest), name, colours[name])
                for place in range(1, len(stages)):
                    axes.axvline(place * longest + 0.5, color=MUTED, linewidth=0.8, linestyle=":")
                dress(axes, y_label=said if kind == "train" else "")
            fit_axis(line[0].yaxis, [float(row[f"{kind}_{key}"]) for row in part for kind in ("train", "val")])
        for axes, title in zip(grid[0], ("training", "validation"), strict=True):
            axes.set_title(title, fontsize=LABEL_PT)
        for axes in grid[1]:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlabel(
                "epoch"
                + "".join(
                    f", then {stage}" if place else f", {stage}"
                    for place, stage in enumerate(stages)
                    if len(stages) > 1
                )
            )
        figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=TICK_PT)
        save(figure, path)


def _colours(names: Sequence[str]) -> list[Any]:
    fractional = [name for name in names if name.startswith("fJNB")]
    shades = iter(colormaps["viridis"](np.linspace(DARKEST, LIGHTEST, max(len(fractional), 1))))
    fixed = iter(FIXED)
    return [next(shades) if name in fractional else next(fixed) for name in names]


def _by_seed(
    rows: Sequence[Mapping[str, str]], column: str, stages: Sequence[str], longest: int
) -> NDArray[np.float64]:
    """Return a column by seed and epoch, the stages of a training behind each other: shape (seeds, epochs)."""
    seeds = list(dict.fromkeys(row["seed"] for row in rows))
    found = np.full((len(seeds), len(stages) * longest), np.nan)
    for row in rows:
        place = stages.index(row["stage"]) * longest + int(row["epoch"]) - 1
        found[seeds.index(row["seed"]), place] = float(row[column])
    return found


def _draw_one(axes: Axes, values: NDArray[np.float64], name: str, colour: Any) -> None:
    epochs = np.arange(1, values.shape[1] + 1)
    fixed = not name.startswith("fJNB")
    axes.plot(epochs, values.mean(axis=0), color=colour, linestyle="--" if fixed else "-", marker=".", label=name)
    if len(values) > 1:
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.12, linewidth=0)
