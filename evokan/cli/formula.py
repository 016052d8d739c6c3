"""``formula``: what the network of a run says, written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evokan.cli.options import Force, Json, Member, Quiet, RunPath
from evokan.cli.printing import console, new_file, number, print_json, table, visible
from evokan.errors import InputError

if TYPE_CHECKING:
    from evokan.explain.formulas.formula import Formulas


def formula(
    run: RunPath,
    *,
    member: Member = None,
    complexity: Annotated[
        int | None,
        typer.Option(
            "--complexity",
            metavar="N",
            show_default=False,
            help="Take the best formula of at most this complexity instead of the chosen one.",
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance", metavar="SHARE", help="Share by which a simplification may raise the validation loss."
        ),
    ] = 0.05,
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="Time for the search.")] = 30.0,
    functions: Annotated[
        str | None,
        typer.Option(
            "--functions",
            metavar="NAMES",
            show_default=False,
            help="Functions to try, by comma, such as 'x,x^2,exp(x)'; all by default.",
        ),
    ] = None,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
    python: Annotated[bool, typer.Option("--python", help="Print a Python module that stands alone.")] = False,
    c: Annotated[bool, typer.Option("--c", help="Print C99 source.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", show_default=False, help="Write to this file instead.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Read the network of a finished run as a formula in raw units and column names, and print it.

    With --json the whole front of formulas, with the tables of splines that no function fitted.
    """
    faults = []
    if sum((latex, python, c, json)) > 1:
        faults.append("--latex, --python, --c and --json: choose one")
    if not 0 <= tolerance < float("inf"):
        faults.append(f"--tolerance {tolerance}: must be a number of at least 0")
    if not 0 < time_limit < float("inf"):
        faults.append(f"--time-limit {time_limit}: must be a number of seconds above 0")
    if faults:
        raise InputError(*faults)
    from evokan.explain import library
    from evokan.runs.run import load_run

    names = [name.strip() for name in functions.split(",")] if functions else None
    library(names)
    loaded = load_run(run)
    found = loaded.best if member is None else loaded.member(member)
    formulas = found.formulas(tolerance=tolerance, time_limit=time_limit, functions=names)
    chosen = formulas.best
    if complexity is not None:
        fitting = [one for one in formulas if one.complexity <= complexity]
        if not fitting:
            raise InputError(f"--complexity {complexity}: the simplest formula has {formulas.front[0].complexity}")
        chosen = fitting[-1]
    text = chosen.latex if latex else chosen.python() if python else chosen.c() if c else chosen.text
    if json:
        import json as json_module

        text = json_module.dumps(formulas.to_json(), indent=2)
    if out is not None:
        with new_file(out, force=force) as part:
            part.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        if not (quiet or json):
            console().print(f"written to {out}", soft_wrap=True)
        if json:
            print_json({"out": out})
    elif latex or python or c or quiet or json:
        print(text.rstrip("\n"))
    else:
        _print_all(text, formulas)


def _print_all(text: str, formulas: Formulas) -> None:
    from rich.text import Text

    made = table("", ">complexity", ">training loss", ">validation loss", "formula", title="front of formulas")
    for place, formula in enumerate(formulas):
        made.add_row(
            "chosen" if place == formulas.chosen else "",
            str(formula.complexity),
            number(formula.train_loss),
            number(formula.val_loss),
            Text(visible(formula.text, keep="\n")),
        )
    printer = console()
    printer.print(Text(visible(text, keep="\n")), soft_wrap=True)
    printer.print()
    printer.print(made)
    printer.print(
        f"validation loss of the network as it stands: {number(formulas.network_loss)}; "
        f"{formulas.seconds:.1f} s"
        + ("" if formulas.complete else "; cut off by the time limit: more may be found with --time-limit"),
        soft_wrap=True,
    )
