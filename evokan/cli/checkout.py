"""The command ``experiment``, which the source checkout has and the installed package has not."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from evokan.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, where evokan runs from one."""
COMMAND = "experiments.command"


def mount_experiments(group: Any, arguments: list[str]) -> None:
    """Add ``experiment`` to the command `group`; what it does is loaded only where `arguments` begin with it."""
    app = typer.Typer()
    # Wherever evokan is installed there may be a folder "experiments" that has nothing to do with it.
    here = (ROOT / "pyproject.toml").is_file() and ROOT.joinpath(*COMMAND.split(".")).with_suffix(".py").is_file()
    if here and arguments[:1] == ["experiment"]:
        app.command("experiment")(_load())
    else:
        anything = {"ignore_unknown_options": True, "allow_extra_args": True}
        summary = "Reproduce a table or figure of a paper; from a source checkout."
        app.command("experiment", help=summary, context_settings=anything)(_refuse)
    group.add_command(typer.main.get_command(app), "experiment")


def _refuse() -> None:
    raise InputError(
        "evokan experiment: experiments need a source checkout: clone the repository, install it with "
        "pip install -e . and run the command from there"
    )


def _load() -> Any:
    sys.path.insert(0, str(ROOT))
    try:
        return import_module(COMMAND).experiment
    finally:
        sys.path.remove(str(ROOT))
