"""Reading a CSV, TSV or Parquet file into a pandas frame, with a careful look at what the file really is.

Cells of CSV and TSV stay text (so class names keep their spelling); `evokan.datasets.values` reads the
numbers.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MISSING_MARKS = ("", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None")
"""Cells of a text file that count as missing, after blanks around them are taken off."""

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_ADVICE = {",": ("commas", "name it .csv"), "\t": ("tabs", "name it .tsv"), ";": ("semicolons", "save it with commas")}
_PARQUET = (".parquet", ".pq")
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "gzip-compressed",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"<!": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
    b'{"': "JSON",
    b'[{"': "JSON",
}


def read_frame(path: str | Path, *, keep_na: bool = False, keep_na_in: Collection[str] = ()) -> pd.DataFrame:
    """Return the rows of a file, indexed from 1.

    Parameters
    ----------
    path
        ``.csv`` (commas), ``.tsv`` (tabs) or ``.parquet``; text is UTF-8 with one line of column names.
        Blanks around cells are taken off, and empty cells and the `MISSING_MARKS` are missing values.
    keep_na, keep_na_in
        Whether marks such as ``NA`` are values like any other: in all columns, or in those named. Empty cells stay
        missing.

    Raises
    ------
    InputError
        There is no such file, it is a folder or not what its suffix says, a row is longer or shorter than the header,
        there are no rows, or a column has no name or the name of another.
    """
    path = Path(path)
    frame = read_any(path, keep_na=keep_na, keep_na_in=keep_na_in)
    faults = header_faults(f"file {path}", frame)
    if faults:
        raise InputError(*faults)
    return frame


def read_any(path: Path, *, keep_na: bool = False, keep_na_in: Collection[str] = ()) -> pd.DataFrame:
    """Do as `read_frame`, but leave the column names and the number of rows unchecked."""
    suffix = path.suffix.lower()
    try:
        if path.is_dir():
            raise InputError(f"file {path}: is a folder; name a file")
        if suffix not in (*_PARQUET, ".csv", ".tsv"):
            raise InputError(f"file {path}: its name must end in .csv, .tsv or .parquet")
        if not path.is_file():
            raise InputError(f"file {path}: there is no such file")
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise InputError(f"file {path} cannot be read: {error.strerror}") from error
    if not start.strip():
        raise InputError(f"file {path} is empty")
    if suffix in _PARQUET:
        frame = _read_parquet(path)
    else:
        frame = _read_text(path, suffix, start, lambda name: keep_na or name in keep_na_in).to_pandas()
    frame = frame.rename(columns=str)
    frame.index = frame.reset_index(drop=True).index + 1
    return frame


def header_faults(subject: str, frame: pd.DataFrame) -> list[str]:
    """Return one sentence for each fault in the column names and the number of rows of `subject`."""
    names = [str(name) for name in frame.columns]
    faults = [
        f"{subject}: column {i} has no name: give it one, or leave the column out"
        for i, name in enumerate(names, start=1)
        if not name
    ]
    repeated = [repr(name) for name, count in Counter(names).items() if count > 1 and name]
    if repeated:
        faults.append(f"{subject}: column name {', '.join(repeated)} is there more than once: rename it")
    if frame.empty:
        faults.append(f"{subject} holds no rows")
    return faults


def unknown_kept(keep_na_in: Collection[str], frame: pd.DataFrame) -> list[str]:
    """Return one sentence for each column of `keep_na_in` that is not there."""
    return [
        fault
        for name in keep_na_in
        if name not in frame.columns
        for fault in unknown_name("column for --keep-na-in", name, frame.columns).faults
    ]


def without(frame: pd.DataFrame, drop: Sequence[str], faults: list[str], kept: Sequence[str] = ()) -> pd.DataFrame:
    """Return `frame` without the columns `drop`; one fault for each that is not there, or that must be `kept`."""
    names = list(frame.columns)
    for name in drop:
        if name in kept:
            faults.append(f"--drop {name}: this column is needed")
        elif name not in names:
            faults += [f"--drop {name}: {fault}" for fault in unknown_name("column", name, names).faults]
    return frame.loc[:, [name not in drop or name in kept for name in names]]


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"file {path} is not a Parquet file, as its name says") from error
    # A damaged file may fail in any way: its pages, the names, what pandas wrote about its columns.
    try:
        table = file.read()
        table.validate(full=True)
        # Whole numbers beside gaps would become float64, which rounds them beyond 2^53.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    except Exception as error:
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"file {path} is a damaged Parquet file ({said}): write it again") from error
    return frame


def _read_text(path: Path, suffix: str, start: bytes, keeps: Callable[[str], bool]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as pacsv

    separator = _SEPARATORS[suffix]
    claim = f"{suffix[1:].upper()} text, as its name says"
    for magic, kind in _MAGIC.items():
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(magic):
            raise InputError(f"file {path} is not {claim}: it is {kind}")
    if b"\0" in start:
        raise InputError(f"file {path} is not {claim}: it holds zero bytes (save it as UTF-8 text)")
    header = _header(path, separator)

    columns = [f"f{i}" for i in range(len(header))]  # as pyarrow will call them
    uneven: list[pacsv.InvalidRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        uneven.append(row)
        return "skip"

    # The header goes through as a row of its own, so that repeated names stay as they are.
    try:
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(autogenerate_column_names=True, use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
        )
        trimmed = [pc.utf8_trim_whitespace(cells) for cells in table.columns]
    except pa.ArrowException as error:
        what = "it is not UTF-8 (save it as UTF-8)" if "UTF8" in str(error) else str(error).splitlines()[0]
        raise InputError(f"file {path} is not {claim}: {what}") from error
    if uneven:
        row = uneven[0]
        more = f" ({len(uneven)} such rows)" if len(uneven) > 1 else ""
        raise InputError(
            f"file {path}: row {row.number - 1} has {row.actual_columns} values, the header has "
            f"{row.expected_columns}{more}"
        )
    names = [cells[0].as_py() for cells in trimmed]
    every, empty = pa.array(MISSING_MARKS), pa.array(MISSING_MARKS[:1])
    return pa.Table.from_arrays(
        [
            pc.if_else(pc.is_in(cells, value_set=empty if keeps(name) else every), None, cells).slice(1)
            for name, cells in zip(names, trimmed, strict=True)
        ],
        names=names,
    )


def _header(path: Path, separator: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next((row for row in csv.reader(file, delimiter=separator) if row), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"file {path} is not UTF-8 text: save it as UTF-8") from error
    for other, (name, advice) in _ADVICE.items():
        if len(header) == 1 and other != separator and other in header[0]:
            raise InputError(
                f"file {path} is separated by {name}, not by {_ADVICE[separator][0]} as its name says: {advice}"
            )
    return header
