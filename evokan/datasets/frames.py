"""Reading a file into a pandas frame, with a careful look at what the file really is.

Cells of text files stay text (so class names keep their spelling); `evokan.datasets.values` reads the
numbers.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.datasets.binary import BINARY, read_binary
from evokan.datasets.dialect import Dialect, decimal_of, decoded, has_commas, separator_of, with_points
from evokan.errors import InputError, reason, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FOUND = Dialect()
"""Everything is found from the file."""
MISSING_MARKS = ("", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "null", "NULL", "None")
"""Cells of a text file that count as missing, after blanks around them are taken off."""

_TEXT = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
"""What separates cells where nothing else is found."""
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


def read_frame(
    path: str | Path, *, keep_na: bool = False, keep_na_in: Collection[str] = (), dialect: Dialect = FOUND
) -> pd.DataFrame:
    """Return the rows of a file, indexed from 1; what is to be said of how it was read is in ``attrs["notes"]``.

    Parameters
    ----------
    path
        Text (``.csv``, ``.tsv``, ``.txt``, also with ``.gz`` behind) with one line of column names, or ``.parquet``,
        ``.feather``, ``.xlsx``, ``.xls``, ``.ods`` (the first sheet) or ``.arff``. Blanks around cells of text are
        taken off, and empty cells and the `MISSING_MARKS` are missing values.
    keep_na, keep_na_in
        Whether marks such as ``NA`` are values like any other: in all columns, or in those named. Empty cells stay
        missing.
    dialect
        What the user says of a text file; the rest is found from it.

    Raises
    ------
    InputError
        There is no such file, it is a folder or not what its suffix says, a row is longer or shorter than the header,
        there are no rows, or a column has no name or the name of another.
    """
    path = Path(path)
    frame = read_any(path, keep_na=keep_na, keep_na_in=keep_na_in, dialect=dialect)
    faults = header_faults(f"file {path}", frame)
    if faults:
        raise InputError(*faults)
    return frame


def read_any(
    path: Path,
    *,
    keep_na: bool = False,
    keep_na_in: Collection[str] = (),
    dialect: Dialect = FOUND,
    content: bytes | None = None,
) -> pd.DataFrame:
    """Do as `read_frame`, but leave the column names and the number of rows unchecked.

    Parameters
    ----------
    content
        Of a file that is not opened here.

    Raises
    ------
    InputError
        There is no such file, it is a folder, empty, or not what its suffix says, or a row is longer or shorter than
        the header.
    """
    name = path.name.lower()
    packed = name.endswith(".gz")
    suffix = Path(name.removesuffix(".gz")).suffix
    known = suffix in _TEXT or (suffix in BINARY and not packed)
    try:
        if content is None:
            if path.is_dir():
                raise InputError(f"file {path}: is a folder; name a file")
            if not known:
                raise InputError(f"file {path}: its name must end in {', '.join([*_TEXT, *BINARY])} (text also in .gz)")
            if not path.is_file():
                raise InputError(f"file {path}: there is no such file")
            content = path.read_bytes()
        if packed:
            content = gzip.decompress(content)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"file {path} is not gzip-compressed, as its name says, or is cut off") from error
    except OSError as error:
        raise InputError(f"file {path} cannot be read: {reason(error)}") from error
    if not content.strip():
        raise InputError(f"file {path} is empty")
    notes: list[str] = []
    if suffix in BINARY:
        frame = read_binary(path, suffix, content)
    else:
        table = _read_text(path, suffix, content, lambda column: keep_na or column in keep_na_in, dialect, notes)
        frame = table.to_pandas()
    frame = frame.rename(columns=str)
    frame.index = frame.reset_index(drop=True).index + 1
    frame.attrs["notes"] = tuple(notes)
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


def _read_text(
    path: Path, suffix: str, content: bytes, keeps: Callable[[str], bool], dialect: Dialect, notes: list[str]
) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as pacsv

    claim = f"{suffix[1:].upper()} text, as its name says"
    for magic, kind in _MAGIC.items():
        if content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(magic):
            raise InputError(f"file {path} is not {claim}: it is {kind}")
    text, said = decoded(content, dialect, path)
    notes += said
    if "\0" in text:
        raise InputError(f"file {path} is not {claim}: it holds zero bytes (save it as UTF-8 text)")
    separator, said = separator_of(text, dialect, path, _TEXT[suffix])
    notes += said
    try:
        header = next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row), [])
    except csv.Error as error:
        raise InputError(f"file {path} is not {claim}: {error}") from error

    columns = [f"f{i}" for i in range(len(header))]  # as pyarrow will call them
    uneven: list[pacsv.InvalidRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        uneven.append(row)
        return "skip"

    # The header goes through as a row of its own, so that repeated names stay as they are.
    try:
        table = pacsv.read_csv(
            pa.BufferReader(text.encode("utf-8")),
            read_options=pacsv.ReadOptions(autogenerate_column_names=True, use_threads=False),
            parse_options=pacsv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string())),
        )
        trimmed = [pc.utf8_trim_whitespace(cells) for cells in table.columns]
    except pa.ArrowException as error:
        raise InputError(f"file {path} is not {claim}: {str(error).splitlines()[0]}") from error
    if uneven:
        row = uneven[0]
        more = f" ({len(uneven)} such rows)" if len(uneven) > 1 else ""
        raise InputError(
            f"file {path}: row {row.number - 1} has {row.actual_columns} values, the header has "
            f"{row.expected_columns}{more}"
        )
    names = [cells[0].as_py() for cells in trimmed]
    every, empty = pa.array(MISSING_MARKS), pa.array(MISSING_MARKS[:1])
    bare = [
        pc.if_else(pc.is_in(cells, value_set=empty if keeps(name) else every), None, cells).slice(1)
        for name, cells in zip(names, trimmed, strict=True)
    ]
    if (separator != "," or dialect.decimal == ",") and any(
        pc.any(pc.match_substring(cells, ",")).as_py() for cells in bare
    ):
        lists = [cells.to_pylist() for cells in bare]
        sign, said = decimal_of(lists, separator, dialect, path)
        notes += said
        if sign == ",":
            bare = [
                pa.array(with_points(cells), pa.string()) if has_commas(cells) else kept
                for cells, kept in zip(lists, bare, strict=True)
            ]
    return pa.Table.from_arrays(bare, names=names)
