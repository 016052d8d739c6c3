"""The page of the study of formulas of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evokan.explain.formulas.front import SPLINES, TERMS
from experiments.pages import Aim, Row, aims_table, measured_under, number, numbered, table

LEVEL = 1e-9
"""Mean figures no farther apart are level: one is not better by rounding."""
READABLE = ("lasso", "tree")
"""Rivals: a lasso (logistic with classes) and a pruned tree, tuned by five folds."""
POINTS, PERCENT = 0.5, 2.0
"""What a printed formula may cost: points of accuracy, per cent of RMSE."""
PUBLISHED = {
    "wine": "Equations 8 to 10 of the GA-KAN paper (one formula a class, of a one-layer network): 100 % on one split of 54 test rows",
    "iris": "the GA-KAN paper's formulas of a one-layer network: 100 % on one split of 15 test rows",
}
"""arXiv 2501.17411, Section IV; its constants are not repeated here."""
WAYS = ("network", "whole", "printed", "law", *READABLE)


def cost(frame: pd.DataFrame, way: str) -> pd.Series:
    """Return what a way costs beside the network, for each row: points of accuracy, or per cent of RMSE."""
    classes = frame.classes == 1
    return pd.Series(
        np.where(classes, 100 * (frame.network - frame[way]), 100 * (frame[way] / frame.network - 1)), frame.index
    )


def page(rows: Sequence[Row], search: Mapping[str, Any]) -> str:
    """Return the page; see `experiments.formula.tables.measure` for the rows."""
    frame = pd.DataFrame(rows)
    frame = numbered(frame, frame.columns.difference(["dataset", "text", "conditions"]))
    parts = [
        "# Formulas of tables",
        f"Searches of {search['population']} x {search['generations']} with the defaults of `gakan`, split seeds from "
        f"{int(frame.split.min())} on; then the formulas of the chosen network. *Whole*: the longest of the network's own "
        f"formulas. *Printed*: the chosen one of at most {TERMS} terms an output and {SPLINES} splines, where there is "
        "one. *Law*: the chosen formula found on the data. Lasso (logistic with classes) and tree (pruned) are tuned by "
        "five folds on the same rows. Accuracy or RMSE (target as in the file) on the test rows of the split.",
        "## Figures to reach",
        aims_table(_aims(frame)),
        "## Table by table",
        "Means over the splits; in brackets the median number of terms of all outputs (leaves of a tree, coefficients "
        "of a lasso). Cost: median of what the printed formula costs beside the network, in points of accuracy or per "
        "cent of RMSE. Undefined: in so many splits a formula has no value on some test row.",
        _tables(frame),
        _rivals(frame),
        *_formulas(frame),
        measured_under(frame.conditions),
    ]
    return "\n\n".join(parts) + "\n"


def _aims(frame: pd.DataFrame) -> list[Aim]:
    """Return the aims: the median cost of the printed formula, table by table."""
    aims = []
    for name, part in frame.groupby("dataset", sort=False):
        classes = part.classes.iloc[0] == 1
        # 0.0 - x + ... keeps a cost of nothing from being written as -0.
        median = float(cost(part, "printed").median()) + 0.0
        limit, unit = (POINTS, " points") if classes else (PERCENT, " % of RMSE")
        aims.append(Aim(f"{name}: the printed formula costs", limit, median, at_least=False, unit=unit))
    return aims


def _tables(frame: pd.DataFrame) -> str:
    lines: list[Sequence[str | float]] = []
    for name, part in frame.groupby("dataset", sort=False):
        cells: list[str | float] = [str(name), len(part), int(part.outputs.iloc[0]), f"{part.edges.median():.0f}"]
        for way in WAYS:
            lost = int(part[way].isna().sum())
            value = f"undefined in {lost}" if lost else number(float(part[way].mean()))
            cells.append(value if way == "network" else f"{value} ({part[f'{way}_terms'].median():.0f})")
        cells += [f"**{cost(part, 'printed').median() + 0.0:+.1f}**", f"{part.printed_splines.median():.0f}"]
        cells.append(f"{part.cpu_seconds.median():.0f}")
        lines.append(cells)
    head = ("table", "splits", "outputs", "edges", *WAYS, "cost", "splines of the printed", "CPU s of reading")
    return table(head, lines)


def _rivals(frame: pd.DataFrame) -> str:
    """Say how the printed formula stands to what can be read as well."""
    ours = frame.groupby("dataset", sort=False)
    told = []
    for rival in READABLE:
        better = worse = level = 0
        for _, part in ours:
            sign = 1.0 if part.classes.iloc[0] == 1 else -1.0
            gap = sign * (part.printed.mean() - part[rival].mean())
            better, worse, level = better + (gap > LEVEL), worse + (gap < -LEVEL), level + (abs(gap) <= LEVEL)
        told.append(f"the {rival} on {better} tables of {len(ours)} (worse on {worse}, level on {level})")
    return f"By its mean figure the printed formula is better than {' and than '.join(told)}."


def _formulas(frame: pd.DataFrame) -> list[str]:
    """Return the printed formula of each table's first split."""
    parts = ["## The printed formulas, first split", "Raw units; of classes the largest score wins."]
    for name, part in frame.groupby("dataset", sort=False):
        one = part.iloc[0]
        published = f" In the paper: {PUBLISHED[str(name)]}." if name in PUBLISHED else ""
        figure = number(float(one.printed))
        parts.append(f"**{name}** ({figure}; network {number(float(one.network))}).{published}")
        parts.append(f"    {str(one.text)[:1200]}")
    return parts
