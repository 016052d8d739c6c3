"""What is missing in a time series: values, filled in without a look ahead, and moments, where the series is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.datasets.columns import Impute
from evokan.datasets.values import label
from evokan.errors import InputError

GAP = 1.5
"""Two moments that are further apart than this many usual steps belong to different series."""
MOST_GAPS, FEW_GAPS = 0.2, 10
"""Where more than this share of the steps are gaps, and more than a few, the moments have no usual step."""

_SHOWN = 3
"""So many gaps are named."""


def filled_in(
    values: NDArray[np.float64], groups: NDArray[np.int64], names: Sequence[str], impute: Impute | None
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return `values` with what is missing filled in from earlier moments of the same series, and a note.

    Parameters
    ----------
    values
        Shape (moments, concepts), NaN where missing, series by series in the order of time.
    groups
        Number of the series of each moment.
    names
        Of the concepts.
    impute
        ``last``: the last value that is there; ``median``: the median of those that are. Moments later on, and so those
        of the test part, have no say.

    Returns
    -------
    tuple
        The values, NaN where a series begins without one; and one sentence, or none where nothing was missing.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values, ()
    by_series = pd.DataFrame(values).groupby(groups, sort=False)
    if impute == "last":
        full, what = by_series.ffill(), "go on with the last value before them"
    else:
        full = by_series.expanding().median().reset_index(level=0, drop=True).sort_index()
        what = "are the median of those before them in their series"
    found = np.where(missing, full.to_numpy(dtype=np.float64), values)
    none = int(np.isnan(found).any(axis=1).sum())
    columns = ", ".join(f"{names[place]!r}" for place in np.flatnonzero(missing.any(axis=0)).tolist())
    text = f"{int(missing.sum())} missing values in column {columns} {what}"
    if none:
        text += f"; {none} moments at the beginning of a series have nothing before them and are left out"
    return found, (text,)


def cut_at_gaps(
    ordered: pd.Series[Any], moments: NDArray[Any], groups: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return after which moments the next one follows, shape (moments - 1,), and a note on the gaps.

    Parameters
    ----------
    ordered
        The time column, series by series in the order of time.
    moments, groups
        Its values as numbers, and the number of the series of each.

    Raises
    ------
    InputError
        No two moments are consecutive, or so many steps are gaps that there is no usual step.
    """
    steps, same = np.diff(moments), np.diff(groups) == 0
    usual = float(np.median(steps[same])) if same.any() else 0.0
    follows = same & (steps <= GAP * usual)
    if not follows.any():
        raise InputError("no two rows are consecutive moments: a trajectory needs at least two moments in a series")
    gaps = np.flatnonzero(same & ~follows)
    if not len(gaps):
        return follows, ()
    if len(gaps) > max(MOST_GAPS * same.sum(), FEW_GAPS):
        raise InputError(
            f"time column {ordered.name!r}: {len(gaps)} of {int(same.sum())} steps are longer than {GAP:g} usual "
            f"steps, which would cut it into {int(np.count_nonzero(~follows)) + 1} series: give moments at even "
            "distances (one row for each hour, say), or take them together by --resample STEP"
        )
    where = ", ".join(
        f"between {label(ordered.iloc[gap])} and {label(ordered.iloc[gap + 1])} (rows {ordered.index[gap]} and "
        f"{ordered.index[gap + 1]})"
        for gap in gaps[:_SHOWN]
    )
    more = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
    return follows, (
        f"time column {ordered.name!r}: {len(gaps)} gap{'s' * (len(gaps) > 1)} longer than {GAP:g} usual steps, where "
        f"the series is cut: {where}{more}",
    )
