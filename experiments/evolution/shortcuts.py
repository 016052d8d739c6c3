"""`--race` and `--inherit` beside a plain search: what they save, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from experiments.evolution.settings import FITNESS, IN_WORDS
from experiments.evolution.study import Piece, median_interval, run_piece
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, table
from experiments.parallel import as_done

DATASETS = ("wine", "raisin")
VARIANTS = {
    "plain": {},
    "race": {"race": True},
    "inherit": {"inherit": True},
    "race, inherit": {"race": True, "inherit": True},
}
SEARCH = {"population": 40, "generations": 10}
LONGER = 2
"""How many times as many generations the shortcuts may use, so that a late arrival counts."""
SEEDS = 10


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write the rows of every generation and the page."""
    folder = context.folder("evolution")
    rows = Measurements(folder / "shortcuts.csv", ("variant", "dataset", "seed"))
    datasets = DATASETS[:1] if context.quick else DATASETS
    seeds = range(2 if context.quick else context.seeds or SEEDS)
    search = {"population": 10, "generations": 3} if context.quick else SEARCH
    keys = [(variant, dataset, seed) for dataset in datasets for seed in seeds for variant in VARIANTS]
    missing = rows.missing(keys)
    pieces = [
        Piece(
            *key,
            {
                **search,
                **FITNESS,
                **VARIANTS[key[0]],
                "generations": search["generations"] * (1 if key[0] == "plain" else LONGER),
            },
        )
        for key in missing
    ]
    results = as_done(run_piece, pieces, context.workers)
    for _ in context.each("evolutions", missing):
        rows.add(*next(results))
    page = folder / "shortcuts.md"
    page.write_text(report(pd.DataFrame(rows.values()), search), encoding="utf-8")
    return [rows.path, page]


def report(frame: pd.DataFrame, search: dict[str, int]) -> str:
    """Return the page: at equal generations, and the evaluations until plain's final loss."""
    equal, until = [], []
    for dataset, part in frame.groupby("dataset", sort=False):
        plain = part[part.variant == "plain"].groupby("seed").last()
        plain["first_reached"] = [
            _first_reached(part[(part.variant == "plain") & (part.seed == seed)]) for seed in plain.index
        ]
        for variant in VARIANTS:
            own = part[part.variant == variant]
            at_end = own[own.generation == search["generations"]].set_index("seed")
            common = plain.index.intersection(at_end.index)
            if common.empty:
                continue
            share = at_end.loss_evaluations[common] / plain.loss_evaluations[common]
            equal.append(
                [
                    str(dataset),
                    variant,
                    str(len(common)),
                    f"{at_end.best_val_loss[common].median():.4f}",
                    f"{int((at_end.best_val_loss[common] <= plain.best_val_loss[common]).sum())}",
                    f"{share.median():.2f}",
                    f"{(at_end.cpu_seconds[common] / plain.cpu_seconds[common]).median():.2f}",
                ]
            )
            if variant == "plain":
                continue
            ratios = [_saving(own[own.seed == seed], plain.loc[seed]) for seed in common]
            median, low, high = median_interval(ratios)
            until.append(
                [
                    str(dataset),
                    variant,
                    f"{sum(ratio > 0 for ratio in ratios)} of {len(ratios)}",
                    f"{median:.2f}",
                    f"{low:.2f} to {high:.2f}",
                    "yes" if median >= 3 else "no",
                ]
            )
    text = [
        "# Shortcuts: `--race` and `--inherit`",
        "",
        f"`gakan`, {search['population']} x {search['generations']}, {IN_WORDS}, split seed 0. "
        "Loss is the lowest 5-fold validation loss, cost is counted in loss-and-gradient evaluations.",
        "",
        "## At equal generations",
        "",
        table(
            (
                "table",
                "variant",
                "seeds",
                "median best loss",
                "at most plain's in",
                "evaluations (plain = 1)",
                "CPU time (plain = 1)",
            ),
            equal,
        ),
        "",
        "## Until plain's final loss is reached",
        "",
        "Plain's evaluations until it first had its final loss, divided by the variant's until it had that loss or a "
        f"lower one; 0 where it did not within {LONGER} times as many generations. Median with a distribution-free "
        "95 % interval. The aim for `--inherit` is 3.",
        "",
        table(("table", "variant", "reached in", "times fewer evaluations", "interval", "aim of 3"), until),
        "",
        measured_under(frame.conditions, "one thread a search"),
    ]
    return "\n".join(text) + "\n"


def _first_reached(own: pd.DataFrame) -> int:
    """Return the evaluations after which a search had its final loss."""
    return int(own[own.best_val_loss <= own.best_val_loss.min()].loss_evaluations.min())


def _saving(own: pd.DataFrame, plain: pd.Series) -> float:
    """Return plain's evaluations over the variant's until plain's final loss; 0 where it is not reached."""
    there = own[own.best_val_loss <= plain.best_val_loss]
    return float(plain.first_reached / there.loss_evaluations.min()) if len(there) else 0.0


EXPERIMENT = Experiment("evolution-shortcuts", "--race and --inherit beside a plain search", run)
