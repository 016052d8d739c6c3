"""Which method to take when: a few stated rules, applied to the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from experiments.comparison.methods import FAMILIES
from experiments.comparison.standings import LEVEL, Standings, against_all, fewest, geometric_means, ranks_of
from experiments.comparison.tables import MADE, MANY
from experiments.pages import number, table

NEAR = 0.1
"""A relative error up to so much above the lowest is near it."""
WITHIN = f"{NEAR * 100:g} %"
NEAR_RANKS = 1
BEHIND = f"(mean rank; beside it: at most {NEAR_RANKS} behind)"
SMALL = (50, 200)

RULES = f"""\
*Relative error* of a method on a table: its mean error on the test rows (1 - accuracy, or RMSE) by the lowest mean of any
method on that table; over several tables the geometric mean, so 1.2 is a fifth above the best there is. Each line names the
method that is lowest in what the line asks for, and beside it those that are as good: within {WITHIN} of its relative error,
and Wilcoxon's signed-rank test over the tables, corrected by Holm's method, has p of at least {LEVEL:g}. With few tables no such
test can find a difference: the line says so, and who is beside it is only near. Lines of ranks, calibration, sizes and time
have no test. A method that failed on a table altogether is in no line of relative errors that this table is part of, and last by rank;
on one split, it has the largest error or log-loss of the others there; calibration is that of the splits that a method finished."""


class Advice(NamedTuple):
    """One line: what is wanted, whom to take, the figures, who is as good, and whether a test could have told them apart."""

    wanted: str
    take: str
    figure: str
    others: Sequence[str]
    tables: int
    tested: bool = False


def advice(standings: Standings) -> list[Advice]:
    """Return the lines that the rows have something to say of."""
    return [line for line in _lines(standings) if line is not None]


def _lines(standings: Standings) -> Iterator[Advice | None]:
    groups = {
        "the lowest error, on any table": standings.group("all"),
        "the lowest error of classes": standings.group("classes"),
        "the lowest error of numbers": standings.group("numbers"),
        "the lowest error where splits draw the test rows": standings.group("drawn"),
        f"the lowest error on fewer than {MANY:,} rows": standings.group("few"),
        f"the lowest error on {MANY:,} rows or more": standings.group("many"),
        "the lowest error where columns act together (tables made so)": [
            name for name in standings.group("all") if name in MADE
        ],
    }
    for wanted, tables in groups.items():
        yield lowest_error(standings, wanted, tables)
    yield best_place(standings.ranks, f"the best place by error, on any table {BEHIND}")
    yield best_place(ranks_of(standings.losses), f"the lowest log-loss {BEHIND}")
    yield _calibration(standings)
    for limit in SMALL:
        sizes = standings.by_table("parameters").median()
        small = [str(name) for name in sizes.index[sizes <= limit]]
        yield lowest_error(
            standings, f"the lowest error of at most {limit} parameters (median)", standings.group("all"), small
        )
    near = _near(standings)
    for column, wanted in (
        ("parameters", "fewest parameters"),
        ("columns", "fewest columns"),
        ("cpu_seconds", "least time with its tuning"),
    ):
        yield _least(standings, near, column, wanted)


def lowest_error(
    standings: Standings, wanted: str, tables: Sequence[str], methods: Sequence[str] | None = None
) -> Advice | None:
    """Return the line of lowest relative error on some tables among some methods; None where there is nothing to say."""
    part = standings.relative.loc[list(tables), list(standings.methods if methods is None else methods)]
    part = part.dropna(axis=1)
    if part.empty:
        return None
    means = geometric_means(part).sort_values(kind="stable")
    best = str(means.index[0])
    tested = len(part) >= fewest(part.shape[1])
    others = _as_good(part, means, best, tested)
    return Advice(wanted, best, f"relative error {means.iloc[0]:.2f}", others, len(part), tested)


def _as_good(part: pd.DataFrame, means: pd.Series[float], best: str, tested: bool) -> list[str]:
    p = against_all(part, best)
    return [
        f"{name} ({means[name]:.2f})"
        for name in map(str, means.index[1:])
        if means[name] <= (1 + NEAR) * means[best] and (not tested or p[name] >= LEVEL)
    ]


def best_place(ranks: pd.DataFrame, wanted: str) -> Advice | None:
    """Return the line of the lowest mean rank, and who is near it; None where no table has ranks.

    Parameters
    ----------
    ranks
        By table and method; a method that failed on a table altogether has the last place there.
    """
    if ranks.empty:
        return None
    means = ranks.mean().sort_values(kind="stable")
    others = [f"{name} ({means[name]:.1f})" for name in means.index[1:] if means[name] <= means.iloc[0] + NEAR_RANKS]
    figure = f"mean rank {means.iloc[0]:.1f} of {len(means)}"
    return Advice(wanted, str(means.index[0]), figure, others, len(ranks))


def _calibration(standings: Standings) -> Advice | None:
    found = standings.calibration.dropna(axis=1)
    if found.empty:
        return None
    means = found.mean().sort_values(kind="stable")
    others = [f"{name} ({means[name]:.3f})" for name in means.index[1:] if means[name] <= (1 + NEAR) * means.iloc[0]]
    wanted = f"probabilities that hold (expected calibration error; beside it: within {WITHIN})"
    return Advice(wanted, str(means.index[0]), f"error {means.iloc[0]:.3f}", others, len(found))


def _near(standings: Standings) -> list[str]:
    means = geometric_means(standings.relative.loc[standings.group("all")].dropna(axis=1))
    return [str(name) for name in means.index[means <= (1 + NEAR) * means.min()]]


def _least(standings: Standings, near: Sequence[str], column: str, wanted: str) -> Advice | None:
    if not near:
        return None
    values = standings.by_table(column)[list(near)].median().sort_values(kind="stable")
    unit = " s" if column == "cpu_seconds" else ""
    best = str(values.index[0])
    text = f"{wanted} among those near the lowest error"
    return Advice(text, best, f"median {number(float(values.iloc[0]))}{unit}", [], len(standings.tables))


def section(standings: Standings) -> str:
    """Return the section of the page: the rules, the lines, and where the networks stand in them."""
    lines = advice(standings)
    rows = [
        (
            line.wanted,
            f"**{line.take}**",
            line.figure,
            ", ".join(line.others) or "none",
            f"{line.tables}" + " (no test)" * (not line.tested),
        )
        for line in lines
    ]
    made = table(("you want", "take", "its figure", "as good", "tables"), rows)
    near = (
        f"Near the lowest error, within {WITHIN} of it over all tables, are: {', '.join(_near(standings)) or 'none'}."
    )
    named = "\n".join(f"- `{family}`: {_place(family, lines)}." for family in FAMILIES if family in standings.methods)
    return "\n\n".join([RULES, made, near, "Of the searches of this package:", named])


def _place(family: str, lines: Sequence[Advice]) -> str:
    first = [line.wanted for line in lines if line.take == family]
    beside = [line.wanted for line in lines if any(other.split(" (")[0] == family for other in line.others)]
    parts = [f"to take for {'; '.join(first)}"] * bool(first)
    parts += [f"as good for {'; '.join(beside)}"] * bool(beside)
    return " -- ".join(parts) or "no line above names it"
