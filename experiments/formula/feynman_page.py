"""The page of the study on laws of physics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets.feynman import FEYNMAN, HUNDRED
from experiments.formula.feynman_verdicts import FIRST, METHODS, condition, counted, recovered_by, verdicts
from experiments.formula.recovered import UNEXPLAINED
from experiments.pages import measured_under
from experiments.pages import table as markdown

__all__ = ["METHODS", "report"]
LEAST = 5.0
"""Seconds that evokan looks for a formula at least, however long its search was."""
HARDER = ((0.01, 0), (0.05, 0), (0.1, 0), (0.0, 5))
"""Noise, and irrelevant columns."""


def report(table: pd.DataFrame, seconds: float, search: Mapping[str, Any]) -> str:
    """Return the page: aims, counts for each condition, then a row for each law."""
    conditions = [*table.conditions] if len(table) else []
    table = counted(table)
    parts = [
        "# Laws of physics",
        f"1,000 rows to search with, 1,000 fresh rows without noise to test on; {seconds:.0f} s of processor time for "
        f"a law and method, one core. evokan: a search of {search['population']} x {search['generations']} with `gakan`, "
        "then the formula of its chosen network, whichever kind is the answer: looking for it has what the search left of the "
        f"{seconds:.0f} s, at least {LEAST:g} s, and what is done with the formulas afterwards comes on top. Without a network: only the part of that "
        "search for formulas that asks the table alone, on all columns. pyoperon: population 1,000, trees of "
        "length 30, 10 steps of Levenberg-Marquardt; it is fitted to the training rows (the 800 that evokan fits to), "
        "and of the fronts of all its runs the tree with the least mean squared error on the 200 validation rows counts; "
        "it begins again with another seed until the time is up or a tree is exact on them. *Shortest*: of the same fronts "
        "the shortest tree within a standard error, or 5 %, of that one, as evokan chooses; tried with noise. gplearn: "
        "population 1,000, fitted to and chosen on all 1,000 rows. pykan: train, prune, auto_symbolic, train, on six laws "
        "of two variables.",
        _longest(table),
        f"Recovered by values: less than {UNEXPLAINED:g} of the variance of the fresh rows is unexplained (with noise: less "
        "than 0.01 of the noise's variance), and no spline is left. By expression: the difference to the law "
        "simplifies to 0 (or that of the squares or sines), constants within 1e-4 of a simple number being that number; "
        "SymPy has 10 s for it, and gplearn's notation is not read. The same for all methods. Counts of the aims are "
        "by values.",
        "## Aims",
        markdown(("figure", "aim", "measured", ""), [one.cells for one in verdicts(table)]),
        "## Counts",
        _counts(table),
        *_missed(table),
        "## Law by law",
        "Without noise, seed 0; the unexplained share of the variance, bold where the law is recovered.",
        _laws(table),
        *_harder(table),
        measured_under(conditions),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _longest(table: pd.DataFrame) -> str:
    """Return the most time that each method has taken."""
    most = table.groupby("method").cpu_seconds.max()
    told = "; ".join(f"{method}: {most[method]:.1f}" for method in METHODS if method in most)
    return f"The most processor seconds that a law has taken, by method: {told}." if told else ""


def _counts(table: pd.DataFrame) -> str:
    lines: list[Sequence[str | float]] = []
    for label, names in ((f"first {len(FEYNMAN)}", FIRST), (f"all {len(HUNDRED)}", {law.name for law in HUNDRED})):
        part = table[table.law.isin(names)]
        conditions: Any = part.groupby(["noise", "extra"])
        for (noise, extra), rows in conditions:
            for method in METHODS:
                own = rows[rows.method == method]
                if not len(own) or (label.startswith("all") and set(own.law) <= FIRST):
                    continue
                seeds: Any = own.groupby("seed")
                for seed, one in seeds:
                    lines.append(
                        (
                            label,
                            f"{100 * noise:g} %",
                            int(extra),
                            method,
                            int(seed),
                            len(one),
                            f"**{int(one.recovered.sum())}**",
                            int(one.same.sum()),
                            f"{one.cpu_seconds.median():.1f}",
                        )
                    )
    head = ("laws", "noise", "extra columns", "method", "seed", "tried", "recovered by values", "by expression", "median CPU s")  # fmt: skip
    return markdown(head, lines)


def _missed(table: pd.DataFrame) -> list[str]:
    """Return a line for each condition in which evokan missed a law."""
    lines = []
    own: Any = table[table.method == "evokan"].groupby(["noise", "extra", "seed"])
    for (noise, extra, seed), rows in own:
        missed = rows[~rows.recovered]
        if len(missed):
            names = ", ".join(f"{row.law} ({_figure(row)})" for row in missed.itertuples())
            lines.append(f"- {condition(noise, extra)}, seed {seed}: {names}")
    return ["What evokan missed, and the share of the variance that was left:", "\n".join(lines)] if lines else []


def _laws(table: pd.DataFrame) -> str:
    plain = table[(table.noise == 0) & (table.extra == 0) & (table.seed == 0)]
    methods = [method for method in METHODS if (plain.method == method).any()]
    lines = []
    for name in [law.name for law in HUNDRED if law.name in set(plain.law)]:
        part = plain[plain.law == name].set_index("method")
        cells = [_cell(part.loc[method]) if method in part.index else "" for method in methods]
        ours = _formula(part.loc["evokan"]) if "evokan" in part.index else ""
        lines.append((f"{name}: `{part.truth.iloc[0]}`", *cells, ours))
    return markdown(("law", *methods, "found by evokan"), lines)


def _harder(table: pd.DataFrame) -> list[str]:
    """Return the table of laws with noise and with irrelevant columns."""
    columns, heads = [], []
    for noise, extra in HARDER:
        for method in METHODS:
            rows = table[(table.noise == noise) & (table.extra == extra) & (table.method == method) & (table.seed == 0)]
            if len(rows):
                columns.append(rows.set_index("law"))
                heads.append(f"{method}, {condition(noise, extra)}")
    if not columns:
        return []
    names = [law.name for law in FEYNMAN if any(law.name in rows.index for rows in columns)]
    lines = [(name, *(_cell(rows.loc[name]) if name in rows.index else "" for rows in columns)) for name in names]
    noisy: Any = table[(table.method == "evokan") & (table.seed == 0) & ((table.noise > 0) | (table.extra > 0))]
    found = [(row.law, condition(row.noise, row.extra), _formula(row)) for row in noisy.itertuples()]
    return [
        "## With noise, and with irrelevant columns",
        "The unexplained share of the variance of fresh rows without noise.",
        markdown(("law", *heads), lines),
        "Found by evokan:",
        markdown(("law", "condition", "formula"), found),
    ]


def _formula(row: Any) -> str:
    text = str(row.formula)[:160].replace("|", "\\|")
    return f"`{text}`" if text else ""


def _figure(row: Any) -> str:
    return f"{row.unexplained:.1g}" if np.isfinite(row.unexplained) else str(row.reason)[:60] or "no value"


def _cell(row: Any) -> str:
    return f"**{_figure(row)}**" if recovered_by(row) else _figure(row)
