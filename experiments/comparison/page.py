"""The page of the comparison, from its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evokan.problem.rungs import HURRIED_ROWS, SHARE
from experiments.comparison import advice
from experiments.comparison.calibration import GUARD, OVER
from experiments.comparison.methods import METHODS, MOST_SECONDS, NETWORKS
from experiments.comparison.searches import OPTIONS
from experiments.comparison.standings import (
    LEVEL,
    Standings,
    against_all,
    critical_difference,
    friedman_p,
    geometric_means,
    ranks_of,
)
from experiments.comparison.tables import FIRST_SPLIT, MADE, REGRESSION
from experiments.comparison.usual import LONGER
from experiments.gakan.statistics import interval_text, paired_p, shown
from experiments.pages import measured_under, number, table

OURS = "gakan"
INTRODUCTION = """\
Every method has {seconds:g} s of one core for each split. How much it can do in that time (generations of 20 networks, settings
compared by five folds) was decided beforehand from one measurement a table, on a split that is not used here
(`calibration.csv`); the column *steps* of `comparison.csv` says how much it was. A second run with the same calibration does
the same work. What takes longer with the least that it can do (two generations; one fit as it comes) is done all the same,
and its time says so; what would take more than {most:g} s of one core is not tried, what is not done in {guard:g} s is given up,
and the row has the reason and no figures.

- `gakan`, `hkan`, `fkan`: searches of 20 networks a generation, all else as it comes but for what would take several times the
  budget: the finalists of `hkan` and `fkan` are the front alone, and `max_cost` of `hkan`, the seconds that the networks of a
  search may take together by an estimate of its own, is {cost:g}, since every finalist is trained several times more. What
  searches took in fact is in the columns *CPU s*. With {hurried:,} rows or more outside of the test part they are judged on
  2,000 first, as with `--time-limit`; then the finalists of all five are judged on one fold. `kafcm` is for series, no tables.
- *pruning alone*, *tuned [n, m]*: the full network of one layer, its edges dropped by attribution, or its penalties tuned;
  no evolution. Random search from the first generation of `gakan`, as good as evolution by test loss on 14 tables, is not repeated
  here (`gakan/rivalry.md`).
- *linear* (logistic or ridge regression), *svm*, *forest*, *knn*, *mlp*, *boosting*: scikit-learn's, tuned by five folds, classes
  by accuracy; their grids of 3 to 12 settings are often done long before the time is over. *{longer}*: the same, going
  on after the grid with settings drawn at random (up to {settings}; learning rate, trees, leaves, rows of a leaf, L2 penalty
  and columns of a split of boosting; penalty and width of the kernel of support vectors, and for numbers the tube);
  never fewer of them, so that on large tables both are the same. Of more than 4,000 rows both kinds of *svm* take 4,000.
- *gam* (pyGAM), *tree* (pruned by cost complexity), *lasso* (or l1 logistic regression): glass boxes, tuned by five folds, classes
  by log-loss, those of the tree by accuracy.
- *ebm* (interpret-core): as many of its 14 bags as there is time for (a step is a bag), then settings by five folds, which takes
  126 steps, so that it is mostly as it comes; without pairs of columns for more than two classes, where interpret cannot show them.

Tables of fewer than 1,100 rows have ten splits, others three, seeds from {first} on. The {kept} tables of numbers that come with
test rows keep them: there a split is a seed of folds and searches, and decisions on the defaults of `gakan` and `fkan` have seen
test rows of four (concrete, laser, stock, machineCPU; nearly all were against a change), and `gakan/rivalry.md` has reported
9 of these tables. Of the others no default was decided on splits from {first} on. Made tables: {made}.

*Error*: 1 - accuracy, or RMSE in the target's own units. *Parameters*: numbers that a prediction needs, with thresholds, cut points
and centres that were drawn, and rows of neighbours; the two of a column's scaling, and grids of equal steps, count
for nobody. *Terms*: edges, functions, leaves or coefficients that a reader has to look at. In brackets: 95 % interval of the mean
(Student's t over the splits, made wider for the rows that they share); where all splits have the same test rows, from the lowest
to the highest."""


class Progress(NamedTuple):
    """How far the study is.

    Attributes
    ----------
    kept, planned
        Pieces that there is time for, and all of them.
    lacking
        Tables and methods that are not here.
    """

    kept: int
    planned: int
    lacking: Sequence[str] = ()


def page(standings: Standings, seconds: float, conditions: Sequence[str], far: Progress, *, done: int) -> str:
    """Return the Markdown page.

    Parameters
    ----------
    seconds
        Of one core, for each piece.
    conditions
        Lines of conditions.
    done
        Pieces that have a row.
    """
    made = "; ".join(f"`{name}`, {text}" for name, (_, _, text) in MADE.items())
    parts = [
        "# Which model to take for a table",
        INTRODUCTION.format(
            seconds=seconds,
            most=MOST_SECONDS,
            guard=GUARD,
            cost=OPTIONS["hkan"]["max_cost"],
            hurried=int(HURRIED_ROWS / SHARE),
            first=FIRST_SPLIT,
            kept=len(REGRESSION),
            made=made,
            longer="*, *".join(f"{name} longer" for name in LONGER),
            settings=" and ".join(f"{count:,}" for count in LONGER.values()),
        ),
        *_so_far(standings, done, far),
        "## Which to take when",
        advice.section(standings),
        "## Ranks",
        _ranks(standings),
        "## Error against size",
        "![Front of error against size](front.png)",
        "The line is the front: no method has both fewer parameters and a lower relative error, in the geometric mean over "
        "the tables. Who failed on all splits of a table has the mean of the others, which may be the easy ones. *Over time*: "
        f"tables where a split took more than {OVER:g} times the {seconds:g} s, in the mean.",
        _sizes(standings, seconds),
        f"## `{OURS}` against each of the others",
        _pairs(standings),
        "## Each table",
        *(_of_table(standings, name) for name in dict.fromkeys(standings.frame["table"])),
        measured_under(conditions, "one thread a piece"),
        f"Raw rows: `comparison.csv` ({done:,} rows). Made by `experiments/comparison/`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _so_far(standings: Standings, done: int, far: Progress) -> list[str]:
    """Return how far the study is, where it is not at its end, and what is not part of it."""
    parts = []
    if done < far.kept:
        counts = standings.frame.groupby("table")["split"].nunique().astype(float)
        parts.append(
            f"**The study goes on**: {done:,} of {far.kept:,} pieces are done. This page has {len(counts)} tables with "
            f"{_range(counts, 0) or int(counts.max())} splits each, those of which every method has a row."
        )
    if far.kept < far.planned:
        parts.append(f"{far.planned - far.kept:,} pieces of later splits are beyond the core hours of the study.")
    if far.lacking:
        parts.append(f"**Not measured**, since packages or data were not at hand: {', '.join(far.lacking)}.")
    return parts


def _ranks(standings: Standings) -> str:
    groups = {
        "all": "all tables",
        "classes": "classes",
        "numbers": "numbers",
        "few": "few rows",
        "many": "many rows",
        "drawn": "test rows drawn",
    }
    ranks = standings.ranks
    found = {text: ranks.loc[standings.group(name)] for name, text in groups.items()}
    found = {text: part for text, part in found.items() if len(part)}
    losses = standings.losses
    if len(losses):
        found["log-loss of classes"] = ranks_of(losses)
    means = {text: part.mean() for text, part in found.items()}
    order = ranks.mean().sort_values(kind="stable").index
    lines: list[Sequence[str | float]] = [
        (str(name), METHODS[str(name)].kind, *(f"{means[text][name]:.2f}" for text in found)) for name in order
    ]
    lines.append(("tables", "", *(str(len(part)) for part in found.values())))
    lines.append(("Friedman's test, p", "", *(_p(friedman_p(part)) for part in found.values())))
    difference = critical_difference(ranks.shape[1], max(len(ranks), 1))
    text = (
        "Mean ranks by mean error (1 is best; ties share theirs; a method that failed on all splits of a table is last there). "
        f"Over all tables two methods can be told apart whose mean ranks differ by {difference:.2f} (Nemenyi's test, level "
        f"{LEVEL:g}); bars join those that cannot."
    )
    return "\n\n".join(
        ["![Mean ranks](ranks.png)", text, table(("method", "kind", *found), lines)],
    )


def _p(value: float) -> str:
    return "" if np.isnan(value) else shown(value)


def _sizes(standings: Standings, seconds: float) -> str:
    relative = geometric_means(standings.relative)
    sizes = geometric_means(standings.by_table("parameters").clip(lower=1))
    columns = {name: standings.by_table(name).median() for name in ("parameters", "terms", "columns", "cpu_seconds")}
    failed = standings.frame[standings.frame["reason"] != ""].groupby("method").size()
    over = (standings.by_table("cpu_seconds") > OVER * seconds).sum()
    lines = [
        (
            str(name),
            f"{relative[name]:.2f}",
            str(int(standings.relative[name].notna().sum())),
            f"{sizes[name]:,.0f}",
            *(_count(float(values[name])) for values in columns.values()),
            str(int(over[name])),
            str(int(failed.get(name, 0))),
        )
        for name in relative.sort_values(kind="stable").index
    ]
    header = (
        "method",
        "relative error",
        "tables",
        "parameters (geometric mean)",
        "median: parameters",
        "terms",
        "columns",
        "CPU s",
    )
    return table((*header, "over time", "rows that failed"), lines)


def _count(value: float) -> str:
    return "" if np.isnan(value) else number(value)


def _pairs(standings: Standings) -> str:
    if OURS not in standings.methods:
        return ""
    over_tables = against_all(standings.relative, OURS)
    lines = []
    for name in standings.methods:
        if name == OURS:
            continue
        differences = standings.errors[OURS] - standings.errors[name]
        clear = {True: 0, False: 0}
        drawn = standings.frame[standings.frame["table"].isin(standings.group("drawn"))]
        for _, part in drawn.groupby("table", sort=False):
            pair = part.pivot_table(index="split", columns="method", values="error").reindex(columns=[OURS, name])
            pair = pair.dropna()
            if len(pair) > 1 and paired_p(pair[OURS], pair[name]) < LEVEL:
                clear[bool(pair[OURS].mean() < pair[name].mean())] += 1
        ratio = (standings.relative[OURS] / standings.relative[name]).dropna()
        lines.append(
            (
                name,
                f"{int((differences < 0).sum())} ({clear[True]})",
                str(int((differences == 0).sum())),
                f"{int((differences > 0).sum())} ({clear[False]})",
                "" if ratio.empty else f"{np.exp(np.log(ratio).mean()):.3f}",
                shown(over_tables.get(name)),
            )
        )
    text = (
        f"Tables where the mean error of `{OURS}` is lower, equal and higher; in brackets those where Wilcoxon's signed-rank "
        f"test, paired by split, has p below {LEVEL:g}, of those whose test rows the split draws (with three splits it never has; "
        "splits share rows, so these p are too small); a table that one of them failed on altogether is in none. Ratio: its relative error by the other's, geometric mean over the tables; p: Wilcoxon's test over the tables, "
        "corrected by Holm's method for all methods."
    )
    return text + "\n\n" + table(("method", "lower", "equal", "higher", "ratio", "p"), lines)


def _of_table(standings: Standings, name: str) -> str:
    part = standings.frame[standings.frame["table"] == name]
    if name not in standings.traits.index:
        return f"### {name}\n\nEvery method failed."
    traits = {column: float(values[name]) for column, values in standings.traits.items()}
    classes = bool(traits["classes"])
    order = part.groupby("method", sort=False)["error"].mean().sort_values(kind="stable").index
    sure: dict[Any, float] = standings.calibration.loc[name].to_dict() if classes else {}
    lines = []
    for method in map(str, order):
        own = part[part["method"] == method]
        spread = partial(_interval, overlap=traits["overlap"]) if traits["drawn"] else _range
        more = (float(own["log_loss"].mean()), float(sure[method])) if classes else ()
        lines.append(_line(method, own, "accuracy" if classes else "rmse", spread, more))
    header = ("method", "splits", "accuracy" if classes else "RMSE", *(("log-loss", "calibration error") * classes))
    text = f"### {name}\n\n{int(traits['rows']):,} rows."
    return text + "\n\n" + table((*header, "parameters", "terms", "columns", "CPU s", "failed"), lines)


def _interval(figure: pd.Series[float], digits: int, overlap: float) -> str:
    return interval_text(figure, overlap, digits)


def _range(figure: pd.Series[float], digits: int) -> str:
    """Return the lowest and the highest value, nothing where all are the same."""
    low, high = (f"{value:.{digits}f}" for value in (figure.min(), figure.max()))
    return "" if low == high else f"{low} to {high}"


def _line(
    method: str, own: pd.DataFrame, column: str, spread: Callable[..., str], more: Sequence[float]
) -> tuple[str, ...]:
    figure = own[column].dropna()
    plain = column == "accuracy" or figure.empty
    digits = 3 if plain else max(0, 3 - int(np.floor(np.log10(max(figure.mean(), 1e-12)))))
    shown_mean = "" if figure.empty else f"{figure.mean():.{digits}f} ({spread(figure, digits=digits)})"
    sizes = [_count(float(own[name].median())) for name in ("parameters", "terms", "columns")]
    failed = own[own["reason"] != ""]
    why = f"{len(failed)}: {failed['reason'].iloc[0].replace('|', '/')}" if len(failed) else ""
    label = f"**{method}**" if METHODS[method].kind == NETWORKS else method
    return (
        label,
        str(len(figure)),
        shown_mean.replace(" ()", ""),
        *(_count(float(value)) for value in more),
        *sizes,
        f"{own['cpu_seconds'].mean():.1f}",
        why,
    )
