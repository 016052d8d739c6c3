"""The CSV tables of a run: records and history rows to text and back, exactly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.evaluation.records import COLUMNS, RUNG_COLUMNS, Record
from evokan.evolution.history import HISTORY_COLUMNS, HISTORY_RUNG_COLUMNS, HistoryRow
from evokan.runs.files import reading
from evokan.runs.vault import Vault

if TYPE_CHECKING:
    import pandas as pd

PARETO_COLUMNS = ("val_loss_mean", "val_loss_sd", "chosen")
"""Columns of ``pareto.csv`` behind those of ``evaluations.csv``."""

_FLOATS = frozenset(field.name for field in fields(Record) if field.type == "float")
_INTEGERS = frozenset(field.name for field in fields(Record) if field.type == "int")
_WHOLE = _INTEGERS | {field.name for field in fields(HistoryRow) if field.type == "int"} | {"chosen"}
_TEXTS = frozenset(COLUMNS) - _FLOATS - _INTEGERS


def to_line(values: Iterable[Any]) -> str:
    """Return one CSV line; floats in their shortest form that reads back as the same number."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([repr(v) if isinstance(v, float) else v for v in values])
    return buffer.getvalue()


def record_columns(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of ``evaluations.csv`` of a run, by the content of its ``config.json``."""
    return COLUMNS + (RUNG_COLUMNS if config.get("rungs") else ())


def history_columns(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of ``history.csv`` of a run, likewise."""
    return HISTORY_COLUMNS + (HISTORY_RUNG_COLUMNS if config.get("rungs") else ())


def record_line(record: Record, columns: Sequence[str] = COLUMNS) -> str:
    """Return the line of ``evaluations.csv``; parents are joined by semicolons."""
    return to_line(
        ";".join(map(str, record.parents)) if name == "parents" else getattr(record, name) for name in columns
    )


def parse_record(row: Mapping[str, str]) -> Record:
    """Return the record of a row as `csv.DictReader` gives it.

    Raises
    ------
    ValueError, KeyError
        A column is missing or does not parse.
    """
    values: dict[str, Any] = {}
    for name in (*COLUMNS, *(name for name in RUNG_COLUMNS if name in row)):
        text = row[name]
        if name == "parents":
            values[name] = tuple(int(part) for part in text.split(";") if part)
        elif name in _FLOATS:
            values[name] = float(text)
        elif name in _INTEGERS:
            values[name] = int(text)
        else:
            values[name] = text
    return Record(**values)


def read_records(path: Path) -> list[Record]:
    """Return all whole rows of an ``evaluations.csv``; a torn last line is left out.

    Raises
    ------
    InputError
        A line before the last is damaged.
    """
    with reading(path):
        rows = list(
            csv.DictReader(io.StringIO(whole_lines(path) if path.name in Vault(path.parent).names(path.parent) else ""))
        )
    records = []
    for number, row in enumerate(rows, start=2):
        with reading(f"{path}, line {number}"):
            records.append(parse_record(row))
    return records


def read_table(
    path: Path,
    columns: Sequence[str],
    remedy: str = "start a new run",
    young: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """Return all whole rows of a table of a run; a torn last line is left out.

    Parameters
    ----------
    columns
        Names that it must have; those that are no texts of a `Record` hold numbers. More may follow.
    remedy
        As for `evokan.runs.files.reading`.
    young
        Columns that a table of an earlier version may lack, and what stands for them there.

    Raises
    ------
    InputError
        It is missing or damaged.
    """
    import pandas as pd

    numbers = [name for name in columns if name not in _TEXTS]
    with reading(path, remedy):
        frame = pd.read_csv(
            io.StringIO(whole_lines(path)),
            dtype=dict.fromkeys(_TEXTS, str),
            keep_default_na=False,
            na_values={name: [""] for name in numbers},
        )
        for name in [name for name in young if name not in frame]:
            frame.insert(min(columns.index(name), frame.shape[1]), name, young[name])
        missing = [name for name in columns if name not in frame]
        if missing:
            raise ValueError(f"it lacks the column {', '.join(missing)}")
        holed = frame[numbers].isna().any(axis=1)
        if holed.any():
            raise ValueError(f"row {int(holed.argmax()) + 1} has empty cells")
        for name in numbers:
            frame[name] = pd.to_numeric(frame[name])
            if name in _WHOLE and (broken := ~np.isfinite(frame[name]) | (frame[name] % 1 != 0)).any():
                raise ValueError(f"row {int(broken.argmax()) + 1} has no whole number as {name}")
    return frame


def whole_lines(path: Path) -> str:
    """Return the text of a file without what follows its last line end: the part of a line that a kill cut off."""
    text = Vault(path.parent).read_text(path)
    return text[: text.rfind("\n") + 1]
