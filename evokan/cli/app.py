"""The command line: puts the commands together, and turns errors into lines and exit status."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from evokan.cli.checkout import mount_experiments
from evokan.cli.compare import compare
from evokan.cli.doctor import doctor
from evokan.cli.evaluate import evaluate
from evokan.cli.export import export
from evokan.cli.families import mount
from evokan.cli.formula import formula
from evokan.cli.listing import datasets, spaces
from evokan.cli.predict import predict
from evokan.cli.printing import show_odd_characters
from evokan.cli.report import report
from evokan.cli.run import plot, resume, search, show
from evokan.cli.runs import runs
from evokan.cli.watch import watch
from evokan.errors import EvokanError, EvokanWarning, InputError, RunStopped
from evokan.texts import printable

DONE, FAULT, WRONG_INPUT, INTERRUPTED = range(4)
"""Exit status."""

LONGEST = 1000
"""Characters of a line on standard error."""

COMPLETING = "_EVOKAN_COMPLETE"
"""Set by a shell that wants a command line completed (``evokan --install-completion``)."""

UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # typer's own since 0.26, Click's before
app = typer.Typer(
    name="evokan",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Search, by evolution, for the smallest Kolmogorov-Arnold network that explains a data set.",
)
for command in (
    search,
    resume,
    show,
    plot,
    report,
    predict,
    evaluate,
    formula,
    export,
    runs,
    compare,
    watch,
    spaces,
    datasets,
    doctor,
):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from evokan._version import __version__

        print(f"evokan {__version__}")
        raise typer.Exit


@app.callback()
def _evokan(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit status.

    Parameters
    ----------
    arguments
        What follows ``evokan``; None takes those of the process.

    Returns
    -------
    int
        0: done. 1: a fault of ours, or nothing could be trained. 2: the input is wrong, with one line for each
        fault on standard error. 3: interrupted, or the disk takes no more, with a line that says how to go on.
    """
    show_odd_characters()
    try:
        with _told():
            return _run(list(sys.argv[1:] if arguments is None else arguments) or ["--help"])
    except (Exception, KeyboardInterrupt) as error:
        status = _report(error)
    if status == INTERRUPTED and arguments is None:
        # Threads that still train would keep the process until they are done.
        sys.stdout.flush()
        os._exit(status)
    return status


@contextmanager
def _told() -> Iterator[None]:
    """Print warnings of ours as lines on standard error; those of libraries as Python does."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", EvokanWarning)
        shown = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, EvokanWarning):
                print("evokan:", shortened(printable(" ".join(str(message).split()))), file=sys.stderr)
            else:
                shown(message, category, *place, **more)

        warnings.showwarning = show
        yield


def _report(error: BaseException) -> int:
    """Say what stopped a command, and return its exit status."""
    notes = list(getattr(error, "__notes__", []))
    status = FAULT
    if isinstance(error, InputError):
        sentences = [*error.faults]
        status = WRONG_INPUT
    elif isinstance(error, UsageError):
        sentences = [usage_fault(error)]
        status = WRONG_INPUT
    elif isinstance(error, BrokenPipeError) and not notes:
        sentences = []
        status = DONE
    elif isinstance(error, KeyboardInterrupt | BrokenPipeError):
        sentences = ["; ".join(["interrupted", *notes])]
        status = INTERRUPTED
    elif isinstance(error, EvokanError):
        sentences = [str(error)]
        status = INTERRUPTED if isinstance(error, RunStopped) else FAULT
    else:
        if not notes:
            print(printable("".join(traceback.format_exception(error)), keep="\n"), end="", file=sys.stderr)
        sentences = ["; ".join([f"internal error, please report it: {type(error).__name__}: {error}", *notes])]
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough: what is left to be flushed at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    for sentence in sentences:
        print("evokan:", shortened(printable(" ".join(sentence.split()))), file=sys.stderr)
    return status


def shortened(sentence: str) -> str:
    """Return a sentence of at most `LONGEST` characters: a longer one without its middle, the remedy is at the end."""
    if len(sentence) <= LONGEST:
        return sentence
    end = LONGEST // 3
    return f"{sentence[: LONGEST - end - 5]} ... {sentence[-end:]}"


def _run(arguments: list[str]) -> int:
    wanted = os.environ.get(COMPLETING)
    if wanted is not None:
        arguments = os.environ.get("COMP_WORDS", "").split()[1:]
    group = typer.main.get_command(app)
    mount(group, arguments)
    mount_experiments(group, arguments)
    if wanted is not None:
        return _complete(group, wanted)
    try:
        with group.make_context("evokan", arguments) as context:
            group.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    sys.stdout.flush()
    return DONE


def _complete(group: Any, wanted: str) -> int:
    """Print what the shell asks for, the script or what may come next, and return the exit status."""
    from typer import completion

    completion.completion_init()  # type: ignore[attr-defined]
    return completion.shell_complete(group, {}, "evokan", COMPLETING, wanted)


def usage_fault(error: Any) -> str:
    """Return typer's complaint about the arguments as one sentence, with the nearest name for a misspelt one."""
    where = f"; see: {error.ctx.command_path} --help" if getattr(error, "ctx", None) else ""
    option = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption":
        known = [
            name
            for parameter in error.ctx.command.params
            for name in (*parameter.opts, *parameter.secondary_opts)
            if name.startswith("--")
        ]
        near = difflib.get_close_matches(option, known, n=1, cutoff=0.7)
        return f"unknown option {option!r}" + (f": did you mean {near[0]!r}?" if near else where)
    text: str = error.format_message()
    if text.startswith("No such command"):
        name = text.split("'")[1]
        near = difflib.get_close_matches(name, error.ctx.command.commands, n=1)
        return f"unknown command {name!r}" + (f": did you mean {near[0]!r}?" if near else where)
    return text[:1].lower() + text[1:].rstrip(".") + where


if __name__ == "__main__":
    sys.exit(main())
