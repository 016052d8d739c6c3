"""``export``: a network of a run, to be used without evokan."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokan.cli.options import Force, Json, Member, Quiet, RunPath
from evokan.cli.printing import console, new_file, print_json, print_line
from evokan.export import FORMATS, target


def export(
    run: RunPath,
    *,
    to: Annotated[
        str, typer.Option("--format", metavar="FORMAT", show_default=False, help=f"One of {', '.join(FORMATS)}.")
    ],
    member: Member = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", show_default=False, help="Write there instead of RUN/export/best.EXTENSION."
        ),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a network of a finished run as source, a graph or data that anyone can use; torch's needs evokan.

    The file says what its inputs are: the columns of the table as they were encoded, a category being a column of
    zeros and ones for each of its values.
    """
    from evokan.runs.run import load_run

    summary = target(to).SUMMARY
    loaded = load_run(run)
    found = loaded.best if member is None else loaded.member(member)
    if out is None:
        out = found.export(to)
    else:
        with new_file(out, force=force) as part:
            part.write_bytes(found.exported(to))
    if json:
        print_json({"out": out, "format": to, "inputs": list(found.inputs)})
    elif quiet:
        print_line(out)
    else:
        console().print(f"{summary}, written to {out}", soft_wrap=True)
