"""What the study on laws of physics was to show, and whether it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evokan.datasets.feynman import FEYNMAN, HUNDRED
from experiments.formula.recovered import UNEXPLAINED
from experiments.pages import numbered

TABLE = "evokan, no network"
OPERON, SHORT = "pyoperon", "pyoperon, shortest"
METHODS = ("evokan", TABLE, OPERON, SHORT, "gplearn", "pykan")
SHARE_OF_NOISE = 0.01
"""With noise a law counts by its values, too, where it leaves less than this share of the noise's variance unexplained."""
FIRST = {law.name for law in FEYNMAN}
ALL = {law.name for law in HUNDRED}
HOURS = 15.0
"""Of one core, for the whole study."""


@dataclass(frozen=True)
class Verdict:
    """One aim.

    Attributes
    ----------
    figure, aim, measured
        In words.
    met
        None where it cannot be said yet.
    """

    figure: str
    aim: str
    measured: str
    met: bool | None

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row of a table."""
        return self.figure, self.aim, self.measured, {None: "open", True: "met", False: "**not met**"}[self.met]


def counted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with numbers as such, and what counts as recovered."""
    table = numbered(table, ("unexplained", "cpu_seconds", "noise", "extra", "seed", "same_expression"))
    for column in ("formula", "reason"):
        table[column] = table[column].fillna("")
    limit = np.maximum(UNEXPLAINED, SHARE_OF_NOISE * table.noise**2)
    table["recovered"] = (table.unexplained < limit) & ~table.formula.str.contains("spline")
    table["same"] = table.same_expression == 1
    return table


def recovered_by(row: Any) -> bool:
    """Return whether a row of `counted` is a law that was recovered."""
    return bool(row.recovered)


def condition(noise: float, extra: float) -> str:
    """Return a condition in words."""
    words = [f"{100 * noise:g} % noise"] * (noise > 0) + [f"{extra:g} extra columns"] * (extra > 0)
    return ", ".join(words) or "as they are"


def verdicts(table: pd.DataFrame) -> list[Verdict]:
    """Return what became of each aim; `table` is that of `counted`."""
    at_least = [
        ("laws recovered", FIRST, 0.0, 0, 27),
        ("laws recovered", ALL, 0.0, 0, 80),
        ("laws recovered with five irrelevant columns", FIRST, 0.0, 5, 25),
        ("laws recovered at 5 % noise", FIRST, 0.05, 0, 15),
    ]
    against = [
        ("laws recovered", FIRST, 0.0, 0, "more than pyoperon", 1),
        ("laws recovered", ALL, 0.0, 0, "more than pyoperon", 1),
        ("laws recovered with five irrelevant columns", FIRST, 0.0, 5, "more than pyoperon", 1),
        ("laws recovered at 5 % noise", FIRST, 0.05, 0, "not fewer than pyoperon", 0),
    ]
    found = [_at_least(table, *aim) for aim in at_least]
    found += [_against(table, *aim) for aim in against]
    hours = float(table.cpu_seconds.sum()) / 3600
    found.append(Verdict("processor time of all rows", f"at most {HOURS:g} hours", f"{hours:.2f}", hours <= HOURS))
    return found


def _of(table: pd.DataFrame, method: str, laws: set[str], noise: float, extra: int) -> pd.DataFrame:
    part = table[(table.method == method) & (table.noise == noise) & (table.extra == extra)]
    return part[part.law.isin(laws)]


def _at_least(table: pd.DataFrame, what: str, laws: set[str], noise: float, extra: int, least: int) -> Verdict:
    """Return whether every seed that has tried all laws, and at least one has, recovers so many."""
    rows = _of(table, "evokan", laws, noise, extra)
    words, met = [], []
    for seed, own in rows.groupby("seed"):
        count, left = int(own.recovered.sum()), len(laws) - len(own)
        tried = f" of {len(own)} tried" if left else ""
        words.append(f"{count}{tried} (seed {seed})")
        # What is still to come may change the verdict, or not.
        met.append(True if count >= least else False if count + left < least else None)
    verdict = None if not met or None in met[:1] else all(one is not False for one in met)
    return Verdict(f"{what}, of {len(laws)}", f"at least {least}", ", ".join(words) or "not tried yet", verdict)


def _against(
    table: pd.DataFrame, what: str, laws: set[str], noise: float, extra: int, aim: str, margin: int
) -> Verdict:
    """Return whether seed 0 recovers at least `margin` more than pyoperon, on the laws that both were tried on.

    Of its two ways to choose a tree the better one counts, where both were tried.
    """
    ours = _of(table, "evokan", laws, noise, extra).query("seed == 0")
    words, met = [], []
    for name in (OPERON, SHORT):
        theirs = _of(table, name, laws, noise, extra).query("seed == 0")
        theirs = theirs[~theirs.reason.str.contains("not installed")]
        both = set(ours.law) & set(theirs.law)
        if not both:
            continue
        counts = [int(rows[rows.law.isin(both)].recovered.sum()) for rows in (ours, theirs)]
        part = "" if both == laws else f" on the {len(both)} laws that both were tried on"
        words.append(f"{counts[0]} to {counts[1]}{part}{name.removeprefix(OPERON)}")
        met.append(counts[0] >= counts[1] + margin if both == laws else None)
    measured = "; ".join(words) or "pyoperon not tried yet"
    verdict = False if False in met else None if None in met or not met else True
    return Verdict(f"{what}, of {len(laws)}, beside pyoperon", aim, measured, verdict)
