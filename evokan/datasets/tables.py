"""Making a `Table`, with its fingerprint and its column schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray
from evokan.datasets.columns import ColumnSchema, NumericColumn
from evokan.problem.table import Table
from evokan.problem.task import Task, TaskName

if TYPE_CHECKING:
    from evokan.problem.equations import Equation


def make_table(
    name: str,
    task: Task | TaskName,
    X: FloatArray,
    y: NDArray[np.float64] | NDArray[np.int64],
    *,
    feature_names: Sequence[str],
    target_name: str,
    class_names: Sequence[str] = (),
    test_rows: IntArray | None = None,
    validation_rows: IntArray | None = None,
    log_target: bool = False,
    test_size: float = 0.2,
    validation_size: float = 0.2,
    schema: ColumnSchema | None = None,
    series: IntArray | None = None,
    groups: IntArray | None = None,
    in_order: bool = False,
    equation: Equation | None = None,
    notes: tuple[str, ...] = (),
    concepts: Sequence[str] = (),
    lags: tuple[int, ...] = (),
) -> Table:
    """Return a `Table` with schema and fingerprint; the way for every loader.

    Parameters
    ----------
    X
        Inputs, shape (rows, features), finite, raw units.
    y
        Class numbers 0 ... classes - 1, or targets, finite, shape (rows,); of a trajectory the next state, shape
        (rows, concepts).
    schema
        How raw columns become `X`; by default every feature is a numeric column of its own.
    series
        Of a trajectory, and needed there: number of each row's series, shape (rows,), as in `Table`.
    groups, in_order, test_rows, validation_rows, log_target
        As in `Table`.
    equation
        Of the task ``residual``, and needed there: what has to hold at the points `X`.
    notes
        What the user should know of how the rows were read, one sentence each.
    concepts, lags
        Of a trajectory with delays, as in `Table`.

    Raises
    ------
    ValueError
        The shapes or the names do not fit together, or a value is not finite: a fault of the loader.
    """
    task = Task(task)
    X = np.ascontiguousarray(X, dtype=np.float64)
    y = y.astype(np.int64) if task.has_classes else y.astype(np.float64)
    if X.shape != (len(y), len(feature_names)):
        raise ValueError(
            f"table {name!r}: expected X of shape (rows, features) = {(len(y), len(feature_names))}, got {X.shape}"
        )
    if task.in_time:
        _check_steps(name, X, y, series, lags or (1,))
    elif series is not None:
        raise ValueError(f"table {name!r}: only a trajectory has series")
    if (equation is not None) != task.is_equation:
        raise ValueError(f"table {name!r}: an equation and the task residual go together")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError(f"table {name!r}: every value of X and y must be finite")
    if task.has_classes and not np.array_equal(np.unique(y), np.arange(len(class_names))):
        raise ValueError(f"table {name!r}: y must hold each class number below {len(class_names)}")
    if schema is None:
        columns = tuple(NumericColumn.of(feature, values) for feature, values in zip(feature_names, X.T, strict=True))
        schema = ColumnSchema(task=task, target=target_name, columns=columns, class_names=tuple(class_names))
    table = Table(
        name=name,
        task=task,
        X=X,
        y=y,
        feature_names=tuple(feature_names),
        target_name=target_name,
        class_names=tuple(class_names),
        test_rows=test_rows,
        validation_rows=validation_rows,
        log_target=log_target,
        test_size=test_size,
        validation_size=validation_size,
        schema=schema.to_dict(),
        series=series,
        groups=groups,
        in_order=in_order,
        equation=equation,
        notes=notes,
        concepts=tuple(concepts),
        lags=lags,
    )
    return replace(table, sha256=fingerprint(table))


def _check_steps(
    name: str, X: FloatArray, y: NDArray[np.generic], series: IntArray | None, lags: tuple[int, ...]
) -> None:
    wanted = (len(X), X.shape[1] // len(lags))
    if y.shape != wanted or X.shape[1] % len(lags):
        raise ValueError(f"table {name!r}: the next state must have the shape {wanted} of the state, got {y.shape}")
    if series is None or series.shape != (len(X),):
        raise ValueError(f"table {name!r}: a trajectory needs the number of the series of each of its {len(X)} rows")
    if (np.diff(series) < 0).any():
        raise ValueError(f"table {name!r}: the rows must stand series by series, in ascending order")
    for number, lag in enumerate(lags):
        follows = series[lag:] == series[:-lag]
        block = X[lag:, number * wanted[1] : (number + 1) * wanted[1]]
        if not np.array_equal(y[:-lag][follows], block[follows]):
            raise ValueError(f"table {name!r}: inside a series, the next state must be the state of the next row")


def fingerprint(table: Table) -> str:
    """Return the SHA-256 of what a search sees: names, task, `X`, `y`, test rows, series, and an equation's summary.

    The numbers enter as little-endian bytes, so it is the same on every machine; the table's own name does
    not enter, so a renamed file keeps its fingerprint.
    """
    tests = np.zeros(0, dtype=np.int64) if table.test_rows is None else table.test_rows
    names: list[Sequence[object]] = [table.task, table.feature_names, table.target_name, table.class_names]
    if table.equation is not None:
        names += [table.equation.summary, *(f"{k} from {v}" for k, v in sorted(table.equation.coefficients.items()))]
    if table.lags:
        names.append(table.lags)
    if table.validation_rows is not None:
        names.append(("validation", *table.validation_rows.tolist()))
    digest = hashlib.sha256(json.dumps([*names, table.X.shape, len(tests)]).encode())
    more = [array for array in (table.series, table.groups) if array is not None]
    more += [np.arange(len(table.X))] if table.in_order else []
    for array in (table.X, table.y, tests, *more):
        digest.update(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()
