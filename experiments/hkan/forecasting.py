"""Forecasts of time series, the HKAN paper's future work: delays as columns, against KA-FCM and the usual models."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from evokan import search
from evokan.problem.prediction import predict
from evokan.settings.job import prepare, resolve
from experiments.harness import Context, Experiment
from experiments.hkan.forecasting_picture import draw
from experiments.pages import Measurements, Row, number, table, write_page
from experiments.parallel import as_done

SERIES = {"mackey-glass": 18, "delayed-plant": 4}
"""Named series, and ``--lags``."""
SEEDS = 3
BUDGET = 60.0
HKAN, KAFCM = "hkan", "kafcm"
TITLE = "HKAN: forecasts of time series"
STEPS = 120
"""Last test rows that are drawn, of the first seed."""


class Piece(NamedTuple):
    """One search on one series."""

    dataset: str
    space: str
    seed: int


class Forecast(NamedTuple):
    """What a search gives: a row for each model, and of the first seed what was forecast of the last test rows."""

    rows: list[dict[str, Any]]
    steps: list[dict[str, Any]]


def run_piece(piece: Piece, population: int = 20, generations: int = 8) -> Forecast:
    """Search once; the rows of an HKAN's have the usual models, too."""
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
        problem = prepare(resolve(settings)).problem
        last = problem.test[-STEPS:] if piece.seed == 0 else problem.test[:0]
        actual = np.asarray(problem.table.y, dtype=np.float64).reshape(len(problem.table.y), -1)[last, -1]
        forecast = predict(run.best.model, problem.table.X[last])[:, -1]
    steps = [
        {**piece._asdict(), "concept": problem.table.output_names[-1], "step": step, "actual": came, "forecast": said}
        for step, (came, said) in enumerate(zip(actual.tolist(), forecast.tolist(), strict=True))
    ]
    found = {piece.space: metrics["test"], **metrics["baselines"]}
    rows = [
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
    return Forecast(rows, steps)


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "forecasting.csv", ("dataset", "space", "seed"))
    names, count = (["delayed-plant"], 1) if context.quick else ([*SERIES], context.seeds or SEEDS)
    missing = measured.missing(
        [Piece(name, space, seed) for seed in range(count) for name in names for space in (HKAN, KAFCM)]
    )
    steps = Measurements(folder / "forecasting_steps.csv", ("dataset", "space", "seed", "step"))
    results = as_done(run_piece, missing, context.workers)
    path, picture = folder / "forecasting.md", folder / "forecasting.png"

    def write() -> None:
        values = measured.values()
        draw(steps.values(), picture)
        write_page(path, TITLE, values, "one thread", report(values), folder="hkan")

    for _ in context.each("searches", missing):
        found = next(results)
        # The search's own rows last: they say that the piece is done.
        new = steps.missing([(*piece_of(row), row["step"]) for row in found.steps])
        if new:
            steps.add(*found.steps)
        measured.add(*found.rows)
        write()
    write()
    return [measured.path, steps.path, picture, path]


def piece_of(row: dict[str, Any]) -> Piece:
    """Return the search that a row is of."""
    return Piece(row["dataset"], row["space"], row["seed"])


def report(rows: Sequence[Row]) -> list[str]:
    """Return text, and a table for each series."""
    searches = {(row["dataset"], row["space"], row["seed"]) for row in rows}
    parts = [
        "Every column of a series is predicted from the values of all at some steps before: delays are columns, `--lags` "
        "says which, as for `kafcm` (`--horizon` and `--time` too). The nodes of an HKAN take turns with the targets. "
        "The last rows, in the order of time, are for the test. Medians over the "
        f"seeds of the searches, {len(searches)} in all, {len({seed for *_, seed in searches})} of a kind at most; the usual "
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
        parts.append(_verdict({line[0].strip("*"): error for error, line in lines}))
    return [
        *parts,
        f"The last {STEPS} test rows at most, last concept, by the searches of the first seed:",
        "![forecasts and their errors](forecasting.png)",
    ]


def _verdict(errors: Mapping[str, float]) -> str:
    """Return how HKAN's median error compares with that of KA-FCM and of the best usual model."""
    usual = {name: error for name, error in errors.items() if name not in (HKAN, KAFCM)}
    rivals = [KAFCM] if KAFCM in errors else []
    rivals += [min(usual, key=lambda name: usual[name])] if usual else []
    if HKAN not in errors or not rivals:
        return ""
    told = [f"{number(errors[HKAN] / errors[name])} times that of {name}" for name in rivals]
    return f"HKAN's error is {' and '.join(told)}{', the best of the usual models' if usual else ''}."


EXPERIMENT = Experiment("hkan-forecasting", "HKAN's forecasts of time series, delays as columns", run)
