"""What is known about a data set before anything is loaded, and where the data files lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError

if TYPE_CHECKING:
    from evokan.problem.table import Table
    from evokan.problem.task import Task, TaskName

DATA_VARIABLE = "EVOKAN_DATA"
"""Environment variable that names the folder of the data files."""

Loader = Callable[[int], "Table"]
"""Makes the table from a data seed; a fixed table ignores the seed."""


@dataclass(frozen=True)
class DatasetInfo:
    """One line of ``evokan datasets``.

    Attributes
    ----------
    name
        As the user types it.
    task
        ``classification`` or ``regression``.
    rows, features
        Rows in all (a published test part included), and input columns.
    description
        One line: what is predicted from what.
    source
        Where the table is published, or who stated the law.
    seeded
        Whether the rows are drawn from the data seed.
    files
        Files below the folder named by ``EVOKAN_DATA``; each may be gzipped, with ``.gz`` added to its name.
    layout
        What those files look like.
    horizon
        Steps from the last known value of a series to the one predicted, where ``--horizon`` says nothing.
    as_series
        Of rows that come from one series: makes the series itself, a trajectory without delays, from the longest
        delay that is wanted; its rows are those of the table.
    """

    name: str
    task: Task | TaskName
    rows: int
    features: int
    description: str
    source: str
    seeded: bool = False
    files: tuple[str, ...] = ()
    layout: str = "CSV"
    horizon: int = 1
    as_series: Loader | None = None

    @property
    def missing_files(self) -> tuple[str, ...]:
        """Files that are not here."""
        return tuple(file for file in self.files if find_data_file(file) is None)

    @property
    def available(self) -> bool:
        """Whether the data set can be loaded here (looks for the files, opens none)."""
        return not self.missing_files

    def check_available(self) -> None:
        """Raise where a file is missing.

        Raises
        ------
        InputError
            One line: which files belong where, and where the table is published.
        """
        missing = self.missing_files
        if missing:
            folder = os.environ.get(DATA_VARIABLE)
            now = f"now {folder}" if folder else "not set"
            raise InputError(
                f"data set {self.name!r}: put {' and '.join(missing)} ({self.layout}; or .gz) "
                f"into the folder named by the environment variable {DATA_VARIABLE} ({now}); "
                f"published: {self.source}"
            )


def find_data_file(relative: str) -> Path | None:
    """Return the data file `relative`, plain or gzipped, or None where it is not below ``EVOKAN_DATA``."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder:
        return None
    plain = Path(folder).expanduser() / relative
    found = (path for path in (plain, plain.with_name(plain.name + ".gz")) if path.is_file())
    return next(found, None)
