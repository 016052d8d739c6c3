"""What was searched on, kept with a run: the points of an equation, and rows that were given as such."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from evokan.datasets.equations import remembered_table
from evokan.datasets.given import KEPT, Kept
from evokan.errors import InputError
from evokan.problem.table import Table
from evokan.runs.directory import RunDirectory
from evokan.runs.files import reading


def write_points(directory: RunDirectory, table: Table) -> None:
    """Write ``points.safetensors``: collocation points and known values of an equation; nothing for other tasks."""
    from safetensors.numpy import save

    if table.equation is not None:
        arrays = {"X": table.X, "y": np.asarray(table.y, dtype=np.float64)}
        directory.vault.replace(
            directory.points, save({name: np.ascontiguousarray(values) for name, values in arrays.items()})
        )


def read_points(directory: RunDirectory, data: Mapping[str, Any]) -> Table | None:
    """Return the table of a run on an equation as it was, or None where the run has kept no points.

    Parameters
    ----------
    data
        The part of ``config.json`` about the data.

    Raises
    ------
    InputError
        The points or the names are damaged.
    """
    from safetensors.numpy import load

    if "equation" not in data or not directory.vault.has(directory.points):
        return None
    with reading(directory.points, foreign=True):
        arrays = load(directory.vault.read_bytes(directory.points))
        return remembered_table(data["equation"], arrays["X"].astype(np.float64), arrays["y"].astype(np.float64))


def read_kept(directory: RunDirectory, stored: Mapping[str, Any]) -> Kept:
    """Return the rows that a run keeps itself, by setting.

    Parameters
    ----------
    stored
        Content of ``config.json``.

    Raises
    ------
    InputError
        They are not there any more, or are not those that the run began with.
    """
    kept = {}
    for name, file in KEPT.items():
        if stored["settings"].get(name) != file:
            continue
        path = directory.path / file
        with reading(path, "bring it back, or start a new run"):
            kept[name] = directory.vault.read_bytes(path)
        if name == "data" and hashlib.sha256(kept[name]).hexdigest() != stored["data"].get("file_sha256"):
            raise InputError(f"{path}: is not the file that the run began with; bring it back, or start a new run")
    return kept
