"""``runs``: the runs in a folder, one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokan.cli.options import Json, Quiet
from evokan.cli.printing import console, duration, longest, number, print_json, print_line, table

Folder = Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the runs lie.")]


def runs(folder: Folder = Path("runs"), *, quiet: Quiet = False, json: Json = False) -> None:
    """List the runs in a folder and below it with their figures; --json has all of these.

    One that cannot be read is named, and the others are shown all the same.
    """
    from evokan.runs.overview import find_runs, overview

    paths = find_runs(folder)
    if quiet:
        for path in paths:
            print_line(path)
        return
    found = [overview(path) for path in paths]
    if json:
        print_json(found)
        return
    out = console()
    made = table("run", "space", "data set", ">seed", "state", ">parameters", ">validation loss", "test", ">time")
    for run in found:
        if run["fault"]:
            continue
        state = run["state"]
        if state != "finished" and run["generation"] is not None:
            state += f", {run['generation']} of {longest(run)}"
        figure = next(iter(run["test"]), None)
        made.add_row(
            str(Path(run["path"]).relative_to(folder)),
            run["space"],
            run["dataset"],
            str(run["seed"]),
            state,
            "-" if run["n_params"] is None else str(run["n_params"]),
            number(run["val_loss"]),
            "-" if figure is None else f"{figure} {number(run['test'][figure])}",
            duration(run["seconds"]),
        )
    if made.row_count:
        out.print(made)
    elif not found:
        out.print(f"no runs in {folder}", soft_wrap=True)
    for run in found:
        if run["fault"]:
            out.print(run["fault"], soft_wrap=True)
