"""How the defaults of `gakan` were chosen: fitness, penalties, parsimony, the choice and the final fit.

Everything is decided on split seeds 0 to 9; `experiments.gakan.tables` reports on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.harness import Context, Experiment, Rows
from experiments.pages import numbered
from experiments.parallel import as_done
from experiments.study import Piece, run_piece

CHOICES = ("best-loss", "one-se", "knee", "smallest:0.05", "smallest:0.2")
REFITS = ("development", "holdout")
NONE = {"ridge": 0.0, "base_ridge": 0.0, "roughness": 0.0, "l1": 0.0}


def _variant(
    ridge: float, fold_stop: str = "own", base_ridge: float | None = None, roughness: float = 0.0
) -> dict[str, Any]:
    penalties = {
        **NONE,
        "ridge": ridge,
        "base_ridge": ridge if base_ridge is None else base_ridge,
        "roughness": roughness,
    }
    return {"folds": 5, "fold_stop": fold_stop, "space_options": penalties}


VARIANTS: dict[str, dict[str, Any]] = {
    "5 folds": _variant(0.0),
    "5 folds, ridge 0.003": _variant(0.003),
    "5 folds, ridge 0.01": _variant(0.01),
    "5 folds, ridge 0.03": _variant(0.03),
    "common iteration": _variant(0.0, "common"),
    "common iteration, ridge 0.001": _variant(0.001, "common"),
    "common iteration, ridge 0.003": _variant(0.003, "common"),
    "common iteration, ridge 0.01": _variant(0.01, "common"),
    "common iteration, ridge 0.0003, base ridge 0.01": _variant(0.0003, "common", 0.01),
    "common iteration, ridge 0.0003, base ridge 0.01, roughness 0.001": _variant(0.0003, "common", 0.01, 0.001),
    "common iteration, ridge 0.0003, base ridge 0.01, roughness 0.01": _variant(0.0003, "common", 0.01, 0.01),
}
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
        for name in VARIANTS
    }
    missing = [pieces[key] for key in rows.missing(list(pieces))]
    results = as_done(run_piece, missing, context.workers)
    for _ in context.each("searches", missing):
        rows.add(*next(results))
    page = folder / "defaults.md"
    first = folder / "defaults_first_round.csv"
    earlier = pd.read_csv(first) if first.exists() else None
    page.write_text(report(pd.DataFrame(rows.read()), earlier, search), encoding="utf-8")
    return [rows.path, page]


def report(table: pd.DataFrame, earlier: pd.DataFrame | None, search: dict[str, int]) -> str:
    """Return the page: means over the splits, by variant and by rules."""
    table = numbered(table, ("accuracy", "log_loss", "n_params", "cpu_seconds"))
    splits = ", ".join(f"{name} {part.split.nunique()}" for name, part in table.groupby("dataset", sort=False))
    lines = [
        "# How the defaults of `gakan` were chosen",
        "",
        f"Searches of {search['population']} x {search['generations']} on split seeds from 0 ({splits}); `tables.md` "
        "reports on others. The product is one network, and the figures are its own on the test part.",
        "",
        "The fitness is the mean validation loss of 5 folds; penalties are those of the options `ridge`, of squared "
        "coefficients, and `base_ridge`, of squared w_b: the same where not said otherwise; and of `roughness`, of "
        "squared second differences of the coefficients, where it is named. *5 folds*: each fold counts with its own "
        "lowest loss (`--fold-stop own`); *common iteration*: all count at the iteration with the lowest mean. "
        "Finalists are the front and the survivors, trained again with 5 seeds, each on folds of its own.",
        "",
        "## Penalty and choice, final fit on train and validation rows",
        "",
        "Means over the tables, each weighing the same.",
        "",
    ]
    lines += _rules(table[table.refit == "development"], ["variant", "choose"])
    lines += ["", "## Final fit", "", "Choice `one-se`.", ""]
    lines += _rules(table[table.choose == "one-se"], ["variant", "refit"])
    lines += ["", "## By table", "", "Choice `one-se`, final fit on train and validation rows.", ""]
    lines += _markdown(table[(table.choose == "one-se") & (table.refit == "development")], ["dataset", "variant"])
    if earlier is not None:
        lines += [
            "",
            "## First round",
            "",
            "Before finalists had folds of their own: only the front as searched was trained again, on the search's "
            "folds. It compares the hold-out with folds, more penalties, and a parsimony of one standard error among "
            "the survivors. Choice `best-loss`, final fit on train and validation rows.",
            "",
        ]
        lines += _markdown(
            earlier[(earlier.choose == "best-loss") & (earlier.refit == "development")], ["dataset", "variant"]
        )
    return "\n".join(lines) + "\n"


def _rules(table: pd.DataFrame, keys: list[str]) -> list[str]:
    means = table.groupby([*keys, "dataset"], sort=False)[["accuracy", "log_loss", "n_params"]].mean()
    summary = means.groupby(keys, sort=False).mean()
    lines = [f"| {' | '.join(keys)} | accuracy | log-loss | parameters |", "|" + "---|" * (len(keys) + 3)]
    for names, row in zip(summary.index, summary.itertuples(index=False), strict=True):
        lines.append(f"| {' | '.join(names)} | {row.accuracy:.4f} | {row.log_loss:.4f} | {row.n_params:.0f} |")
    return lines


def _markdown(table: pd.DataFrame, keys: list[str]) -> list[str]:
    grouped = table.groupby(keys, sort=False)
    lines = ["| table | variant | splits | accuracy | log-loss | parameters | CPU s |", "|---|---|---|---|---|---|---|"]
    for (dataset, variant), part in grouped:
        lines.append(
            f"| {dataset} | {variant} | {part.split.nunique()} | {part.accuracy.mean():.4f} "
            f"| {part.log_loss.mean():.4f} | {part.n_params.mean():.0f} | {part.cpu_seconds.mean():.1f} |"
        )
    return lines


EXPERIMENT = Experiment("gakan-defaults", "how the defaults of gakan were chosen (split seeds 0 to 9)", run)
