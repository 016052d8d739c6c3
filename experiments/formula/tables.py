"""Tables: what a network's own formula costs, printed in few terms, beside other models that can be read."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokan.explain.formulas.formula import Formula
from evokan.explain.formulas.front import TERMS, printable_one
from evokan.problem.metrics import Figures, evaluate_predictions
from evokan.problem.problem import Problem
from experiments.comparison.glass_boxes import glass_box
from experiments.formula.searches import runs_folder, searched
from experiments.formula.tables_page import READABLE, page
from experiments.gakan.rivalry import CLASSIFICATION, FEW, FIRST_SPLIT, REGRESSION
from experiments.harness import Context, Experiment
from experiments.pages import Measurements
from experiments.study import at_hand

SEARCH = {"population": 40, "generations": 10, "formula_seconds": 0.0, "baselines": "none", "report": False}
SPLITS = 5
SETTINGS = 12
"""Settings that a rival is tuned over, by five folds."""
KEYS = ("dataset", "split")


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write table and page."""
    folder = context.folder("formula")
    names = at_hand(["iris"] if context.quick else [*CLASSIFICATION, *REGRESSION], silent=context.silent)
    count = 1 if context.quick else context.seeds or SPLITS
    pieces = [
        (name, split)
        for split in range(FIRST_SPLIT, FIRST_SPLIT + count)
        for name in names
        if split < FIRST_SPLIT + FEW.get(name, count)
    ]
    rows = Measurements(folder / "tables.csv", KEYS)
    written = folder / "tables.md"
    for name, split in context.each("tables", rows.missing(pieces)):
        rows.add(measure(name, split, runs_folder(context)))
        written.write_text(page(rows.values(), SEARCH), encoding="utf-8")
    written.write_text(page(rows.values(), SEARCH), encoding="utf-8")
    return [rows.path, written]


def measure(dataset: str, split: int, folder: Path) -> dict[str, Any]:
    """Return the row of a split: the network, its formulas, laws, and the rivals."""
    found, _ = searched(
        folder, f"{dataset}-{split}", {"dataset": dataset, "seed": split, "split_seed": split, **SEARCH}
    )
    problem = found.problem
    new = problem.table.X[problem.test]
    began = time.process_time()
    formulas = found.best.formulas()
    seconds = time.process_time() - began
    row: dict[str, Any] = {
        "dataset": dataset,
        "split": split,
        "classes": int(problem.task.has_classes),
        "outputs": len(formulas.best.outputs),
        "network": figure(problem, found.best.outputs(new)),
        "edges": len(found.best.graph.edges),
    }
    own = [one for one in formulas if one.kind == "network"]
    law = formulas.get("law") if "law" in formulas.chosen else None
    for name, one in (("whole", own[-1]), ("printed", formulas.get("network")), ("law", law)):
        row |= _told(name, one, problem)
    for name in READABLE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a lasso that has not settled to the last digit will do
            product = glass_box(name, dataset, split, SETTINGS)
        row |= {name: figure(product.problem, product.scores), f"{name}_terms": product.terms}
    return row | {"cpu_seconds": round(seconds, 1), "text": "; ".join(formulas.get("network").text.splitlines())}


def figure(problem: Problem, scores: Any) -> float | None:
    """Return the accuracy on the test rows, or their RMSE."""
    name = "accuracy" if problem.task.has_classes else "rmse"
    figures: Figures = evaluate_predictions(
        problem.task, problem.table.y[problem.test], np.asarray(scores, dtype=np.float64)
    )
    return figures[name]


def _told(name: str, formula: Formula | None, problem: Problem) -> dict[str, Any]:
    if formula is None:
        return {name: None, f"{name}_terms": None, f"{name}_splines": None, f"{name}_printable": None}
    return {
        name: figure(problem, formula.predict(problem.table.X[problem.test])),
        f"{name}_terms": formula.terms,
        f"{name}_splines": len(formula.tables),
        f"{name}_printable": int(printable_one(formula)),
    }


EXPERIMENT = Experiment(
    "formula-tables",
    f"what a network's own formula in at most {TERMS} terms an output costs on tables, beside models that can be read",
    run,
)
