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
from evokan.problem.baselines import fit_baselines
from evokan.problem.prediction import predict
from evokan.settings.job import prepare, resolve
from evokan.spaces.threads import single_threaded_math
from experiments.harness import Context, Experiment
from experiments.hkan.forecasting_picture import draw
from experiments.pages import Measurements, Row, number, table, write_page
from experiments.parallel import as_done

SERIES = {"mackey-glass": 18, "delayed-plant": 4}
"""Named series, and ``--lags``."""
SEEDS = 3
BUDGET = 60.0
POPULATION, GENERATIONS = 20, 8
HKAN, KAFCM = "hkan", "kafcm"
USUAL = "usual models"
"""Stands where the family of a search does in the rows of scikit-learn's models."""
TITLE = "HKAN: forecasts of time series"
STEPS = 120
"""Last test rows that are drawn, of the first seed."""


class Piece(NamedTuple):
    """One search on one series, by the name of the family, or `USUAL`."""

    dataset: str
    space: str
    seed: int


class Forecast(NamedTuple):
    """What a piece gives: a row for each model, and of a search of the first seed the forecasts of the last test rows."""

    rows: list[dict[str, Any]]
    steps: list[dict[str, Any]]


def options(space: str) -> dict[str, Any]:
    """Return the settings of a family's search that are not as they come: HKAN's size and budget."""
    if space != HKAN:
        return {}
    return {"population": POPULATION, "generations": GENERATIONS, "space_options": {"max_cost": BUDGET}}


def command(space: str, dataset: str) -> str:
    """Return how the same search is begun from a shell, without its seed."""
    found = [f"evokan search --space {space} --dataset {dataset} --lags {SERIES[dataset]}"]
    for name, value in options(space).items():
        if name == "space_options":
            found += [f"--space-option {key}={number:g}" for key, number in value.items()]
        else:
            found.append(f"--{name} {value}")
    return " ".join(found)


def run_piece(piece: Piece) -> Forecast:
    """Search once, or fit the usual models."""
    settings: dict[str, Any] = {
        "dataset": piece.dataset,
        "lags": SERIES[piece.dataset],
        "seed": piece.seed,
        "workers": 1,
        "baselines": "none",
        "formula_seconds": 0.0,
        "report": False,
    }
    if piece.space == USUAL:
        problem = prepare(resolve({"space": HKAN, **settings})).problem
        with single_threaded_math():
            figures = fit_baselines(problem, piece.seed)
        return Forecast([_row(piece, name, found) for name, found in figures.items() if "rmse" in found], [])
    settings |= {"space": piece.space, **options(piece.space)}
    job = prepare(resolve(settings))
    job.space.prepare(job.problem)  # kernels, compiled once on a machine, are no part of the time
    problem, began = job.problem, time.process_time()
    with TemporaryDirectory() as folder:
        run = search(**settings, out=Path(folder) / "run")
        seconds = time.process_time() - began
        metrics = dict(run.best.metrics)
        last = problem.test[-STEPS:] if piece.seed == 0 else problem.test[:0]
        actual = np.asarray(problem.table.y, dtype=np.float64).reshape(len(problem.table.y), -1)[last, -1]
        forecast = predict(run.best.model, problem.table.X[last])[:, -1]
    steps = [
        {**piece._asdict(), "concept": problem.table.output_names[-1], "step": step, "actual": came, "forecast": said}
        for step, (came, said) in enumerate(zip(actual.tolist(), forecast.tolist(), strict=True))
    ]
    own = {"n_params": metrics["n_params"], "cpu_seconds": round(seconds, 1)}
    return Forecast([_row(piece, piece.space, metrics["test"]) | own], steps)


def _row(piece: Piece, model: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **piece._asdict(),
        "model": model,
        "rmse": figures["rmse"],
        "r2": figures["r2"],
        "n_params": "",
        "cpu_seconds": "",
    }


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "forecasting.csv", ("dataset", "space", "seed"))
    names, count = (["delayed-plant"], 1) if context.quick else ([*SERIES], context.seeds or SEEDS)
    missing = measured.missing(
        [Piece(name, space, seed) for seed in range(count) for name in names for space in (HKAN, KAFCM, USUAL)]
    )
    steps = Measurements(folder / "forecasting_steps.csv", ("dataset", "space", "seed", "step"))
    results = as_done(run_piece, missing, context.workers)
    path, picture = folder / "forecasting.md", folder / "forecasting.png"

    def write() -> None:
        values = measured.values()
        if drawn := steps.values():
            draw(drawn, picture)
        write_page(path, TITLE, values, "one thread", report(values), folder="hkan")

    for _ in context.each("searches", missing):
        found = next(results)
        # The rows of the models last: they say that the piece is done. Where it was killed before them, its steps are there.
        if found.steps:
            steps.put(*found.steps)
        measured.add(*found.rows)
        write()
    write()
    return [measured.path, steps.path, picture, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return text, and a table for each series."""
    searches = {(row["dataset"], row["space"], row["seed"]) for row in rows if row["space"] != USUAL}
    parts = [
        "Every column of a series is predicted from the values of all at some steps before: delays are columns, `--lags` "
        "says which, as for `kafcm` (`--horizon` and `--time` too). The nodes of an HKAN take turns with the targets. "
        "The last rows, in the order of time, are for the test. The searches are those of the commands below, with `--seed` 0, "
        f"1, ..., {len(searches)} in all, {len({seed for *_, seed in searches})} of a kind at most, and CPU s is what a whole "
        "one takes, kernels compiled, without the usual models: these are scikit-learn's on the same columns, untuned, with the same seeds, and "
        "persistence says that nothing changes. Figures are medians over the seeds.",
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
        spaces = [space for space in (HKAN, KAFCM) if any(search[:2] == (name, space) for search in searches)]
        parts.append("\n".join(f"- `{command(space, name)}`" for space in spaces) or f"{name}, not searched yet:")
        heads = ("model", "test RMSE", "over the seeds", "parameters", "CPU s")
        parts.append(table(heads, [line for _, line in sorted(lines)]))
        parts.append(_verdict({line[0].strip("*"): error for error, line in lines}))
    if any(seed == 0 for *_, seed in searches):
        parts.append(f"The last {STEPS} test rows at most, last concept, by the searches of the first seed:")
        parts.append("![forecasts and their errors](forecasting.png)")
    return [part for part in parts if part]


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
