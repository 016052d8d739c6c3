"""Names and tables that nobody should have, and some do."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

NAMES = (
    "x",
    "y",
    "a b",
    "",
    " ",
    "sin",
    "exp",
    "pi",
    "E",
    "I",
    "lambda",
    "None",
    "class",
    "prediction",
    "p(x)",
    "1",
    "1e5",
    "nan",
    "x^2",
    "x*y+1",
    "__import__('os')",
    "a,b",
    'say "hi"',
    "it's",
    "$x_1$",
    "{x}",
    "%s",
    "\\frac",
    "*/ int owned; /*",
    "größe",
    "温度",
    "🙂",
    "\u202eabc",
    "\x1b[31mred",
    "tab\there",
    "line\nbreak",
    "\ufeffx",
    "e\u0301",
    "\u00e9",
    "=1+1",
    "-x",
    "--out",
    "../x",
    "n" * 500,
    "Unnamed: 0",
    "index",
    "id",
    "chosen",
    "seconds",
)
"""Names of columns: functions, keywords, formulas, markup, control characters, other scripts, nothing."""

Cells = Callable[[random.Random, int], list[str]]


def _of(draw: Callable[[random.Random], str]) -> Cells:
    return lambda rng, rows: [draw(rng) for _ in range(rows)]


COLUMNS: dict[str, Cells] = {
    "normal": _of(lambda rng: f"{rng.gauss(0, 1):.4f}"),
    "whole": _of(lambda rng: str(rng.randrange(8))),
    "words": _of(lambda rng: rng.choice(("red", "green", "dark blue"))),
    "hostile words": _of(lambda rng: rng.choice(NAMES)),
    "booleans": _of(lambda rng: rng.choice(("True", "False"))),
    "dates": _of(lambda rng: f"2024-{rng.randrange(1, 14):02d}-{rng.randrange(1, 32):02d}"),
    "constant": lambda rng, rows: [rng.choice(("1", "x", "1e300"))] * rows,
    "missing": lambda rng, rows: [rng.choice(("", "NA", "nan"))] * rows,
    "gaps": _of(lambda rng: rng.choice(("", "1.5", "2.5", "0.1"))),
    "huge": _of(lambda rng: rng.choice(("1e308", "-1e308", "1.7e308", "1"))),
    "too huge": _of(lambda rng: rng.choice(("1e999", "1", "2"))),
    "tiny": _of(lambda rng: rng.choice(("5e-324", "1e-310", "0", "2e-308"))),
    "infinite": _of(lambda rng: rng.choice(("inf", "1", "-Infinity"))),
    "digits": _of(lambda rng: str(rng.randrange(10**20))),
    "one text": lambda rng, rows: [*(f"{rng.random():.3f}" for _ in range(rows - 1)), "n.a."][:rows],
    "identifiers": lambda rng, rows: [f"name{number}" for number in range(rows)],
    "counted": lambda rng, rows: [str(number) for number in range(rows)],
    "comma decimals": _of(lambda rng: f"{rng.randrange(9)},{rng.randrange(9)}"),
    "far": _of(lambda rng: f"{1e15 + rng.randrange(3)}"),
}
"""Columns by kind: cells for a number of rows."""

KINDS = (*("normal",) * 40, *("words", "whole", "gaps") * 3, *COLUMNS)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(char in cell for char in ',"\n') else cell


def write_table(path: Path, rng: random.Random, names: list[str] | None = None) -> tuple[list[str], str]:
    """Write a table of strange columns, and damage the file at times.

    Returns
    -------
    list of str
        The names of its columns.
    str
        What it is, in words.
    """
    rows = rng.choice((0, 1, 3, 12, *(40,) * 16))
    names = names or [
        rng.choice(("a", "b", "c", "d", "e", rng.choice(NAMES), rng.choice(NAMES)))
        for _ in range(rng.choice((1, 2, 3, 3, 3, 4)))
    ]
    if rng.random() < 0.95:
        names = list(dict.fromkeys(names))
    kinds = [rng.choice(KINDS) for _ in names]
    columns = [COLUMNS[kind](rng, rows) for kind in kinds]
    lines = [names, *(list(row) for row in zip(*columns, strict=True))]
    text = "\n".join(",".join(map(_quoted, line)) for line in lines) + "\n"
    damage = rng.choice((*("",) * 40, *DAMAGES))
    if damage:
        DAMAGES[damage](path, text, rng)
    else:
        path.write_text(text, encoding="utf-8")
    return names, f"{rows} rows of {', '.join(kinds)}" + (f", {damage}" if damage else "")


def _write(change: Callable[[str, random.Random], bytes]) -> Callable[[Path, str, random.Random], None]:
    def write(path: Path, text: str, rng: random.Random) -> None:
        path.write_bytes(change(text, rng))

    return write


def _ragged(text: str, rng: random.Random) -> bytes:
    lines = text.splitlines()
    place = rng.randrange(len(lines))
    lines[place] += ",1,2"
    return "\n".join(lines).encode()


DAMAGES: dict[str, Callable[[Path, str, random.Random], None]] = {
    "empty": _write(lambda text, rng: b""),
    "blank": _write(lambda text, rng: b"\n\n \n"),
    "header only": _write(lambda text, rng: text.split("\n")[0].encode()),
    "ragged": _write(_ragged),
    "binary": _write(lambda text, rng: rng.randbytes(500)),
    "cut": _write(lambda text, rng: text.encode()[: rng.randrange(len(text))]),
    "utf-16": _write(lambda text, rng: text.encode("utf-16")),
    "utf-8 with a mark": _write(lambda text, rng: text.encode("utf-8-sig")),
    "latin-1": _write(lambda text, rng: text.replace("e", "é").encode("latin-1", "replace")),
    "zeros": _write(lambda text, rng: text.replace("1", "\x00", 3).encode()),
    "an open quote": _write(lambda text, rng: text.replace(",", ',"', 1).encode()),
    "carriage returns": _write(lambda text, rng: text.replace("\n", "\r").encode()),
    "semicolons": _write(lambda text, rng: text.replace(",", ";").encode()),
    "tabs": _write(lambda text, rng: text.replace(",", "\t").encode()),
    "a workbook": _write(lambda text, rng: b"PK\x03\x04" + rng.randbytes(100)),
    "gzip": _write(lambda text, rng: b"\x1f\x8b\x08" + rng.randbytes(100)),
    "a long line": _write(lambda text, rng: (text + "x" * 200_000 + "\n").encode()),
    "not there": lambda path, text, rng: None,
    "a folder": lambda path, text, rng: path.mkdir(),
    "a pipe": lambda path, text, rng: os.mkfifo(path),
    "a link to itself": lambda path, text, rng: path.symlink_to(path.name),
}
"""What can happen to the file of a table."""
