"""GA-KAN's Figures 7 to 10 and Equations 8 to 10 again: what the networks of Wine and Iris say, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets import load_dataset
from evokan.plots import save
from evokan.problem.metrics import evaluate_predictions
from experiments.formula.searches import runs_folder, searched
from experiments.gakan.features import feature_table, plot_features
from experiments.gakan.published import PUBLISHED
from experiments.gakan.tables_models import EVOLVED, EVOLVED_PAPER
from experiments.gakan.tables_report import complete_splits
from experiments.harness import Context, Experiment, Rows
from experiments.pages import Measurements, measured_under, table
from experiments.parallel import in_order

DATASETS = ("wine", "iris")
SPLIT = 100
SEARCH = {"population": 40, "generations": 10}
SECONDS = 30.0
"""For the formulas of a network."""
CLAIMS = {
    "wine": "The paper's network has one layer; it drops Nonflavanoid_phenols and leans on Color_intensity.",
    "iris": "The paper's network has one layer, [4,3] with grid 4.",
}
"""arXiv 2501.17411, Section IV."""
CLAIMED = {"wine": ("nonflavanoid_phenols", "color_intensity")}
"""The columns that it speaks of."""


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write rows, page and pictures; features are counted in the rows of `gakan-tables`."""
    folder = context.folder("gakan")
    size = {"population": 10, "generations": 2} if context.quick else SEARCH
    rows = Measurements(folder / "interpretation.csv", ("dataset", "split"))
    missing = rows.missing([(name, SPLIT) for name in DATASETS])
    work = partial(measure, folder=folder, runs=runs_folder(context), size=size)
    results = in_order(work, missing, context.workers)
    for _ in context.each("networks", missing):
        rows.add(next(results))
    page = folder / "interpretation.md"
    tables = {name: kept for name in PUBLISHED if len(kept := kept_features(folder / "tables" / f"{name}.csv", name))}
    pictures = [folder / f"{kind}_{name}.png" for name in DATASETS for kind in ("network", "importances")]
    for name, kept in tables.items():
        pictures.append(save(plot_features(kept), folder / f"features_{name}.png"))
    page.write_text(report(rows.values(), tables, size), encoding="utf-8")
    return [rows.path, page, *pictures]


def measure(key: tuple[str, int], folder: Path, runs: Path, size: Mapping[str, int]) -> dict[str, Any]:
    """Search once, draw the chosen network and its importances, and read it as formulas."""
    name, split = key
    run, seconds = searched(runs, f"{name}-{split}", {"dataset": name, "seed": split, "split_seed": split, **size})
    save(run.best.plot_network(), folder / f"network_{name}.png")
    save(run.plot_importances(), folder / f"importances_{name}.png")
    formulas = run.best.formulas(time_limit=SECONDS)
    own = formulas.get("network")
    problem = run.problem
    X, y = problem.table.X[problem.test], problem.table.y[problem.test]
    used = {edge.source for edge in run.best.explanation.edges if edge.layer == 0}
    return {
        "dataset": name,
        "split": split,
        "widths": str(list(run.best.explanation.widths)),
        "edges": len(run.best.explanation.edges),
        "network_accuracy": run.best.metrics["test"]["accuracy"],
        "formula_accuracy": evaluate_predictions("classification", y, own.predict(X))["accuracy"],
        "dropped": ", ".join(label for i, label in enumerate(problem.table.feature_names) if i not in used),
        "complexity": own.complexity,
        "complete": int(formulas.complete),
        "formula": "; ".join(own.text.splitlines()),
        "headline": own.headline,
        "cpu_seconds": round(seconds, 1),
    }


def kept_features(path: Path, dataset: str) -> pd.DataFrame:
    """Return, for both presets and every column, on which share of the splits it is kept, and its importance there.

    Parameters
    ----------
    path
        Rows of `experiments.gakan.tables` of one data set; none gives an empty frame.
    """
    found = pd.DataFrame(Rows(path, ("dataset", "split", "part")).read())
    if found.empty:
        return found
    found = complete_splits(found)
    found = found[found.importances != ""]
    return feature_table(found, load_dataset(dataset).feature_names, (EVOLVED, EVOLVED_PAPER))


def report(rows: Sequence[Mapping[str, Any]], tables: Mapping[str, pd.DataFrame], size: Mapping[str, int]) -> str:
    """Return the page."""
    parts = [
        "# What the networks say",
        f"One search of {size['population']} x {size['generations']} a table, with `gakan`'s defaults on split "
        f"seed {SPLIT} (Figures 7 to 10 and Equations 8 to 10 of arXiv 2501.17411); then, over all splits of "
        "`tables.md`, how often evolution keeps a column, next to its importance.",
    ]
    for row in rows:
        name = str(row["dataset"])
        said = f" {row['headline']}." if row.get("headline") else ""
        whole = "" if row["complete"] else f" The search for formulas was cut off after {SECONDS:.0f} s."
        parts += [
            f"## {name}: one network",
            CLAIMS[name],
            f"Ours: {row['widths']} with {row['edges']} edges, test accuracy {row['network_accuracy']:.4f}; columns "
            f"left out: {row['dropped'] or 'none'}.",
            f"![network](network_{name}.png)",
            f"![importances](importances_{name}.png)",
            f"Its formula, read edge by edge (the largest score is the class; raw units; test accuracy "
            f"{row['formula_accuracy']:.4f}, complexity {row['complexity']}).{said}{whole}",
            "```\n" + str(row["formula"]).replace("; ", "\n") + "\n```",
        ]
    for name, kept in tables.items():
        parts += [
            f"## {name}: columns over the splits",
            f"![columns](features_{name}.png)",
            *_claimed(kept, CLAIMED.get(name, ())),
            _features(kept),
        ]
    if not tables:
        parts.append("How often a column is kept follows from `gakan-tables`, which has not been run here yet.")
    parts.append(measured_under((row["conditions"] for row in rows), "one thread a search"))
    return "\n\n".join(parts) + "\n"


def _claimed(kept: pd.DataFrame, features: Sequence[str]) -> list[str]:
    """Return a sentence on the columns that the paper speaks of, as the evolved networks have them."""
    own = kept[kept.model == EVOLVED].set_index("feature")
    ranks = own.importance.rank(ascending=False, method="min")
    told = [
        f"{feature} is kept on {own.kept[feature]} of {own.splits[feature]} splits and has "
        f"{100 * own.importance[feature]:.1f} % of the importance (place {ranks[feature]:.0f} of {len(own)})"
        for feature in features
        if feature in own.index
    ]
    return [f"What the paper says of one split, over ours: {'; '.join(told)}."] if told else []


def _features(kept: pd.DataFrame) -> str:
    """Return the table of columns: the most important ones of the default preset first."""
    presets = [preset for preset in (EVOLVED, EVOLVED_PAPER) if preset in set(kept.model)]
    order = kept[kept.model == presets[0]].sort_values("importance", ascending=False, kind="stable").feature
    lines = []
    for feature in order:
        cells = []
        for preset in presets:
            row = kept[(kept.model == preset) & (kept.feature == feature)].iloc[0]
            spread = "" if np.isnan(row.importance_sd) else f" (sd {100 * row.importance_sd:.1f})"
            cells += [f"{row.kept} of {row.splits}", f"{100 * row.importance:.1f} %{spread}"]
        lines.append((str(feature), *cells))
    header = [cell for preset in presets for cell in (f"kept, {preset}", "importance")]
    return table(("column", *header), lines)


EXPERIMENT = Experiment("gakan-interpretation", "networks and formulas of Wine and Iris (GA-KAN, Figures 7 to 10)", run)
