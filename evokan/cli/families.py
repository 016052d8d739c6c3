"""Commands that families mount under their own names, found through the entry-point group ``evokan.commands``.

An entry point names a `typer.Typer`; ``evokan NAME ...`` hands over to it. Only the one that is called is imported,
so that ``evokan --help`` answers at once.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import typer

from evokan.errors import InputError

GROUP = "evokan.commands"


def mount(group: Any, arguments: list[str]) -> None:
    """Add to the command `group` a command for every family that has some.

    Parameters
    ----------
    group
        What `typer.main.get_command` made of the application.
    arguments
        Of the command line: the family they begin with is loaded, the others get a line in the help.

    Raises
    ------
    InputError
        The family cannot be imported.
    """
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if arguments[:1] != [point.name]:
            group.add_command(_placeholder(point.name), point.name)
            continue
        try:
            loaded: typer.Typer = point.load()
        except ImportError as error:
            raise InputError(f"the commands of {point.name!r} are installed but cannot be imported: {error}") from error
        loaded.info.context_settings = {"help_option_names": ["--help", "-h"]}
        group.add_command(typer.main.get_command(loaded), point.name)


def _placeholder(name: str) -> Any:
    app = typer.Typer()

    @app.command(name, help=f"Commands of the search space {name}; see evokan {name} --help.")
    def _unused() -> None:
        pass

    return typer.main.get_command(app)
