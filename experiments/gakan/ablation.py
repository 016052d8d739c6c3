"""What each idea of GA-KAN, and each of our defaults, is worth: one thing taken out at a time, equal evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from evokan.plots import save
from experiments.gakan.curves import one_legend, panels, plot_curves
from experiments.gakan.statistics import against, interval_text, shown
from experiments.gakan.variants import DEFAULT, OTHER_LOSS, VARIANTS
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, numbered, table
from experiments.parallel import in_order
from experiments.study import PartSizes, Piece, at_hand, best_so_far, part_sizes, search

DATASETS = ("wine", "wdbc", "raisin")
FIRST_SPLIT, SEEDS = 100, 10
FEW = {"no early stop": 3}
"""Splits of a variant that takes fourteen times as long, on every table but the first."""
SEARCH = {"population": 40, "generations": 10}
INTRODUCTION = """\
Searches of {population} x {generations}, so the same number of individuals each; split seeds from 100, the
search's seed is that of its split. *default*: `gakan`'s defaults (5 folds, ridge, scaled inputs, early stop,
neuron-aligned crossover, zero mask and degradation). Each variant changes one thing: *random search* draws
every generation anew; *uniform* and *one-point crossover* are DEAP's, on all bits; *fixed depth 4* keeps every
block, whatever the depth bits say; *hold-out* has one validation part in place of 5 folds; *own stop* lets
each fold count with its own lowest loss (`--fold-stop own`); *no early stop* trains all 20 steps (`patience` 0,
the best iteration counts all the same), on 3 splits but for Wine, so its means there are not to be set beside
the others'; *raw inputs* is `--scaler none`.

Means with 95 % intervals (Student's t over the splits, made wider for the rows that they share; see
`tables.md`). p: Wilcoxon's signed-rank test against *default*, paired by split, corrected by Holm's method over
the variants of the table; nothing makes up for shared rows there, so these p are too small. Loss: the lowest 5-fold
validation loss of the search; that of *hold-out* and *own stop* is another quantity, and is not compared. Test
figures are those of the one network that the search gives. Cost: loss-and-gradient evaluations, *default* = 1."""


class Task(NamedTuple):
    """What one process works on."""

    variant: str
    dataset: str
    split: int
    search: Mapping[str, int]


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write the rows of searches and generations, page and figure."""
    folder = context.folder("gakan")
    size = {"population": 10, "generations": 3} if context.quick else SEARCH
    names = at_hand(DATASETS[:1] if context.quick else DATASETS, silent=context.silent)
    count = 2 if context.quick else context.seeds or SEEDS
    rows = Measurements(folder / "ablation.csv", ("variant", "dataset", "split"))
    curves = Measurements(folder / "ablation_curves.csv", ("variant", "dataset", "split"))
    keys = [
        (variant, name, FIRST_SPLIT + number)
        for name in names
        for number in range(count)
        for variant in VARIANTS
        if name == DATASETS[0] or number < FEW.get(variant, count)
    ]
    missing = rows.missing(keys)
    results = in_order(measure, [Task(*key, size) for key in missing], context.workers)
    for number, key in enumerate(context.each("searches", missing), 1):
        row, generations = next(results)
        if curves.missing([key]):
            curves.add(*generations)
        rows.add(row)
        if number % len(VARIANTS) == 0:
            write(folder, rows, curves, size)
    return [rows.path, curves.path, *write(folder, rows, curves, size)]


def write(folder: Path, rows: Measurements, curves: Measurements, size: Mapping[str, int]) -> list[Path]:
    """Write page and figure from the files as they are."""
    page = folder / "ablation.md"
    frame = pd.DataFrame(rows.values())
    sizes = {name: part_sizes(name) for name in dict.fromkeys(frame.dataset)}
    page.write_text(report(frame, size, sizes), encoding="utf-8")
    return [page, save(plot(pd.DataFrame(curves.values())), folder / "ablation.png")]


def measure(task: Task) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the row of one search, and one for each of its generations."""
    variant = VARIANTS[task.variant]
    key = {"variant": task.variant, "dataset": task.dataset, "split": task.split}
    outcome = search(
        Piece(
            task.variant,
            task.dataset,
            task.split,
            {**task.search, **variant.settings},
            ("default",),
            ("default",),
            variant.algorithm,
            variant.space,
        )
    )
    product = outcome.products[0]
    generations = best_so_far(outcome.records)
    last = generations[-1]
    row = {
        **key,
        "best_val_loss": last["best_val_loss"],
        "trained": last["trained"],
        "loss_evaluations": outcome.loss_evaluations,
        **{name: product.test.get(name) for name in ("accuracy", "auc", "log_loss")},
        "n_params": product.network.n_params,
        "depth": product.network.depth,
        "cpu_seconds": round(outcome.cpu_seconds, 1),
    }
    return row, [{**key, **generation} for generation in generations]


def report(frame: pd.DataFrame, size: Mapping[str, int], sizes: Mapping[str, PartSizes]) -> str:
    """Return the page, from the rows of the searches and the rows of the tables' parts."""
    numbers = ("best_val_loss", "loss_evaluations", "trained", "accuracy", "log_loss", "n_params", "cpu_seconds")
    frame = numbered(frame, numbers)
    parts = ["# Ablation", INTRODUCTION.format(**size), "![Convergence](ablation.png)"]
    for name, part in frame.groupby("dataset", sort=False):
        parts += [f"## {name}", _table(part, sizes[str(name)].overlap)]
    parts.append(measured_under(frame.conditions, "one thread a search"))
    return "\n\n".join(parts) + "\n"


def _table(part: pd.DataFrame, overlap: float) -> str:
    others = [name for name in VARIANTS if name != DEFAULT and name in set(part.variant)]
    comparable = [name for name in others if name not in OTHER_LOSS]
    p = {
        column: against(part, DEFAULT, names, column, index="split", label="variant")
        for column, names in (("best_val_loss", comparable), ("log_loss", others), ("accuracy", others))
    }
    cost = float(part[part.variant == DEFAULT].loss_evaluations.mean())
    lines = []
    for name in [DEFAULT, *others]:
        own = part[part.variant == name]
        cells = []
        for column in ("best_val_loss", "log_loss", "accuracy"):
            values = own[column].replace([np.inf, -np.inf], np.nan).dropna()
            known = column != "best_val_loss" or name not in OTHER_LOSS
            mean = f"{values.mean():.4f} ({interval_text(values, overlap)})"
            cells += [mean if known else "", shown(p[column].get(name))]
        lines.append(
            (
                name,
                str(len(own)),
                *cells,
                f"{own.n_params.mean():.0f}",
                f"{own.trained.mean():.0f}",
                f"{own.loss_evaluations.mean() / cost:.2f}",
                f"{own.cpu_seconds.mean():.1f}",
            )
        )
    return table(
        (
            "variant",
            "splits",
            "lowest loss",
            "p",
            "test log-loss",
            "p",
            "test accuracy",
            "p",
            "live parameters",
            "networks trained",
            "cost",
            "CPU s",
        ),
        lines,
    )


def plot(curves: pd.DataFrame) -> Figure:
    """Draw the mean of the lowest loss over the individuals evaluated: a panel a table, a line a variant."""
    curves = curves[~curves.variant.isin(OTHER_LOSS)]
    names = list(dict.fromkeys(curves.dataset))
    figure, axes = panels(len(names))
    for ax, name in zip(axes, names, strict=True):
        part = curves[curves.dataset == name]
        lines = {variant: part[part.variant == variant] for variant in VARIANTS if variant in set(part.variant)}
        plot_curves(ax, lines, x="individuals", title=str(name), banded=(DEFAULT,), legend=False)
    one_legend(figure, axes[0])
    return figure


EXPERIMENT = Experiment("gakan-ablation", "what each idea of GA-KAN is worth, at equal evaluations (10 splits)", run)
