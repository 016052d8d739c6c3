"""Table V of arXiv 2501.18199 side by side: published, ours with its hyperparameters, ours by search, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evokan.problem.baselines import fit_baselines
from evokan.settings.job import prepare, resolve
from experiments.harness import Context, Experiment
from experiments.hkan.published import LARGE, PUBLISHED, SMALL
from experiments.hkan.repeats import REPEATS, TEXT, WITH_TEXT, Repeat, run_repeat
from experiments.hkan.searches import Piece, run_search
from experiments.hkan.table_v_page import page
from experiments.pages import Measurements
from experiments.pages import folder as benchmarks
from experiments.parallel import in_order

SEEDS = 3
POPULATION, GENERATIONS = 15, 19
"""300 evaluations on the small tables."""
LARGE_POPULATION, LARGE_GENERATIONS = 12, 4
"""60 evaluations, once, on the others."""
FUNCTIONS = ("tf1", "tf2", "tf3", "tf4", "tf5", "tf5-5")


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, cheap parts first, and write CSV files and page."""
    folder = context.results / ("hkan-quick" if context.quick else "hkan")
    repeats = Measurements(folder / "repeats.csv", ("dataset", "seed"))
    baselines = Measurements(folder / "baselines.csv", ("dataset", "model"))
    searches = Measurements(folder / "searches.csv", ("dataset", "method", "seed", "population", "generations"))
    public = Measurements(benchmarks(context) / "hkan_fit.csv", ("dataset", "code", "seed"))
    out = [repeats.path, baselines.path, searches.path, folder / "table_v.md"]

    def write() -> None:
        text = page(repeats.values(), baselines.values(), searches.values(), public.values())
        out[-1].write_text(text, encoding="utf-8")

    _repeat(repeats, context)
    _baselines(baselines, context)
    pieces = searches.missing(search_pieces(context))
    results = in_order(run_search, pieces, context.workers)
    for piece in context.each("searches", pieces):
        searches.add(next(results) | {"population": piece.population, "generations": piece.generations})
        write()
    write()
    return out


def search_pieces(context: Context) -> list[Piece]:
    """Return the searches in their order: the small tables with a seed, TPE, the other data sets, further seeds."""
    if context.quick:
        return [Piece(name, "evolution", 0, 10, 3) for name in ("machineCPU", "auto_mpg")]
    first, *others = range(context.seeds or SEEDS)

    def small(method: str, seed: int) -> list[Piece]:
        return [Piece(name, method, seed, POPULATION, GENERATIONS) for name in SMALL]

    tpe = small("tpe", first) if find_spec("optuna") else []
    large = [Piece(name, "evolution", first, LARGE_POPULATION, LARGE_GENERATIONS) for name in (*LARGE, *FUNCTIONS)]
    return [*small("evolution", first), *tpe, *[piece for seed in others for piece in small("evolution", seed)], *large]


def _repeat(rows: Measurements, context: Context) -> None:
    names, count = [*PUBLISHED, *(name + TEXT for name in WITH_TEXT)], REPEATS
    if context.quick:
        names, count = ["machineCPU", "concrete", "stock", "tf5"], 3
    missing = rows.missing([Repeat(name, seed) for name in names for seed in range(count)])
    results = in_order(run_repeat, missing, context.workers)
    for _ in context.each("fits of Table IV", missing):
        rows.add(next(results))


def _baselines(rows: Measurements, context: Context) -> None:
    names = ["machineCPU", "auto_mpg"] if context.quick else [*SMALL, *LARGE, *FUNCTIONS]
    done = {str(row["dataset"]) for row in rows.values()}
    missing = [name for name in names if name not in done]
    found = in_order(_fit_baselines, missing, context.workers)
    for _ in context.each("baselines", missing):
        rows.add(*next(found))


def _fit_baselines(dataset: str) -> list[dict[str, Any]]:
    problem = prepare(resolve({"space": "hkan", "dataset": dataset})).problem
    return [
        {"dataset": dataset, "model": name, "rmse": figures.get("rmse")}
        for name, figures in fit_baselines(problem).items()
    ]


EXPERIMENT = Experiment(
    "hkan-table-v",
    "Table V of the HKAN paper beside ours: its hyperparameters, searches, "
    "baselines (TPE needs: pip install 'evokan[bench]')",
    run,
)
