"""A hundred laws of physics, from data to formula, beside pyoperon and gplearn with the same processor time, and pykan."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets import DatasetInfo, register_dataset
from evokan.datasets.feynman import FEYNMAN, HUNDRED, ROWS, FeynmanLaw
from evokan.datasets.registry import list_datasets
from evokan.problem.problem import Problem
from evokan.runs.tables import to_line
from evokan.runs.vault import Vault
from experiments.formula.feynman_page import LEAST, METHODS, report
from experiments.formula.feynman_verdicts import OPERON, SHORT, TABLE
from experiments.formula.recovered import UNEXPLAINED, same_expression
from experiments.formula.rivals import Found, gplearn_formula, pykan_formula
from experiments.formula.rivals_operon import operon_formula
from experiments.formula.rivals_table import table_formula
from experiments.formula.searches import runs_folder, searched
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions
from experiments.parallel import guarded

SECONDS, QUICK_SECONDS = 60.0, 5.0
SEEDS = 3
"""Of evokan; the rivals have one."""
LIMIT = 15 * 60
"""Processor seconds after which a piece is given up; by the clock see `experiments.parallel.PATIENCE`."""
SEARCH = {"population": 20, "generations": 4, "formula_seconds": 0.0, "baselines": "none", "report": False}
NOISES = (0.01, 0.05, 0.1)
EXTRA = 5
"""Irrelevant columns."""
SMALLEST = ("I.12.1", "I.12.5", "I.14.4", "I.25.13", "I.29.4", "I.26.2")
"""The laws of two variables that pykan is tried on."""
RIVALS: dict[str, tuple[str, Callable[[Problem, int, float], Found]]] = {
    OPERON: ("pyoperon", operon_formula),
    SHORT: ("pyoperon", partial(operon_formula, shortest=True)),
    "gplearn": ("gplearn", gplearn_formula),
    "pykan": ("kan", pykan_formula),
    TABLE: ("evokan", table_formula),
}
"""The module and the way of each."""
ABSENT = "not installed"
KEY = ("law", "method", "seed", "noise", "extra")

Piece = tuple[str, str, int, float, int]
Work = tuple[Piece, Path, float]
"""A piece, the folder of the runs, and the seconds for it."""


def run(context: Context) -> Sequence[Path]:
    """Run what is missing on as many processes as there are workers, and write table and page."""
    folder = context.folder("formula")
    seconds = QUICK_SECONDS if context.quick else SECONDS
    drop_outdated(folder / "feynman.csv")
    rows = Rows(folder / "feynman.csv", KEY)
    missing = rows.missing(_quick() if context.quick else pieces(context.seeds or SEEDS))
    works = [(piece, runs_folder(context), seconds) for piece in missing]
    page = folder / "feynman.md"
    done = guarded(measure, works, context.workers, LIMIT, given_up, as_done=True)
    for _ in context.each("laws", works):
        rows.add(next(done))
        page.write_text(report(pd.DataFrame(rows.read()), seconds, SEARCH), encoding="utf-8")
    page.write_text(report(pd.DataFrame(rows.read()), seconds, SEARCH), encoding="utf-8")
    return [rows.path, page]


def pieces(seeds: int) -> list[Piece]:
    """Return all pieces of work in the order in which they are done: first what the aims ask for."""
    first, names = [law.name for law in FEYNMAN], [law.name for law in HUNDRED]
    others = names[len(first) :]
    plain = (0.0, 0)
    parts: list[list[Piece]] = [
        [(name, "evokan", 0, *plain) for name in names],
        [(name, OPERON, 0, *plain) for name in first],
        [(name, TABLE, 0, *plain) for name in names],
        [(name, TABLE, 0, *harder) for harder in ((0.05, 0), (0.0, EXTRA)) for name in first],
        [(name, "evokan", 0, noise, 0) for noise in sorted(NOISES, key=lambda n: n != 0.05) for name in first],
        [(name, method, 0, 0.05, 0) for method in (OPERON, SHORT) for name in first],
        [(name, "evokan", 0, 0.0, EXTRA) for name in first],
        [(name, OPERON, 0, 0.0, EXTRA) for name in first],
        [(name, OPERON, 0, *plain) for name in others],
        [(name, "evokan", seed, *plain) for seed in range(1, seeds) for name in names],
        [(name, "gplearn", 0, *plain) for name in names],
        [(name, "gplearn", 0, 0.05, 0) for name in first],
        [(name, "pykan", 0, *plain) for name in SMALLEST],
    ]
    return [piece for part in parts for piece in part]


def _quick() -> list[Piece]:
    law = FEYNMAN[5].name
    return [
        (FEYNMAN[4].name, "evokan", 0, 0.0, 0),
        *((law, method, 0, noise, 0) for noise in (0.0, 0.05) for method in ("evokan", OPERON)),
        (law, "evokan", 0, 0.0, EXTRA),
        (law, "gplearn", 0, 0.0, 0),
        (law, TABLE, 0, 0.0, 0),
    ]


def drop_outdated(path: Path) -> None:
    """Drop the rows that are measured anew: of a method that is no more, or that was not installed and is now."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    kept = [row for row in rows if row.get("method") in METHODS and not _installed_now(row)]
    if len(kept) < len(rows):
        text = "".join([to_line(names), *(to_line(row[name] for name in names) for row in kept)])
        Vault(path.parent).replace(path, text)


def _installed_now(row: dict[str, str]) -> bool:
    module, _ = RIVALS.get(row["method"], ("", None))
    return ABSENT in row["reason"] and bool(module) and find_spec(module) is not None


def register(law: FeynmanLaw, noise: float, extra: int) -> str:
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


def measure(work: Work) -> dict[str, Any]:
    """Return the row of a piece; one that fails says why."""
    (name, method, seed, noise, extra), folder, limit = work
    law = _law(name)
    problem = Problem.from_table(law.sample(0, noise, extra))
    began = time.process_time()
    found, kind, reason, earlier = "", "", "", 0.0
    predicted = np.full(len(problem.test), np.nan)
    try:
        if method == "evokan":
            found, predicted, kind, earlier = _evokan(register(law, noise, extra), problem, seed, folder, limit)
        else:
            found, predicted = RIVALS[method][1](problem, seed, limit)
    except Exception as error:
        # Whatever a rival or we stumble over is a result: the row says it, and the others are measured.
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    seconds = earlier + time.process_time() - began
    truth = problem.table.y[problem.test]
    with np.errstate(all="ignore"):
        left = float(np.mean((predicted - truth) ** 2) / np.var(truth))
    # With noise the constants are off, and the expression alone may tell.
    same = same_expression(found, law) if found and (noise or left < UNEXPLAINED) and method != "gplearn" else None
    return _row(work, seconds, reason) | {
        "unexplained": left if np.isfinite(left) else None,
        "same_expression": "" if same is None else int(same),
        "kind": kind,
        "formula": " ".join(found.split())[:400],
    }


def given_up(work: Work, reason: str, seconds: float) -> dict[str, Any]:
    """Return the row of a piece that did not come to an end."""
    return _row(work, seconds, reason)


def _law(name: str) -> FeynmanLaw:
    return next(law for law in HUNDRED if law.name == name)


def _row(work: Work, seconds: float, reason: str) -> dict[str, Any]:
    """Return the row of a piece that found nothing."""
    name, method, seed, noise, extra = work[0]
    law = _law(name)
    return {
        "law": law.name,
        "method": method,
        "seed": seed,
        "noise": noise,
        "extra": extra,
        "variables": len(law.ranges),
        "unexplained": None,
        "same_expression": "",
        "kind": "",
        "cpu_seconds": round(seconds, 1),
        "formula": "",
        "truth": law.formula,
        "reason": reason,
        # Of evokan's and pykan's versions the conditions tell anyway.
        "conditions": conditions(*([] if method in ("evokan", TABLE, "pykan") else [RIVALS[method][0]])),
    }


def _evokan(
    name: str, problem: Problem, seed: int, folder: Path, limit: float
) -> tuple[str, np.ndarray[Any, Any], str, float]:
    """Return formula, values, kind, and the processor seconds that a search took which was kept."""
    began = time.process_time()
    run, searching = searched(folder, f"{name}-{seed}", {"dataset": name, "seed": seed, **SEARCH})
    earlier = max(0.0, searching - (time.process_time() - began))
    formula = run.best.formula(time_limit=max(LEAST, limit - searching))
    return formula.text, formula.predict(problem.table.X[problem.test])[:, 0], formula.kind, earlier


EXPERIMENT = Experiment(
    "formula-feynman", "a hundred laws of physics, data to formula, beside pyoperon, gplearn and pykan", run
)
