"""Searches of large tables through the command line, with a time limit: does it hold, what comes out, in what memory."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evokan.datasets import load_table
from evokan.runs.run import Run
from experiments import pages as report
from experiments.benchmarks.large_tables import (
    ACTIVE,
    INFORMATIVE,
    TARGET,
    best_log_loss,
    many_columns,
    many_rows,
    write,
)
from experiments.benchmarks.whole_search import call
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row

NAME = "large_searches"


@dataclass(frozen=True)
class Case:
    """One search: of a table (`WINE`, `WIDE`, or so many rows of 20 columns), and its limit in seconds."""

    table: str
    seconds: int

    @property
    def rows(self) -> int:
        """Of the table with 20 columns; 0 of another."""
        return int(self.table.removesuffix(MANY).replace(",", "")) if self.table.endswith(MANY) else 0


WINE, WIDE, MANY = "wine", "300 x 2,000", " x 20"
CASES = (
    Case(WINE, 30),
    Case(WIDE, 30),
    Case(f"100,000{MANY}", 30),
    Case(WIDE, 300),
    Case(f"100,000{MANY}", 600),
    Case(f"1,000,000{MANY}", 1800),
)
"""The short ones first: a run of this that is stopped goes on with what has no row."""
QUICK = (Case(WINE, 30), Case(f"2,000{MANY}", 30))


def run(context: Context) -> Sequence[Path]:
    """Run every search that has no row yet; ``--quick`` two small ones."""
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("table", "limit"))
    cases = {(case.table, case.seconds): case for case in (QUICK if context.quick else CASES)}
    page = table.path.with_suffix(".md")
    for key in context.each("searches", table.missing(cases)):
        with tempfile.TemporaryDirectory() as folder:
            table.add({"table": key[0], "limit": key[1], **measure(cases[key], Path(folder), context.workers)})
        write_page(table.values(), page)
    return [table.path, page]


def measure(case: Case, folder: Path, workers: int) -> Row:
    """Make the table of a case, search it as a process of its own, and return the figures."""
    out, data = folder / "run", folder / "data.csv"
    source: tuple[str, ...] = ("--dataset", WINE)
    if case.table != WINE:
        write(data, *(many_rows(case.rows) if case.rows else many_columns()))
        source = ("--data", str(data), "--target", TARGET)
    arguments = ("search", "--space", "gakan", *source, "--seed", "0", "--quiet")
    call(
        ("search", "--space", "gakan", "--dataset", "iris", "--population", "4", "--generations", "0", "--quiet"),
        folder,
    )
    finished = call(
        (*arguments, "--time-limit", str(case.seconds), "--workers", str(workers), "--out", str(out)), folder
    )
    return {
        "note": "",
        "workers": workers,
        "wall_seconds": round(finished.wall_seconds, 1),
        "cpu_seconds": round(finished.cpu_seconds, 1),
        "peak_mb": round(finished.peak_mb),
        **figures(out, case, data),
    }


def figures(out: Path, case: Case, data: Path) -> Row:
    """Return what a run says of itself; raises `RuntimeError` where it is not a finished one."""
    run = Run(out)
    if not run.finished or run.damages():
        raise RuntimeError(f"the search of {case.table} in {case.seconds} s has left no finished run")
    config: dict[str, Any] = json.loads((out / "config.json").read_text())
    metrics: dict[str, Any] = json.loads((out / "best" / "metrics.json").read_text())
    name = "rmse" if case.table == WIDE else "log_loss"
    boosting = metrics["baselines"].get("hist_gradient_boosting", {})
    network = json.loads((out / "best" / "architecture.json").read_text())["explanation"]
    used = [column for column, weight in zip(network["input_names"], network["importances"], strict=True) if weight > 0]
    return {
        "networks": config["clock"]["parts"]["search"]["networks"],
        "generations": len(run.history),
        "rungs": " ".join(f"{rows:,}" for rows in config["rungs"]),
        "figure": name,
        "ours": metrics["test"][name],
        "boosting": boosting.get(name, ""),
        "best_possible": _best_possible(data, config) if case.rows else "",
        "parameters": metrics["n_params"],
        "columns": len(used),
        "informative": ""
        if case.table == WINE
        else len(set(used) & set(INFORMATIVE if case.table == WIDE else ACTIVE)),
    }


def _best_possible(data: Path, config: dict[str, Any]) -> float:
    """Return the mean cross-entropy of the true probabilities on the test rows."""
    from evokan.problem.problem import Problem

    problem = Problem.from_table(load_table(data, TARGET), split_seed=config["settings"]["split_seed"])
    return best_log_loss(problem.table.X[problem.test], np.asarray(problem.table.y[problem.test], dtype=np.int64))


def aims(rows: Sequence[Row]) -> list[report.Aim]:
    """Return what was to be reached, of the searches that have a row."""
    found = []
    for row in rows:
        name = f"{row['table']}, {row['limit']} s"
        found.append(report.Aim(f"{name}: wall time", 1.1 * row["limit"], row["wall_seconds"], False, " s"))
        if row["limit"] == 30:
            continue
        if row["table"] == WIDE:
            found.append(report.Aim(f"{name}: informative columns, of 5", 4, row["informative"]))
            continue
        found += [
            report.Aim(f"{name}: log-loss beside boosting's", row["boosting"], row["ours"], False),
            report.Aim(
                f"{name}: log-loss beside the best possible", 1.02, row["ours"] / row["best_possible"], False, " times"
            ),
            report.Aim(f"{name}: memory", 8000, row["peak_mb"], False, " MB"),
        ]
    return found


def write_page(rows: Sequence[Row], path: Path) -> None:
    """Write the page."""
    lines = [
        (
            str(row["table"]),
            f"{row['limit']} s",
            f"{row['wall_seconds']} s",
            f"{row['cpu_seconds']} s",
            f"{row['peak_mb']} MB",
            str(row["networks"]),
            str(row["generations"]),
            str(row["rungs"]),
            str(row["figure"]),
            row["ours"],
            row["boosting"],
            row["best_possible"],
            str(row["parameters"]),
            f"{row['columns']} ({row['informative']})" if row["informative"] != "" else str(row["columns"]),
            str(row["note"]),
        )
        for row in rows
    ]
    report.write_page(
        path,
        "Searches of large tables with a time limit",
        rows,
        "workers as stated",
        [
            f"`evokan search --space gakan --data FILE --target {TARGET} --time-limit SECONDS`, everything else as it comes: "
            "a process of its own from its start to its end, reading the file included, kernels compiled; memory is that "
            "of the largest process. A row is written only of a finished run, whatever the limit. The tables are "
            "made by `experiments/benchmarks/large_tables.py`: two classes out of eight of 20 columns, two pairs of which "
            "act together; or a number out of five of 2,000 columns. Test figures of the chosen network, of gradient "
            "boosting (scikit-learn's, on all rows but the test part), and of the probabilities that the classes were "
            "drawn with, which nothing can beat.",
            report.aims_table(aims(rows)),
            "A search on all rows, with ten times the time, cannot end below the best possible loss: what the one with rungs "
            "is above that bounds what rungs cost.",
            report.table(
                (
                    "table",
                    "limit",
                    "wall",
                    "CPU",
                    "memory",
                    "networks",
                    "whole generations",
                    "rungs",
                    "figure",
                    "network",
                    "boosting",
                    "best possible",
                    "parameters",
                    "columns (informative)",
                    "note",
                ),
                lines,
            ),
        ],
    )


EXPERIMENT = Experiment(
    "large-searches", "searches of Wine, of up to 1,000,000 rows, and of 2,000 columns, in given time", run
)

if __name__ == "__main__":
    report.main(NAME, run)
