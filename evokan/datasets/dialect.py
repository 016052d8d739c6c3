"""What a text file of rows is written in: encoding, separator and decimal sign, found from the file and said."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evokan.errors import InputError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LATIN = "cp1252"
"""Taken for what is no UTF-8: what programs on Windows write in western Europe."""
_LOOKED_AT = 1 << 16
"""Characters from which the separator is found."""
_EITHER = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
"""What may be a whole number of thousands, or one with three decimals."""
_POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """What the user says of a file; None is found from the file.

    Attributes
    ----------
    sep
        One character between cells.
    decimal
        ``,`` or ``.`` in numbers.
    encoding
        A name that Python knows.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.sep is not None and len(self.sep) != 1:
            faults.append(f"--sep {self.sep!r}: give one character (tab for a tab)")
        if self.decimal not in (None, ",", "."):
            faults.append(f"--decimal {self.decimal!r}: give , or .")
        if self.decimal is not None and self.decimal == self.sep:
            faults.append(f"--decimal {self.decimal}: is what separates cells, too")
        if self.encoding is not None and not _is_encoding(self.encoding):
            faults.append(
                f"--encoding {self.encoding!r}: Python knows no such encoding; write utf-8, cp1252, utf-16 ..."
            )
        if faults:
            raise InputError(*faults)

    @classmethod
    def of(cls, sep: str | None, decimal: str | None, encoding: str | None) -> Dialect:
        """Return a dialect as it is written on a command line, where a tab may be called ``tab``."""
        return cls("\t" if sep in ("tab", "\\t") else sep, decimal, encoding)


def decoded(content: bytes, given: Dialect, path: Path) -> tuple[str, list[str]]:
    """Return the text of a file without its byte order mark, and what is to be said of how it was read.

    Raises
    ------
    InputError
        It is not written in that encoding, or in none that can be told.
    """
    found = given.encoding or next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        return content.decode(found).removeprefix("\ufeff"), []
    except UnicodeError as error:
        if given.encoding or found != "utf-8":
            raise InputError(f"file {path} is not written in {found}: give another --encoding") from error
    try:
        if b"\0" in content:
            raise InputError(f"file {path} holds zero bytes: give its --encoding, or save it as UTF-8 text")
        return content.decode(_LATIN), [
            f"file {path} is not UTF-8: its letters are taken for {_LATIN} (Western Europe); --encoding says otherwise"
        ]
    except UnicodeError as error:
        raise InputError(
            f"file {path} is neither UTF-8 nor {_LATIN}: give its --encoding, or save it as UTF-8"
        ) from error


def separator_of(text: str, given: Dialect, path: Path, own: str) -> tuple[str, list[str]]:
    """Return what separates cells, and what is to be said of it.

    Parameters
    ----------
    own
        What the file's name says.

    Raises
    ------
    InputError
        Several separators would do: every row would have as many cells as the header.
    """
    if given.sep is not None:
        return given.sep, []
    fitting = [sep for sep in SEPARATORS if _is_even(text, sep)]
    if len(fitting) > 1:
        names = " or by ".join(SEPARATORS[sep] for sep in fitting)
        raise InputError(f"file {path} could be separated by {names}: say by which with --sep {fitting[0]!r}")
    if not fitting:  # a row is longer or shorter: the header alone decides, and the reader names the row
        header = text.lstrip().partition("\n")[0]
        fitting = [sep for sep in SEPARATORS if sep in header]
    if own in fitting or len(fitting) != 1:
        return own, []
    return fitting[0], [f"file {path} is separated by {SEPARATORS[fitting[0]]}; --sep says otherwise"]


def decimal_of(columns: Sequence[Sequence[str | None]], sep: str, given: Dialect, path: Path) -> tuple[str, list[str]]:
    """Return the decimal sign of the numbers in the columns, and what is to be said of it.

    Raises
    ------
    InputError
        Some numbers have commas and others points, or commas may stand between thousands.
    """
    if given.decimal is not None:
        return given.decimal, []
    if sep == ",":
        return ".", []
    with_comma = [column for column in columns if _are_numbers(column, _COMMA)]
    if not with_comma:
        return ".", []
    advice = "say which sign is the decimal one with --decimal"
    if any(_are_numbers(column, _POINT) for column in columns if column not in with_comma):
        raise InputError(f"file {path} has numbers with commas and numbers with points: {advice}")
    if all(_THOUSANDS.fullmatch(cell) for column in with_comma for cell in column if cell and "," in cell):
        cell = next(cell for column in with_comma for cell in column if cell and "," in cell)
        raise InputError(f"file {path}: the comma in {cell} may stand between thousands or before decimals: {advice}")
    return ",", [f"file {path} has decimal commas; --decimal says otherwise"]


def has_commas(column: Sequence[str | None]) -> bool:
    """Return whether a column holds numbers, some of them with a decimal comma, or with points between thousands."""
    return _are_numbers(column, _EITHER)


def with_points(column: Sequence[str | None]) -> list[str | None]:
    """Return a column of numbers with decimal commas, with points and without signs between thousands."""
    return [None if cell is None else cell.replace(".", "").replace(",", ".") for cell in column]


def _are_numbers(column: Sequence[str | None], kind: re.Pattern[str]) -> bool:
    """Return whether every cell is a whole number or one of a kind, and some are of that kind."""
    found = False
    for cell in column:
        if not cell or _WHOLE.fullmatch(cell):
            continue
        if not kind.fullmatch(cell):
            return False
        found = True
    return found


def _is_even(text: str, sep: str) -> bool:
    """Return whether the first rows have as many cells as the header, more than one."""
    part = text[:_LOOKED_AT]
    try:
        rows = [row for row in csv.reader(io.StringIO(part, newline=""), delimiter=sep) if row]
    except csv.Error:
        return False
    if len(part) < len(text):
        rows = rows[:-1]  # cut off
    return bool(rows) and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)


def _is_encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)) and isinstance("a".encode(name), bytes)
    except (LookupError, TypeError, ValueError):
        return False
