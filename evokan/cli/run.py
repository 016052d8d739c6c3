"""The commands around one run: ``search``, ``resume``, ``show``, ``plot``."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from evokan.cli.options import ConfigFile, Json, PictureFormat, Quiet, RunPath, all_but, takes_settings
from evokan.cli.printing import console, print_json, print_line
from evokan.settings.keywords import EXECUTION

if TYPE_CHECKING:
    from evokan.runs.run import Run


@takes_settings(*all_but())
def search(*, config: ConfigFile = None, quiet: Quiet = False, json: Json = False, **settings: Any) -> None:
    """Search for a small network that explains a data set: the main job.

    Ends with the chosen network, its test figures beside the usual baselines, and the front of error against size.
    `evokan spaces --json` lists the defaults that a search space has of its own.
    """
    began = time.perf_counter()
    from evokan.cli.progress import make_progress
    from evokan.searching.entry import search as run_search

    with make_progress(silent=quiet or json) as progress:
        run = run_search(observer=progress, config=config, began=began, second=True, **settings)
    _print_result(run, quiet=quiet, as_json=json)


@takes_settings("generations", "equation", *EXECUTION, with_defaults=False)
def resume(run: RunPath, *, quiet: Quiet = False, json: Json = False, **settings: Any) -> None:
    """Go on with a run after a kill, or beyond its planned end with --generations.

    What is not given stays as the run began; where it is trained changes no record. A run on an equation of one's own
    wants its file again.
    """
    from evokan.cli.progress import make_progress
    from evokan.searching.entry import resume as run_resume

    with make_progress(silent=quiet or json) as progress:
        found = run_resume(run, observer=progress, second=True, **settings)
    _print_result(found, quiet=quiet, as_json=json)


def show(run: RunPath, *, quiet: Quiet = False, json: Json = False) -> None:
    """Sum up a run, finished or not: the best network, its test figures, the front.

    With --quiet in one line. A file that is not what a finished run was finished with is named, and shown all the same.
    """
    from evokan.cli.summary import one_line, print_summary
    from evokan.runs.run import Run
    from evokan.runs.summary import summarise

    found = Run(run)
    summary = summarise(found)
    for damage in found.damages():
        print("evokan:", damage, file=sys.stderr)
    found.warn_unchecked()
    if json:
        print_json(summary)
    elif quiet:
        print_line(one_line(summary))
    else:
        print_summary(summary)


def plot(
    run: RunPath,
    *,
    picture_format: PictureFormat = "png",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Draw every picture of a run into RUN/plots; of an unfinished run, the history."""
    from evokan.runs.pictures import draw
    from evokan.runs.run import load_run

    paths = draw(load_run(run), kinds=[picture_format])
    if json:
        print_json(paths)
    elif not quiet:
        for path in paths:
            console().print(str(path), soft_wrap=True)


def _print_result(run: Run, *, quiet: bool, as_json: bool) -> None:
    from evokan.cli.summary import print_summary
    from evokan.runs.summary import summarise

    if quiet:
        print_line(run.path)
    elif as_json:
        print_json(summarise(run))
    else:
        print_summary(summarise(run))
