"""What can happen to the files of a run: one random damage each."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RAW = "@raw@"
"""Stands in a JSON document for a text that is put in as it is."""

TOKENS = ("NaN", "Infinity", "-Infinity", "1e999", "-0.0", "1" * 400, "-" + "9" * 25, "1e308", "[" * 3000 + "]" * 3000)
CONTROL = "é\n\x1b[31m\x07\u202e\x00"
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2,
    10**9,
    10**30,
    0.5,
    -0.5,
    "",
    "x",
    "../../outside/file.txt",
    "/etc/passwd",
    CONTROL,
    "9" * 50,
    [],
    {},
    [1, 2],
    {"a": 1},
    [[[]]],
    ["x", None],
)
CELLS = ("", "nan", "inf", "-inf", "-1", "x", "1e999", "9" * 40, '"', "0.5", "\x00", CONTROL, "1", "0", "01" * 3000)
DATA = (".json", ".csv", ".safetensors", ".txt", ".png", ".log")
KINDS: tuple[str, ...] = (
    ("json",) * 8 + ("cell",) * 3 + ("row", "header", "flip", "flip", "truncate", "empty", "folder", "link", "fifo")
)
KINDS += ("gone", "swap", "link", "link folder", "grown")

Path_ = tuple[Any, ...]


def damage(run: Path, outside: Path, rng: random.Random) -> tuple[str, list[str]]:
    """Damage one file of a run, and return what was done and to which files.

    Parameters
    ----------
    outside
        A folder with ``file.txt`` in it that links lead to.
    """
    kind = rng.choice(KINDS)
    if kind == "json":
        return _json(run, rng)
    if kind in ("cell", "row", "header"):
        return _table(run, kind, rng)
    if kind == "link folder":
        folder = rng.choice([path for path in sorted(run.iterdir()) if path.is_dir()] or [run / "plots"])
        shutil.rmtree(folder, ignore_errors=True)
        folder.symlink_to(rng.choice((outside, Path("../outside"), Path("nowhere"))))
        return f"{folder.name} is a link to a folder", [folder.name]
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.suffix in DATA)
    return _file(rng.choice(files), run, kind, outside, rng)


def _json(run: Path, rng: random.Random) -> tuple[str, list[str]]:
    file = rng.choice(
        sorted(path for path in run.rglob("*.json") if path.name != "manifest.json" or rng.random() < 0.5)
    )
    content = json.loads(file.read_text(encoding="utf-8"))
    place = rng.choice(list(_places(content)))
    token = ""
    if place and rng.random() < 0.15:
        _parent(content, place).pop(place[-1])
        told = "is gone"
    else:
        value = rng.choice((*VALUES, *(RAW,) * 8))
        token = rng.choice(TOKENS) if value == RAW else ""
        told = f"= {(token or repr(value))[:40]}"
        if place:
            _parent(content, place)[place[-1]] = value
        else:
            content = value
    text = json.dumps(content, indent=2)
    file.write_text(text.replace(f'"{RAW}"', token), encoding="utf-8")
    name = str(file.relative_to(run))
    return f"{name} {'.'.join(map(str, place))} {told}", [name]


def _places(content: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path to every value, those high up as often as they have values below: long lists do not drown them."""
    yield path
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _places(value, (*path, key))
    elif isinstance(content, list):
        for number, value in enumerate(content[:3]):
            yield from _places(value, (*path, number))


def _parent(content: Any, path: Path_) -> Any:
    for part in path[:-1]:
        content = content[part]
    return content


def _table(run: Path, kind: str, rng: random.Random) -> tuple[str, list[str]]:
    file = rng.choice(sorted(run.glob("*.csv")))
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    line = 0 if kind == "header" else rng.randrange(len(rows))
    column = rng.randrange(len(rows[line]))
    if kind == "row":
        told = rng.choice(("gone", "twice", "short", "long"))
        row = rows.pop(line)
        rows[line:line] = {"gone": [], "twice": [row, row], "short": [row[:column]], "long": [[*row, "1"]]}[told]
        told = f"line {line} {told}"
    else:
        told = f"line {line}, {rows[0][column] if column < len(rows[0]) else column}"
        rows[line][column] = rng.choice(CELLS)
        told += f" = {rows[line][column][:40]!r}"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    file.write_text(out.getvalue(), encoding="utf-8")
    return f"{file.name} {told}", [file.name]


def _file(file: Path, run: Path, kind: str, outside: Path, rng: random.Random) -> tuple[str, list[str]]:
    name = str(file.relative_to(run))
    content = bytearray(file.read_bytes())
    told = kind
    if kind == "flip" and content:
        place = rng.randrange(min(len(content), 10**9) if rng.random() < 0.5 else min(len(content), 64))
        content[place] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        told = f"a bit of byte {place} is flipped"
    elif kind == "truncate":
        length = rng.randrange(len(content) + 1)
        file.write_bytes(content[:length])
        told = f"ends after {length} of {len(content)} bytes"
    elif kind == "grown":
        file.write_bytes(content + rng.randbytes(100))
        told = "has 100 bytes more"
    elif kind == "swap":
        other = rng.choice(sorted(path for path in run.rglob(f"*{file.suffix}") if path.is_file()))
        file.write_bytes(other.read_bytes())
        told = f"has the content of {other.relative_to(run)}"
    else:
        file.unlink()
        if kind == "empty":
            file.write_bytes(b"")
        elif kind == "folder":
            file.mkdir()
        elif kind == "fifo":
            os.mkfifo(file)
        elif kind == "link":
            file.symlink_to(rng.choice((outside / "file.txt", outside, Path("nowhere"), Path(file.name))))
            told = f"is a link to {file.readlink().name}"
        else:
            told = "is gone"
    return f"{name} {told}", [name]
