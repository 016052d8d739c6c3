"""What the benchmarks share: raw rows in a CSV file, and the Markdown page made from them."""

from __future__ import annotations

import argparse
import csv
import datetime
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evokan.evaluation.executors import available_processors
from experiments.harness import Context, Rows

PACKAGES = ("evokan", "numpy", "numba", "torch", "pykan", "ray", "scikit-learn")

Row = dict[str, Any]
"""Values of one row by column: whole numbers, other numbers, or text."""


class Measurements(Rows):
    """The raw rows of a benchmark, each with the ``conditions`` under which it was measured as its last column.

    So a page can be made again from the file, whenever and wherever its rows were measured.
    """

    def add(self, *rows: Mapping[str, Any]) -> None:
        """Add the rows of one finished piece, in one write."""
        super().add(*_stamped(rows))

    def put(self, *rows: Mapping[str, Any]) -> None:
        """Add the rows of one finished piece in place of those that it has, in one write."""
        super().put(*_stamped(rows))

    def values(self) -> list[Row]:
        """Return all rows, numbers as numbers."""
        return [{name: _parse(text) for name, text in row.items()} for row in self.read()]


def numbered(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a copy of rows that were read as text with numbers in `columns`, NaN where a cell holds none."""
    return frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") for name in columns})


def median_of(errors: ArrayLike) -> float:
    """Return the median of some errors, at least one; a training that failed is as bad as can be."""
    found = np.asarray(errors, dtype=np.float64)
    return float(np.median(np.where(np.isfinite(found), found, np.inf)))


def discard(path: Path, column: str, value: str) -> None:
    """Drop the rows of a CSV file that have `value` in `column`."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        kept = [row for row in reader if row[column] != value]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(reader.fieldnames or []), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


@dataclass(frozen=True)
class Aim:
    """A figure to reach.

    Attributes
    ----------
    name
        What was measured.
    limit
        The bound.
    measured
        What came out.
    at_least
        Whether `limit` is a lower bound (True) or an upper bound.
    unit
        Written behind both numbers.
    compared, whole
        Where `measured` is a count: of how many, and of how many in the end; the aim is open as long as some are missing.
    """

    name: str
    limit: float
    measured: float
    at_least: bool = True
    unit: str = ""
    compared: int = 0
    whole: int = 0

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """Name, bound, what was measured, and the verdict."""
        bound = f"{'at least' if self.at_least else 'at most'} {number(self.limit)}{self.unit}"
        measured, verdict = f"{number(self.measured)}{self.unit}", "met" if self.met else "**not met**"
        if self.whole:
            bound, measured = f"{bound} of {self.whole}", f"{measured} of {self.compared}"
        if self.compared < self.whole:
            measured, verdict = f"{measured} so far", "open"
        return self.name, bound, measured, verdict

    @property
    def met(self) -> bool:
        """Whether the bound holds; a figure that is not a number does not meet it."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def conditions(*packages: str) -> str:
    """Return date, machine and versions as one line; `packages` are named besides those of `PACKAGES`."""
    versions = ", ".join(f"{name} {_version(name)}" for name in (*PACKAGES, *packages))
    return (
        f"{datetime.datetime.now(tz=datetime.UTC).date()}; {processor()}; {available_processors()} cores; "
        f"Python {platform.python_version()}, {versions}"
    )


def measured_under(lines: Iterable[object], threads: str = "") -> str:
    """Return the section of a page that names the conditions its rows were measured under, each once."""
    behind = f"; {threads}" if threads else ""
    return "\n".join(["## Measured under", "", *(f"- {line}{behind}" for line in dict.fromkeys(lines))])


def processor() -> str:
    """Return the processor's model name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def aims_table(aims: Sequence[Aim]) -> str:
    """Return a Markdown table: aim, bound, measured, met or not."""
    return table(("figure", "aim", "measured", ""), [aim.cells for aim in aims])


def table(header: Sequence[str], rows: Sequence[Sequence[str | float]]) -> str:
    """Return a Markdown table; numbers are written with three significant digits."""
    lines: list[Sequence[str | float]] = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(number(cell) for cell in line) + " |" for line in lines)


def number(value: str | float) -> str:
    """Return a number as people write it: whole from 100 on, three significant digits below; text as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def write_page(
    path: Path,
    title: str,
    rows: Sequence[Row],
    threads: str,
    parts: Sequence[str],
    *,
    folder: str = "benchmarks",
    of: int | None = None,
) -> None:
    """Write the Markdown page: title, `parts`, under which conditions `rows` were measured, and by which script.

    Parameters
    ----------
    folder
        Folder below ``experiments`` where the script of the page's name lies.
    of
        Rows that the file has, where the page shows fewer.
    """
    shown = f"{len(rows):,}" if of is None or of == len(rows) else f"{len(rows):,} of {of:,}"
    source = (
        f"Raw rows: `{path.with_suffix('.csv').name}` ({shown} rows). Made by `experiments/{folder}/{path.stem}.py`."
    )
    page = "\n\n".join([f"# {title}", *parts, measured_under((row["conditions"] for row in rows), threads), source])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page + "\n", encoding="utf-8")


def main(
    name: str,
    run: Callable[..., Sequence[Path]],
    arguments: Sequence[str] | None = None,
    *,
    chromosomes: Path | None = None,
) -> None:
    """Run a benchmark from the shell, without `evokan experiment`.

    Parameters
    ----------
    run
        That of the experiment; where `chromosomes` is given, it takes such a file as its second argument.
    """
    parser = argparse.ArgumentParser(prog=f"python -m experiments.benchmarks.{name}")
    parser.add_argument("--out", type=Path, default=Path("results"), help="folder of the results")
    parser.add_argument("--quick", action="store_true", help="a small version, kept apart")
    parser.add_argument("--seeds", type=int, help="how many; the benchmark's own number by default")
    parser.add_argument("--fresh", action="store_true", help="measure everything anew, not only what is missing")
    if chromosomes is not None:
        parser.add_argument(
            "--chromosomes", type=Path, default=chromosomes, help="text file, or CSV file with a column of that name"
        )
    given = parser.parse_args(arguments)
    context = Context(given.out, given.quick, given.seeds)
    if given.fresh:
        (context.folder("benchmarks") / f"{name}.csv").unlink(missing_ok=True)
    files = run(context, given.chromosomes) if chromosomes is not None else run(context)
    print(*files, sep="\n")


def _stamped(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    now = conditions()
    return [{**row, "conditions": now} for row in rows]


def _parse(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
