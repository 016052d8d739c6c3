"""``predict``: the chosen network of a run on new rows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evokan.cli.options import Force, Json, Quiet, RunPath
from evokan.cli.printing import console, new_file, print_json
from evokan.errors import EvokanWarning, InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from evokan.datasets import ColumnSchema
    from evokan.runs.run import Run


def predict(
    run: RunPath,
    *,
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            metavar="FILE",
            show_default=False,
            help="CSV, TSV or Parquet with the columns of the training table.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            show_default=False,
            help="CSV to write: prediction, and for classes p(CLASS) of each; of a time series the next state.",
        ),
    ],
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Predict raw rows with the chosen network of a run.

    The target column may be missing. Rows keep their order; classes are named as in the training file.
    """
    from evokan.datasets import read_frame
    from evokan.runs.run import load_run

    if out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: its name must end in .csv")
    loaded = load_run(run)
    schema = loaded.schema
    with new_file(out, force=force) as part:
        loaded.best.model  # noqa: B018 - a run that cannot predict is refused before the rows are read
        try:
            frame = read_frame(data, keep_na_in=schema.keep_na_in)
            table = predictions(loaded, schema, schema.transform(frame))
        except InputError as error:
            prefix = "" if all(str(data) in fault for fault in error.faults) else f"--data {data}: "
            raise InputError(*(prefix + fault for fault in error.faults)) from error
        table.to_csv(part, index=False)
    for note in schema.notes(frame):
        warnings.warn(f"--data {data}: {note}", EvokanWarning, stacklevel=1)
    if json:
        print_json({"out": out, "rows": len(table)})
    elif not quiet:
        console().print(f"{len(table)} predictions written to {out}", soft_wrap=True)


def predictions(run: Run, schema: ColumnSchema, features: NDArray[np.float64]) -> pd.DataFrame:
    """Return the columns ``prediction`` and, for classes, ``p(CLASS)``, one row for each row of `features`.

    Of a trajectory: the state at the next moment, under the names of the concepts.

    Raises
    ------
    InputError
        The network gives no number for a row; rows are counted from 1.
    """
    import numpy as np
    import pandas as pd
    from scipy.special import softmax

    from evokan.datasets.columns import rows_text

    scores = run.best.predict(features)
    wrong = np.asarray(~np.isfinite(scores).all(axis=1))
    if wrong.any():
        where = rows_text(pd.Series(wrong, index=np.arange(1, len(wrong) + 1)), wrong)
        raise InputError(
            f"the network gives no number for {where}: a value there is too large to be computed with, "
            "correct it or leave the row out"
        )
    if schema.task.in_time:
        return pd.DataFrame(scores, columns=list(schema.concepts))
    if schema.task.is_equation and scores.shape[1] > 1:
        return pd.DataFrame(scores, columns=list(run.best.explanation.output_names))
    if not schema.task.has_classes:
        return pd.DataFrame({"prediction": scores[:, 0]})
    names = np.array(schema.class_names, dtype=object)
    shares = softmax(scores, axis=1)
    columns = {f"p({name})": shares[:, number] for number, name in enumerate(names)}
    return pd.DataFrame({"prediction": names[scores.argmax(axis=1)], **columns})
