"""Table V of arXiv 2501.18199 side by side: published, ours with its hyperparameters, ours by search, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evokan.problem.baselines import fit_baselines
from evokan.settings.job import prepare, resolve
from experiments.harness import Context, Experiment
from experiments.hkan.laws import register_laws
from experiments.hkan.published import PUBLISHED, SMALL
from experiments.hkan.repeats import REPEATS, STEADY, STEADY_REPEATS, TEXT, WITH_TEXT, Repeat, run_repeat
from experiments.hkan.searches import EVOLUTION, KAN, TPE, Piece, run_search
from experiments.hkan.table_v_boxes import draw_boxes
from experiments.hkan.table_v_page import page
from experiments.pages import Measurements
from experiments.parallel import as_done, in_order

SEEDS = 3
"""Of the small tables; the others have one."""
POPULATION, GENERATIONS = 20, 14
"""300 evaluations."""


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, what matters most first, and write CSV files, pictures and page.

    The page is written after every search, with what there is; boxes are drawn at the end, or where the run is
    interrupted.
    """
    folder = context.folder("hkan")
    repeats = Measurements(folder / "repeats.csv", ("dataset", "seed"))
    baselines = Measurements(folder / "baselines.csv", ("dataset", "model"))
    searches = Measurements(folder / "searched.csv", ("dataset", "method", "seed", "population", "generations"))
    fits = Measurements(folder / "searched_fits.csv", ("dataset", "method", "seed", "fit"))
    public = Measurements(context.folder("benchmarks") / "hkan_fit.csv", ("dataset", "code", "seed"))
    boxes, out = folder / "table_v_boxes.png", folder / "table_v.md"
    planned = search_pieces(context)

    def write() -> None:
        waiting = outstanding(
            repeats.missing(_repeats(context)), _without_baselines(baselines, context), searches.missing(planned)
        )
        values = repeats.values(), baselines.values(), searches.values(), public.values(), fits.values()
        folder.mkdir(parents=True, exist_ok=True)
        out.write_text(page(*values, waiting), encoding="utf-8")

    try:
        _repeat(repeats, context)
        _baselines(baselines, context)
        pieces = searches.missing(planned)
        results = as_done(run_search, pieces, context.workers)
        for _ in context.each("searches", pieces):
            row = next(results)
            for name, content in row.pop("pictures").items():
                (folder / name).write_bytes(content)
            # The search's own row last: it says that the piece is done.
            fits.add(*row.pop("fits"))
            searches.add(row)
            write()
    finally:
        draw_boxes(repeats.values(), fits.values(), boxes)
        write()
    return [repeats.path, baselines.path, searches.path, fits.path, boxes, out]


def outstanding(repeats: Sequence[Repeat], baselines: Sequence[str], searches: Sequence[Piece]) -> list[str]:
    """Return lines that say what is missing: fits of Table IV's networks, baselines, searches by method and seed."""
    found: dict[str, list[str]] = {}
    for repeat in repeats:
        found.setdefault("fits of Table IV's networks", []).append(repeat.dataset)
    if baselines:
        found["baselines"] = [*baselines]
    for piece in searches:
        found.setdefault(f"{piece.method}, seed {piece.seed}", []).append(piece.dataset)
    return [f"- {what}: {', '.join(dict.fromkeys(names))}" for what, names in found.items()]


def search_pieces(context: Context) -> list[Piece]:
    """Return the searches, what matters most first: a kill leaves the better part of the page.

    The small tables with the first seed; the other data sets, those where the searches so far were the farthest from
    the published figures first; TPE beside both; the KANs; the other seeds.
    """
    if context.quick:
        return [Piece(name, method, 0, 10, 3) for name in ("machineCPU", "auto_mpg") for method in (EVOLUTION, KAN)]
    first, *others = range(context.seeds or SEEDS)
    methods = (EVOLUTION, TPE, KAN) if find_spec("optuna") else (EVOLUTION, KAN)

    def pieces(names: Sequence[str], method: str, seed: int) -> list[Piece]:
        return [Piece(name, method, seed, POPULATION, GENERATIONS) for name in names]

    firsts = [pieces(names, method, first) for method in methods for names in (SMALL, LARGE_FIRST)]
    again = [pieces(SMALL, EVOLUTION, seed) for seed in others]
    return [piece for part in (*firsts, *again) for piece in part]


LARGE_FIRST = (
    *("elevators", "pumadyn32nh", "compactive", "kinematics8nm", "tf3", "tf5", "tf1", "tf5-5", "wizmir"),
    *("abalone", "bank32nh", "kinematics32nh", "tf2", "tf4"),
)
"""The data sets that are not small."""


def _repeats(context: Context) -> list[Repeat]:
    names, count = [*PUBLISHED, *(name + TEXT for name in WITH_TEXT)], REPEATS
    steady, few = [name + STEADY for name in PUBLISHED], STEADY_REPEATS
    if context.quick:
        names, count, steady, few = ["machineCPU", "concrete", "stock", "tf5"], 3, ["machineCPU" + STEADY], 1
    parts = ((names, count), (steady, few))
    return [Repeat(name, seed) for part, times in parts for name in part for seed in range(times)]


def _repeat(rows: Measurements, context: Context) -> None:
    missing = rows.missing(_repeats(context))
    results = in_order(run_repeat, missing, context.workers)
    for _ in context.each("fits of Table IV", missing):
        rows.add(next(results))


def _without_baselines(rows: Measurements, context: Context) -> list[str]:
    names = ["machineCPU", "auto_mpg"] if context.quick else [*SMALL, *LARGE_FIRST]
    done = {str(row["dataset"]) for row in rows.values()}
    return [name for name in names if name not in done]


def _baselines(rows: Measurements, context: Context) -> None:
    missing = _without_baselines(rows, context)
    found = in_order(_fit_baselines, missing, context.workers)
    for _ in context.each("baselines", missing):
        rows.add(*next(found))


def _fit_baselines(dataset: str) -> list[dict[str, Any]]:
    problem = prepare(resolve({"space": "hkan", "dataset": register_laws(dataset)})).problem
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
