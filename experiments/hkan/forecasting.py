"""Forecasts of time series, the HKAN paper's future work: delays as columns, against KA-FCM and the usual models."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from evokan import search
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from experiments.parallel import as_done

SERIES = {"mackey-glass": 18, "delayed-plant": 4}
"""Named series, and ``--lags``."""
SEEDS = 3
BUDGET = 60.0
HKAN, KAFCM = "hkan", "kafcm"


class Piece(NamedTuple):
    """One search on one series."""

    dataset: str
    space: str
    seed: int


def run_piece(piece: Piece, population: int = 20, generations: int = 8) -> list[dict[str, Any]]:
    """Return a row for the chosen network, and of a search for an HKAN one for each of the usual models."""
    began = time.process_time()
    hkan = piece.space == HKAN
    settings: dict[str, Any] = {
        "space": piece.space,
        "dataset": piece.dataset,
        "lags": SERIES[piece.dataset],
        "seed": piece.seed,
        "workers": 1,
        "baselines": "all" if hkan else "none",
        "formula_seconds": 0.0,
        "report": False,
    }
    if hkan:
        settings |= {"population": population, "generations": generations, "space_options": {"max_cost": BUDGET}}
    with TemporaryDirectory() as folder:
        run = search(**settings, out=Path(folder) / "run")
        metrics = dict(run.best.metrics)
    seconds = time.process_time() - began
    found = {piece.space: metrics["test"], **metrics["baselines"]}
    return [
        {
            **piece._asdict(),
            "model": name,
            "rmse": figures.get("rmse", ""),
            "r2": figures.get("r2", ""),
            "n_params": metrics["n_params"] if name == piece.space else "",
            "cpu_seconds": round(seconds, 1) if name == piece.space else "",
        }
        for name, figures in found.items()
        if "rmse" in figures
    ]


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, and write CSV file and page."""
    folder = context.results / ("hkan-quick" if context.quick else "hkan")
    measured = Measurements(folder / "forecasting.csv", ("dataset", "space", "seed"))
    names, count = (["delayed-plant"], 1) if context.quick else ([*SERIES], context.seeds or SEEDS)
    missing = measured.missing(
        [Piece(name, space, seed) for seed in range(count) for name in names for space in (HKAN, KAFCM)]
    )
    results = as_done(run_piece, missing, context.workers)
    for _ in context.each("searches", missing):
        measured.add(*next(results))
    path = folder / "forecasting.md"
    values = measured.values()
    write_page(path, "HKAN: forecasts of time series", values, "one thread", report(values), folder="hkan")
    return [measured.path, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return text, and a table for each series."""
    parts = [
        "Every column of a series is predicted from the values of all at some steps before: delays are columns, `--lags` "
        "says which, as for `kafcm` (`--horizon` and `--time` too). The nodes of an HKAN take turns with the targets. "
        "The last rows, in the order of time, are for the test. Medians over the seeds of the searches; the usual "
        "models are scikit-learn's on the same columns, untuned, and persistence says that nothing changes.",
    ]
    for name in dict.fromkeys(str(row["dataset"]) for row in rows):
        own = [row for row in rows if row["dataset"] == name]
        lines = []
        for model in dict.fromkeys(str(row["model"]) for row in own):
            of_model = [row for row in own if row["model"] == model]
            errors = [float(row["rmse"]) for row in of_model]
            sizes = [row["n_params"] for row in of_model if row["n_params"] != ""]
            lines.append(
                (
                    statistics.median(errors),
                    (
                        f"**{model}**" if model == HKAN else model,
                        number(statistics.median(errors)),
                        f"{number(min(errors))} to {number(max(errors))}" if len(set(errors)) > 1 else "",
                        number(int(statistics.median(sizes))) if sizes else "",
                        number(statistics.median(row["cpu_seconds"] for row in of_model)) if sizes else "",
                    ),
                )
            )
        parts.append(f"`evokan search --space hkan --dataset {name} --lags {SERIES[name]}`:")
        heads = ("model", "test RMSE", "over the seeds", "parameters", "CPU s")
        parts.append(table(heads, [line for _, line in sorted(lines)]))
    return parts


EXPERIMENT = Experiment("hkan-forecasting", "HKAN's forecasts of time series, delays as columns", run)
