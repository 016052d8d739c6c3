"""Series that were not measured at even distances, as means over even steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.datasets.moments import whole_dates
from evokan.datasets.values import kind_of, to_numbers
from evokan.errors import InputError

MOST_EMPTY = 100
"""So many times the moments there are may the steps without any be."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of one or more series, series by series in the order of time.

    Attributes
    ----------
    values
        Shape (moments, concepts), NaN where missing.
    at, groups
        When, and the number of the series of each, shape (moments,).
    order
        Row of the table that each comes from: of a mean the last one.
    """

    values: NDArray[np.float64]
    at: NDArray[Any]
    groups: NDArray[np.int64]
    order: NDArray[np.int64]

    def some(self, chosen: NDArray[Any]) -> Moments:
        """Return some of the moments."""
        return Moments(self.values[chosen], self.at[chosen], self.groups[chosen], self.order[chosen])


def step_of(text: str, column: pd.Series[Any], spelling: str | None) -> float:
    """Return a step in the unit of the moments that `evokan.datasets.moments.read_moments` makes of a time column.

    Parameters
    ----------
    text
        A number where the column has numbers (or months, 202401); else a span of time such as 1h, 15min or 7D.
    spelling
        ``--time-format``, if it was given.

    Raises
    ------
    InputError
        It is none, or not above 0.
    """
    numeric = spelling is None and kind_of(column) == "numeric"
    dates = whole_dates(to_numbers(column)) if numeric else None
    if numeric and (dates is None or dates[1] == "months"):
        what = "a number of steps of the time column" if dates is None else "a number of months"
        try:
            step = float(text)
        except ValueError:
            step = np.nan
    else:
        what = "a span of time such as 1h, 15min or 7D"
        try:
            step = float(pd.Timedelta(text).value) if not text.strip().isdigit() else np.nan
        except ValueError:
            step = np.nan
    if not (np.isfinite(step) and step > 0):
        raise InputError(f"--resample {text}: for time column {str(column.name)!r} give {what}, above 0")
    return step


def at_even_steps(found: Moments, step: float, *, empty: bool) -> tuple[Moments, str]:
    """Return the moments at even steps, each the mean of what was measured since the one before, and a sentence.

    Nothing measured later has a say in a moment. A series begins with its first moment.

    Parameters
    ----------
    empty
        Whether steps in which nothing was measured are moments without values; otherwise they are gaps.

    Raises
    ------
    InputError
        There would be a hundred times more empty steps than moments.
    """
    frame = pd.DataFrame(found.values)
    since = pd.Series(found.at.astype(np.float64)).groupby(found.groups).transform(lambda at: at - at.iloc[0])
    number = np.ceil(since.to_numpy() / step - 1e-9).astype(np.int64)
    keys = [pd.Series(found.groups), pd.Series(number)]
    means = frame.groupby(keys).mean()
    last = pd.Series(found.order).groupby(keys).last()
    most = int(pd.Series(found.order).groupby(keys).size().max())
    lengths = pd.Series(number).groupby(found.groups).max() + 1
    without = int(lengths.sum()) - len(means)
    if without > MOST_EMPTY * len(means):
        raise InputError(
            f"--resample: of {int(lengths.sum())} such steps only {len(means)} have any row: give a longer step"
        )
    if empty and without:
        every = pd.MultiIndex.from_tuples([(group, k) for group, count in lengths.items() for k in range(count)])
        means, last = means.reindex(every), last.reindex(every).ffill()
    groups, steps = (means.index.get_level_values(level).to_numpy(dtype=np.int64) for level in (0, 1))
    text = (
        f"{len(found.at)} rows are taken together to {len(means)} moments at even steps, each the mean of up to {most} "
        "rows since the one before"
    )
    if without:
        text += f"; {without} steps have no row"
    return Moments(means.to_numpy(dtype=np.float64), steps * step, groups, last.to_numpy(dtype=np.int64)), text
