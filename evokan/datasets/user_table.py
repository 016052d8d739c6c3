"""The user's own table: all faults of it are found and reported together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from evokan.datasets.columns import CategoricalColumn, ColumnSchema, HandleUnknown, Impute, NumericColumn, rows_text
from evokan.datasets.cuts import ROWS_ALONE, Cut, Part, group_numbers, in_order, rows_of, set_aside, with_rows
from evokan.datasets.dialect import Dialect
from evokan.datasets.frames import FOUND, header_faults, read_any, unknown_kept, without
from evokan.datasets.given import Kept
from evokan.datasets.tables import make_table
from evokan.datasets.taken import date_advice, looks_like_dates, taken
from evokan.datasets.target import encode_target
from evokan.datasets.values import (
    kind_of,
    level_numbers,
    levels_of,
    mixed_fault,
    to_numbers,
    unsupported_fault,
)
from evokan.errors import InputError, unknown_name
from evokan.problem.task import Task, TaskName

if TYPE_CHECKING:
    from evokan.problem.table import Table

OF_ROWS = tuple(kind for kind in get_args(Impute) if kind != "last")
"""Ways to impute that need no order of time."""
MAX_LEVELS = 50
"""A column of text with more different values is refused: each of them would become an input."""


def load_table(
    path: str | Path,
    target: str,
    *,
    task: Task | TaskName | None = None,
    drop: Sequence[str] = (),
    impute: Impute | None = None,
    keep_na: bool = False,
    keep_na_in: Sequence[str] = (),
    dialect: Dialect = FOUND,
    test_data: str | Path | None = None,
    val_data: str | Path | None = None,
    log_target: bool = False,
    handle_unknown: HandleUnknown = "error",
    group: str | None = None,
    split: str = "random",
    kept: Kept | None = None,
) -> Table:
    """Return the table of a CSV, TSV or Parquet file.

    Parameters
    ----------
    path
        File as `evokan.datasets.frames.read_frame` takes it; the table is named after its stem.
    target, task, impute
        As for `table_from_frame`.
    drop
        Columns to leave out.
    keep_na, keep_na_in, dialect
        As for `evokan.datasets.frames.read_frame`.
    test_data, val_data
        Files with the rows of the test part and of the validation part, read as `path`.
    log_target, handle_unknown
        As in `evokan.datasets.columns.ColumnSchema`.
    group, split
        As in `evokan.datasets.cuts.Cut`.
    kept
        Rows at hand, in place of the files: Arrow files by the names ``data``, ``test_data`` and ``val_data``.

    Raises
    ------
    InputError
        One sentence for each fault of the file and of the table; rows are counted from 1, without the header.
    """
    path, kept = Path(path), kept or {}
    frame = read_any(path, keep_na=keep_na, keep_na_in=keep_na_in, dialect=dialect, content=kept.get("data"))
    faults = header_faults("data" if "data" in kept else f"file {path}", frame) + unknown_kept(keep_na_in, frame)
    notes, cut = frame.attrs["notes"], Cut(group, split)
    frame = without(frame, drop, faults, kept=[name for name in (target, group, cut.order) if name is not None])
    others: dict[Part, str | Path | None] = {"test": test_data, "validation": val_data}
    for part, file in others.items():
        if file is None or faults:
            continue
        content = kept.get("test_data" if part == "test" else "val_data")
        more = read_any(Path(file), keep_na=keep_na, keep_na_in=keep_na_in, dialect=dialect, content=content)
        faults += header_faults(f"file {file}", more)
        notes += more.attrs["notes"]
        more = more.loc[:, [name not in drop for name in more.columns]]
        frame = with_rows(frame, more, Path(file).name, part, faults)
    name = path.name.removesuffix(".gz").rpartition(".")[0]
    return _table(
        frame,
        target,
        name=name,
        task=task,
        impute=impute,
        faults=faults,
        cut=cut,
        notes=notes,
        log_target=log_target,
        handle_unknown=handle_unknown,
    )


def table_from_frame(
    frame: pd.DataFrame,
    target: str,
    *,
    name: str = "data",
    task: Task | TaskName | None = None,
    impute: Impute | None = None,
) -> Table:
    """Return the table of a pandas frame.

    Parameters
    ----------
    frame
        One row for each case. Numeric columns become one input each; columns of text, booleans or categories
        one input of zeros and ones for each level, named like ``colour=red``, levels in the order of their
        text (pandas categories in their own order). Text whose every value is a number is numeric. The index
        is not used.
    target
        Name of the column to predict; all others are features.
    name
        Name of the table.
    task
        ``classification`` or ``regression``; by default as `evokan.datasets.target.infer_task` says.
    impute
        What to do about missing feature values: ``median`` fills them in (median, most frequent level; taken
        over all rows, the later test part included), ``drop`` leaves out every row with a missing value. By
        default they are refused. A missing target is never filled in.

    Raises
    ------
    InputError
        One sentence for each fault found; rows are counted from 1.
    """
    frame = frame.rename(columns=str).reset_index(drop=True)
    frame.index = frame.index + 1
    return _table(frame, target, name=name, task=task, impute=impute, faults=header_faults(f"table {name!r}", frame))


def _table(
    frame: pd.DataFrame,
    target: str,
    *,
    name: str,
    task: Task | TaskName | None,
    impute: Impute | None,
    faults: list[str],
    cut: Cut = ROWS_ALONE,
    notes: tuple[str, ...] = (),
    log_target: bool = False,
    handle_unknown: HandleUnknown = "error",
) -> Table:
    """Do as `table_from_frame`; `faults` are those found so far, rows are named by the index."""
    tasks = (Task.CLASSIFICATION, Task.REGRESSION)
    for kind, value, known in (("task", task, tasks), ("imputation", impute, OF_ROWS)):
        if value is not None and value not in known:
            faults.extend(unknown_name(kind, value, known).faults)
    frame, aside = set_aside(frame.loc[:, ~frame.columns.duplicated()], cut, target, faults)
    if target not in frame.columns:
        faults.extend(unknown_name("target column", target, frame.columns).faults)
    elif len(frame.columns) == 1:
        faults.append(f"there is no column besides the target {target!r}: nothing to predict it from")
    empty = [column for column in frame.columns if kind_of(frame[column]) == "empty"]
    if len(frame):
        faults.extend(
            f"column {column!r} holds no value at all: " + ("nothing to learn" if column == target else "leave it out")
            for column in empty
        )
        frame = in_order(_without_gaps(frame.drop(columns=empty), target, impute, faults), aside)
    if frame.empty:
        raise InputError(*faults)

    columns: list[NumericColumn | CategoricalColumn] = []
    for feature in frame.columns.drop(target, errors="ignore"):
        try:
            columns.append(_describe(frame[feature], feature))
        except InputError as error:
            faults.extend(error.faults)
    if target in frame.columns:
        try:
            encoded = encode_target(frame[target], target, task if task in tasks else None, log=log_target)
        except InputError as error:
            faults.extend(error.faults)
    if not faults:
        schema = ColumnSchema(
            task=encoded.task,
            target=target,
            columns=tuple(columns),
            class_names=encoded.class_names,
            impute=impute,
            log_target=log_target,
            handle_unknown=handle_unknown,
        )
        names = schema.feature_names
        faults.extend(
            f"two inputs would be called {feature!r}: rename a column"
            for feature, count in Counter(names).items()
            if count > 1
        )
    if faults:
        raise InputError(*faults)
    return make_table(
        name,
        encoded.task,
        schema.transform(frame),
        encoded.y,
        feature_names=names,
        target_name=f"log({target})" if log_target else target,
        log_target=log_target,
        class_names=encoded.class_names,
        test_rows=rows_of(frame, "test"),
        validation_rows=rows_of(frame, "validation"),
        schema=schema,
        groups=group_numbers(frame, aside),
        in_order=cut.split != "random",
        notes=(
            *notes,
            *aside.notes,
            *schema.notes(frame, target=not encoded.task.has_classes),
            *taken(frame, target, encoded, task_given=task is not None),
        ),
    )


def _without_gaps(frame: pd.DataFrame, target: str, impute: Impute | None, faults: list[str]) -> pd.DataFrame:
    """Return the rows to go on with; what may not be missing is added to `faults`."""
    if impute == "drop":
        whole = frame.dropna()
        if whole.empty:
            faults.append("every row has a missing value: nothing is left to learn from (--impute drop)")
        return whole
    gaps = frame.isna()
    if impute is None:
        holed = [feature for feature in frame.columns if feature != target and gaps[feature].any()]
        if holed:
            listed = ", ".join(
                f"{feature!r} ({rows_text(frame[feature], gaps[feature].to_numpy())})" for feature in holed
            )
            faults.append(
                f"missing values in column{'s' if len(holed) > 1 else ''} {listed}: fill them in "
                "(--impute median) or leave their rows out (--impute drop)" + _words(frame, holed)
            )
    if target not in frame.columns or not gaps[target].any():
        return frame
    where = rows_text(frame[target], gaps[target].to_numpy())
    faults.append(
        f"target column {target!r} has no value in {where}: a missing target is never filled in, "
        "leave its row out (--impute drop)"
    )
    return frame[~gaps[target]]


def _words(frame: pd.DataFrame, holed: list[str]) -> str:
    """Return what to do where a missing value may have been a word."""
    text = [feature for feature in holed if kind_of(frame[feature]) == "categorical"]
    if not text:
        return ""
    return f"; where NA, None or the like is a value, keep it (--keep-na-in {text[0]!r}, or --keep-na for all columns)"


def _describe(column: pd.Series[Any], name: str) -> NumericColumn | CategoricalColumn:
    """Return how a feature column becomes inputs, or raise `InputError` with its faults."""
    kind = kind_of(column)
    if kind == "unsupported":
        dates = looks_like_dates(column)
        raise InputError(
            f"column {name!r} holds dates: {date_advice(column, name)}" if dates else unsupported_fault(column, name)
        )
    if kind == "numeric":
        numbers = to_numbers(column)
        infinite = np.isinf(numbers)
        if infinite.any():
            raise InputError(
                f"column {name!r} holds an infinite value in {rows_text(column, infinite)}: "
                "correct it or leave the row out"
            )
        return NumericColumn.of(name, numbers)
    levels = levels_of(column)
    mixed = mixed_fault(column, name, len(levels), "empty them (--impute median)")
    if mixed:
        raise InputError(mixed)
    distinct = len(levels) == column.count() > 1
    if distinct or len(levels) > MAX_LEVELS:
        found = "a different value in every row" if distinct else f"{len(levels)} different values"
        if looks_like_dates(column):
            raise InputError(
                f"column {name!r} looks like a date ({found}): {date_advice(column, name)}, or say by --time that this "
                "is a time series"
            )
        raise InputError(
            f"column {name!r} has {found} and is not numeric (at most {MAX_LEVELS} are taken): "
            f"leave it out if it is an identifier (--drop {name!r}), or group its values"
        )
    positions = level_numbers(column, levels)
    counts = np.bincount(positions[positions >= 0])
    return CategoricalColumn(name=name, levels=levels, most_frequent=levels[int(counts.argmax())])
