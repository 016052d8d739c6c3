"""The directory of a run: who may write, what lies where, and what a kill leaves behind."""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InputError, RunStopped
from evokan.evaluation.records import COLUMNS, Record
from evokan.evolution.history import HISTORY_COLUMNS, YOUNG_COLUMNS, HistoryRow
from evokan.runs.files import (
    DISK_FAULTS,
    append,
    made_folders,
    read_json,
    reading,
    replace_bytes,
    replace_text,
    write_json,
)
from evokan.runs.tables import read_records, record_line, to_line, whole_lines

_CONFIG_PARTS: dict[str, tuple[str, ...]] = {
    "settings": ("space", "folds", "seed", "generations"),
    "options": (),
    "data": ("name", "sha256", "task", "rows", "features", "schema", "train", "validation", "test"),
    "chromosome": (),
    "reference_point": (),
    "versions": ("evokan",),
}
"""What ``config.json`` must hold: that which is read of it without further checks."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands after a whole generation.

    Attributes
    ----------
    generation
        Its number.
    population
        Ids of its survivors, in order.
    settings
        What the records follow from (`evokan.runs.sameness.fixed_settings`).
    """

    generation: int
    population: tuple[int, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Remains:
    """What is whole in the tables of a run that goes on.

    Attributes
    ----------
    records
        Rows of ``evaluations.csv`` up to the planned end.
    history
        Lines of ``history.csv`` up to the last whole generation.
    """

    records: tuple[Record, ...]
    history: tuple[str, ...] = ()


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
        self.config = path / "config.json"
        self.evaluations = path / "evaluations.csv"
        self.history = path / "history.csv"
        self.pareto = path / "pareto.csv"
        self.checkpoint = path / "checkpoint.json"
        self.front = path / "front"
        self.best = path / "best"
        self.plots = path / "plots"
        self.log = path / "run.log"
        self.remedy = f"delete {self.best / 'metrics.json'} and go on with: evokan resume {path}"

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> RunDirectory:
        """Make the folder and its ``config.json``.

        Raises
        ------
        InputError
            The path holds something already, or cannot be written.
        """
        run = cls(path)
        try:
            if path.exists() and not path.is_dir():
                raise InputError(f"--out {path}: is a file; name a new folder")
            if path.exists() and any(path.iterdir()):
                what = "another run" if run.config.exists() else "other files"
                raise InputError(
                    f"--out {path}: holds {what} already; name a new folder"
                    + (f", or go on with: evokan resume {path}" if run.config.exists() else "")
                )
            files: list[Path] = []
            with made_folders(path, files):
                # Of two processes that get here at once, one makes the file.
                with run.evaluations.open("x", encoding="utf-8") as file:
                    files += [run.evaluations, run.history, run.config]
                    file.write(to_line(COLUMNS))
                run.history.write_text(to_line(HISTORY_COLUMNS), encoding="utf-8")
                write_json(run.config, config)
        except OSError as error:
            raise InputError(f"--out {path}: cannot be written ({error.strerror or error})") from error
        return run

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """Return an existing run.

        Raises
        ------
        InputError
            There is no run at `path`.
        """
        run = cls(Path(path))
        if not run.config.is_file():
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
            opened = (self.path / ".lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written ({error.strerror or error})") from error
        with opened as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                owner = file.read().strip()
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
        try:
            with (self.path / ".lock").open(encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
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
                f"{self.path}: cannot be written ({error.strerror}); what was recorded is kept: put that "
                f"right, then go on with: evokan resume {self.path}"
            ) from error

    def read_config(self) -> dict[str, Any]:
        """Return the content of ``config.json``.

        Raises
        ------
        InputError
            It is damaged, or not that of a run.
        """
        config = read_json(self.config)
        missing = []
        for part, names in _CONFIG_PARTS.items():
            if isinstance(config.get(part), dict):
                missing += [f"{part}.{name}" for name in names if name not in config[part]]
            else:
                missing.append(part)
        if missing:
            raise InputError(
                f"{self.config}: is not that of a run (it lacks {', '.join(missing)}); bring the whole "
                "file back, or name another folder"
            )
        return config

    def append_record(self, record: Record) -> None:
        """Add a row to ``evaluations.csv``."""
        append(self.evaluations, record_line(record))

    def append_history(self, row: HistoryRow) -> None:
        """Add a row to ``history.csv``."""
        append(self.history, to_line(getattr(row, name) for name in HISTORY_COLUMNS))

    def write_checkpoint(self, generation: int, population: Sequence[int], settings: Mapping[str, Any]) -> None:
        """Replace ``checkpoint.json``: the last whole generation, the ids of its survivors in order, the settings.

        Every later draw derives from (seed, generation), so this is the whole random state.
        """
        write_json(
            self.checkpoint, {"generation": generation, "population": list(population), "settings": dict(settings)}
        )

    def write_population(self, generation: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write ``population-GENERATION.safetensors``: what the survivors have learned, before the checkpoint."""
        from safetensors.numpy import save

        replace_bytes(
            self._population(generation), save({name: np.ascontiguousarray(values) for name, values in arrays.items()})
        )

    def drop_populations(self, generation: int) -> None:
        """Remove those of other generations, after the checkpoint."""
        for path in self.path.glob("population-*.safetensors"):
            if path != self._population(generation):
                path.unlink()

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
            arrays: dict[str, NDArray[Any]] = load(path.read_bytes())
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
        if not self.checkpoint.exists():
            return None
        data = read_json(self.checkpoint)
        with reading(self.checkpoint):
            return Checkpoint(
                int(data["generation"]), tuple(int(number) for number in data["population"]), dict(data["settings"])
            )

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
            history = tuple(to_line({**YOUNG_COLUMNS, **row}[name] for name in HISTORY_COLUMNS) for row in rows)
        return Remains(tuple(records), history)

    def mend(self, remains: Remains) -> None:
        """Cut what a kill left behind `remains`: a torn line, history rows of a generation that was not whole."""
        replace_text(self.evaluations, to_line(COLUMNS) + "".join(map(record_line, remains.records)))
        replace_text(self.history, to_line(HISTORY_COLUMNS) + "".join(remains.history))
