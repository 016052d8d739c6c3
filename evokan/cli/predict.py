"""``predict``: the chosen network of a run on new rows."""

from __future__ import annotations

import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from evokan.cli.options import Force, Json, Quiet, RunPath
from evokan.cli.printing import console, new_file, print_json
from evokan.errors import EvokanWarning, InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from evokan.datasets import ColumnSchema, Dialect


def predict(
    run: RunPath,
    *,
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="FILE",
            show_default=False,
            help="File with the columns of the training table, as a search takes it; - reads CSV from standard input.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            show_default=False,
            help="CSV or Parquet to write, - for CSV on standard output: prediction, for classes p(CLASS) of each, and "
            "outside, which names what lies far outside of the training table; of a time series the next state.",
        ),
    ],
    sep: Annotated[
        str | None, typer.Option("--sep", metavar="SIGN", show_default=False, help="What separates cells of --data.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", metavar="SIGN", show_default=False, help="Decimal sign of --data.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="NAME", show_default=False, help="Encoding of --data.")
    ] = None,
    handle_unknown: Annotated[
        str | None,
        typer.Option(
            "--handle-unknown",
            metavar="HOW",
            show_default=False,
            help="A category that the search has not seen: error, or ignore, which takes it for none; by default as "
            "the search was told.",
        ),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Predict raw rows with the chosen network of a run.

    The target column may be missing. Rows keep their order; classes are named as in the training file.
    """
    from evokan.datasets import Dialect
    from evokan.datasets.outside import outside, outside_note
    from evokan.runs.predictions import prediction_table
    from evokan.runs.run import load_run

    to_stdout = str(out) == "-"
    if not to_stdout and out.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"--out {out}: its name must end in .csv or .parquet, or be - for standard output")
    if to_stdout and json:
        raise InputError("--json and --out - both print: leave one of them out")
    dialect = Dialect.of(sep, decimal, encoding)
    loaded = load_run(run)
    schema = _told(loaded.schema, handle_unknown)
    with nullcontext(None) if to_stdout else new_file(out, force=force) as part:
        loaded.best.model  # noqa: B018 - a run that cannot predict is refused before the rows are read
        try:
            frame = _read(data, schema.keep_na_in, dialect)
            table = prediction_table(
                loaded.best.outputs(schema.transform(frame)), schema, loaded.best.explanation.output_names
            )
            far = outside(frame, schema)
            if far is not None and "prediction" in table:
                table["outside"] = far
        except InputError as error:
            prefix = "" if all(str(data) in fault for fault in error.faults) else f"--data {data}: "
            raise InputError(*(prefix + fault + _advice(fault) for fault in error.faults)) from error
        if part is None:
            print(table.to_csv(index=False), end="")
        elif out.suffix.lower() == ".csv":
            table.to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)
    for note in frame.attrs["notes"]:
        warnings.warn(note, EvokanWarning, stacklevel=1)
    for note in filter(None, (*schema.notes(frame), outside_note(far))):
        warnings.warn(f"--data {data}: {note}", EvokanWarning, stacklevel=1)
    if json:
        print_json({"out": out, "rows": len(table)})
    elif not (quiet or to_stdout):
        console().print(f"{len(table)} predictions written to {out}", soft_wrap=True)


def _told(schema: ColumnSchema, handle_unknown: str | None) -> ColumnSchema:
    """Return the schema with what the user says of unknown categories."""
    known = ("error", "ignore")
    if handle_unknown is None:
        return schema
    if handle_unknown not in known:
        raise unknown_name("value for --handle-unknown", handle_unknown, known)
    return schema.model_copy(update={"handle_unknown": handle_unknown})


def _advice(fault: str) -> str:
    return " (--handle-unknown ignore takes it for none of these)" if "unknown category" in fault else ""


def _read(data: Path, keep_na_in: tuple[str, ...], dialect: Dialect) -> pd.DataFrame:
    """Return the rows of a file, or of standard input."""
    from evokan.datasets import read_frame

    if str(data) != "-":
        return read_frame(data, keep_na_in=keep_na_in, dialect=dialect)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "standard-input.csv"
        path.write_bytes(sys.stdin.buffer.read())
        return read_frame(path, keep_na_in=keep_na_in, dialect=dialect)
