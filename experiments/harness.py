"""What `evokan experiment` runs, and what keeps a long one resumable.

An experiment reproduces a table or a figure. It does its work in pieces, keeps the result of every piece as rows of a
CSV file, and goes on where it stopped. `experiments.registry` knows them by name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from evokan.errors import InputError

Piece = TypeVar("Piece")


@dataclass(frozen=True)
class Context:
    """What the user decides about an experiment.

    Attributes
    ----------
    results
        Folder to write into; an experiment takes a folder of its own below.
    quick
        Whether a small version will do, to see that everything works.
    seeds
        How many seeds to average over; None leaves it to the experiment.
    workers
        Threads, at least 1.
    silent
        Whether to show no progress.
    """

    results: Path
    quick: bool = False
    seeds: int | None = None
    workers: int = 1
    silent: bool = False

    def folder(self, name: str) -> Path:
        """Return the folder of an experiment; a quick version stays apart from the figures that count."""
        return self.results / (f"{name}-quick" if self.quick else name)

    def each(self, label: str, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """Yield `pieces`, showing under `label` how many are done and how long the others will take."""
        from evokan.cli.progress import track

        with track(label, len(pieces), silent=self.silent) as advance:
            for piece in pieces:
                yield piece
                advance()


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes
    ----------
    name
        As the user types it.
    summary
        One line: which table or figure.
    run
        Does the work that is still missing, and returns the files that hold the outcome.
    """

    name: str
    summary: str
    run: Callable[[Context], Sequence[Path]]


class Rows:
    """A CSV file of finished pieces of work; it grows by whole pieces, so that a killed experiment can go on.

    Parameters
    ----------
    path
        The file, made with the first row together with the folders above it.
    key_columns
        Columns that name the piece a row belongs to.
    later
        Columns that older files do not have, of the key or not: their rows get empty ones.

    Raises
    ------
    InputError
        The file is there already without one of these columns.

    Examples
    --------
    >>> rows = Rows(Path("results/demo.csv"), ("dataset", "seed"))  # doctest: +SKIP
    >>> for dataset, seed in rows.missing([("iris", 0), ("iris", 1)]):  # doctest: +SKIP
    ...     rows.add({"dataset": dataset, "seed": seed, "accuracy": 0.97})
    """

    def __init__(self, path: Path, key_columns: Sequence[str], later: Sequence[str] = ()) -> None:
        self.path = path
        self.key_columns = tuple(key_columns)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        # What follows the last line end is the part of a row that a kill cut off.
        whole = text[: text.rfind("\n") + 1]
        reader = csv.DictReader(io.StringIO(whole))
        self._columns = tuple(reader.fieldnames or ())
        wanted = [name for name in self.key_columns if name not in later]
        lacking = [name for name in wanted if self._columns and name not in self._columns]
        if lacking:
            raise InputError(
                f"{path}: has no column {', '.join(lacking)}: it is of another experiment or version; "
                "move it away or name another --out"
            )
        rows = list(reader)
        self._done = {tuple(row.get(name, "") for name in self.key_columns) for row in rows}
        new = [name for name in later if self._columns and name not in self._columns]
        if new:
            from evokan.runs.tables import to_line

            self._columns += tuple(new)
            lines = [to_line(row.get(name, "") for name in self._columns) for row in rows]
            whole = to_line(self._columns) + "".join(lines)
        if whole != text:
            from evokan.runs.vault import Vault

            Vault(path.parent).replace(path, whole)

    def missing(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Return those of `pieces` that have no row yet, in order.

        Parameters
        ----------
        pieces
            Tuples with the values of `key_columns`.
        """
        return [piece for piece in pieces if tuple(map(_text, _values(piece))) not in self._done]

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Add the rows of one finished piece, in one write.

        Raises
        ------
        ValueError
            The columns differ from those of the rows before.
        """
        from evokan.runs.tables import to_line

        lines = self._lines(rows)
        if not self._columns:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._columns = tuple(rows[0])
            lines.insert(0, to_line(self._columns))
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(lines))
        self._done.update(self._keys(rows))

    def put(self, *rows: Mapping[str, Any]) -> None:
        """Add the rows of one finished piece in place of those that it has, in one write.

        Raises
        ------
        ValueError
            The columns differ from those of the rows before.
        """
        keys = self._keys(rows)
        if keys.isdisjoint(self._done):
            Rows.add(self, *rows)
            return
        from evokan.runs.tables import to_line
        from evokan.runs.vault import Vault

        kept = [row for row in self.read() if tuple(row[name] for name in self.key_columns) not in keys]
        lines = [to_line(self._columns), *self._lines(kept), *self._lines(rows)]
        Vault(self.path.parent).replace(self.path, "".join(lines))

    def _keys(self, rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, ...]]:
        return {tuple(_text(row[name]) for name in self.key_columns) for row in rows}

    def _lines(self, rows: Sequence[Mapping[str, Any]]) -> list[str]:
        from evokan.runs.tables import to_line

        columns = self._columns or tuple(rows[0])
        for row in rows:
            if set(row) != set(columns):
                raise ValueError(f"{self.path}: expected the columns {columns}, got {tuple(row)}")
        return [to_line(row[name] for name in columns) for row in rows]

    def read(self) -> list[dict[str, str]]:
        """Return all rows, values as text."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def _values(piece: object) -> tuple[object, ...]:
    return tuple(piece) if isinstance(piece, tuple | list) else (piece,)


def _text(value: object) -> str:
    """Return `value` as it stands in the file."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
