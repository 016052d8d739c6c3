"""A hundred laws of physics, from data to formula, beside pyoperon and gplearn with the same processor time, and pykan."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets import DatasetInfo, register_dataset
from evokan.datasets.feynman import FEYNMAN, HUNDRED, ROWS, FeynmanLaw
from evokan.datasets.registry import list_datasets
from evokan.problem.problem import Problem
from experiments.formula.feynman_page import report
from experiments.formula.recovered import UNEXPLAINED, same_expression
from experiments.formula.rivals import gplearn_formula, pykan_formula
from experiments.formula.rivals_operon import operon_formula
from experiments.formula.searches import runs_folder, searched
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions

SECONDS = 60.0
SEARCH = {"population": 20, "generations": 4, "formula_seconds": 0.0, "baselines": "none", "report": False}
NOISES = (0.01, 0.05, 0.1)
EXTRA = 5
"""Irrelevant columns."""
SMALLEST = ("I.12.1", "I.12.5", "I.14.4", "I.25.13", "I.29.4", "I.26.2")
"""The laws of two variables that pykan is tried on."""
KEY = ("law", "method", "seed", "noise", "extra")

Piece = tuple[str, str, int, float, int]


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write table and page."""
    folder = context.results / ("formula-quick" if context.quick else "formula")
    rows = Rows(folder / "feynman.csv", KEY)
    missing = rows.missing(_quick() if context.quick else pieces(context.seeds or 1))
    page = folder / "feynman.md"
    for piece in context.each("laws", missing):
        rows.add(_measure(piece, runs_folder(context)))
        page.write_text(report(pd.DataFrame(rows.read()), SECONDS, SEARCH), encoding="utf-8")
    page.write_text(report(pd.DataFrame(rows.read()), SECONDS, SEARCH), encoding="utf-8")
    return [rows.path, page]


def pieces(seeds: int) -> list[Piece]:
    """Return all pieces of work, those first that a first figure needs."""
    first, names = [law.name for law in FEYNMAN], [law.name for law in HUNDRED]
    plain = (0.0, 0)
    found: Iterator[Piece]
    parts = [
        [(name, "evokan", 0, *plain) for name in names],
        [(name, "operon", 0, *plain) for name in first],
        [(name, "evokan", 0, 0.05, 0) for name in first],
        [(name, "evokan", 0, 0.0, EXTRA) for name in first],
        [(name, "operon", 0, 0.05, 0) for name in first],
        [(name, "operon", 0, 0.0, EXTRA) for name in first],
        [(name, "operon", 0, *plain) for name in names[len(first) :]],
        [(name, "evokan", 0, noise, 0) for noise in NOISES if noise != NOISES[1] for name in first],
        [(name, "evokan", seed, *plain) for seed in range(1, seeds) for name in names],
        [(name, "gplearn", 0, *plain) for name in names],
        [(name, "gplearn", 0, 0.05, 0) for name in first],
        [(name, "pykan", 0, *plain) for name in SMALLEST],
    ]
    found = (piece for part in parts for piece in part)
    return list(found)


def _quick() -> list[Piece]:
    return [(law.name, method, 0, 0.0, 0) for law in FEYNMAN[4:6] for method in ("evokan", "gplearn")]


def _register(law: FeynmanLaw, noise: float, extra: int) -> str:
    """Return the name of the data set of a law, registered."""
    name = f"feynman-{law.name}" + f"-noise-{noise:g}" * (noise > 0) + f"-extra-{extra}" * (extra > 0)
    if name not in {info.name for info in list_datasets()}:
        info = DatasetInfo(
            name,
            "regression",
            2 * ROWS,
            len(law.ranges) + extra,
            law.formula,
            "Feynman Symbolic Regression Database",
            seeded=True,
        )
        register_dataset(info, partial(law.sample, noise=noise, extra=extra))
    return name


def _measure(piece: Piece, folder: Path) -> dict[str, Any]:
    name, method, seed, noise, extra = piece
    law = next(law for law in HUNDRED if law.name == name)
    problem = Problem.from_table(law.sample(0, noise, extra))
    table = problem.table
    began = time.process_time()
    found: str
    kind = reason = ""
    try:
        if method == "evokan":
            found, predicted, kind = _evokan(_register(law, noise, extra), problem, seed, folder)
        else:
            fit = {"operon": operon_formula, "gplearn": gplearn_formula, "pykan": pykan_formula}[method]
            found, predicted = fit(problem, seed, SECONDS)
    except (ImportError, RuntimeError, ValueError, ArithmeticError, AttributeError) as error:
        found, predicted, reason = "", np.full(len(problem.test), np.nan), f"{type(error).__name__}: {error}"[:200]
    seconds = time.process_time() - began
    truth = table.y[problem.test]
    left = float(np.mean((predicted - truth) ** 2) / np.var(truth))
    # With noise the constants are off, and the expression alone may tell.
    same = same_expression(found, law) if found and (noise or left < UNEXPLAINED) and method != "gplearn" else None
    return {
        "law": law.name,
        "method": method,
        "seed": seed,
        "noise": noise,
        "extra": extra,
        "variables": len(law.ranges),
        "unexplained": left if np.isfinite(left) else None,
        "same_expression": "" if same is None else int(same),
        "kind": kind,
        "cpu_seconds": round(seconds, 1),
        "formula": " ".join(found.split())[:400],
        "truth": law.formula,
        "reason": reason,
        "conditions": conditions(),
    }


def _evokan(name: str, problem: Problem, seed: int, folder: Path) -> tuple[str, np.ndarray[Any, Any], str]:
    run, searching = searched(folder, f"{name}-{seed}", {"dataset": name, "seed": seed, **SEARCH})
    formula = run.best.formula(time_limit=max(5.0, SECONDS - searching))
    return formula.text, formula.predict(problem.table.X[problem.test])[:, 0], formula.kind


EXPERIMENT = Experiment(
    "formula-feynman", "a hundred laws of physics, data to formula, beside pyoperon, gplearn and pykan", run
)
