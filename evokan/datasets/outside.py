"""Rows that lie far outside of what a network was searched on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.columns import ColumnSchema, NumericColumn, rows_text

if TYPE_CHECKING:
    import pandas as pd

FAR = 0.1
"""Share of the range of a column in the training table by which a value may lie outside of it without a word."""


def outside(frame: pd.DataFrame, schema: ColumnSchema) -> list[str] | None:
    """Return for each row which columns lie far outside of the training table's range, and how far.

    Returns
    -------
    list of str
        Such as ``size: 20 above 14.8; hue: 0.1 below 0.48``, empty for a row inside. None where that is not known:
        for runs of earlier versions and rows with delays, each of which is several moments.
    """
    from evokan.datasets.values import to_numbers

    known = [column for column in schema.columns if isinstance(column, NumericColumn)]
    if schema.lags or any(column.low is None or column.high is None for column in known):
        return None
    found: list[list[str]] = [[] for _ in range(len(frame))]
    frame = frame.rename(columns=str)
    for column in known:
        numbers = to_numbers(frame[column.name])
        for row, text in _far(numbers, column):
            found[row].append(f"{column.name}: {text}")
    return ["; ".join(texts) for texts in found]


def _far(numbers: np.ndarray, column: NumericColumn) -> Iterator[tuple[int, str]]:
    low, high = float(column.low or 0.0), float(column.high or 0.0)
    room = FAR * high - FAR * low
    for row in np.flatnonzero(numbers > high + room):
        yield int(row), f"{numbers[row]:.6g} above {high:.6g}"
    for row in np.flatnonzero(numbers < low - room):
        yield int(row), f"{numbers[row]:.6g} below {low:.6g}"


def outside_note(texts: list[str] | None) -> str:
    """Return a sentence about the rows of `outside` that are far outside; nothing where there are none."""
    import pandas as pd

    where = np.array([bool(text) for text in texts or ()], dtype=bool)
    if not where.any():
        return ""
    rows = rows_text(pd.Series(where, index=np.arange(1, len(where) + 1)), where)
    first = next(text for text in texts or () if text)
    return (
        f"{int(where.sum())} of {len(where)} rows lie far outside of what the search has seen ({rows}; the first by "
        f"{first}): what is said of them is a guess"
    )
