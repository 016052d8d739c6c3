"""What the benchmarks share: raw rows in a CSV file, and the Markdown page made from them."""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

RESULTS = Path(__file__).resolve().parents[2] / "results" / "benchmarks"
PACKAGES = ("evokan", "numpy", "numba", "torch", "pykan", "scikit-learn")


class Table:
    """Rows of one measurement, each appended to a CSV file as soon as it is known.

    The last column, ``conditions``, says when, on which machine and with which versions the row was measured,
    so that a page can be made again from the file alone.

    Parameters
    ----------
    path
        The file, made with its folder when the first row comes.
    fresh
        Whether to drop the rows that it has.
    """

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path = path
        if fresh:
            path.unlink(missing_ok=True)
        self._conditions = conditions()
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:       # a kill cut off the last line
            path.write_text(whole, encoding="utf-8")

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row; all rows of a file have the same keys in the same order."""
        full = {**row, "conditions": self._conditions}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists() or not self.path.stat().st_size
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if new:
            writer.writerow(full)
        writer.writerow([f"{value:.6g}" if isinstance(value, float) else value for value in full.values()])
        with self.path.open("a", encoding="utf-8") as file:
            file.write(buffer.getvalue())

    def frame(self) -> pd.DataFrame:
        """Return all rows; an empty frame where there are none."""
        if not self.path.exists():
            return pd.DataFrame()
        return pd.read_csv(self.path, keep_default_na=False)

    def keys(self, *columns: str) -> set[tuple[Any, ...]]:
        """Return the values of `columns` in the rows that are there."""
        frame = self.frame()
        return set() if frame.empty else set(frame[list(columns)].itertuples(index=False, name=None))


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
    """

    name: str
    limit: float
    measured: float
    at_least: bool = True
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the bound holds; a figure that is not a number does not meet it."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def conditions() -> str:
    """Return date, machine and versions as one line."""
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return (f"{datetime.datetime.now(tz=datetime.UTC).date()}; {processor()}; {usable_cores()} cores; "
            f"Python {platform.python_version()}, {versions}")


def processor() -> str:
    """Return the processor's model name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def aims_table(aims: Sequence[Aim]) -> str:
    """Return a Markdown table: aim, bound, measured, met or not."""
    rows = [(aim.name, f"{'at least' if aim.at_least else 'at most'} {number(aim.limit)}{aim.unit}",
             f"{number(aim.measured)}{aim.unit}", "met" if aim.met else "**not met**") for aim in aims]
    return table(("figure", "aim", "measured", ""), rows)


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table; numbers are written with three significant digits."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(number(cell) for cell in line) + " |" for line in lines)


def number(value: Any) -> str:
    """Return a number as people write it: whole from 100 on, three significant digits below."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(float(value)) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def write_page(path: Path, title: str, rows: pd.DataFrame, threads: str, parts: Sequence[str]) -> None:
    """Write the Markdown page: title, `parts`, and under which conditions `rows` were measured."""
    measured = "\n".join(f"- {line}; {threads}" for line in dict.fromkeys(rows["conditions"]))
    source = f"Raw rows: `{path.with_suffix('.csv').name}` ({len(rows):,} rows). Made by `experiments/benchmarks/{path.stem}.py`."
    page = "\n\n".join([f"# {title}", *parts, "## Measured under", measured, source])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page + "\n", encoding="utf-8")


def parser(description: str | None, name: str) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has: ``--out`` and ``--page-only``."""
    made = argparse.ArgumentParser(prog=f"python -m experiments.benchmarks.{name}", description=description)
    made.add_argument("--out", type=Path, default=RESULTS / f"{name}.csv",
                      help="CSV file of the raw rows; the page is written beside it")
    made.add_argument("--page-only", action="store_true", help="measure nothing: make the page from the CSV again")
    return made


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
