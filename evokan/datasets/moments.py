"""A time column as numbers: dates, dates written as whole numbers, and numbers that float64 would round."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evokan.datasets.columns import first_value, rows_text
from evokan.datasets.values import exact_numbers, kind_of, to_numbers

_YEARS = (1800, 2199)
"""Whole numbers that begin with another year are no dates."""
_SPELLINGS = {
    8: ("%Y%m%d", "days"),
    10: ("%Y%m%d%H", "hours"),
    12: ("%Y%m%d%H%M", "minutes"),
    14: ("%Y%m%d%H%M%S", "seconds"),
}
"""How a date is written with so many digits, and what it says."""


def read_moments(
    column: pd.Series[Any], name: str, faults: list[str], spelling: str | None = None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the moments of a time column as numbers since the first, in any unit, none rounded onto another.

    `spelling` says how dates are written (``%d.%m.%Y``); without it they are ISO 8601, or numbers. With the moments
    come sentences on how they were read; what is wrong is added to `faults`.
    """
    nothing, gaps = np.zeros(len(column)), column.isna().to_numpy()
    if gaps.any():
        faults.append(f"time column {name!r} has no value in {rows_text(column, gaps)}")
        return nothing, ()
    if spelling is not None:
        return _spelled(column, name, faults, spelling), ()
    if kind_of(column) == "numeric":
        return _numbers(column, name, faults)
    read = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    strange = read.isna().to_numpy()
    if strange.any():
        faults.append(
            f"time column {name!r} must hold numbers or dates such as 2024-05-17 or 2024-05-17T08:30, but "
            f"{first_value(column, strange)}; other spellings need --time-format, such as %d.%m.%Y"
        )
        return nothing, ()
    return (read - read.min()).to_numpy().astype(np.int64), ()


def _numbers(column: pd.Series[Any], name: str, faults: list[str]) -> tuple[NDArray[Any], tuple[str, ...]]:
    numbers = to_numbers(column)
    if np.isinf(numbers).any():
        faults.append(f"time column {name!r} holds an infinite value in {rows_text(column, np.isinf(numbers))}")
        return np.zeros(len(column)), ()
    dates = whole_dates(numbers)
    if dates is not None:
        moments, unit = dates
        return moments, (f"time column {name!r}: {numbers[0]:.0f} and the like are read as dates, in {unit}",)
    return since_first(exact_numbers(column, fractions=True)), ()


def _spelled(column: pd.Series[Any], name: str, faults: list[str], spelling: str) -> NDArray[np.int64]:
    nothing = np.zeros(len(column), dtype=np.int64)
    texts = column.astype(str)
    try:
        read = pd.to_datetime(texts, errors="coerce", format=spelling, utc=True)
    except ValueError as error:
        faults.append(f"--time-format {spelling}: is no format of dates ({next(iter(str(error).splitlines()), '')})")
        return nothing
    strange = read.isna().to_numpy()
    if strange.any():
        faults.append(
            f"time column {name!r} is not written as --time-format {spelling}: {first_value(column, strange)}"
        )
        return nothing
    return (read - read.min()).to_numpy().astype(np.int64)


def whole_dates(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], str] | None:
    """Return dates written as whole numbers (202401, 20240131, 2024013108 ...) as moments, and their unit.

    None where not every number is such a date: a plain counter soon passes a day that no month has.
    """
    lowest, highest = numbers.min(), numbers.max()
    if lowest < 10**5 or highest >= 10**15 or (numbers != np.floor(numbers)).any():
        return None
    whole, digits = numbers.astype(np.int64), len(str(int(lowest)))
    first, last = (int(str(int(value))[:4]) for value in (lowest, highest))
    if digits != len(str(int(highest))) or not _YEARS[0] <= first <= last <= _YEARS[1]:
        return None
    if digits == 6:
        year, month = np.divmod(whole, 100)
        return (12 * year + month, "months") if ((month >= 1) & (month <= 12)).all() else None
    if digits not in _SPELLINGS:
        return None
    spelling, unit = _SPELLINGS[digits]
    dates = pd.to_datetime(pd.Series(whole).astype(str), format=spelling, errors="coerce")
    return None if dates.isna().any() else ((dates - dates.min()).to_numpy().astype(np.int64), unit)


def since_first(exact: NDArray[Any]) -> NDArray[Any]:
    """Return what `exact_numbers` gave, less the smallest, as numbers that NumPy computes with.

    Their unit is such that all are whole, where float64 would round them and int64 has room.
    """
    if exact.dtype.kind == "f":
        return exact
    first = min(exact)
    unit = math.lcm(*(Fraction(value).denominator for value in exact))
    since = [(value - first) * unit for value in exact]
    if max(since) < 2**63:
        return np.array([int(value) for value in since], dtype=np.int64)
    return np.array([float(value - first) for value in exact])
