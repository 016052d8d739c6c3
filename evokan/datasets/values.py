"""What a column of a pandas frame holds: its kind, its values as numbers, its levels."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

_MIXED_LEVELS = 20
"""Up to so many levels, text that is partly numbers (0, 1, 2, 3+) is taken as categories."""

_WHOLE = 2.0**53
"""From here on, float64 does not tell neighbouring whole numbers apart."""
_DIGITS = 15
"""So many digits of a text come through float64 unharmed."""

Kind = Literal["numeric", "categorical", "empty", "unsupported"]


def kind_of(column: pd.Series[Any]) -> Kind:
    """Return the kind of a column.

    ``numeric``: numbers, or text whose every value that is there is a number; ``categorical``: other text,
    booleans, pandas categories; ``empty``: no value at all; ``unsupported``: dates, lists, values of several
    kinds.
    """
    if not column.notna().any():
        return "empty"
    inferred = infer_dtype(column, skipna=True)
    if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
        return "numeric"
    if inferred == "string":
        return "categorical" if not_numbers(column).any() else "numeric"
    return "categorical" if inferred in ("boolean", "categorical") else "unsupported"


def to_numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return the values as float64, shape (rows,); NaN where a value is missing or not a number."""
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    try:  # text that is all numbers: the usual case, and the fast one
        text = pa.array(column, type=pa.string(), from_pandas=True)
        numbers: NDArray[np.float64] = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowException:
        codes, distinct = pd.factorize(column)
        parsed = np.array([*(_parse(label(value)) for value in distinct), np.nan])
        numbers = parsed[codes]  # the code of a missing value is -1: the NaN at the end
    return numbers


def exact_numbers(column: pd.Series[Any], *, fractions: bool = False) -> NDArray[Any]:
    """Return the values of a numeric column without gaps, shape (rows,), each told apart from every other.

    That is `to_numbers`, unless whole numbers lie beyond 2^53: then an array of objects, of whole numbers and
    fractions.

    Parameters
    ----------
    fractions
        Whether text of more than 15 digits is kept exactly as well.
    """
    numbers = to_numbers(column)
    if column.dtype.kind == "f":
        return numbers
    beyond = bool((np.abs(numbers) >= _WHOLE).any())
    long = (
        fractions and column.dtype.kind not in "iub" and bool(column.map(lambda value: len(str(value)) > _DIGITS).any())
    )
    if not (beyond or long):
        return numbers
    exact = np.empty(len(column), dtype=object)
    exact[:] = [_exact(value) for value in column]
    return exact


def fallen_together(column: pd.Series[Any], name: str) -> tuple[str, ...]:
    """Return a sentence where whole numbers beyond 2^53, as float64, are not told apart any more; else nothing."""
    if kind_of(column) != "numeric":
        return ()
    exact = exact_numbers(column.dropna())
    if exact.dtype != object:
        return ()
    distinct = {value for value in exact.tolist() if not isinstance(value, float)}
    lost = len(distinct) - len({float(value) for value in distinct})
    if not lost:
        return ()
    return (
        f"column {name!r} holds whole numbers beyond 2^53, which are rounded: {lost} of its {len(distinct)} different "
        "values fall together with others; subtract a constant from the column",
    )


def median_of(numbers: NDArray[np.float64]) -> float:
    """Return the median of the numbers that are there; of two middle ones near 1.8e308 too, whose sum is beyond."""
    with np.errstate(over="ignore"):
        found = float(np.nanmedian(numbers))
    return found if math.isfinite(found) else 2.0 * float(np.nanmedian(numbers / 2.0))


def not_numbers(column: pd.Series[Any]) -> NDArray[np.bool_]:
    """Return where a value is there and is not a number, shape (rows,)."""
    found: NDArray[np.bool_] = np.isnan(to_numbers(column)) & column.notna().to_numpy()
    return found


def label(value: object) -> str:
    """Return a value as it is written in names: 1.0 is ``1``, text is itself."""
    if isinstance(value, float | np.floating) and math.isfinite(value) and value == math.floor(value):
        return str(int(value))
    return str(value)


def levels_of(column: pd.Series[Any]) -> tuple[str, ...]:
    """Return the different values of a column as text.

    Numbers stand in ascending order and spelled as the first row that holds them, pandas categories in their
    own order, everything else in the order of the text.
    """
    if kind_of(column) == "numeric":
        present = column[column.notna()]
        _, first = np.unique(exact_numbers(present), return_index=True)
        return tuple(label(value) for value in present.iloc[first])
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return tuple(label(value) for value in used.cat.categories)
    return tuple(sorted(label(value) for value in column.dropna().unique()))


def level_numbers(column: pd.Series[Any], levels: tuple[str, ...]) -> NDArray[np.int64]:
    """Return each row's position in `levels`, shape (rows,): -1 where missing, -2 where unknown."""
    codes, distinct = pd.factorize(column)
    place = {level: i for i, level in enumerate(levels)}
    positions = np.array([*(place.get(label(value), -2) for value in distinct), -1], dtype=np.int64)
    return positions[codes]


def is_nested(column: pd.Series[Any]) -> bool:
    """Return whether a cell is a list, a map or the like, which cannot be compared with others."""
    return column.dtype == object and any(isinstance(value, list | tuple | dict | set | np.ndarray) for value in column)


def mixed_fault(column: pd.Series[Any], name: str, levels: int, remedy: str) -> str:
    """Return a sentence where text of many levels is mostly numbers: some cells went wrong; else nothing.

    Parameters
    ----------
    levels
        Number of different values.
    remedy
        What to do with cells that cannot be corrected.
    """
    strange = not_numbers(column)
    numbers = int(column.count()) - int(strange.sum())
    if levels <= _MIXED_LEVELS or not strange.any() or 2 * numbers < column.count():
        return ""
    row = column.index[strange][0]
    return (
        f"column {name!r} holds {numbers} numbers and {int(strange.sum())} texts (row {row} holds "
        f"{str(column.loc[row])!r}): correct these cells, or {remedy}"
    )


def unsupported_fault(column: pd.Series[Any], name: str) -> str:
    """Return the sentence for a column of a kind that cannot be used."""
    return (
        f"column {name!r} holds {infer_dtype(column, skipna=True)} values ({column.dtype}): only "
        "numbers, text, booleans and categories can be used"
    )


def _parse(text: str) -> float:
    if "_" in text:  # Python reads 1_000 as a number; in a table it is a code
        return math.nan
    try:
        return float(text)
    except ValueError:
        return math.nan


def _exact(value: object) -> int | Fraction | float:
    """Return a number as it is written; an infinite one as float."""
    if isinstance(value, int | np.integer):
        return int(value)
    number = float(value if isinstance(value, float | np.floating) else str(value))
    if not math.isfinite(number):
        return number
    exact = Fraction(number) if isinstance(value, float | np.floating) else Fraction(str(value).strip())
    return exact.numerator if exact.denominator == 1 else exact
