"""Whole searches on Ray beside the same searches on threads: how long they take, and whether files are the same."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokan.settings.keywords import EXECUTION
from experiments import pages as report
from experiments.benchmarks.whole_search import call, column
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row

NAME = "ray_search"
EXECUTORS = {"threads": (), "ray": ("--ray",)}
SEARCHES = {
    "rice": ("--population", "100", "--generations", "50", "--folds", "5", "--formula-seconds", "0"),
    "wine": (),
}
QUICK = {"iris": ("--population", "10", "--generations", "2", "--folds", "2", "--steps", "2", "--formula-seconds", "0")}
LEAST_SECONDS = 180.0
LIMIT = 1.1
UNEQUAL = {"run.log": "has the time of day", ".lock": "names the process"}


def comparable(path: Path) -> Any:
    """Return what of a file of a run must not depend on where it was trained."""
    if path.suffix == ".csv":
        return [
            {name: value for name, value in row.items() if name != "seconds"}
            for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        ]
    if path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        if "settings" in content:
            content["settings"] = {name: value for name, value in content["settings"].items() if name not in EXECUTION}
        return content
    return path.read_bytes()


def differing(one: Path, other: Path) -> list[str]:
    """Return the files below two runs that only one has, or that differ."""
    names = sorted({str(path.relative_to(run)) for run in (one, other) for path in run.rglob("*") if path.is_file()})
    return [
        name
        for name in names
        if name not in UNEQUAL
        and not (
            (one / name).exists() and (other / name).exists() and comparable(one / name) == comparable(other / name)
        )
    ]


def run(context: Context) -> Sequence[Path]:
    """Run each search on both executors, which take turns in going first."""
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("dataset", "repeat"))
    searches = QUICK if context.quick else SEARCHES
    pieces = [(name, repeat) for repeat in range(context.seeds or 1) for name in searches]
    for dataset, repeat in context.each("pairs of searches", table.missing(pieces)):
        order = list(EXECUTORS) if repeat % 2 == 0 else list(EXECUTORS)[::-1]
        with tempfile.TemporaryDirectory() as name:
            figures = {executor: _search(dataset, searches[dataset], executor, Path(name)) for executor in order}
            others = differing(*(Path(name) / executor for executor in EXECUTORS))
            files = sum(path.is_file() for path in (Path(name) / "ray").rglob("*")) - len(UNEQUAL)
        table.add(
            *(
                {
                    "dataset": dataset,
                    "repeat": repeat,
                    "executor": executor,
                    **figures[executor],
                    "files": files,
                    "differing": " ".join(others),
                }
                for executor in EXECUTORS
            )
        )
    page = table.path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def _search(dataset: str, options: Sequence[str], executor: str, scratch: Path) -> Row:
    out = scratch / executor
    finished = call(
        (
            "search",
            "--space",
            "gakan",
            "--dataset",
            dataset,
            "--seed",
            "0",
            "--workers",
            "2",
            *options,
            *EXECUTORS[executor],
            "--out",
            str(out),
        ),
        scratch,
    )
    first, *later = column(out / "history.csv", "seconds")
    trained = sum(seconds > 0 for seconds in column(out / "evaluations.csv", "seconds"))
    return {
        "wall_seconds": finished.wall_seconds,
        "first_seconds": first,
        "later_seconds": sum(later),
        "networks_trained": trained,
    }


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page."""
    datasets = list(dict.fromkeys(row["dataset"] for row in rows))
    median = {
        (dataset, executor, figure): float(
            np.median([row[figure] for row in rows if row["dataset"] == dataset and row["executor"] == executor])
        )
        for dataset in datasets
        for executor in EXECUTORS
        for figure in ("wall_seconds", "first_seconds", "later_seconds", "networks_trained")
    }
    timed = datasets[0]
    slower = median[timed, "ray", "later_seconds"] / median[timed, "threads", "later_seconds"]
    differences = [
        f"{row['dataset']}, repeat {row['repeat']}: {row['differing']}"
        for row in rows
        if row["executor"] == "ray" and row["differing"]
    ]
    report.write_page(
        path,
        "Whole searches on Ray and on threads",
        rows,
        "2 workers, nothing else running",
        [
            f"The same searches with `--workers 2` and with `--ray --workers 2` (a Ray of its own on this machine), each a "
            f"process of its own. {timed}: `{' '.join(SEARCHES.get(timed, QUICK.get(timed, ())))}`.",
            report.aims_table(
                [
                    Aim(
                        f"{timed}: seconds on 2 threads from generation 1 on",
                        LEAST_SECONDS,
                        median[timed, "threads", "later_seconds"],
                        unit=" s",
                    ),
                    Aim(f"{timed}: Ray / threads from generation 1 on", LIMIT, slower, at_least=False),
                    Aim("files that differ, all pairs", 0, len(differences), at_least=False),
                ]
            ),
            report.table(
                (
                    "search",
                    "executor",
                    "networks trained",
                    "whole command, s",
                    "generation 0, s",
                    "generations from 1 on, s",
                    "repeats",
                ),
                [
                    (
                        dataset,
                        executor,
                        *(
                            median[dataset, executor, figure]
                            for figure in ("networks_trained", "wall_seconds", "first_seconds", "later_seconds")
                        ),
                        str(len({row["repeat"] for row in rows if row["dataset"] == dataset})),
                    )
                    for dataset in datasets
                    for executor in EXECUTORS
                ],
            ),
            "Medians. On Ray, generation 0 waits for the workers: they load the kernel and unpack the problem. What is "
            "left of the whole command's time is the start of Ray, the final trainings, baselines, formula and pictures.",
            "## Same files",
            f"Every file of a run was compared: tables without their column `seconds`, `config.json` without "
            f"{', '.join(f'`{name}`' for name in EXECUTION)}, all others byte by byte; "
            f"{', '.join(f'`{name}` {why}' for name, why in UNEQUAL.items())}. "
            + (
                f"**Different:** {'; '.join(differences)}."
                if differences
                else "Every pair was equal: "
                + ", ".join(
                    f"{dataset} {next(row['files'] for row in rows if row['dataset'] == dataset)} files"
                    for dataset in datasets
                )
                + "."
            ),
        ],
    )


EXPERIMENT = Experiment("ray-search", "whole searches on Ray beside threads: time, and file by file equality", run)

if __name__ == "__main__":
    report.main(NAME, run)
