"""``compare``: runs of several ways of searching, tested against each other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evokan.cli.options import Force, Json, Quiet
from evokan.cli.printing import console, new_file, number, print_json, print_line, table
from evokan.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("text", "csv", "latex", "html")
PICTURES = (".png", ".svg", ".pdf")


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of finished runs.", show_default=False)],
    *,
    figure: Annotated[
        str | None,
        typer.Option(
            "--figure",
            metavar="NAME",
            show_default=False,
            help="Test figure to compare by, or val_loss or n_params; the first of the task by default.",
        ),
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="text, csv, latex or html.")] = "text",  # noqa: A002
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            show_default=False,
            help="Draw the fronts' attainment surfaces: .png, .svg or .pdf; with --format html write the page: .html.",
        ),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Compare runs that were searched in different ways, paired by data, seed and split seed.

    A way is the search space with the settings in which its runs differ. Two ways: Wilcoxon's signed-rank test and the
    matched-pairs effect, corrected by Holm's method over all pairs; three on at least two data sets: Friedman's test,
    too. Splits of one table share rows, so p values are too small: 0.01 is a hint, not proof.
    """
    faults = [] if format in FORMATS else [*unknown_name("format", format, FORMATS).faults]
    if json and format != "text":
        faults.append("--format and --json: choose one")
    endings = (".html",) if format == "html" else PICTURES
    if out is not None and out.suffix.lower() not in endings:
        faults.append(f"--out {out}: its name must end in {', '.join(endings)}")
    if faults:
        raise InputError(*faults)
    from evokan.reports.compare import compare as compared

    found = compared(runs, figure)
    if format == "html":
        _write_page(found, out, force=force, quiet=quiet)
        return
    if out is not None:
        from evokan.plots import plot_attainment, rendered

        with new_file(out, force=force) as part:
            part.write_bytes(rendered(plot_attainment(found["surfaces"]), out.suffix))
    if json:
        print_json(found | {"out": out})
    elif format == "csv":
        buffer = io.StringIO()
        _frame(found).to_csv(buffer, index=False, lineterminator="\n")
        print(buffer.getvalue(), end="")
    elif format == "latex":
        print(_latex(found), end="")
    elif quiet:
        for row in found["rows"]:
            print_line(f"{row['data']} {row['way']}: {found['figure']} {number(row['mean'])}")
    else:
        _print(found, out)


def _write_page(found: dict[str, Any], out: Path | None, *, force: bool, quiet: bool) -> None:
    """Write the page to a file, or print it."""
    from evokan.reports.compare_page import compare_page

    page = compare_page(found)
    if out is None:
        print(page)
        return
    with new_file(out, force=force) as part:
        part.write_text(page, encoding="utf-8")
    if quiet:
        print_line(out)
    else:
        console().print(f"written to {out}", soft_wrap=True)


def _frame(found: dict[str, Any]) -> pd.DataFrame:
    """Return a row for each data set and way, with how it stands to the first way."""
    import pandas as pd

    against = {(pair["data"], pair["second"]): pair for pair in found["pairs"] if pair["first"] == found["ways"][0]}
    rows = []
    for row in found["rows"]:
        pair = against.get((row["data"], row["way"]), {})
        names = ("pairs", "difference", "effect", "p", "p_holm")
        rows.append({"figure": found["figure"], **row} | {name: pair.get(name) for name in names})
    return pd.DataFrame(rows).astype({"pairs": "Int64"})


def _latex(found: dict[str, Any]) -> str:
    """Return the rows as a table with the rules of the package booktabs."""
    frame = _frame(found).drop(columns=["figure", "median", "seconds"])
    frame = frame.rename(columns={"mean": found["figure"], "n_params": "parameters", "p_holm": "p (Holm)"})
    shown = frame.map(lambda value: value if isinstance(value, str) else _cell(value))
    text: str = (
        shown.style.hide(axis="index")
        .format(escape="latex")
        .format_index(escape="latex", axis=1)
        .to_latex(hrules=True, column_format="ll" + "r" * (shown.shape[1] - 2))
    )
    return text


def _cell(value: Any) -> str:
    import pandas as pd

    return "" if pd.isna(value) else number(float(value))


def _print(found: dict[str, Any], out: Path | None) -> None:
    from evokan.reports.compare import remark

    screen = console()
    better = "more" if found["more_is_better"] else "less"
    made = table("data", "way", ">runs", f">{found['figure']}", ">sd", ">median", ">parameters", ">time (s)")
    for row in found["rows"]:
        made.add_row(
            row["data"],
            row["way"],
            str(row["runs"]),
            *(number(row[name]) for name in ("mean", "sd", "median", "n_params")),
            number(row["seconds"], 3),
        )
    screen.print(f"{found['figure']}, {better} is better", style="bold")
    screen.print(made)
    if found["pairs"]:
        made = table("data", "first", "second", ">pairs", ">second - first", ">effect", ">p", ">p, Holm", title="Pairs")
        for pair in found["pairs"]:
            cells = [number(pair["difference"], 3), number(pair["effect"], 2)]
            cells += [number(pair[name], 2) for name in ("p", "p_holm")]
            made.add_row(pair["data"], pair["first"], pair["second"], str(pair["pairs"]), *cells)
        screen.print(made)
        screen.print("effect: rank-biserial, from -1 to 1, positive where the first way is better", soft_wrap=True)
    else:
        screen.print(remark(found), soft_wrap=True)
    if found["friedman"] is not None:
        friedman = found["friedman"]
        ranks = ", ".join(
            f"{way} {number(rank, 3)}" for way, rank in sorted(friedman["ranks"].items(), key=lambda one: one[1])
        )
        screen.print(
            f"Friedman over {len(friedman['data'])} data sets: p {number(friedman['p'], 2)}; mean ranks: {ranks}",
            soft_wrap=True,
        )
    if out is not None:
        screen.print(f"written to {out}", soft_wrap=True)
