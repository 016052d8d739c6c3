"""Files that are whole whatever happens: one-line appends, and replacements that readers never see half done."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evokan.errors import InputError


@contextmanager
def made_folders(path: Path, files: Sequence[Path] = ()) -> Iterator[None]:
    """Make the folder `path` and those above it.

    If the block fails, `files` go again (and what `replace_text` made of them so far), and the folders made here.
    """
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
            part_of(file).unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def append(path: Path, line: str) -> None:
    """Add one line in one write, so that a kill tears at most the last line."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def replace_text(path: Path, text: str) -> None:
    """Replace a file as a whole: readers see the old content or the new, never a part."""
    part = part_of(path)
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def part_of(path: Path) -> Path:
    """Return where a file is written before it takes the place of the old one."""
    return path.with_name(path.name + ".part")


def write_json(path: Path, data: Any) -> None:
    """Replace a JSON file as a whole; NaN and infinity are refused, as JSON has none."""
    replace_text(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the content of a JSON file.

    Raises
    ------
    InputError
        It is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise InputError(f"{path}: is damaged ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: is damaged (it holds no settings)")
    return content
