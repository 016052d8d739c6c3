"""Data sets: from a name or a file to an `evokan.problem.table.Table`.

By name
    `list_datasets` says what there is, `load_dataset` loads it: tables that come with scikit-learn (iris,
    wine, wdbc), tables read from the folder named by the environment variable ``EVOKAN_DATA`` (rice, raisin,
    and the regression tables of the HKAN paper), and laws sampled from a data seed (exp-sin, product, tf1,
    ...). `register_dataset` adds another: a `DatasetInfo` and a function that returns a table, best built by
    `make_table`.

The user's own table
    `load_table` reads CSV, TSV or Parquet; `table_from_frame` takes a pandas frame. Text, boolean and
    categorical columns become one column of zeros and ones for each level. All faults found are reported
    together. `load_series` and `series_from_frame` do the same for a time series.

New rows for a trained network
    `read_frame` reads a file, and the `ColumnSchema` kept in ``Table.schema`` turns its columns into inputs.

Nothing here imports pandas or scikit-learn before a table is loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evokan.datasets.catalogue import DatasetInfo
from evokan.datasets.registry import list_datasets, load_dataset, register_dataset

if TYPE_CHECKING:
    from evokan.datasets.columns import ColumnSchema
    from evokan.datasets.dialect import Dialect
    from evokan.datasets.frames import read_frame
    from evokan.datasets.tables import make_table
    from evokan.datasets.user_series import load_series, series_from_frame
    from evokan.datasets.user_table import load_table, table_from_frame

__all__ = [  # noqa: RUF022 - grouped by meaning
    # by name
    "DatasetInfo",
    "list_datasets",
    "load_dataset",
    "register_dataset",
    "make_table",
    # the user's own table
    "load_table",
    "table_from_frame",
    "load_series",
    "series_from_frame",
    # new rows
    "ColumnSchema",
    "Dialect",
    "read_frame",
]

_LAZY = {
    "ColumnSchema": "columns",
    "Dialect": "dialect",
    "read_frame": "frames",
    "make_table": "tables",
    "load_table": "user_table",
    "table_from_frame": "user_table",
    "load_series": "user_series",
    "series_from_frame": "user_series",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
