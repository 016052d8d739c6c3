"""How the defaults of `gakan` were chosen: fitness, penalties, parsimony, the choice and the final fit.

Everything is decided on split seeds 0 to 9; `experiments.gakan.accuracy` reports on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evokan.experiments import Context, Experiment, Rows
from experiments.gakan.study import Piece, run_pieces

CHOICES = ("best-loss", "one-se", "knee", "smallest:0.05", "smallest:0.2")
REFITS = ("development", "holdout")
NONE = {"ridge": 0.0, "roughness": 0.0, "l1": 0.0}


def _variant(folds: int = 5, parsimony: str = "ties", **penalties: float) -> dict[str, Any]:
    return {"folds": folds, "parsimony": parsimony, "space_options": {**NONE, **penalties}}


VARIANTS: dict[str, dict[str, Any]] = {
    "5 folds, ridge 0.01": _variant(ridge=0.01),
    "5 folds, ridge 0.003": _variant(ridge=0.003),
    "5 folds, ridge 0.03": _variant(ridge=0.03),
    "5 folds": _variant(),
    "hold-out": _variant(folds=1),
    "5 folds, ridge 0.01, roughness 0.01": _variant(ridge=0.01, roughness=0.01),
    "5 folds, ridge 0.01, one-se parsimony": _variant(parsimony="one-se", ridge=0.01),
    "5 folds, l1 0.001": _variant(l1=0.001),
}
COMPARED = ("5 folds, ridge 0.01", "5 folds, ridge 0.003", "5 folds, ridge 0.03", "5 folds")
SPLITS = {"wine": 8, "iris": 6, "wdbc": 3, "raisin": 3}
"""Number of split seeds from 0: fewer where a search takes long."""
SEARCH = {"population": 40, "generations": 8}


def run(context: Context) -> Sequence[Path]:
    """Run what is missing, and write the table and the page."""
    folder = context.results / "gakan"
    rows = Rows(folder / "defaults.csv", ("variant", "dataset", "split"))
    splits = {"wine": 1, "iris": 1} if context.quick else SPLITS
    search = {"population": 10, "generations": 2} if context.quick else SEARCH
    pieces = {
        (name, dataset, split): Piece(name, dataset, split, {**VARIANTS[name], **search}, CHOICES, REFITS)
        for dataset, count in splits.items()
        for split in range(min(count, context.seeds or count))
        for name in COMPARED
    }
    missing = [pieces[key] for key in rows.missing(list(pieces))]
    results = run_pieces(missing, context.workers)
    for _ in context.each("searches", missing):
        rows.add(*next(results))
    page = folder / "defaults.md"
    page.write_text(report(pd.DataFrame(rows.read()), search), encoding="utf-8")
    return [rows.path, page]


def report(table: pd.DataFrame, search: dict[str, int]) -> str:
    """Return the page: means over the splits, by variant and by rules."""
    for column in ("accuracy", "log_loss", "n_params", "cpu_seconds"):
        table[column] = pd.to_numeric(table[column])
    lines = ["# How the defaults of `gakan` were chosen", "",
             f"Searches of {search['population']} x {search['generations']}; split seeds from 0, as many as the column "
             "`splits` says. Means over the splits. The product is one network.", "",
             "## Fitness and penalties", "", "Choice `best-loss`, final fit on train and validation rows.", ""]
    first = table[(table.choose == "best-loss") & (table.refit == "development")]
    lines += _markdown(first, ["dataset", "variant"])
    lines += ["", "## Choice and final fit", "", "Means over all five tables, each weighing the same.", ""]
    for variant in ("5 folds", "5 folds, ridge 0.01"):
        part = table[table.variant == variant]
        means = part.groupby(["choose", "refit", "dataset"])[["accuracy", "log_loss", "n_params"]].mean()
        summary = means.groupby(["choose", "refit"]).mean().reset_index()
        lines += [f"### {variant}", "", "| choice | final fit | accuracy | log-loss | parameters |",
                  "|---|---|---|---|---|"]
        lines += [f"| {r.choose} | {r.refit} | {r.accuracy:.4f} | {r.log_loss:.4f} | {r.n_params:.0f} |"
                  for r in summary.itertuples()]
        lines.append("")
    return "\n".join(lines) + "\n"


def _markdown(table: pd.DataFrame, keys: list[str]) -> list[str]:
    grouped = table.groupby(keys, sort=False)
    lines = ["| table | variant | splits | accuracy | log-loss | parameters | CPU s |", "|---|---|---|---|---|---|---|"]
    for (dataset, variant), part in grouped:
        lines.append(f"| {dataset} | {variant} | {part.split.nunique()} | {part.accuracy.mean():.4f} "
                     f"| {part.log_loss.mean():.4f} | {part.n_params.mean():.0f} | {part.cpu_seconds.mean():.1f} |")
    return lines


EXPERIMENT = Experiment("gakan-defaults", "how the defaults of gakan were chosen (split seeds 0 to 9)", run)
