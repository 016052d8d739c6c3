"""Where the folds of `fkan` stop: each at its own lowest loss, or all at one common iteration; on tables.

It decides a default by a rule that was written down before: see `DECIDED`. Split seeds are below 300. Of networks drawn as those
of a first generation the best by its folds is taken: what a search does, at a small part of its cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from evokan.evaluation.folds import aggregate
from evokan.problem.problem import Problem
from evokan.reports.compare import signed_rank_p
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import Budget, FoldStop, TrainingJob
from experiments.fkan.calibration import FOLDS, NETWORKS, drawn, part_of, tested
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from search_spaces.fkan import FKAN

TABLES = ("iris", "wine", "wdbc", "raisin", "rice", "concrete", "dee", "laser", "machineCPU", "stock")
SPLITS = range(20, 40)
"""Others than those of `fkan-calibration`."""
STOPS: tuple[FoldStop, ...] = get_args(FoldStop)
COMMON, OWN = "common", "own"
DECIDED = 0.05
"""A common iteration becomes the default where the median ratio of its test losses to those with stops of their own, over tables and
splits, is below 1 with a p value below this (signed-rank test of the logarithms, two-sided), and is below 1 on more than half of
the tables, too; else each fold keeps its own."""


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "stopping.csv", ("table", "split", "stop"))
    tables = ["iris"] if context.quick else TABLES
    splits = SPLITS[:1] if context.quick else SPLITS[: context.seeds or len(SPLITS)]
    keys = [(name, split, stop) for split in splits for name in tables for stop in STOPS]
    page = folder / "stopping.md"

    def write() -> None:
        title = "Where the folds of `fkan` stop on tables"
        write_page(page, title, rows.values(), "one thread", report(rows.values()), folder="fkan")

    pieces = list(dict.fromkeys((name, split) for name, split, _ in rows.missing(keys)))
    for name, split in context.each("tables", pieces):
        rows.add(*measure(name, split, 2 if context.quick else NETWORKS))
        write()
    write()
    return [rows.path, page]


def measure(name: str, split: int, networks: int) -> list[Row]:
    """Return for both stops what the best of the same trained networks promises, and what it keeps on test rows."""
    space = FKAN()
    problem = Problem.from_table(part_of(name, split), split_seed=split, folds=FOLDS)
    space.prepare(problem)
    rows: list[Row] = []
    with single_threaded_math():
        trained = [
            (network, space.train([TrainingJob(network, fold, 0) for fold in problem.folds], problem, Budget()))
            for network in drawn(space, problem, split, networks)
        ]
        for stop in STOPS:
            judged = [(aggregate(folds, stop), network) for network, folds in trained]
            figures, network = min(judged, key=lambda one: np.inf if one[0].reason else one[0].val_loss)
            iterations = max(figures.iterations, 1)
            loss, accuracy = tested(space, problem, network, iterations)
            rows.append(
                {
                    "table": name,
                    "split": split,
                    "stop": stop,
                    "rows": len(problem.table.y),
                    "val_loss": figures.val_loss,
                    "iterations": iterations,
                    "test_loss": loss,
                    "accuracy": accuracy,
                    "n_params": network.n_params,
                }
            )
    return rows


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    lines: list[Sequence[str | float]] = []
    names = list(dict.fromkeys(row["table"] for row in rows))
    for name in names:
        for stop in STOPS:
            part = [row for row in rows if (row["table"], row["stop"]) == (name, stop)]
            if part:
                accuracy = _mean(part, "accuracy")
                lines.append(
                    (
                        name,
                        stop,
                        len(part),
                        *(_mean(part, figure) for figure in ("val_loss", "test_loss")),
                        f"{accuracy:.3f}" if np.isfinite(accuracy) else "",
                        *(_mean(part, figure) for figure in ("iterations", "n_params")),
                    )
                )
    return [
        f"{NETWORKS} networks drawn as those of a first generation are trained on {FOLDS} folds. `own`: each fold counts with its own lowest "
        "validation loss, and the final fit takes as many iterations as the folds did in the mean. `common`: all folds count at the "
        "iteration with the lowest mean, and the final fit takes as many. The best by either is fitted on all rows that are not for the "
        "test, and tested. Losses are log-losses where there are classes, else mean squares of the scaled target (validation) and RMSE in "
        "its own units (test). Means over the splits.",
        table(
            ("table", "stop", "splits", "loss over the folds", "test loss", "accuracy", "iterations", "parameters"),
            lines,
        ),
        *decision(rows),
    ]


def _mean(rows: Sequence[Row], figure: str) -> float:
    values = [float(row[figure]) for row in rows if row[figure] != "" and np.isfinite(row[figure])]
    return float(np.mean(values)) if values else float("nan")


def decision(rows: Sequence[Row]) -> list[str]:
    """Return which stop the rule takes, and why; nothing where no split has both."""
    found = {(row["table"], row["split"], row["stop"]): float(row["test_loss"]) for row in rows}
    ratios: dict[str, list[float]] = {}
    for (name, split, stop), loss in found.items():
        rival = found.get((name, split, OWN))
        if stop == COMMON and rival is not None and np.isfinite(loss) and np.isfinite(rival):
            ratios.setdefault(name, []).append(float(np.log(loss / rival)))
    every = np.array([ratio for part in ratios.values() for ratio in part])
    if not len(every):
        return []
    middle, p = float(np.median(every)), signed_rank_p(every)
    lower = sum(float(np.median(part)) < 0 for part in ratios.values())
    changes = middle < 0 and p < DECIDED and 2 * lower > len(ratios)
    by_table = ", ".join(f"{name} {number(float(np.exp(np.median(part))))}" for name, part in ratios.items())
    return [
        "## The default",
        "Rule, written before the figures were there: a common iteration takes the place of stops of their own where the median ratio of "
        f"test losses is below 1 with p < {DECIDED:g} (signed-rank test of the logarithms, two-sided, over tables and splits), and on more "
        "than half of the tables. Splits of a table share rows, so p is smaller than it should be.",
        f"Median ratio of `common` to `own` over {len(every)} pairs: {number(float(np.exp(middle)))}, p = {p:.2g}; by table: {by_table}; "
        f"below 1 on {lower} of {len(ratios)}. So it is **{COMMON if changes else OWN}**.",
    ]


EXPERIMENT = Experiment("fkan-stopping", "where the folds of fkan stop on tables: each by itself, or all at once", run)
