"""Test accuracy of the networks with the best fitness: ours beside pykan's, on the same chromosomes and splits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr

from experiments import pages as report
from experiments.benchmarks.wine60 import (
    CHROMOSOMES,
    STOPPING_RULE,
    Network,
    median_loss,
    networks,
    problem,
    test_accuracy,
    train_ours,
)
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row

NAME = "pykan_quality"
BEST = 10
PYKAN, OURS = "pykan speed mode", "ours, stopping rule"


def run(context: Context, chromosomes: Path = CHROMOSOMES) -> Sequence[Path]:
    """Train what is missing; our rows are always made anew, since they take seconds."""
    torch.set_num_threads(1)
    path = context.folder("benchmarks") / f"{NAME}.csv"
    report.discard(path, "engine", OURS)
    table = Measurements(path, ("split", "engine", "chromosome"))
    chosen = {network.number: network for network in networks(chromosomes, 12 if context.quick else None)}
    splits = range(context.seeds or (1 if context.quick else 10))
    for engine, train in ((OURS, _train_ours), (PYKAN, _train_pykan)):
        keys = [(split, engine, number) for split in splits for number in chosen]
        for split, _, number in context.each(engine, table.missing(keys)):
            table.add(
                {
                    "split": split,
                    "engine": engine,
                    "chromosome": number,
                    "depth": chosen[number].architecture.depth,
                    **train(chosen[number], split),
                }
            )
    page = path.with_suffix(".md")
    write(table.values(), page)
    return [path, page]


def _train_ours(network: Network, split: int) -> Row:
    wine = problem(split)
    trained, _ = train_ours(network, wine, STOPPING_RULE, seed=0, keep_weights=True)
    return {
        "val_loss": trained.val_loss,
        "test_accuracy": test_accuracy(network, wine, trained),
        "kept_at": trained.iterations,
        "error": trained.reason,
    }


def _train_pykan(network: Network, split: int) -> Row:
    from experiments.benchmarks.pykan_engine import train_pykan

    run = train_pykan(network.masks, network.architecture.grid, problem(split), speed=True, accuracies=True)
    return {
        "val_loss": run.val_loss,
        "kept_at": run.best_step + 1,
        "error": run.error,
        "test_accuracy": run.test_accuracies[run.best_step] if run.best_step >= 0 else 0.0,
    }


def best_accuracies(rows: Sequence[Row], engine: str) -> dict[int, float]:
    """Return, for every split, the mean test accuracy of the networks with the lowest validation losses.

    Of equal losses the chromosome that stands first in the file goes first.
    """
    by_split: dict[int, list[Row]] = {}
    for row in rows:
        if row["engine"] == engine and math.isfinite(row["val_loss"]):
            by_split.setdefault(row["split"], []).append(row)
    ranked = {
        split: sorted(part, key=lambda row: (row["val_loss"], row["chromosome"]))
        for split, part in sorted(by_split.items())
    }
    return {split: float(np.mean([row["test_accuracy"] for row in part[:BEST]])) for split, part in ranked.items()}


def whole_splits(rows: Sequence[Row]) -> list[int]:
    """Return the splits on which both engines have trained every chromosome."""
    count = len({row["chromosome"] for row in rows})
    trained = Counter((row["split"], row["engine"]) for row in rows)
    splits = sorted({int(row["split"]) for row in rows})
    return [split for split in splits if all(trained[split, engine] == count for engine in (OURS, PYKAN))]


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page of the splits that both engines have finished, if there is one."""
    splits = whole_splits(rows)
    rows = [row for row in rows if row["split"] in splits]
    if not rows:
        return
    ours, theirs = best_accuracies(rows, OURS), best_accuracies(rows, PYKAN)
    gains = np.round([ours[split] - theirs[split] for split in splits], 6)  # pykan's are in float32
    spread = f"standard error {gains.std(ddof=1) / math.sqrt(len(gains)):.3f}" if len(gains) > 1 else "one split"
    aim = Aim(
        f"mean test accuracy of our {BEST} best (aim: that of pykan's)",
        float(np.mean(list(theirs.values()))),
        float(np.mean(list(ours.values()))),
    )
    count = len({row["chromosome"] for row in rows})
    report.write_page(
        path,
        "Test accuracy of the fittest networks, ours and pykan's",
        rows,
        "no times taken",
        [
            f"{count} random chromosomes on Wine, {len(splits)} splits (split seeds {splits[0]} to {splits[-1]}), one "
            "hold-out, scaled inputs, no penalty, seed 0. Fitness is the lowest validation loss that an engine sees: pykan "
            "looks after each of its 20 steps, ours after every iteration, and stops by its rule. A network is taken as "
            "it was at that look: pykan's test accuracy was noted after every step. A training that raised an error has "
            "no fitness.",
            "## Aim",
            report.aims_table([aim]),
            f"Our {BEST} best differ from pykan's {BEST} best by {gains.mean():+.3f} on average ({spread}); ours are ahead "
            f"on {int((gains > 0).sum())} splits, behind on {int((gains < 0).sum())}, level on "
            f"{int((gains == 0).sum())}.",
            f"## The {BEST} best, split by split",
            report.table(
                ("split seed", OURS, PYKAN),
                [(str(split), f"{ours[split]:.3f}", f"{theirs[split]:.3f}") for split in splits],
            ),
            "## All networks",
            report.table(
                ("engine", "failed", "median validation loss", "mean test accuracy", "rank correlation"),
                [_summary(rows, engine) for engine in (OURS, PYKAN)],
            ),
            "The rank correlation is that of validation loss and test error within a split, averaged over the splits: how "
            "much the fitness says about the test part. Failed trainings are left out of it and of the two means.",
        ],
    )


def _summary(rows: Sequence[Row], engine: str) -> tuple[str, ...]:
    own = [row for row in rows if row["engine"] == engine]
    good = [row for row in own if math.isfinite(row["val_loss"])]
    correlations = []
    for split in sorted({row["split"] for row in good}):
        part = [row for row in good if row["split"] == split]
        correlations.append(
            spearmanr([row["val_loss"] for row in part], [1 - row["test_accuracy"] for row in part]).statistic
        )
    return (
        engine,
        f"{len(own) - len(good)} of {len(own)}",
        f"{median_loss(own):.3f}",
        f"{np.mean([row['test_accuracy'] for row in good]):.3f}",
        f"{np.mean(correlations):.2f}",
    )


EXPERIMENT = Experiment("pykan-quality", "test accuracy of the fittest networks, beside pykan (10 splits)", run)

if __name__ == "__main__":
    report.main(NAME, run, chromosomes=CHROMOSOMES)
