"""The CSV tables of a run: records and history rows to text and back, exactly."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from evokan.errors import InputError
from evokan.evaluation.records import COLUMNS, Record

_FLOATS = frozenset(field.name for field in fields(Record) if field.type == "float")
_INTEGERS = frozenset(field.name for field in fields(Record) if field.type == "int")


def to_line(values: Iterable[Any]) -> str:
    """Return one CSV line; floats in their shortest form that reads back as the same number."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([repr(v) if isinstance(v, float) else v for v in values])
    return buffer.getvalue()


def record_line(record: Record) -> str:
    """Return the line of ``evaluations.csv``; parents are joined by semicolons."""
    return to_line(
        ";".join(map(str, record.parents)) if name == "parents" else getattr(record, name) for name in COLUMNS
    )


def parse_record(row: Mapping[str, str]) -> Record:
    """Return the record of a row as `csv.DictReader` gives it.

    Raises
    ------
    ValueError, KeyError
        A column is missing or does not parse.
    """
    values: dict[str, Any] = {}
    for name in COLUMNS:
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
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    # What follows the last line end is the part of a line that a kill cut off.
    whole = text[: text.rfind("\n") + 1]
    records = []
    for number, row in enumerate(csv.DictReader(io.StringIO(whole)), start=2):
        try:
            records.append(parse_record(row))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {number}: damaged ({error}); the run cannot be read further") from error
    return records
