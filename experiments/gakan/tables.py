"""GA-KAN's Tables III, IV and V again, on ten splits a table: evolved and full networks beside tuned baselines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from threadpoolctl import threadpool_limits

from evokan.problem.baselines import fit_baselines
from evokan.problem.metrics import Figures
from evokan.settings.job import prepare, resolve
from evokan.spaces.architecture import Architecture
from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE, fit_full
from experiments.gakan.grid_extension import fit_extended
from experiments.gakan.published import PUBLISHED
from experiments.gakan.tables_models import DEEPS, EVOLVED, EVOLVED_PAPER, PRESETS, WIDES
from experiments.gakan.tables_report import report
from experiments.harness import Context, Experiment, Rows
from experiments.pages import Measurements
from experiments.parallel import in_order
from experiments.study import Piece, at_hand, best_so_far, part_sizes, search

FIRST_SPLIT = 300
SPLITS = 10
"""Split seeds from `FIRST_SPLIT`: no default was decided on them."""
SEARCH = {"population": 100, "generations": 20}
QUICK_SEARCH = {"population": 10, "generations": 2}
FULL: dict[str, Callable[[str, int, dict[str, Any]], tuple[Architecture, Figures]]] = {
    **{name: partial(fit_full, name) for name in (WIDE, DEEP, ADDITIVE)},
    **{WIDES.paper: partial(fit_full, WIDE), DEEPS.paper: partial(fit_full, DEEP)},
    **{WIDES.extended: partial(fit_extended, WIDE), DEEPS.extended: partial(fit_extended, DEEP)},
}
"""What fits each of the full KANs."""
PARTS = (EVOLVED, *FULL, "baselines", EVOLVED_PAPER)
"""What is fitted on every split."""
LOSSES = "lowest_losses"
"""Column of searches: the lowest validation loss up to each generation."""


class Part(NamedTuple):
    """What one process works on."""

    dataset: str
    split: int
    part: str
    search: Mapping[str, int]


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, all tables' first split first, and write a CSV file a table, the times and the page."""
    folder = context.folder("gakan")
    names = ["iris", "wine"] if context.quick else at_hand(PUBLISHED, silent=context.silent)
    size = QUICK_SEARCH if context.quick else SEARCH
    splits = [FIRST_SPLIT + number for number in range(2 if context.quick else context.seeds or SPLITS)]
    seconds, tables = times(folder), {name: rows_of(folder, name) for name in names}
    wanted = [(name, split, part) for split in splits for name in names for part in PARTS]
    missing = [piece for piece in wanted if tables[piece[0]].missing([piece])]
    page = folder / "tables.md"
    results = in_order(measure, [Part(*piece, size) for piece in missing], context.workers)
    for piece, after in zip_longest(context.each("networks and baselines", missing), missing[1:]):
        rows, spent = next(results)
        # The times first: a part whose figures are lost is measured again, and its time replaced.
        seconds.put(dict(zip(("dataset", "split", "part"), piece, strict=True)) | {"cpu_seconds": round(spent, 1)})
        tables[piece[0]].add(*rows)
        if after is not None and after[:2] != piece[:2]:
            write_page(page, list(tables.values()), seconds, size)
    write_page(page, list(tables.values()), seconds, size)
    return [*(rows.path for rows in tables.values()), seconds.path, page]


def rows_of(folder: Path, name: str) -> Rows:
    """Return the file of a table's figures."""
    return Rows(folder / "tables" / f"{name}.csv", ("dataset", "split", "part"))


def times(folder: Path) -> Measurements:
    """Return the file of all parts' times and conditions."""
    return Measurements(folder / "tables_seconds.csv", ("dataset", "split", "part"))


def write_page(page: Path, tables: Sequence[Rows], seconds: Measurements, size: Mapping[str, int]) -> None:
    """Write the page from the files as they are."""
    frame = pd.DataFrame([row for rows in tables for row in rows.read()])
    if not frame.empty:
        sizes = {name: part_sizes(name) for name in dict.fromkeys(frame.dataset)}
        page.write_text(report(frame, pd.DataFrame(seconds.values()), size, sizes), encoding="utf-8")


def measure(task: Part) -> tuple[list[dict[str, Any]], float]:
    """Return the rows of one part of a split, and the processor seconds they took."""
    began = time.process_time()
    with threadpool_limits(1):
        rows = [{"dataset": task.dataset, "split": task.split, "part": task.part, **row} for row in _rows(task)]
    return rows, time.process_time() - began


def _rows(task: Part) -> Iterator[dict[str, Any]]:
    settings = {**task.search, **({"preset": "paper"} if task.part in PRESETS["paper"] else {})}
    if task.part in FULL:
        network, figures = FULL[task.part](task.dataset, task.split, settings)
        yield _row(task.part, figures, network)
    elif task.part == "baselines":
        problem = prepare(resolve({"space": "gakan", "dataset": task.dataset, "split_seed": task.split})).problem
        for name, found in fit_baselines(problem, task.split, tune=True).items():
            yield _row(name, found)
    else:
        outcome = search(Piece(task.part, task.dataset, task.split, settings, ("default",), ("default",)))
        product = outcome.products[0]
        importances = ""
        if product.weights is not None:
            model = outcome.job.space.model(product.network, outcome.job.problem, product.weights)
            values = outcome.job.space.explain(model, outcome.job.problem).importances
            importances = " ".join(f"{value:.4f}" for value in values)
        losses = " ".join(f"{found['best_val_loss']:.6g}" for found in best_so_far(outcome.records))
        yield _row(task.part, product.test, product.network) | {"importances": importances, LOSSES: losses}


def _row(model: str, figures: Figures | Mapping[str, Any], network: Architecture | None = None) -> dict[str, Any]:
    """Return one model's row; empty where there is no such figure."""
    columns = ("n_params", "n_params_paper", "n_edges", "n_features", "depth", "grid")
    return {
        "model": model,
        **{name: figures.get(name) for name in ("accuracy", "auc", "log_loss")},
        **{name: getattr(network, name) if network else None for name in columns},
        "columns": " ".join(map(str, network.used_columns or ())) if network else "",
        "importances": "",
        LOSSES: "",
        "note": figures.get("error", "" if figures else "the final fit failed"),
    }


EXPERIMENT = Experiment("gakan-tables", "GA-KAN's tables: networks, full KANs, baselines, with intervals", run)
