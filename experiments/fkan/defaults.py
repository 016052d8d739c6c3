"""How the defaults of `fkan` on tables were chosen: hold-out or folds, ridge, and the rule of choice.

Decided on split seeds 0 to 4 alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from experiments.study import Piece, search
from search_spaces.fkan import FKAN

OWN, COMMON = "5 folds", "common iteration"
CHOICES = ("best-loss", "one-se")
VARIANTS: dict[str, dict[str, Any]] = {
    "hold-out, ridge 0.0001": {"folds": 1, "space_options": {"ridge": 1e-4}},
    **{
        f"{name}, ridge {ridge:g}": {"folds": 5, "fold_stop": stop, "space_options": {"ridge": ridge}}
        for name, stop, ridges in ((OWN, "own", (1e-4, 1e-3, 1e-2)), (COMMON, "common", (1e-3, 1e-2)))
        for ridge in ridges
    },
}
DEFAULT = (f"{OWN}, ridge 0.001", "one-se")
"""The variant and choice that are the family's defaults."""
SPLITS = {"wine": 2, "iris": 3, "concrete": 1, "fkan-1d": 2}
"""Number of split seeds from 0."""
SEARCH = {"population": 20, "generations": 5}
FEW = {"concrete": {"population": 8, "generations": 2}}
"""Smaller searches where a training takes long."""
Way = tuple[str, str]
"""Variant and choice."""
HEADER = ("variant", "choice", "splits", "test", "validation loss", "accuracy", "parameters", "CPU s")


def run(context: Context) -> Sequence[Path]:
    """Search what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "defaults.csv", ("variant", "dataset", "split"))
    splits = {"iris": 1} if context.quick else SPLITS
    missing = rows.missing(
        [
            (variant, dataset, split)
            for dataset, count in splits.items()
            for split in range(min(count, context.seeds or count))
            for variant in VARIANTS
        ]
    )
    for variant, dataset, split in context.each("searches", missing):
        size = {"population": 6, "generations": 1} if context.quick else FEW.get(dataset, SEARCH)
        rows.add(*measure(variant, dataset, split, size))
    page = folder / "defaults.md"
    write_page(
        page,
        "How the defaults of `fkan` on tables were chosen",
        rows.values(),
        "one thread",
        report(rows.values()),
        folder="fkan",
    )
    return [rows.path, page]


def measure(variant: str, dataset: str, split: int, size: dict[str, int]) -> list[Row]:
    """Run one search, and return a row for each rule of choice."""
    settings = {"space": "fkan", **VARIANTS[variant], **size}
    outcome = search(Piece(variant, dataset, split, settings, CHOICES, space=FKAN))
    classes = outcome.job.problem.task.has_classes
    return [
        {
            "variant": variant,
            "dataset": dataset,
            "split": split,
            "choose": product.choose,
            **size,
            "val_loss": product.member.val_loss_mean,
            "test": product.test.get("log_loss" if classes else "rmse"),
            "accuracy": product.test.get("accuracy") if classes else "",
            "n_params": product.network.n_params,
            "cpu_seconds": round(outcome.cpu_seconds, 1),
        }
        for product in outcome.products
    ]


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    parts = [
        "Small searches on split seeds from 0 on. Test: log-loss where there are classes, else RMSE in the target's "
        "own units, of the one network that a rule takes from the front, fitted on train and validation rows. Means "
        "over the splits.",
        "5 folds: each counts with its own lowest loss; common iteration: all count at the iteration with the lowest "
        f"mean loss, and the final fit stops there. The defaults are those of `{DEFAULT[0]}`, choice `{DEFAULT[1]}`. Equations "
        "have no folds, and no ridge.",
        *_beside_the_best(rows),
        *_common(rows),
    ]
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        own = [row for row in rows if row["dataset"] == dataset]
        lines: list[Sequence[str | float]] = []
        for variant, choose in dict.fromkeys((row["variant"], row["choose"]) for row in own):
            part = [row for row in own if (row["variant"], row["choose"]) == (variant, choose)]
            accuracy = [row["accuracy"] for row in part if row["accuracy"] != ""]
            lines.append(
                (
                    variant,
                    choose,
                    str(len(part)),
                    *(float(np.mean([row[key] for row in part])) for key in ("test", "val_loss")),
                    f"{np.mean(accuracy):.3f}" if accuracy else "",
                    float(np.mean([row["n_params"] for row in part])),
                    float(np.mean([row["cpu_seconds"] for row in part])),
                )
            )
        parts += [f"## {dataset}, {own[0]['population']} x {own[0]['generations']}", table(HEADER, lines)]
    return parts


def means(rows: Sequence[Row], figure: str) -> dict[Way, dict[str, float]]:
    """Return the mean of a figure over the splits by variant and choice, and table."""
    found: dict[Way, dict[str, list[float]]] = {}
    for row in rows:
        found.setdefault((row["variant"], row["choose"]), {}).setdefault(row["dataset"], []).append(row[figure])
    return {way: {name: float(np.mean(part)) for name, part in tables.items()} for way, tables in found.items()}


def _beside_the_best(rows: Sequence[Row]) -> list[str]:
    """Return how far every way is from the best one of each table, and what that says of the defaults."""
    found, names = means(rows, "test"), list(dict.fromkeys(row["dataset"] for row in rows))
    best = {name: min(tables[name] for tables in found.values() if name in tables) for name in names}
    ratios = {
        way: [tables[name] / best[name] for name in names] for way, tables in found.items() if set(tables) == set(names)
    }
    middle = {way: float(np.exp(np.mean(np.log(part)))) for way, part in ratios.items()}
    lines: list[Sequence[str | float]] = [(*way, *part, middle[way], max(part)) for way, part in ratios.items()]
    parts = [
        "## Beside the best of each table",
        "The mean test figure over the lowest one of the table, the geometric mean over the tables, and the largest:",
        table(("variant", "choice", *names, "mean", "largest"), lines),
    ]
    if DEFAULT in ratios:
        worst = max(ratios[DEFAULT])
        better = sum(value < middle[DEFAULT] for value in middle.values())
        safer = sum(max(part) < worst for part in ratios.values())
        parts.append(
            f"The defaults have {number(middle[DEFAULT])} times the lowest test figure in the mean, and {number(worst)} times on "
            f"{names[ratios[DEFAULT].index(worst)]}, where they are furthest from it. Lines with a lower mean: {better} of "
            f"{len(ratios) - 1} others; with a lower largest ratio: {safer}."
        )
    return parts


def _common(rows: Sequence[Row]) -> list[str]:
    """Return what a common iteration does to validation loss and test, with the same penalty, choice and table."""
    higher = {}
    for figure in ("val_loss", "test"):
        found = means(rows, figure)
        higher[figure] = [
            value > found[own, choose][name]
            for (variant, choose), tables in found.items()
            if variant.startswith(COMMON) and ((own := variant.replace(COMMON, OWN)), choose) in found
            for name, value in tables.items()
            if name in found[own, choose]
        ]
    if not higher["test"]:
        return []
    return [
        "A common iteration beside folds that each have their own, with the same ridge, choice and table: the validation loss is "
        f"higher in {sum(higher['val_loss'])} of {len(higher['val_loss'])} cases, the test figure in {sum(higher['test'])}."
    ]


EXPERIMENT = Experiment("fkan-defaults", "how the defaults of fkan on tables were chosen (split seeds 0 to 4)", run)
