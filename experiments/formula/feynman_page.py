"""The page of the study on laws of physics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets.feynman import FEYNMAN, HUNDRED
from experiments.formula.recovered import UNEXPLAINED

METHODS = ("evokan", "operon", "gplearn", "pykan")
SHARE_OF_NOISE = 0.01
"""With noise a law counts by its values, too, where it leaves less than this share of the noise's variance unexplained."""


def report(table: pd.DataFrame, seconds: float, search: Mapping[str, Any]) -> str:
    """Return the page: counts for each condition, then a row for each law."""
    table = counted(table)
    lines = [
        "# Laws of physics",
        "",
        f"1,000 rows to search with, 1,000 fresh rows without noise to test on; at most {seconds:.0f} s of processor time "
        f"a law and method, one core. evokan: a search of {search['population']} x {search['generations']} with `gakan`, "
        "then the formula of its chosen network, whichever kind is the answer. operon: pyoperon 0.6.2, population 1,000, "
        "trees of length 30, 10 steps of Levenberg-Marquardt, restarts until the time is up or it is exact. gplearn: "
        "population 1,000. pykan: train, prune, auto_symbolic, train, on six laws of two variables.",
        "",
        f"Recovered by values: less than {UNEXPLAINED:g} of the variance of the fresh rows is unexplained (with noise: less "
        f"than {SHARE_OF_NOISE:g} of the noise's variance), and no spline is left. By expression: the difference to the law "
        "simplifies to 0 (or that of the squares or sines), constants within 1e-4 of a simple number being that number; "
        "SymPy has 10 s for it, and gplearn's notation is not read. The same for all methods.",
        "",
        "| laws | noise | extra columns | method | seeds | tried | recovered by values | by expression | median CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    first = {law.name for law in FEYNMAN}
    for label, names in ((f"first {len(FEYNMAN)}", first), (f"all {len(HUNDRED)}", {law.name for law in HUNDRED})):
        part = table[table.law.isin(names)]
        for (noise, extra), rows in part.groupby(["noise", "extra"]):
            for method in METHODS:
                own = rows[rows.method == method]
                if not len(own) or (label.startswith("all") and set(own.law) <= first):
                    continue
                lines.append(
                    f"| {label} | {noise:g} | {extra} | {method} | {own.seed.nunique()} | {len(own)} | "
                    f"**{int(own.recovered.sum())}** | {int(own.same.sum())} | {own.cpu_seconds.median():.1f} |"
                )
    lines += ["", "## Law by law", "", "Without noise, seed 0; the unexplained share of the variance.", ""]
    plain = table[(table.noise == 0) & (table.extra == 0) & (table.seed == 0)]
    methods = [method for method in METHODS if (plain.method == method).any()]
    lines += ["| law | " + " | ".join(methods) + " | found by evokan |", "|---|" + "---|" * (len(methods) + 1)]
    for name in dict.fromkeys(plain.law):
        part = plain[plain.law == name].set_index("method")
        cells = [_cell(part.loc[method]) if method in part.index else "" for method in methods]
        ours = part.loc["evokan"].formula[:160].replace("|", "\\|") if "evokan" in part.index else ""
        lines.append(f"| {name}: `{part.truth.iloc[0]}` | " + " | ".join(cells) + f" | `{ours}` |")
    measured = "\n".join(f"- {line}" for line in dict.fromkeys(table.conditions))
    return "\n".join(lines) + f"\n\nMeasured under:\n\n{measured}\n"


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with numbers as such, and what counts as recovered."""
    table = table.copy()
    for column in ("unexplained", "cpu_seconds", "noise", "extra", "seed", "same_expression"):
        table[column] = pd.to_numeric(table[column])
    limit = np.maximum(UNEXPLAINED, SHARE_OF_NOISE * table.noise**2)
    table["recovered"] = (table.unexplained < limit) & ~table.formula.fillna("").str.contains("spline")
    table["same"] = table.same_expression == 1
    return table


def _cell(row: Any) -> str:
    figure = f"{row.unexplained:.1g}" if np.isfinite(row.unexplained) else str(row.reason)[:40] or "no value"
    return f"**{figure}**" if row.recovered else figure
