"""Searches that several experiments read formulas from: run once, kept beside the results."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from evokan.main import search
from evokan.observer import Observer
from evokan.runs.files import read_json, write_json
from evokan.runs.run import Run, load_run


def searched(folder: Path, name: str, settings: dict[str, Any]) -> tuple[Run, float]:
    """Return the run called `name` below `folder`, made now where it is not there, and its processor seconds.

    A run that was cut off is made anew, so that its time is that of a whole search. Runs are large and follow from
    their settings: they are no part of the results.
    """
    path = folder / name
    clock = folder / f"{name}.json"
    if path.is_dir() and load_run(path).finished and clock.is_file():
        return load_run(path), float(read_json(clock)["cpu_seconds"])
    shutil.rmtree(path, ignore_errors=True)
    began = time.process_time()
    run = search(observer=Observer(), space="gakan", out=path, workers=1, **settings)
    seconds = time.process_time() - began
    write_json(clock, {"cpu_seconds": seconds})
    return run, seconds
