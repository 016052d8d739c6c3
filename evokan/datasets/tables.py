"""Making a `Table`, with its fingerprint and its column schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.columns import ColumnSchema, NumericColumn
from evokan.problem import FloatArray, IntArray, Table, Task


def make_table(
    name: str,
    task: Task,
    X: FloatArray,
    y: NDArray[np.float64] | NDArray[np.int64],
    *,
    feature_names: Sequence[str],
    target_name: str,
    class_names: Sequence[str] = (),
    test_rows: IntArray | None = None,
    test_size: float = 0.2,
    validation_size: float = 0.2,
    schema: ColumnSchema | None = None,
) -> Table:
    """Return a `Table` with schema and fingerprint; the way for every loader.

    Parameters
    ----------
    X
        Inputs, shape (rows, features), finite, raw units.
    y
        Class numbers 0 ... classes - 1, or targets, finite, shape (rows,).
    schema
        How raw columns become `X`; by default every feature is a numeric column of its own.

    Raises
    ------
    ValueError
        The shapes or the names do not fit together, or a value is not finite: a fault of the loader.
    """
    X = np.ascontiguousarray(X, dtype=np.float64)
    y = y.astype(np.int64) if task == "classification" else y.astype(np.float64)
    if X.shape != (len(y), len(feature_names)):
        raise ValueError(f"table {name!r}: expected X of shape (rows, features) = "
                         f"{(len(y), len(feature_names))}, got {X.shape}")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError(f"table {name!r}: every value of X and y must be finite")
    if task == "classification" and not np.array_equal(np.unique(y), np.arange(len(class_names))):
        raise ValueError(f"table {name!r}: y must hold each class number below {len(class_names)}")
    if schema is None:
        columns = tuple(NumericColumn(name=feature, median=float(median))
                        for feature, median in zip(feature_names, np.median(X, axis=0), strict=True))
        schema = ColumnSchema(task=task, target=target_name, columns=columns, class_names=tuple(class_names))
    table = Table(name=name, task=task, X=X, y=y, feature_names=tuple(feature_names), target_name=target_name,
                  class_names=tuple(class_names), test_rows=test_rows, test_size=test_size,
                  validation_size=validation_size, schema=schema.to_dict())
    return replace(table, sha256=fingerprint(table))


def fingerprint(table: Table) -> str:
    """Return the SHA-256 of what a search sees: names, task, `X`, `y` and the published test rows.

    The numbers enter as little-endian bytes, so it is the same on every machine; the table's own name does
    not enter, so a renamed file keeps its fingerprint.
    """
    tests = np.zeros(0, dtype=np.int64) if table.test_rows is None else table.test_rows
    names = [table.task, table.feature_names, table.target_name, table.class_names]
    digest = hashlib.sha256(json.dumps([*names, table.X.shape, len(tests)]).encode())
    for array in (table.X, table.y, tests):
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
