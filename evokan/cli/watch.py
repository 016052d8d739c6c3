"""``watch``: a run while it grows."""

from __future__ import annotations

from typing import Annotated

import typer

from evokan.cli.options import Json, Quiet, RunPath
from evokan.cli.printing import console, longest, number, print_json, print_line
from evokan.errors import RunStopped
from evokan.searching.observer import STAGES

SHOWN = ("going on", *(stage for stage in STAGES if stage != "search"))
"""How lines of ``run.log`` begin that are shown; generations tell of the search itself."""


def watch(
    run: RunPath,
    *,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.05, help="Seconds between two looks.")
    ] = 1.0,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Show a search while it runs, from another terminal or machine that sees its folder, until it ends.

    With --json or --quiet nothing is shown before the end. The exit status is 3 where the search was interrupted, or
    nothing has come for a minute and no process of this machine holds the run.
    """
    from evokan.cli.summary import one_line, print_summary
    from evokan.runs.follow import follow
    from evokan.runs.run import Run
    from evokan.runs.summary import summarise

    found = Run(run)
    out = console()
    state = "running"
    for sight in follow(found, every):
        state = sight.state
        if quiet or json:
            continue
        for row in sight.rows:
            out.print(
                f"generation {row['generation']} of {longest(found.config['settings'])}: best "
                f"{number(row['best_val_loss'])}, median {number(row['median_val_loss'])}; {row['evaluated']} trained, "
                f"{row['cached']} cached; {number(row['seconds'], 3)} s",
                soft_wrap=True,
            )
        for line in sight.lines:
            if line.startswith(SHOWN) and " took " not in line:
                out.print(line, soft_wrap=True)
        out.file.flush()
    summary = summarise(found)
    if json:
        print_json(summary)
    elif quiet:
        print_line(one_line(summary))
    elif state == "finished":
        print_summary(summary)
    if state != "finished":
        raise RunStopped(f"{run}: nobody searches there any more; go on with: evokan resume {run}")
