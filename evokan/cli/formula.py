"""``formula``: a run's formulas, the network's own and laws, in any format."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from evokan.cli.options import Force, Json, Quiet, RunPath
from evokan.cli.printing import console, new_file, number, print_json, table, visible
from evokan.errors import InputError, unknown_name
from evokan.explain.formulas.kinds import ENGINES, KINDS, TOLERANCE

if TYPE_CHECKING:
    from evokan.explain.formulas.formula import Formula
    from evokan.explain.formulas.front import Formulas
    from evokan.explain.formulas.kinds import Engine, Kind
    from evokan.runs.member import Member
    from evokan.runs.run import Run

FORMATS = ("text", "latex", "python", "c", "sympy", "json")


def formula(
    run: RunPath,
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            show_default=False,
            help="network (its own wiring, edge by edge) or law (found on the data with its help); by default the law "
            "where one is within a standard error of the network, else the network's.",
        ),
    ] = None,
    member: Annotated[
        int | None,
        typer.Option("--member", metavar="N", show_default=False, help="The formula with this number in the front."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", metavar="NAME", help="text, latex, python, c, sympy or json (the whole front).")
    ] = "text",
    network: Annotated[
        int | None,
        typer.Option(
            "--network", metavar="ID", show_default=False, help="Network of the front; the chosen one by default."
        ),
    ] = None,
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
    ] = TOLERANCE,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            metavar="SECONDS",
            show_default=False,
            help="Time for more search, which goes on from what is stored; 30 where nothing is.",
        ),
    ] = None,
    functions: Annotated[
        str | None,
        typer.Option(
            "--functions",
            metavar="NAMES",
            show_default=False,
            help="Functions to try, by comma, such as 'x,x^2,exp(x)'; all by default.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--formula-engine",
            metavar="NAME",
            help="What looks for laws: evokan, operon (needs pyoperon: pip install 'evokan[formula]'), or both.",
        ),
    ] = "evokan",
    units: Annotated[
        Path | None,
        typer.Option(
            "--units",
            metavar="FILE",
            show_default=False,
            help="Units of columns and target, a line each, such as 'speed: m/s': laws in dimensionless groups.",
        ),
    ] = None,
    scaled: Annotated[
        bool,
        typer.Option(
            "--normalised", help="In scaled columns (less the mean, over the spread), so that coefficients compare."
        ),
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Short for --format latex.")] = False,
    python: Annotated[
        bool, typer.Option("--python", help="Short for --format python: a module that stands alone.")
    ] = False,
    c: Annotated[bool, typer.Option("--c", help="Short for --format c: C99 source.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", show_default=False, help="Write to this file instead.")
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Print the formula of a finished run in raw units and column names, and the front that it is chosen from.

    What the search has stored is printed at once; --time-limit searches on. With --json the whole front, with the
    tables of splines that no function fitted.
    """
    short = [name for name, wanted in (("latex", latex), ("python", python), ("c", c), ("json", json)) if wanted]
    faults = []
    if len(short) + (format != "text") > 1:
        faults.append("--format, --latex, --python, --c and --json: choose one")
    format = short[0] if short else format  # noqa: A001
    for what, name, known in (("format", format, FORMATS), ("formula engine", engine, ENGINES), ("kind", kind, KINDS)):
        if name is not None and name not in known:
            faults += unknown_name(what, name, known).faults
    if member is not None and complexity is not None:
        faults.append("--member and --complexity: choose one")
    if not 0 <= tolerance < float("inf"):
        faults.append(f"--tolerance {tolerance}: must be a number of at least 0")
    if time_limit is not None and not 0 < time_limit < float("inf"):
        faults.append(f"--time-limit {time_limit}: must be a number of seconds above 0")
    if faults:
        raise InputError(*faults)
    from evokan.runs.run import load_run

    loaded = load_run(run)
    found = loaded.best if network is None else loaded.member(network)
    formulas = _formulas(loaded, found, tolerance, time_limit, functions, units, cast("Engine", engine))
    formulas = found.normalised(formulas) if scaled else formulas
    chosen = _chosen(formulas, cast("Kind | None", kind), member, complexity)
    text = written(chosen, formulas, format)
    if out is not None:
        with new_file(out, force=force) as part:
            part.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        if not (quiet or json):
            console().print(f"written to {out}", soft_wrap=True)
        if json:
            print_json({"out": out})
    elif format != "text" or quiet:
        print(text.rstrip("\n"))
    else:
        _print_all(chosen, formulas)


def written(chosen: Formula, formulas: Formulas, name: str) -> str:
    """Return a formula in one of `FORMATS`."""
    if name == "json":
        import json

        return json.dumps(formulas.to_json(), indent=2)
    if name == "text":
        return "\n".join(filter(None, (chosen.text, chosen.definitions)))
    if name == "latex":
        return chosen.latex
    return {"python": chosen.python, "c": chosen.c, "sympy": chosen.sympy}[name]()


def _formulas(
    run: Run,
    found: Member,
    tolerance: float,
    time_limit: float | None,
    functions: str | None,
    units: Path | None,
    engine: Engine,
) -> Formulas:
    """Return the formulas as they are stored, or search and store what is found."""
    from evokan.runs.reading import Wanted

    names = None
    if functions is not None:
        from evokan.explain import library

        names = [name.strip() for name in functions.split(",")]
        library(names)
    known = None
    if units is not None:
        from evokan.explain import Units

        known = Units.read(units, (*found.explanation.input_names, *found.explanation.output_names))
    wanted, stored = Wanted(tolerance, time_limit, names, known, engine), found.stored_formulas()
    if wanted.met_by(stored):
        return stored
    # What other functions or another tolerance make of the network is printed, and not kept for others; more time,
    # units and another engine only add to what is kept.
    kept = names is None and tolerance == TOLERANCE and os.access(run.path, os.W_OK)
    with run.directory.lock() if kept else nullcontext():
        made = found.wanted_formulas(wanted)
        if kept:
            found.store(made)
    return made


def _chosen(formulas: Formulas, kind: Kind | None, member: int | None, complexity: int | None) -> Formula:
    if complexity is None:
        return formulas.get(kind, member)
    fitting = [one for one in formulas if one.complexity <= complexity and kind in (None, one.kind)]
    if not fitting:
        least = min(one.complexity for one in formulas)
        raise InputError(f"--complexity {complexity}: the simplest formula has {least}")
    return min(fitting, key=lambda one: one.val_loss)


def _print_all(chosen: Formula, formulas: Formulas) -> None:
    from rich.text import Text

    printer = console()
    for line in filter(None, (chosen.headline, chosen.text, chosen.definitions)):
        printer.print(Text(visible(line, keep="\n")), soft_wrap=True)
    printer.print()
    made = table(
        ">", "kind", "", ">complexity", ">splines", ">training loss", ">validation loss", ">test loss", "formula",
        title="front of formulas",
    )  # fmt: skip
    reference = formulas.network
    made.add_row(
        "",
        "the network",
        "",
        f"{reference.edges} edges",
        "",
        "",
        number(reference.val_loss),
        number(reference.test_loss),
        "",
    )
    for place, one in enumerate(formulas):
        answer = "answer" if place == formulas.answer else ""
        made.add_row(
            str(place + 1),
            one.kind,
            answer or ("chosen" if place in formulas.chosen.values() else ""),
            str(one.complexity),
            str(len(one.tables)),
            number(one.train_loss),
            number(one.val_loss),
            number(one.test_loss),
            Text(visible(one.text, keep="\n")),
        )
    printer.print(made)
    more = "" if formulas.complete else "; cut off by the time limit: more may be found with --time-limit"
    printer.print(f"--member NUMBER prints another one{more}", soft_wrap=True)
