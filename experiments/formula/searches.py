"""Searches that several experiments read formulas from: run once, kept beside the results."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from evokan.runs.run import Run, load_run
from evokan.runs.sameness import fixed_settings
from evokan.runs.vault import Vault
from evokan.searching.entry import search
from evokan.searching.observer import Observer
from evokan.settings.describe import describe
from evokan.settings.job import prepare, resolve
from experiments.harness import Context


def runs_folder(context: Context) -> Path:
    """Return where the runs are kept that experiments on formulas and on `gakan` share."""
    return context.folder("formula") / "runs"


def searched(folder: Path, name: str, settings: dict[str, Any]) -> tuple[Run, float]:
    """Return the run called `name` below `folder`, made now where it is not there, and its processor seconds.

    A run that was cut off, or made with other settings or defaults, is made anew, so that its time is that of a whole
    search. Runs are large and follow from their settings: they are no part of the results.
    """
    settings = {"space": "gakan", "workers": 1, **settings}
    path = folder / name
    clock = folder / f"{name}.json"
    if path.is_dir() and clock.is_file() and load_run(path).finished:
        now = describe(prepare(resolve(settings)))
        then = load_run(path).config
        if (fixed_settings(then), then["settings"]["generations"]) == (
            fixed_settings(now),
            now["settings"]["generations"],
        ):
            return load_run(path), float(json.loads(clock.read_text(encoding="utf-8"))["cpu_seconds"])
    shutil.rmtree(path, ignore_errors=True)
    began = time.process_time()
    run = search(observer=Observer(), out=path, **settings)
    seconds = time.process_time() - began
    Vault(clock.parent).write_json(clock, {"cpu_seconds": seconds})
    return run, seconds
