"""What the outputs of a network say: classes, shares, values."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evokan.errors import EvokanWarning, InputError
from evokan.texts import listed

if TYPE_CHECKING:
    import pandas as pd

    from evokan.datasets.columns import ColumnSchema


def known_columns(frame: pd.DataFrame, schema: ColumnSchema) -> pd.DataFrame:
    """Return the columns of `frame` that the schema knows, and warn of the others."""
    known = {column.name for column in schema.columns}
    extra = [repr(str(name)) for name in frame.columns if str(name) not in (*known, schema.target)]
    if extra:
        warnings.warn(
            f"columns that the network does not know are ignored: {listed(extra, 5)}", EvokanWarning, stacklevel=3
        )
    return frame.loc[:, [str(name) in known for name in frame.columns]]


def check_finite(outputs: NDArray[np.float64]) -> None:
    """Raise `InputError` where the network gives no number for a row; rows are counted from 1."""
    import pandas as pd

    from evokan.datasets.columns import rows_text

    wrong = np.asarray(~np.isfinite(outputs).all(axis=1))
    if wrong.any():
        where = rows_text(pd.Series(wrong, index=np.arange(1, len(wrong) + 1)), wrong)
        raise InputError(
            f"the network gives no number for {where}: a value there is too large to be computed with, "
            "correct it or leave the row out"
        )


def own_units(outputs: NDArray[np.float64], schema: ColumnSchema) -> NDArray[np.float64]:
    """Return what a network says in the target's own units: of a logarithm what it is one of; else as it is."""
    with np.errstate(over="ignore"):
        return np.exp(outputs) if schema.log_target else outputs


def labels(outputs: NDArray[np.float64], schema: ColumnSchema) -> NDArray[Any]:
    """Return the class of each row, or its value, shape (N,).

    Of a trajectory the next state, shape (N, concepts); of a system of equations its unknowns, shape (N, unknowns).
    """
    if schema.task.has_classes:
        names: NDArray[Any] = np.array(schema.class_names, dtype=object)[outputs.argmax(axis=1)]
        return names
    return outputs if schema.task.in_time or outputs.shape[1] > 1 else outputs[:, 0]


def shares(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each class, shape (N, classes), for logits of that shape."""
    from scipy.special import softmax

    found: NDArray[np.float64] = softmax(outputs, axis=1)
    return found


def prediction_table(outputs: NDArray[np.float64], schema: ColumnSchema, names: Sequence[str]) -> pd.DataFrame:
    """Return the columns ``prediction`` and, for classes, ``p(CLASS)``, one row for each row of `outputs`.

    Of a trajectory: the state at the next moment, under the names of the concepts; of a system of equations its
    unknowns under theirs.

    Parameters
    ----------
    names
        Of the outputs.

    Raises
    ------
    InputError
        The network gives no number for a row.
    """
    import pandas as pd

    outputs = own_units(outputs, schema)
    check_finite(outputs)
    if schema.task.in_time or (schema.task.is_equation and outputs.shape[1] > 1):
        return pd.DataFrame(outputs, columns=list(names))
    found = pd.DataFrame({"prediction": labels(outputs, schema)})
    if schema.task.has_classes:
        for name, column in zip(schema.class_names, shares(outputs).T, strict=True):
            found[f"p({name})"] = column
    return found
