"""The runs in a folder, with their figures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evokan.errors import InputError, reason
from evokan.problem.task import Task
from evokan.runs.run import Run
from evokan.runs.summary import summarise

DEEPEST = 4
"""Folders below the one that is named."""


def find_runs(folder: Path) -> Iterator[Path]:
    """Yield the folders of runs in `folder` and below it, by name; links are not followed.

    Raises
    ------
    InputError
        There is no such folder, or it cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder; name one that holds runs")
    try:
        os.listdir(folder)  # noqa: PTH208 - `walk` passes over what cannot be read
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({reason(error)})") from error
    for name, folders, files in os.walk(folder):
        folders.sort()
        here = Path(name)
        if "config.json" in files:
            folders.clear()
            yield here
        elif len(here.relative_to(folder).parts) >= DEEPEST:
            folders.clear()


def overview(path: Path) -> dict[str, Any]:
    """Return a run in a few figures.

    Returns
    -------
    dict
        ``path``, and ``fault`` where the run cannot be read: empty otherwise, and then ``state``, ``space``,
        ``dataset``, ``task``, ``seed``, ``generation``, ``generations``, ``settle``, ``networks`` (trained),
        ``seconds``, ``n_params`` and ``val_loss`` of the best network (None before there is one), ``test``: the figures
        on the test rows (empty before the end).
    """
    try:
        summary = summarise(Run(path))
    except InputError as error:
        return {"path": str(path), "fault": error.faults[0]}
    best = summary["best"] or {}
    test = summary.get("metrics", {}).get("test", {})
    names = Task(summary["task"]).figures or tuple(test)
    kept = ("path", "state", "space", "dataset", "task", "seed", "generation", "generations", "settle", "seconds")
    return {name: summary[name] for name in kept} | {
        "fault": "",
        "networks": summary["counts"]["evaluated"],
        "n_params": best.get("n_params"),
        "val_loss": best.get("val_loss_mean", best.get("val_loss")),
        "test": {name: test[name] for name in names if name in test},
    }
