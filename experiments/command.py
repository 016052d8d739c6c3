"""``experiment``: reproduces the tables and figures in ``results/``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from evokan.cli.options import Json, Quiet, Workers
from evokan.cli.printing import console, print_json, table
from evokan.errors import InputError


def experiment(
    name: Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="Name of an experiment, or list.")],
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A small version, to see that everything works.")] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            min=1,
            show_default=False,
            help="Seeds to average over; the experiment's own number by default.",
        ),
    ] = None,
    workers: Workers = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = Path("results"),
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run an experiment, or go on with it where it stopped; `evokan experiment list` names them."""
    from evokan.evaluation.executors import available_processors
    from experiments.harness import Context
    from experiments.registry import load_experiment

    if name == "list":
        _list(quiet=quiet, as_json=json)
        return
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: must be at least 1")
    found = load_experiment(name)
    context = Context(out, quick, seeds, workers or available_processors(), silent=quiet or json)
    try:
        with _terminated_as_interrupted():
            files = found.run(context)
    except KeyboardInterrupt as error:
        error.add_note("the same command goes on where it stopped")
        raise
    if json:
        print_json(list(files))
    else:
        for file in files:
            console().print(str(file), soft_wrap=True)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, which a study in a shell's background never hears: it writes what there is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _list(*, quiet: bool, as_json: bool) -> None:
    from experiments.registry import experiment_names, load_experiment

    found = []
    for name in experiment_names():
        try:
            summary = load_experiment(name).summary
        except InputError as error:
            summary = str(error)
        found.append({"name": name, "summary": summary})
    if as_json:
        print_json(found)
    elif quiet:
        for entry in found:
            print(entry["name"])
    else:
        made = table("experiment", "")
        for entry in found:
            made.add_row(entry["name"], entry["summary"])
        console().print(made)
