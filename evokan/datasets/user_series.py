"""The user's own time series: a table in time order becomes steps from one moment to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.datasets.columns import ColumnSchema, Impute, NumericColumn, first_value, rows_text
from evokan.datasets.dialect import Dialect
from evokan.datasets.even import Moments, at_even_steps, step_of
from evokan.datasets.frames import FOUND, header_faults, read_any, unknown_kept, without
from evokan.datasets.gaps import cut_at_gaps, filled_in
from evokan.datasets.given import Kept
from evokan.datasets.lagged import Lags, delays_of, with_lags
from evokan.datasets.moments import read_moments
from evokan.datasets.tables import make_table
from evokan.datasets.values import (
    fallen_together,
    is_nested,
    kind_of,
    label,
    not_numbers,
    to_numbers,
    unsupported_fault,
)
from evokan.errors import InputError, unknown_name

if TYPE_CHECKING:
    from evokan.problem.table import Table


def load_series(
    path: str | Path,
    time: str,
    series: str | None = None,
    *,
    lags: Lags | None = None,
    horizon: int | None = None,
    time_format: str | None = None,
    drop: Sequence[str] = (),
    impute: Impute | None = None,
    resample: str | None = None,
    keep_na: bool = False,
    keep_na_in: Sequence[str] = (),
    dialect: Dialect = FOUND,
    kept: Kept | None = None,
) -> Table:
    """Return the trajectory in a CSV, TSV or Parquet file.

    Parameters
    ----------
    path
        File as `evokan.datasets.frames.read_frame` takes it; the table is named after its stem.
    time, series, lags, horizon, time_format, impute, resample
        As for `series_from_frame`.
    drop
        Columns to leave out.
    keep_na, keep_na_in, dialect
        As for `evokan.datasets.frames.read_frame`.
    kept
        As for `evokan.datasets.user_table.load_table`.

    Raises
    ------
    InputError
        One sentence for each fault of the file and of the table; rows are counted from 1, without the header.
    """
    path = Path(path)
    content = (kept or {}).get("data")
    frame = read_any(path, keep_na=keep_na, keep_na_in=keep_na_in, dialect=dialect, content=content)
    faults = header_faults(f"file {path}", frame) + unknown_kept(keep_na_in, frame)
    notes = frame.attrs["notes"]
    frame = without(frame, drop, faults, kept=[column for column in (time, series) if column is not None])
    how = _Reading(time, series, impute, time_format, resample)
    found = _trajectory(frame, how, name=path.stem, faults=faults)
    found = replace(found, notes=(*notes, *found.notes))
    return _delayed(found, lags, horizon)


def series_from_frame(
    frame: pd.DataFrame,
    time: str,
    series: str | None = None,
    *,
    lags: Lags | None = None,
    horizon: int | None = None,
    time_format: str | None = None,
    name: str = "data",
    impute: Impute | None = None,
    resample: str | None = None,
) -> Table:
    """Return the trajectory in a pandas frame.

    Parameters
    ----------
    frame
        One row for each moment; all columns but `time` and `series` are concepts and hold numbers. Rows may stand
        in any order.
    time
        Column of numbers or dates, such as 2024-01-31, 20240131 or the month 202401. The usual step is the median
        one; a longer one (over 1.5 times) is a gap, and what follows it counts as another series
        (`Table.notes` say where).
    series
        Column that says which series a row belongs to; without it there is one.
    lags, horizon
        Delays of the causes, and steps from the last known value to the one predicted, as
        `evokan.datasets.lagged.delays_of` takes them; by default every cause lies one step back.
    time_format
        How `time` is written, such as ``%d.%m.%Y``.
    name
        Name of the table.
    impute
        Missing values: ``last`` goes on with the last value of the same series, ``median`` takes the median of those
        before it there, ``drop`` leaves out the row, which makes a gap. They are refused by default.
    resample
        Even steps that the rows are taken together to (``1h``, or a number where `time` has numbers): each moment is
        the mean of the rows since the one before.

    Raises
    ------
    InputError
        One sentence for each fault found; rows are counted from 1.
    """
    frame = frame.rename(columns=str).reset_index(drop=True)
    frame.index = frame.index + 1
    faults = header_faults(f"table {name!r}", frame)
    found = _trajectory(frame, _Reading(time, series, impute, time_format, resample), name=name, faults=faults)
    return _delayed(found, lags, horizon)


def _delayed(table: Table, lags: Lags | None, horizon: int | None) -> Table:
    if lags is None and horizon in (None, 1):
        return table
    return with_lags(table, delays_of(lags, horizon or 1), horizon or 1)


@dataclass(frozen=True)
class _Reading:
    """How a series is read; as for `series_from_frame`."""

    time: str
    series: str | None
    impute: Impute | None
    time_format: str | None
    resample: str | None


def _trajectory(frame: pd.DataFrame, how: _Reading, *, name: str, faults: list[str]) -> Table:
    time, series, impute = how.time, how.series, how.impute
    if impute is not None and impute not in get_args(Impute):
        faults.extend(unknown_name("imputation", impute, get_args(Impute)).faults)
    frame = frame.loc[:, ~frame.columns.duplicated()]
    given = [("time", time)] + ([("series", series)] if series is not None else [])
    for role, column in given:
        if column not in frame.columns:
            faults.extend(unknown_name(f"{role} column", column, frame.columns).faults)
    if series == time:
        faults.append(f"column {time!r} cannot be both the time and the series")
    concepts = [column for column in frame.columns if column not in (time, series)]
    if not concepts:
        named = " and ".join(repr(column) for _, column in given)
        faults.append(f"there is no column besides {named}: no concept to learn")
    if faults:
        raise InputError(*faults)
    if impute == "drop":
        frame = frame.dropna(subset=concepts)
        if frame.empty:
            raise InputError("every row has a missing value: nothing is left to learn from (--impute drop)")
    values = np.column_stack([_concept(frame[column], column, impute, faults) for column in concepts])
    moments, notes = read_moments(frame[time], time, faults, how.time_format)
    groups = _groups(frame, series, faults)
    if faults:
        raise InputError(*faults)

    order = np.lexsort((moments, groups))
    values, moments, groups = values[order], moments[order], groups[order]
    twice = np.flatnonzero((np.diff(groups) == 0) & (np.diff(moments) == 0))
    if len(twice):
        first, second = frame.index[order[twice[0]]], frame.index[order[twice[0] + 1]]
        where = "" if series is None else " of one series"
        raise InputError(
            f"time column {time!r}: rows {first} and {second}{where} are the same moment"
            + ("; name the column of the series by --series" if series is None else "")
        )
    found = Moments(values, moments, groups, order)
    if how.resample is not None:
        step = step_of(how.resample, frame[time], how.time_format)
        found, said = at_even_steps(found, step, empty=impute in ("last", "median"))
        notes += (said,)
    values, of_values = filled_in(found.values, found.groups, concepts, impute)
    there = np.asarray(~np.isnan(values).any(axis=1))
    found, values = found.some(there), values[there]
    follows, of_moments = cut_at_gaps(frame[time].iloc[found.order], found.at, found.groups)
    notes += of_values + of_moments
    notes += tuple(note for column in concepts for note in fallen_together(frame[column], column))
    numbers = np.concatenate([[0], np.cumsum(~follows)])[:-1][follows]
    schema = ColumnSchema(
        task="trajectory",
        target="",
        impute=impute,
        columns=tuple(NumericColumn.of(column, values[:, i]) for i, column in enumerate(concepts)),
    )
    return make_table(
        name,
        "trajectory",
        values[:-1][follows],
        values[1:][follows],
        feature_names=concepts,
        target_name="",
        schema=schema,
        series=np.unique(numbers, return_inverse=True)[1].astype(np.int64),
        notes=notes,
    )


def _concept(column: pd.Series[Any], name: str, impute: Impute | None, faults: list[str]) -> NDArray[np.float64]:
    """Return the values of a concept; what is wrong with them is added to `faults`."""
    if is_nested(column):
        faults.append(unsupported_fault(column, name))
        return np.zeros(len(column))
    numbers = to_numbers(column)
    if kind_of(column) == "empty":
        faults.append(f"column {name!r} holds no value at all: leave it out")
        return numbers
    strange, infinite, missing = not_numbers(column), np.isinf(numbers), column.isna().to_numpy()
    if strange.any():
        faults.append(
            f"column {name!r}: a concept needs numbers, but {first_value(column, strange)}; leave the column "
            "out, or name it by --series if it tells the series apart"
        )
    elif infinite.any():
        faults.append(
            f"column {name!r} holds an infinite value in {rows_text(column, infinite)}: correct it or leave the row out"
        )
    elif missing.any() and impute is None:
        faults.append(
            f"missing values in column {name!r} ({rows_text(column, missing)}): fill them in "
            "(--impute last) or leave their rows out (--impute drop)"
        )
    elif len(np.unique(numbers[~missing])) == 1:
        faults.append(
            f"column {name!r} holds {label(numbers[~missing][0])!r} in every row: nothing to learn, leave it out"
        )
    return numbers


def _groups(frame: pd.DataFrame, series: str | None, faults: list[str]) -> NDArray[np.int64]:
    """Return the number of each row's series, in the order of their first rows."""
    if series is None:
        return np.zeros(len(frame), dtype=np.int64)
    if is_nested(frame[series]):
        faults.append(unsupported_fault(frame[series], series))
        return np.zeros(len(frame), dtype=np.int64)
    gaps = frame[series].isna().to_numpy()
    if gaps.any():
        faults.append(
            f"series column {series!r} has no value in {rows_text(frame[series], gaps)}; where NA, None or the like is "
            f"a value, keep it (--keep-na-in {series!r})"
        )
    return pd.factorize(frame[series])[0].astype(np.int64)
