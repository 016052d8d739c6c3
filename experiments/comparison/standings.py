"""What the rows of the comparison say, by table and method: errors, ranks, tests, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import friedmanchisquare, studentized_range

from evokan.problem.task import Task
from experiments.comparison.scores import BINS_COLUMN
from experiments.comparison.tables import MANY, REGRESSION
from experiments.gakan.statistics import holm, paired_p
from experiments.pages import numbered

LEVEL = 0.05
TEXTS = ("table", "method", "task", "reason", BINS_COLUMN)


def numbers(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame, numbers as numbers, NaN where there is none; ``error`` is 1 - accuracy, or the RMSE."""
    frame = pd.DataFrame(rows)
    frame = numbered(frame, frame.columns.difference([*TEXTS], sort=False))
    for name in ("reason", BINS_COLUMN):
        frame[name] = frame[name].fillna("").astype(str)
    frame["error"] = (1 - frame["accuracy"]).where(frame["accuracy"].notna(), frame["rmse"])
    return frame


def whole_splits(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the splits of a table that have a row of every method: all methods are judged by the same rows."""
    counts = frame.groupby(["table", "split"])["method"].transform("nunique")
    return frame[counts == frame["method"].nunique()]


@dataclass(frozen=True, eq=False)
class Standings:
    """Figures by table and method.

    Attributes
    ----------
    frame
        What `whole_splits` leaves of `numbers`: a row for each table, split and method.
    """

    frame: pd.DataFrame

    def by_table(self, column: str) -> pd.DataFrame:
        """Return means over the splits: a line for each table, a column for each method; NaN where it has none."""
        wide = self.frame.pivot_table(index="table", columns="method", values=column, sort=False, dropna=False)
        return wide.reindex(index=self.tables, columns=self.methods)

    @cached_property
    def tables(self) -> list[str]:
        """Names of the tables, in the order of the rows."""
        return [str(name) for name in dict.fromkeys(self.frame["table"])]

    @cached_property
    def methods(self) -> list[str]:
        """Names of the methods, in the order of the rows."""
        return [str(name) for name in dict.fromkeys(self.frame["method"])]

    @cached_property
    def traits(self) -> pd.DataFrame:
        """Of each table: ``classes`` (bool), ``rows`` in all, rows ``tested`` over all splits, ``overlap``, and ``drawn``.

        The overlap is what `experiments.gakan.statistics.t_interval` wants to know; drawn (bool) is whether the split seed
        draws the test rows. The other tables come with theirs.
        """
        good = self.frame[self.frame["test_rows"].notna()]
        first = good.groupby("table", sort=False).first()
        splits = good.groupby("table", sort=False)["split"].nunique()
        return pd.DataFrame(
            {
                "classes": first["task"].map(lambda task: Task(str(task)).has_classes),
                "rows": first["fitted_rows"] + first["test_rows"],
                "tested": first["test_rows"] * splits,
                "overlap": first["test_rows"] / first["fitted_rows"],
                "drawn": [name not in REGRESSION for name in first.index],
            }
        )

    @cached_property
    def errors(self) -> pd.DataFrame:
        """Mean errors by table and method, NaN for one that failed on all splits: see `filled`."""
        return self.filled("error")

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Mean log-losses of the tables of classes, as `errors`."""
        return self.filled("log_loss").reindex(index=self.group("classes"))

    def filled(self, column: str) -> pd.DataFrame:
        """Return means by table and method of a figure of which less is better, NaN for a method without any.

        On a split where it failed, a method has the largest figure of those that did not: what is left out would be the
        hard ones.
        """
        wide = self.frame.pivot(index=["table", "split"], columns="method", values=column)
        whole = wide.apply(lambda found: found.fillna(wide.max(axis=1)))
        tried = wide.notna().groupby(level="table").any()
        means = pd.DataFrame(whole.groupby(level="table").mean().where(tried))
        return means.reindex(index=self.tables, columns=self.methods)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Expected calibration errors by table of classes and method: the test rows of all splits are one sample."""
        found = self.frame[self.frame[BINS_COLUMN] != ""]
        rows = [
            {
                "table": table,
                "method": method,
                "error": np.abs(sum(np.array(text.split(), dtype=np.float64) for text in part[BINS_COLUMN])).sum()
                / part["test_rows"].sum(),
            }
            for (table, method), part in found.groupby(["table", "method"])
        ]
        wide = pd.DataFrame(rows, columns=["table", "method", "error"]).pivot(
            index="table", columns="method", values="error"
        )
        return wide.reindex(index=self.group("classes"), columns=self.methods)

    @cached_property
    def relative(self) -> pd.DataFrame:
        """Errors by the lowest of their table; of classes, with half a wrong row more for both, since none may be wrong."""
        lowest = self.errors.min(axis=1)
        half = (0.5 / self.traits["tested"]).where(self.traits["classes"], 0.0).reindex(self.tables)
        return self.errors.add(half, axis=0).div(lowest + half, axis=0)

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Ranks by table and method, 1 for the lowest error, equal ones share theirs; who failed everywhere is last.

        Of the tables of which any method has a figure.
        """
        return ranks_of(self.errors.loc[self.group("all")])

    def group(self, name: str) -> list[str]:
        """Return the tables of a group: ``all``, ``classes``, ``numbers``, ``few`` or ``many`` rows, ``drawn`` test rows."""
        traits = self.traits.reindex(self.tables)
        chosen = {
            "all": traits["rows"] > 0,
            "classes": traits["classes"].eq(True),
            "numbers": traits["classes"].eq(False),
            "few": traits["rows"] < MANY,
            "many": traits["rows"] >= MANY,
            "drawn": traits["drawn"].eq(True),
        }[name]
        return [str(table) for table in traits.index[chosen]]


def geometric_means(values: pd.DataFrame) -> pd.Series[float]:
    """Return the geometric mean of each column of positive values, NaN left out."""
    return pd.Series({name: float(np.exp(np.log(values[name]).mean())) for name in values}, dtype=np.float64)


def ranks_of(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the ranks within each line, 1 for the lowest, ties by their mean, NaN behind all others."""
    return errors.rank(axis=1, na_option="bottom")


def friedman_p(ranks: pd.DataFrame) -> float:
    """Return the p value of Friedman's test that all columns rank alike; NaN for fewer than 3 columns or 2 lines."""
    if len(ranks) < 2 or ranks.shape[1] < 3:
        return float("nan")
    if not np.ptp(ranks.to_numpy(), axis=1).any():
        return 1.0
    p: float = friedmanchisquare(*(ranks[name] for name in ranks)).pvalue
    return float(p)


def critical_difference(methods: int, tables: int, level: float = LEVEL) -> float:
    """Return by how much two mean ranks have to differ in Nemenyi's test.

    Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006).
    """
    q = float(studentized_range.ppf(1 - level, methods, np.inf)) / np.sqrt(2.0)
    return float(q * np.sqrt(methods * (methods + 1) / (6.0 * tables)))


def alike(means: Mapping[str, float], difference: float) -> list[tuple[str, ...]]:
    """Return the largest groups of at least two methods whose mean ranks lie within `difference`, lowest first."""
    order = sorted(means, key=lambda name: means[name])
    groups: list[tuple[str, ...]] = []
    end = 0
    for start, first in enumerate(order):
        last = max(place for place, name in enumerate(order) if means[name] - means[first] <= difference)
        if last > start and last + 1 > end:
            groups.append(tuple(order[start : last + 1]))
            end = last + 1
    return groups


def fewest(methods: int, level: float = LEVEL) -> int:
    """Return the tables that `against_all` needs before it can tell any of so many methods from the first.

    Wilcoxon's p is at least 2 / 2^tables; Holm's method multiplies the lowest by the number of comparisons.
    """
    tables = 1
    while max(methods - 1, 1) * 2.0 / 2.0**tables >= level:
        tables += 1
    return tables


def against_all(values: pd.DataFrame, reference: str) -> dict[str, float]:
    """Return Holm-corrected p values of Wilcoxon's test of every other column against `reference`, paired by line.

    Parameters
    ----------
    values
        Positive; their logarithms are compared. Columns with fewer than two pairs are left out.
    """
    found: dict[str, float] = {}
    logs = values.apply(np.log)
    for name in values:
        pair = logs[[reference, name]].dropna() if name != reference else logs[:0]
        if len(pair) > 1:
            found[str(name)] = paired_p(pair[reference], pair[name])
    return holm(found)
