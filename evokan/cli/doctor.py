"""``doctor``: what evokan finds on this machine, and what it would need for more."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import typer

from evokan.cli.options import Json, Quiet
from evokan.cli.printing import console, print_json, table

LIBRARIES = ("numpy", "scipy", "pandas", "numba", "torch", "scikit-learn", "ray", "sympy", "deap", "moocore")
EXTRAS = {
    "onnx": "evokan export --format onnx: pip install 'evokan[export]'",
    "openpyxl": "tables in .xlsx: pip install openpyxl",
    "xlrd": "tables in .xls: pip install xlrd",
    "odf": "tables in .ods: pip install odfpy",
    "pyoperon": "evokan formula --formula-engine operon: pip install 'evokan[formula]'",
}
"""Modules that are taken where they are there, and what for."""


def doctor(*, quiet: Quiet = False, json: Json = False) -> None:
    """Show versions, processors, memory, GPUs, Ray, kernels and caches of this machine: what a fault report needs.

    With --quiet only what stands in the way is printed; the exit status is 1 where there is something.
    """
    found = _findings()
    faults = _faults(found)
    if json:
        print_json(found | {"faults": faults})
    elif not quiet:
        made = table("", "")
        for name, value in found.items():
            shown = ", ".join(f"{key} {text}" for key, text in value.items()) if isinstance(value, dict) else value
            made.add_row(name, "none" if shown in (None, "") else str(shown))
        console().print(made)
    if not json:
        for fault in faults:
            print("evokan:", fault, file=sys.stderr)
    if faults:
        raise typer.Exit(1)


def _findings() -> dict[str, Any]:
    """Return what there is, name by name."""
    import torch

    from evokan.datasets.catalogue import DATA_VARIABLE
    from evokan.evaluation.executors import available_processors
    from evokan.spaces.registry import space_names

    memory, cache = _memory(), _kernel_cache()
    return {
        "evokan": _version("evokan"),
        "Python": f"{platform.python_version()} on {platform.platform(terse=True)} ({platform.machine()})",
        "libraries": {name: _version(name) for name in LIBRARIES},
        "extras": {name: "yes" if importlib.util.find_spec(name) else f"no ({EXTRAS[name]})" for name in EXTRAS},
        "search spaces": ", ".join(space_names()),
        "processors": available_processors(),
        "memory (GB)": None if memory is None else round(memory / 1e9, 1),
        "GPUs": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())] or None,
        "RAY_ADDRESS": os.environ.get("RAY_ADDRESS"),
        "C compiler": shutil.which("cc"),
        "kernel cache": None if cache is None else str(cache),
        "kernels kept": 0 if cache is None else sum(1 for _ in cache.rglob("*.nbc")),
        DATA_VARIABLE: os.environ.get(DATA_VARIABLE),
    }


def _faults(found: dict[str, Any]) -> list[str]:
    """Return a sentence for each thing that stands in the way."""
    from evokan.datasets.catalogue import DATA_VARIABLE

    faults = [
        f"{name} is not installed: install evokan anew" for name, is_at in found["libraries"].items() if not is_at
    ]
    if found["kernel cache"] is None:
        faults.append("no folder for kernels can be written, so every process compiles them: set EVOKAN_CACHE_DIR")
    folder = found[DATA_VARIABLE]
    if folder is not None and not Path(folder).is_dir():
        faults.append(f"{DATA_VARIABLE} names {folder}, which is no folder")
    return faults


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _kernel_cache() -> Path | None:
    """Return the folder that kernels of all versions are kept in, or None where none can be written."""
    from evokan.training.compiled import Compiler

    folder = Compiler(__file__).folder
    if folder is None:
        return None
    with suppress(OSError):
        folder.rmdir()  # made by the question
    return folder.parent


def _memory() -> int | None:
    """Return the bytes of memory of this machine, where the system tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
