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
    """Add ``experiment`` to the command `group`; what it does is loaded only where `arguments` begin with it.

    Raises
    ------
    InputError
        It is called, but evokan does not run from a checkout.
    """
    app = typer.Typer()
    if arguments[:1] == ["experiment"]:
        app.command("experiment")(_load())
    else:

        @app.command("experiment", help="Reproduce a table or figure of a paper; from a source checkout.")
        def _unused() -> None:
            pass

    group.add_command(typer.main.get_command(app), "experiment")


def _load() -> Any:
    # Wherever evokan is installed there may be a folder "experiments" that has nothing to do with it.
    if not (ROOT / "pyproject.toml").is_file() or not ROOT.joinpath(*COMMAND.split(".")).with_suffix(".py").is_file():
        raise InputError(
            "evokan experiment: experiments need a source checkout: clone the repository, install it with "
            "pip install -e . and run the command from there"
        )
    sys.path.insert(0, str(ROOT))
    try:
        return import_module(COMMAND).experiment
    finally:
        sys.path.remove(str(ROOT))
