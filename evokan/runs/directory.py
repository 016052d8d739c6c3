"""The directory of a run: who may write, what lies where, and what a kill leaves behind."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.given import KEPT, Kept
from evokan.errors import InputError, RunStopped, reason
from evokan.evaluation.records import Record
from evokan.evolution.history import YOUNG_COLUMNS, HistoryRow
from evokan.runs.checkpoint import Checkpoint, Remains
from evokan.runs.files import DISK_FAULTS, made_folders, reading
from evokan.runs.shapes import CheckpointFile, ConfigFile
from evokan.runs.tables import history_columns, read_records, record_columns, record_line, to_line, whole_lines
from evokan.runs.vault import Vault

_NAMES = (
    ".lock",
    "best",
    "checkpoint.json",
    "config.json",
    *KEPT.values(),
    "evaluations.csv",
    "export",
    "front",
    "history.csv",
    "manifest.json",
    "pareto.csv",
    "plots",
    "points.safetensors",
    "report.html",
    "run.log",
    "simulation.csv",
    "simulation.pdf",
    "simulation.png",
    "simulation.svg",
    "tested.json",
)
"""Everything that lies in the folder of a run, beside what is half written."""


class RunDirectory:
    """Paths, appends and atomic replacements inside one run.

    Parameters
    ----------
    path
        The run's folder; see `create` and `open`.

    Attributes
    ----------
    remedy
        How to make what comes after the last generation again, as for `evokan.runs.files.reading`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.vault = Vault(path)
        self.config = path / "config.json"
        self.evaluations = path / "evaluations.csv"
        self.history = path / "history.csv"
        self.pareto = path / "pareto.csv"
        self.checkpoint = path / "checkpoint.json"
        self.front = path / "front"
        self.best = path / "best"
        self.plots = path / "plots"
        self.log = path / "run.log"
        self.points = path / "points.safetensors"
        self.report = path / "report.html"
        self.tested = path / "tested.json"
        self.exports = path / "export"
        self.manifest = path / "manifest.json"
        self.metrics = self.best / "metrics.json"
        self.remedy = f"delete {self.manifest} and {self.metrics}, and go on with: evokan resume {path}"

    @classmethod
    def create(cls, path: Path, config: dict[str, Any], *, own: bool = False, kept: Kept | None = None) -> RunDirectory:
        """Make the folder and its ``config.json``: whole, and before anything else, so that it says whose folder it is.

        Parameters
        ----------
        own
            Whether the folder must not be there yet.
        kept
            Rows that are to be kept with the run.

        Raises
        ------
        FileExistsError
            `own`, and the folder is there.
        InputError
            The path holds something already, or cannot be written.
        """
        run = cls(path)
        try:
            if not own:
                run.check_free()
            files: list[Path] = []
            with made_folders(path, files, own=own):
                try:
                    run.vault.create(run.config, json.dumps(config, indent=2, allow_nan=False) + "\n")
                except FileExistsError as error:
                    raise run._taken("another run") from error
                files += [run.evaluations, run.history, run.config]
                for name, content in (kept or {}).items():
                    files.append(path / KEPT[name])
                    run.vault.replace(files[-1], content)
                run.vault.replace(run.evaluations, to_line(record_columns(config)))
                run.vault.replace(run.history, to_line(history_columns(config)))
        except OSError as error:
            if own and isinstance(error, FileExistsError):
                raise
            raise InputError(f"--out {path}: cannot be written ({reason(error)})") from error
        return run

    def check_free(self) -> None:
        """Raise `InputError` where the folder holds anything but the unfinished first file of a run."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"--out {self.path}: is a file; name a new folder")
        names = [path.name for path in self.path.iterdir()] if self.path.exists() else []
        if self.config.name in names:
            raise self._taken("another run")
        if any(not fnmatch(name, f"{self.config.name}.*.part") for name in names):
            raise self._taken("other files")

    def foreign_files(self) -> list[str]:
        """Return the names in the folder that are none of a run's."""
        ours = (*_NAMES, *(f"{name}.part" for name in _NAMES), "config.json.*.part", "population-*.safetensors*")
        return [name for name in self.vault.names(self.path) if not any(fnmatch(name, pattern) for pattern in ours)]

    def _taken(self, what: str) -> InputError:
        more = f", or go on with: evokan resume {self.path}" if what == "another run" else ""
        return InputError(f"--out {self.path}: holds {what} already; name a new folder{more}")

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """Return an existing run.

        Raises
        ------
        InputError
            There is no run at `path`.
        """
        run = cls(Path(path))
        try:
            names = run.vault.names(run.path) if run.path.is_dir() else []
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({reason(error)})") from error
        if run.config.name not in names:
            raise InputError(f"{path}: is not the folder of a run (it has no config.json)")
        return run

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the right to write; the system lets go of it when the process dies.

        Raises
        ------
        InputError
            Another process holds it, or the folder cannot be written.
        """
        try:
            descriptor = self.vault.open_lock(self.path / ".lock")
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written ({reason(error)})") from error
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                owner = file.read(40).strip()
                raise InputError(
                    f"{self.path}: another process{f' ({owner})' if owner else ''} is writing this run; "
                    "wait for it or stop it"
                ) from error
            file.truncate(0)
            file.write(f"process {os.getpid()}")
            file.flush()
            yield

    @property
    def locked(self) -> bool:
        """Whether a process is writing this run now."""
        path = self.path / ".lock"
        if not self.vault.has(path):
            return False
        try:
            with os.fdopen(self.vault.open_lock(path), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except (OSError, InputError):
            return False
        return False

    @contextmanager
    def written(self) -> Iterator[None]:
        """Turn a disk that takes no more inside the block into a stop that the run survives.

        Raises
        ------
        RunStopped
            The disk is full, or the folder cannot be written any more.
        """
        try:
            yield
        except OSError as error:
            if error.errno not in DISK_FAULTS:
                raise
            raise RunStopped(
                f"{self.path}: cannot be written ({reason(error)}); what was recorded is kept: put that "
                f"right, then go on with: evokan resume {self.path}"
            ) from error

    def read_config(self) -> dict[str, Any]:
        """Return the content of ``config.json``.

        Raises
        ------
        InputError
            It is damaged, or not that of a run.
        """
        return self.vault.read_json(self.config, ConfigFile, "name another folder")

    @cached_property
    def record_columns(self) -> tuple[str, ...]:
        """Columns of ``evaluations.csv``; those of ``pareto.csv`` begin with them."""
        return record_columns(self.read_config())

    @cached_property
    def history_columns(self) -> tuple[str, ...]:
        """Columns of ``history.csv``."""
        return history_columns(self.read_config())

    def append_record(self, record: Record) -> None:
        """Add a row to ``evaluations.csv``."""
        self.vault.append(self.evaluations, record_line(record, self.record_columns))

    def append_history(self, row: HistoryRow) -> None:
        """Add a row to ``history.csv``."""
        self.vault.append(self.history, to_line(getattr(row, name) for name in self.history_columns))

    def write_checkpoint(self, generation: int, population: Sequence[int], settings: Mapping[str, Any]) -> None:
        """Replace ``checkpoint.json``: the last whole generation, the ids of its survivors in order, the settings.

        Every later draw derives from (seed, generation), so this is the whole random state.
        """
        for table in (self.evaluations, self.history):
            self.vault.sync(table)  # the checkpoint counts what is in them
        self.vault.write_json(
            self.checkpoint, {"generation": generation, "population": list(population), "settings": dict(settings)}
        )

    def write_population(self, generation: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write ``population-GENERATION.safetensors``: what the survivors have learned, before the checkpoint."""
        from safetensors.numpy import save

        self.vault.replace(
            self._population(generation), save({name: np.ascontiguousarray(values) for name, values in arrays.items()})
        )

    def drop_populations(self, generation: int) -> None:
        """Remove those of other generations, after the checkpoint."""
        for name in self.vault.names(self.path):
            if fnmatch(name, "population-*.safetensors") and self.path / name != self._population(generation):
                self.vault.remove(self.path / name)

    def read_population(self, generation: int) -> dict[str, NDArray[Any]]:
        """Return what `write_population` wrote.

        Raises
        ------
        InputError
            The file is missing or damaged.
        """
        from safetensors.numpy import load

        path = self._population(generation)
        with reading(path):
            arrays: dict[str, NDArray[Any]] = load(self.vault.read_bytes(path))
        return arrays

    def _population(self, generation: int) -> Path:
        return self.path / f"population-{generation}.safetensors"

    def read_checkpoint(self) -> Checkpoint | None:
        """Return the state after the last whole generation, or None before the first.

        Raises
        ------
        InputError
            The file is damaged.
        """
        if self.checkpoint.name not in self.vault.names(self.path):  # a link to nowhere is there, and is refused
            return None
        data = self.vault.read_json(self.checkpoint, CheckpointFile)
        return Checkpoint(data["generation"], tuple(data["population"]), data["settings"])

    def remains(self, generation: int, last_generation: int) -> Remains:
        """Return what a run can go on from; nothing is written.

        Parameters
        ----------
        generation
            The last whole one.
        last_generation
            The planned end.

        Raises
        ------
        InputError
            A file is damaged elsewhere than at its end.
        """
        records = [record for record in read_records(self.evaluations) if record.generation <= last_generation]
        if generation < 0:
            return Remains(tuple(records))
        with reading(self.history):
            rows = [
                row
                for row in csv.DictReader(io.StringIO(whole_lines(self.history)))
                if int(row["generation"]) <= generation
            ]
            if [int(row["generation"]) for row in rows] != [*range(generation + 1)]:
                raise ValueError(f"it does not hold the {generation + 1} generations of checkpoint.json")
            history = tuple(to_line({**YOUNG_COLUMNS, **row}[name] for name in self.history_columns) for row in rows)
        return Remains(tuple(records), history)

    def mend(self, remains: Remains) -> None:
        """Cut what a kill left behind `remains`: a torn line, history rows of a generation that was not whole."""
        lines = (record_line(record, self.record_columns) for record in remains.records)
        self.vault.replace(self.evaluations, to_line(self.record_columns) + "".join(lines))
        self.vault.replace(self.history, to_line(self.history_columns) + "".join(remains.history))
