"""``report``: a run on one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from evokan.cli.options import Force, Json, Quiet, RunPath
from evokan.cli.printing import console, new_file, print_json, print_line
from evokan.errors import InputError
from evokan.texts import printable


def report(
    run: RunPath,
    *,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default=False, help="Write there instead of RUN/report.html."),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a run, finished or not, as one page that opens in any browser, without a network.

    With --json what the page says is printed, and nothing is written. A file that is missing or damaged is named on the
    page.
    """
    if json and out is not None:
        raise InputError(f"--json prints and writes nothing: leave --out {out} out")
    from evokan.reports import gather, write_report
    from evokan.runs.run import Run

    found = Run(run)
    found.warn_unchecked()
    content = gather(found)
    if json:
        print_json(content)
        return
    for fault in content["faults"]:
        print("evokan:", printable(fault), file=sys.stderr)
    if out is None:
        out = write_report(found, content=content)
    else:
        with new_file(out, force=force) as part:
            write_report(found, part, content=content)
    if quiet:
        print_line(out)
    else:
        console().print(f"written to {out}", soft_wrap=True)
