"""Rows that are handed over in memory: frames of any library, and pairs of arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

KEPT: Mapping[str, str] = {name: f"{name.replace('_', '-')}.feather" for name in ("data", "test_data", "val_data")}
"""Settings that may be rows, and the file of a run that keeps them."""
Kept = Mapping[str, bytes]
"""Rows as Arrow files (`packed`), by the setting that they were given for."""


def as_frame(rows: Any) -> pd.DataFrame | None:
    """Return rows as a pandas frame, None where they are no frame of any library.

    Parameters
    ----------
    rows
        A pandas frame; an Arrow table, a polars frame or anything else with ``__arrow_c_stream__``; what has
        ``to_pandas``, or the older ``__dataframe__``.
    """
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows
    if hasattr(rows, "__arrow_c_stream__"):
        import pyarrow as pa

        try:
            table = pa.table(rows)
        except (pa.ArrowException, TypeError):  # one column alone has a stream, too
            return None
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
        return frame
    if hasattr(rows, "to_pandas"):
        found = rows.to_pandas()
        return found if isinstance(found, pd.DataFrame) else None
    return pd.api.interchange.from_dataframe(rows) if hasattr(rows, "__dataframe__") else None


def frame_of(rows: Any, target: str | None, setting: str) -> tuple[pd.DataFrame, str | None]:
    """Return rows as a frame with text for names, and the name of the target.

    Parameters
    ----------
    rows
        As `as_frame` takes them, the target among the columns; or a pair (X, y) of such a frame or an array of shape
        (rows, columns), whose columns are called x0, x1, ..., and values or labels of shape (rows,).
    target
        Name of the target; of a pair by default that of y, else ``y``.
    setting
        What the rows were given for, for messages.

    Raises
    ------
    InputError
        They are something else, X and y have different lengths, or the target's name is that of a column of X.
    """
    import pandas as pd

    if not isinstance(rows, tuple | list):
        frame = as_frame(rows)
        if frame is None:
            raise InputError(
                f"{setting}: expected a path, a frame, or a pair (X, y) of arrays (got {type(rows).__name__})"
            )
        return frame.rename(columns=str), target
    if len(rows) != 2:
        raise InputError(f"{setting}: expected a pair (X, y), and got {len(rows)} values")
    given, y = rows
    frame = as_frame(given)
    if frame is None:
        values = np.asarray(given)
        if values.ndim != 2:
            raise InputError(f"{setting}: X must have the shape (rows, columns), and has {values.shape}")
        frame = pd.DataFrame(values, columns=[f"x{number}" for number in range(values.shape[1])])
    frame = frame.rename(columns=str).reset_index(drop=True)
    column: Any = y.array if isinstance(y, pd.Series) else np.asarray(y)
    if np.shape(column) != (len(frame),):
        raise InputError(
            f"{setting}: X has {len(frame)} rows, so y must have the shape ({len(frame)},), not {np.shape(column)}"
        )
    if target is not None and target in frame.columns:
        raise InputError(f"{setting}: target {target!r} is a column of X; leave it out there, or name another one")
    return frame_with_target(frame, column, target if target is not None else getattr(y, "name", None))


def frame_with_target(frame: pd.DataFrame, target: Any, name: object = None) -> tuple[pd.DataFrame, str]:
    """Return a frame with the target as one more column, and that column's name: `name`, or ``y``, as far as free."""
    column = free_name(frame, str(name) if name not in (None, "") else "y")
    return frame.assign(**{column: target}), column


def free_name(frame: pd.DataFrame, name: str) -> str:
    """Return `name`, with as many underscores behind as it takes to be that of no column."""
    while name in frame.columns:
        name += "_"
    return name


def packed(frame: pd.DataFrame) -> bytes:
    """Return a frame as an Arrow file, which keeps categories and their order.

    Raises
    ------
    InputError
        A column holds values of several kinds, or of one that Arrow does not know.
    """
    import pyarrow as pa
    from pyarrow import feather

    from evokan.datasets.values import kind_of, unsupported_fault

    frame = frame.reset_index(drop=True)
    frame.attrs = {}
    file = io.BytesIO()
    try:
        feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), file)
    except (pa.ArrowException, TypeError, ValueError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        named = [unsupported_fault(frame[name], str(name)) for name in frame if kind_of(frame[name]) == "unsupported"]
        raise InputError(*(named or [f"the rows given cannot be kept as an Arrow file ({said})"])) from error
    return file.getvalue()


def where_kept(settings: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Return the paths of rows that a run keeps itself, out of its settings and its folder."""
    return {name: str(folder.absolute() / file) for name, file in KEPT.items() if settings.get(name) == file}
