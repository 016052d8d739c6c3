"""GA-KAN's Figure 5 again: the networks and formulas that searches find for two known laws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from evokan.plots import save
from evokan.problem.metrics import evaluate_predictions
from experiments.formula.laws import LAWS, is_law
from experiments.formula.searches import runs_folder, searched
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, measured_under, number, table
from experiments.parallel import in_order

SEEDS = 10
SEARCH = {"population": 40, "generations": 10}
PICTURE = "law_{law}.png"


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write rows, page and the network diagrams of the first seed."""
    folder = context.folder("gakan")
    size = {"population": 10, "generations": 3} if context.quick else SEARCH
    count = 1 if context.quick else context.seeds or SEEDS
    rows = Measurements(folder / "laws.csv", ("law", "seed"))
    missing = rows.missing([(law, seed) for seed in range(count) for law in LAWS])
    work = partial(measure, folder=folder, runs=runs_folder(context), size=size)
    results = in_order(work, missing, context.workers)
    for _ in context.each("laws", missing):
        rows.add(next(results))
    page = folder / "laws.md"
    page.write_text(report(pd.DataFrame(rows.values()), size), encoding="utf-8")
    return [rows.path, page, *(folder / PICTURE.format(law=law) for law in LAWS)]


def measure(key: tuple[str, int], folder: Path, runs: Path, size: Mapping[str, int]) -> dict[str, Any]:
    """Search for one law with one seed, read the network as a formula, and draw it for seed 0."""
    law, seed = key
    run, seconds = searched(runs, f"{law}-{seed}", {"dataset": law, "seed": seed, **size})
    if seed == 0:
        save(run.best.plot_network(), folder / PICTURE.format(law=law))
    formula = run.best.formula()
    problem = run.problem
    X, y = problem.table.X[problem.test], problem.table.y[problem.test]
    explanation = run.best.explanation
    live = [len({edge.source for edge in explanation.edges if edge.layer == 0})]
    live += [
        len({edge.target for edge in explanation.edges if edge.layer == layer})
        for layer in range(len(explanation.widths) - 1)
    ]
    return {
        "law": law,
        "seed": seed,
        "shape": str(live),
        "edges": len(explanation.edges),
        "n_params": run.best.metrics["n_params"],
        "network_rmse": run.best.metrics["test"]["rmse"],
        "formula_rmse": evaluate_predictions("regression", y, formula.predict(X))["rmse"],
        "exact": int(is_law(formula, LAWS[law][0])),
        "formula": formula.text[:300],
        "cpu_seconds": round(seconds, 1),
    }


def report(frame: pd.DataFrame, size: Mapping[str, int]) -> str:
    """Return the page: how many searches end in the law, and what each found."""
    parts = [
        "# Two known laws",
        f"Searches of {size['population']} x {size['generations']} with `gakan`'s defaults on 1,000 rows without "
        "noise, a fifth of them validation; errors on 1,000 fresh rows. The paper finds exp(sin(pi x) + y^2) with "
        "a network [2,1,1] and x y with [2,2,1] (arXiv 2501.17411, Figure 5). Exact: the formula of the chosen "
        "network, simplified, is the law, constants within 1e-3.",
    ]
    for law, part in frame.groupby("law", sort=False):
        written, shape = LAWS[str(law)]
        rows = [
            (
                str(row["seed"]),
                str(row["shape"]),
                str(row["edges"]),
                str(row["n_params"]),
                number(float(row["network_rmse"])),
                number(float(row["formula_rmse"])),
                "yes" if row["exact"] else "no",
                f"`{row['formula']}`",
            )
            for row in part.to_dict("records")
        ]
        parts += [
            f"## {law}: {written}",
            f"The exact law in **{int(part.exact.sum())} of {len(part)}** searches; the paper's shape "
            f"{list(shape)} in {int((part['shape'] == str(list(shape))).sum())}. Test RMSE of the network: "
            f"median {number(float(part.network_rmse.median()))}, from "
            f"{number(float(part.network_rmse.min()))} to {number(float(part.network_rmse.max()))}; live "
            f"parameters {part.n_params.median():.0f} ({part.n_params.min()} to {part.n_params.max()}). The "
            "network of seed 0:",
            f"![{law}]({PICTURE.format(law=law)})",
            table(("seed", "network", "edges", "parameters", "test RMSE", "formula's", "exact", "formula"), rows),
        ]
    parts.append(measured_under(frame.conditions, "one thread a search"))
    return "\n\n".join(parts) + "\n"


EXPERIMENT = Experiment("gakan-laws", "networks and formulas of exp-sin and product (GA-KAN, Figure 5)", run)
