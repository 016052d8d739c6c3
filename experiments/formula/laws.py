"""exp(sin(pi x) + y^2) and x y: the exact law from whole searches, and from the known best structure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets import load_dataset
from evokan.explain import Formula, Split, find_formulas
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from experiments.formula.searches import runs_folder, searched
from experiments.harness import Context, Experiment, Rows
from experiments.pages import conditions, measured_under, numbered
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import full_network

LAWS = {"exp-sin": ("exp(sin(pi*x) + y**2)", (2, 1, 1)), "product": ("x*y", (2, 2, 1))}
SEARCH = {"population": 40, "generations": 10}
PYKAN = "46 to 48 s with pykan 0.2.8, measured earlier on one core of such a machine"
CLOSE = 1e-3


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write table and page."""
    folder = context.folder("formula")
    count = 1 if context.quick else context.seeds or 10
    rows = Rows(folder / "laws.csv", ("law", "way", "seed"))
    pieces = [(law, way, seed) for seed in range(count) for law in LAWS for way in ("structure", "search")]
    for law, way, seed in context.each("laws", rows.missing(pieces)):
        rows.add(_structure(law, seed) if way == "structure" else _search(law, seed, runs_folder(context)))
    page = folder / "laws.md"
    page.write_text(report(pd.DataFrame(rows.read())), encoding="utf-8")
    return [rows.path, page]


def _structure(law: str, seed: int) -> dict[str, Any]:
    """Train the known best structure by gakan's own training, and read it."""
    problem = Problem.from_table(load_dataset(law))
    space = GAKAN()
    space.prepare(problem)
    network = full_network(LAWS[law][1], 8)
    job = TrainingJob(network, Fold(problem.train, problem.validation), seed, keep_weights=True)
    trained = space.train([job], problem, Budget())[0]
    assert trained.weights is not None
    graph = space.graph(space.model(network, problem, trained.weights), problem)
    began = time.process_time()
    formula = find_formulas(graph, Split.of(problem, graph)).best
    return _row(law, "structure", seed, formula, problem, 0.0, time.process_time() - began, network.n_edges)


def _search(law: str, seed: int, folder: Path) -> dict[str, Any]:
    found, searching = searched(folder, f"{law}-{seed}", {"dataset": law, "seed": seed, **SEARCH})
    graph = found.best.graph
    began = time.process_time()
    formula = found.best.formula()
    return _row(law, "search", seed, formula, found.problem, searching, time.process_time() - began, len(graph.edges))


def _row(
    law: str, way: str, seed: int, formula: Formula, problem: Problem, searching: float, reading: float, edges: int
) -> dict[str, Any]:
    predicted = formula.predict(problem.table.X[problem.test])[:, 0]
    truth = problem.table.y[problem.test]
    return {
        "law": law,
        "way": way,
        "seed": seed,
        "exact": int(is_law(formula, LAWS[law][0])),
        "edges": edges,
        "test_rmse": float(np.sqrt(np.mean((predicted - truth) ** 2))),
        "search_cpu_seconds": round(searching, 1),
        "formula_cpu_seconds": round(reading, 2),
        "formula": formula.text[:300],
        "conditions": conditions(),
    }


def is_law(formula: Formula, law: str) -> bool:
    """Return whether `formula` is `law` when simplified, constants within 1e-3."""
    import sympy

    names = {symbol.name: symbol for symbol in formula.outputs[0].free_symbols}
    rounded = formula.outputs[0].xreplace(
        {
            number: sympy.nsimplify(number, [sympy.pi], tolerance=CLOSE)
            for number in formula.outputs[0].atoms(sympy.Float)
        }
    )
    return bool(sympy.simplify(rounded - sympy.sympify(law, locals=names)) == 0)


def report(table: pd.DataFrame) -> str:
    """Return the page."""
    table = numbered(table, ("exact", "test_rmse", "search_cpu_seconds", "formula_cpu_seconds", "edges"))
    lines = [
        "# Exact laws",
        "",
        "`exp-sin`: exp(sin(pi x) + y^2); `product`: x y; 1,000 rows without noise, a fifth of them validation. "
        "*structure*: the known best structure ([2,1,1] and [2,2,1]), trained by gakan, then read. *search*: a "
        f"whole search of {SEARCH['population']} x {SEARCH['generations']} and the formula of its chosen network. "
        "Exact: the simplified formula is the law, constants within 1e-3. Times: processor seconds, one core.",
        "",
        "| law | from | seeds | exact | aim | edges read (median) | largest test RMSE | formula, median s | "
        "longest s | search, median s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (law, way), part in table.groupby(["law", "way"], sort=False):
        aim = "10 of 10" if way == "search" else "at most 2 s"
        lines.append(
            f"| {law} | {way} | {len(part)} | **{int(part.exact.sum())}** | {aim} | "
            f"{part.edges.median():.0f} | {part.test_rmse.max():.1e} | "
            f"{part.formula_cpu_seconds.median():.2f} | {part.formula_cpu_seconds.max():.2f} | "
            f"{part.search_cpu_seconds.median():.1f} |"
        )
    lines += [
        "",
        "Small networks of standard shapes over the columns that a network uses are fitted and read beside "
        "it (`evokan.explain.find_formulas`): an exact law is often theirs, and not the wiring of the network "
        "that the search chose.",
        "",
        f"The symbolic part from the known structure takes {PYKAN}.",
        "",
        "| law | from | seed | formula |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['law']} | {row['way']} | {row['seed']} | `{row['formula'][:120]}` |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*lines, "", measured_under(table.conditions), ""])


EXPERIMENT = Experiment("formula-laws", "exact laws from whole searches and from the known structures, ten seeds", run)
