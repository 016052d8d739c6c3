"""NSGA-II beside the genetic algorithm and random search: the front they leave at equal evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evokan.evolution import Algorithm
from evokan.reports.compare import signed_rank_p
from experiments.evolution.settings import FITNESS, IN_WORDS
from experiments.evolution.study import Piece, median_interval, run_piece
from experiments.evolution.variants import LogarithmicSizes, LossDecides
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, table
from experiments.parallel import as_done

DATASETS = ("wine", "raisin", "wdbc")
ALGORITHMS = ("nsga2", "ga", "random")
TRIED: dict[str, tuple[str, dict[str, Any], type[Algorithm] | None]] = {
    "nsga2-mutate": ("every child is mutated (`--mutation-rate 1`)", {"mutation_rate": 1.0}, None),
    "nsga2-log": ("crowding by the logarithm of the size", {}, LogarithmicSizes),
    "nsga2-loss": ("parents by the loss alone", {}, LossDecides),
}
"""Other ways of NSGA-II: what they are, settings, and the class in its place."""
SEARCH = {"population": 60, "generations": 12}
SEEDS = 10


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write the rows of every generation and the page."""
    folder = context.folder("evolution")
    rows = Measurements(folder / "hypervolume.csv", ("variant", "dataset", "seed"))
    datasets = DATASETS[:1] if context.quick else DATASETS
    seeds = range(2 if context.quick else context.seeds or SEEDS)
    search = {"population": 12, "generations": 3} if context.quick else SEARCH
    keys = [
        (variant, dataset, seed)
        for variants in (ALGORITHMS, TRIED)
        for dataset in datasets
        for seed in seeds
        for variant in variants
    ]
    missing = rows.missing(keys)
    results = as_done(run_piece, [_piece(*key, search) for key in missing], context.workers)
    for _ in context.each("evolutions", missing):
        rows.add(*next(results))
    page = folder / "hypervolume.md"
    page.write_text(report(pd.DataFrame(rows.values()), search), encoding="utf-8")
    return [rows.path, page]


def _piece(variant: str, dataset: str, seed: int, search: dict[str, int]) -> Piece:
    _, settings, algorithm = TRIED.get(variant, ("", {}, None))
    basis = {**search, **FITNESS, "algorithm": variant.partition("-")[0]}
    return Piece(variant, dataset, seed, {**basis, **settings}, algorithm)


def report(frame: pd.DataFrame, search: dict[str, int]) -> str:
    """Return the page: median hypervolume with its interval, and paired differences."""
    last = frame[frame.generation == frame.generation.max()]
    lines: list[list[str]] = []
    tried: list[list[str]] = []
    ahead = dict.fromkeys(ALGORITHMS, 0)
    for dataset, part in last.groupby("dataset", sort=False):
        by_seed = part.pivot_table(index="seed", columns="variant", values="hypervolume")
        losses = part.pivot_table(index="seed", columns="variant", values="best_val_loss")
        medians = by_seed.median()
        for algorithm in [name for name in ALGORITHMS if name in by_seed]:
            ahead[algorithm] += int(medians["nsga2"] >= medians[algorithm])
            lines.append(
                [
                    str(dataset),
                    algorithm,
                    *_figures(by_seed[algorithm], losses[algorithm]),
                    "" if algorithm == "nsga2" else _against(by_seed, "nsga2", algorithm),
                ]
            )
        for variant in [name for name in TRIED if name in by_seed]:
            tried.append(
                [
                    str(dataset),
                    TRIED[variant][0],
                    *_figures(by_seed[variant], losses[variant]),
                    _against(by_seed, variant, "nsga2"),
                    _against(by_seed, variant, "ga"),
                ]
            )
    text = [
        "# NSGA-II, the genetic algorithm and random search",
        "",
        f"`gakan`, {search['population']} x {search['generations']}, {IN_WORDS}; equal numbers "
        "of individuals. Hypervolume of (val_loss, n_params) of all networks evaluated, as a share of the box "
        "below the reference point of `config.json`; median over the seeds with a distribution-free 95 % interval; the "
        "seed is that of the search, the split is split seed 0. `best loss` is the lowest validation loss. `ga` is "
        "guided by the loss alone, with the smaller of equals.",
        "",
        table(("table", "algorithm", "seeds", "hypervolume", "interval", "best loss", "nsga2 higher in"), lines),
        "",
        f"Aim: a median at least that of `ga` and of random search. Against `ga` on {ahead['ga']} of {ahead['nsga2']} "
        f"tables, against random search on {ahead['random']} of {ahead['nsga2']}. The box reaches to the untrained "
        "loss and to the largest network that a chromosome can hold, so a lower loss adds more to the hypervolume than "
        "a smaller network does; `ga`, guided by the loss alone, finds lower losses in equal evaluations, while "
        "crowding keeps NSGA-II's parents spread over all sizes.",
        "",
        "## What was tried instead",
        "",
        table(
            (
                "table",
                "NSGA-II, but",
                "seeds",
                "hypervolume",
                "interval",
                "best loss",
                "higher than nsga2 in",
                "higher than ga in",
            ),
            tried,
        ),
        "",
        measured_under(frame.conditions, "one thread a search"),
    ]
    return "\n".join(text) + "\n"


def _figures(hypervolumes: pd.Series[float], losses: pd.Series[float]) -> list[str]:
    """Return number of seeds, median hypervolume, its interval, and median of the lowest losses."""
    median, low, high = median_interval(hypervolumes.dropna().to_list())
    return [str(hypervolumes.count()), f"{median:.4f}", f"{low:.4f} to {high:.4f}", f"{losses.median():.4f}"]


def _against(by_seed: pd.DataFrame, variant: str, other: str) -> str:
    """Return in how many seeds `variant` is ahead of `other`, and Wilcoxon's signed-rank test."""
    pairs: Any = by_seed[[variant, other]].dropna()
    wins = int((pairs[variant] > pairs[other]).sum())
    if len(pairs) < 5:
        return f"{wins} of {len(pairs)}"
    return f"{wins} of {len(pairs)} (p = {signed_rank_p(pairs[variant] - pairs[other]):.2g})"


EXPERIMENT = Experiment("evolution-hypervolume", "NSGA-II beside the genetic algorithm and random search", run)
