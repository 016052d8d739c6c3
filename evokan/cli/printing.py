"""What commands print: JSON, tables, and files that appear whole or not at all."""

from __future__ import annotations

import io
import json
import math
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError, reason
from evokan.texts import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PLAIN_WIDTH = 132
"""Columns of a table that goes into a file or a pipe."""


def print_json(value: Any) -> None:
    """Print one JSON value; infinities and NaN, which JSON has not, as null."""
    print(json.dumps(_finite(value), indent=2, allow_nan=False))


def print_line(text: object) -> None:
    """Print one line as it is, but for characters that would steer a terminal or break it."""
    print(printable(text))


def longest(settings: Mapping[str, Any]) -> str:
    """Return how many generations a search has: the planned number, or the most where it ends when it has settled."""
    return f"at most {settings['generations']}" if settings.get("settle") else str(settings["generations"])


def show_odd_characters() -> None:
    """Let standard output and standard error write characters that their encoding has not by number, not fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def visible(text: object, keep: str = "") -> str:
    """Return a text without control characters but those to `keep`, in characters that standard output has."""
    encoding = sys.stdout.encoding or "utf-8"
    return printable(text, keep).encode(encoding, "backslashreplace").decode(encoding)


def console() -> Console:
    """Return the console of standard output; what is no terminal gets room for whole tables.

    A text that is printed with it is one line.
    """
    from rich.console import Console

    class Printer(Console):
        """Leaves it to `evokan.cli.app` what a closed pipe means."""

        def print(self, *objects: Any, **options: Any) -> None:
            super().print(*map(_harmless, objects), **options)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    # Paths and names of columns are printed as they are, whatever looks like markup in them.
    found = Printer(highlight=False, markup=False, emoji=False)
    if not found.is_terminal:
        found.width = PLAIN_WIDTH
    return found


def table(*columns: str, title: str = "") -> Table:
    """Return an empty table; a column whose heading starts with ``>`` is set to the right.

    Without any heading there is no line of headings.
    """
    from rich import box
    from rich.table import Table

    class Harmless(Table):
        """Takes no control characters in its cells."""

        def add_row(self, *cells: Any, **options: Any) -> None:
            super().add_row(*map(_harmless, cells), **options)

    made = Harmless(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_header=any(columns),
    )
    for column in columns:
        made.add_column(
            printable(column.removeprefix(">")), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return made


def number(value: float | None, digits: int = 4) -> str:
    """Return a figure with `digits` significant digits, ``-`` for none."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "none"
    return f"{value:.{digits}g}"


def duration(seconds: float) -> str:
    """Return ``12 s``, ``3:07`` or ``1:02:09``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[Path]:
    """Give a path to write to that becomes `path` when the block ends well, and vanishes otherwise.

    Raises
    ------
    InputError
        `path` is there already and `force` is not given, or it cannot be written.
    OSError
        The block fails with another file.
    """
    from evokan.runs.files import DISK_FAULTS, made_folders

    # A name that nobody else has: what lies beside `path` is the user's own.
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        if path.is_dir():
            raise InputError(f"--out {path}: is a folder; name a file")
        if path.exists() and not path.is_file():
            raise InputError(f"--out {path}: is no ordinary file; name a file")
        if os.path.lexists(path) and not force:
            raise InputError(f"--out {path}: is there already; name a new file, or replace it with --force")
        with made_folders(path.parent):
            try:
                part.touch(exist_ok=False)
                yield part
                part.replace(path)
            finally:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
    except OSError as error:
        if error.filename is None:  # a write to an open file fails without its name
            ours = error.errno in DISK_FAULTS
        else:
            ours = Path(str(error.filename)) in (part, path, *path.parents)
        if not ours:
            raise
        raise InputError(f"--out {path}: cannot be written ({reason(error)})") from error


def _harmless(shown: Any) -> Any:
    """Return a text as it can be shown; what rich knows how to draw was made by us."""
    return visible(shown) if isinstance(shown, str) else shown


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
