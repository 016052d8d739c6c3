"""Thirty laws of physics, from data to formula, against gplearn with the same processor time, and pykan on six."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets import DatasetInfo, register_dataset
from evokan.datasets.feynman import FEYNMAN, ROWS, FeynmanLaw
from evokan.datasets.registry import list_datasets
from evokan.problem.problem import Problem
from experiments.formula.rivals import gplearn_formula, pykan_formula
from experiments.formula.searches import runs_folder, searched
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions

SECONDS = 60.0
RECOVERED = 1e-8
"""Share of the variance of fresh rows that a recovered law leaves unexplained at most."""
SEARCH = {"population": 30, "generations": 6}
SMALLEST = ("I.12.1", "I.12.5", "I.14.4", "I.25.13", "I.29.4", "I.26.2")
"""The laws of two variables that pykan is tried on."""


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write table and page."""
    folder = context.results / ("formula-quick" if context.quick else "formula")
    _register()
    laws = FEYNMAN[4:6] if context.quick else FEYNMAN
    methods = ("evokan", "gplearn")
    rows = Rows(folder / "feynman.csv", ("law", "method", "seed"))
    pieces: list[tuple[str, str, int]] = [(law.name, method, 0) for law in laws for method in methods]
    pieces += [(name, "pykan", 0) for name in SMALLEST] if not context.quick else []
    missing = rows.missing(pieces)
    for piece in context.each("laws", missing):
        law = next(law for law in FEYNMAN if law.name == piece[0])
        rows.add(_measure(law, piece[1], piece[2], runs_folder(context)))
    page = folder / "feynman.md"
    page.write_text(report(pd.DataFrame(rows.read())), encoding="utf-8")
    return [rows.path, page]


def _register() -> None:
    known = {info.name for info in list_datasets()}
    for law in FEYNMAN:
        name = f"feynman-{law.name}"
        if name not in known:
            register_dataset(
                DatasetInfo(
                    name,
                    "regression",
                    2 * ROWS,
                    len(law.ranges),
                    law.formula,
                    "Feynman Symbolic Regression Database",
                    seeded=True,
                ),
                law.sample,
            )


def _measure(law: FeynmanLaw, method: str, seed: int, folder: Path) -> dict[str, Any]:
    problem = Problem.from_table(law.sample(0))
    table = problem.table
    began = time.process_time()
    found: str
    try:
        if method == "evokan":
            found, predicted = _evokan(law, problem, seed, folder)
        else:
            fit = gplearn_formula if method == "gplearn" else pykan_formula
            found, predicted = fit(problem, seed, SECONDS)
        reason = ""
    except (ImportError, RuntimeError, ValueError, ArithmeticError, AttributeError) as error:
        found, predicted, reason = "", np.full(len(problem.test), np.nan), f"{type(error).__name__}: {error}"[:200]
    seconds = time.process_time() - began
    truth = table.y[problem.test]
    left = float(np.mean((predicted - truth) ** 2) / np.var(truth))
    return {
        "law": law.name,
        "method": method,
        "seed": seed,
        "variables": len(law.ranges),
        "unexplained": left if np.isfinite(left) else None,
        "cpu_seconds": round(seconds, 1),
        "formula": " ".join(found.split())[:300],
        "truth": law.formula,
        "reason": reason,
        "conditions": conditions(),
    }


def _evokan(law: FeynmanLaw, problem: Problem, seed: int, folder: Path) -> tuple[str, np.ndarray[Any, Any]]:
    run, searching = searched(
        folder, f"feynman-{law.name}-{seed}", {"dataset": f"feynman-{law.name}", "seed": seed, **SEARCH}
    )
    formula = run.best.formula(time_limit=max(5.0, SECONDS - searching))
    return formula.text, formula.predict(problem.table.X[problem.test])[:, 0]


def report(table: pd.DataFrame) -> str:
    """Return the page: counts, and a row for each law."""
    for column in ("unexplained", "cpu_seconds"):
        table[column] = pd.to_numeric(table[column])
    table["recovered"] = (table.unexplained < RECOVERED) & ~table.formula.str.contains("spline")
    lines = [
        "# Thirty laws of physics",
        "",
        f"One seed, 1,000 rows without noise to search with, 1,000 fresh rows to test on; at most {SECONDS:.0f} s "
        f"of processor time a law and method, one core. evokan: a search of {SEARCH['population']} x "
        f"{SEARCH['generations']} and the formula of its chosen network. Recovered: less than {RECOVERED:g} of "
        "the variance of the fresh rows is unexplained, and no spline is left. Small networks of standard shapes "
        "over the chosen network's columns are read beside it. pykan: train, prune, auto_symbolic, train, without "
        "a time limit, on six laws of two variables; version 0.2.1 cannot prune a network of its own that has "
        "one number for all base weights, and goes on with the whole one. Its grid is updated in the first "
        "training only: later updates raised an error on five of the six laws.",
        "",
        "| method | laws tried | recovered | median unexplained variance | median CPU s |",
        "|---|---|---|---|---|",
    ]
    for method in dict.fromkeys(table.method):
        part = table[table.method == method]
        lines.append(
            f"| {method} | {len(part)} | **{int(part.recovered.sum())}** | "
            f"{part.unexplained.fillna(np.inf).median():.2g} | {part.cpu_seconds.median():.1f} |"
        )
    methods = list(dict.fromkeys(table.method))
    lines += ["", "| law | " + " | ".join(methods) + " | found by evokan |", "|---|" + "---|" * (len(methods) + 1)]
    for name in dict.fromkeys(table.law):
        part = table[table.law == name].set_index("method")
        cells = []
        for method in methods:
            if method not in part.index:
                cells.append("")
            else:
                row = part.loc[method]
                figure = f"{row.unexplained:.1g}" if np.isfinite(row.unexplained) else row.reason[:40] or "no value"
                cells.append(f"**{figure}**" if row.recovered else figure)
        ours = part.loc["evokan"].formula[:90].replace("|", "\\|") if "evokan" in part.index else ""
        lines.append(f"| {name}: `{part.truth.iloc[0]}` | " + " | ".join(cells) + f" | `{ours}` |")
    measured = "\n".join(f"- {line}" for line in dict.fromkeys(table.conditions))
    return "\n".join(lines) + f"\n\nMeasured under:\n\n{measured}\n"


EXPERIMENT = Experiment("formula-feynman", "thirty laws of physics, data to formula, against gplearn and pykan", run)
