"""Parameters and cost against the number of concepts: do they grow as n squared."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from evokan.datasets.maps import sample_map
from evokan.plots import save
from evokan.plots.style import BLUE, GREEN, MUTED, VERMILLION, dress, new_axes, styled
from evokan.problem.problem import Problem
from evokan.spaces.training import Budget, TrainingJob
from experiments.harness import Context, Experiment
from experiments.kafcm.common import write_page
from experiments.pages import Aim, Measurements, aims_table, table
from search_spaces.kafcm import KAFCM, kernel
from search_spaces.kafcm.encoding import from_mask
from search_spaces.kafcm.flat import compile_map, initial_values, kernel_data, state_grid
from search_spaces.kafcm.states import CODES
from search_spaces.kafcm.training import fold_data

SIZES = (2, 3, 5, 10, 20, 50, 100, 200)
GRID, ROWS, REPEATS = 5, 500, 5
STEADY = 20
"""From so many concepts on the exponent is fitted; below, what every call costs counts for too much."""


def measure(concepts: int, repeat: int) -> dict[str, Any]:
    """Return the processor seconds of one forward pass and of one loss with gradient, all n x n edges."""
    problem = Problem.from_table(sample_map(concepts, ROWS, 0.02, repeat))
    space = KAFCM()
    space.prepare(problem)
    options = space.options
    architecture = from_mask(np.ones((concepts, concepts), dtype=bool), GRID)
    arrays = fold_data(problem.folds[0], problem, options)
    net, grid = compile_map(architecture, np.zeros(concepts)), state_grid(options, GRID)
    data = kernel_data(arrays.train, net, grid, arrays.states.weights)
    theta = initial_values(architecture, options, repeat)
    padded = np.zeros((architecture.n_edges, GRID + 9))
    scratch = np.zeros((concepts, kernel.BLOCK))
    work = kernel.workspace(concepts, concepts, 1)
    gradient = np.zeros_like(theta)

    def forward() -> None:
        kernel.data_loss(theta, padded, net, CODES["tanh"], grid, data, work)

    def both() -> None:
        kernel.loss_and_gradient(
            theta,
            gradient,
            padded,
            padded.copy(),
            net,
            CODES["tanh"],
            grid,
            data,
            work,
            scratch,
            0.0,
            0.0,
        )

    began = time.process_time()
    result = space.train([TrainingJob(architecture, problem.folds[0], repeat)], problem, Budget(20))[0]
    training = time.process_time() - began
    return {
        "concepts": concepts,
        "repeat": repeat,
        "rows": len(problem.train),
        "n_edges": architecture.n_edges,
        "n_params": architecture.n_params,
        "forward_seconds": _time(forward),
        "gradient_seconds": _time(both),
        "training_seconds": training,
        "iterations": result.iterations,
        "val_loss": result.val_loss,
    }


def _time(call: Any) -> float:
    """Return processor seconds of one call, from enough calls for a tenth of a second."""
    call()
    count, spent = 1, 0.0
    while spent < 0.1:
        count *= 2
        began = time.process_time()
        for _ in range(count):
            call()
        spent = time.process_time() - began
    return spent / count


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing; write table, picture and page."""
    folder = context.folder("kafcm")
    sizes = SIZES[:5] if context.quick else SIZES
    rows = Measurements(folder / "cost.csv", ("concepts", "repeat"))
    pieces = [(n, repeat) for n in sizes for repeat in range(1 if context.quick else REPEATS)]
    for concepts, repeat in context.each("maps", rows.missing(pieces)):
        rows.add(measure(concepts, repeat))
    frame = pd.DataFrame(rows.values())
    medians = frame.groupby("concepts").median(numeric_only=True).reset_index()
    picture = save(plot_cost(medians), folder / "cost.png")
    page = write_page(
        folder / "cost.md",
        "Parameters and cost against the number of concepts",
        frame,
        _parts(medians),
        frame.repeat.nunique(),
    )
    return [rows.path, picture, page]


def exponent(medians: pd.DataFrame, column: str) -> float:
    """Return the slope of log(column) against log(concepts) for larger maps."""
    part = medians[medians.concepts >= STEADY]
    if len(part) < 2:
        return float("nan")
    return float(np.polyfit(np.log(part.concepts), np.log(part[column]), 1)[0])


def _parts(medians: pd.DataFrame) -> list[str]:
    cells = []
    for row in medians.to_dict("records"):
        counts = [f"{int(row[name]):,}" for name in ("concepts", "n_edges", "n_params")]
        times = [f"{1e3 * row[name]:.3g}" for name in ("forward_seconds", "gradient_seconds")]
        cells.append([*counts, *times, f"{row['training_seconds']:.3g}", f"{int(row['iterations'])}"])
    at_20 = float(medians[medians.concepts == 20].training_seconds.iloc[0])
    aims = [Aim("training of a 20-concept map, all 400 edges, CPU s", 2.0, at_20, False)]
    if (medians.concepts > STEADY).any():
        aims += [
            Aim(f"exponent of n, {label}, n >= {STEADY}", 2.1, exponent(medians, column), False)
            for label, column in (("forward pass", "forward_seconds"), ("loss and gradient", "gradient_seconds"))
        ]
    header = ("concepts", "edges", "parameters", "forward, ms", "loss and gradient, ms", "training, s", "iterations")
    return [
        f"Maps with every edge, {GRID} intervals, {int(medians.rows.max())} training rows, one step. Processor "
        "time of the compiled kernels, medians of the repeats; training until the validation loss has not fallen "
        "for 20 iterations.",
        table(header, cells),
        "The paper claims n^2 parameters and n^2 cost: the parameters are n^2 (G + k + 2) by construction. Aim of "
        "the exponents: 2, with 0.1 for the noise of the measurement.",
        aims_table(aims),
        "![cost](cost.png)",
    ]


def plot_cost(medians: pd.DataFrame) -> Axes:
    """Draw times against concepts, both logarithmic, with a line of slope 2."""
    with styled():
        ax = new_axes(5.6, 4.2)
        for column, label, colour in (
            ("forward_seconds", "forward pass", BLUE),
            ("gradient_seconds", "loss and gradient", VERMILLION),
            ("training_seconds", "whole training", GREEN),
        ):
            ax.plot(medians.concepts, medians[column], "o-", color=colour, label=label, linewidth=1.5, markersize=4)
        n = medians.concepts.to_numpy(dtype=float)
        last = float(medians.gradient_seconds.iloc[-1])
        ax.plot(n, last * (n / n[-1]) ** 2, "--", color=MUTED, linewidth=1, label="slope 2")
        ax.set(xscale="log", yscale="log")
        dress(ax, x_label="concepts", y_label="processor seconds", grid="both")
        ax.legend(fontsize=8)
    return ax


EXPERIMENT = Experiment("kafcm-cost", "parameters and cost of a causal map against its concepts, 2 to 200", run)
"""The experiment."""
