"""What a formula is, as a plain value: expressions, names, splines and losses."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.explain.formulas.kinds import EQUAL, Kind
from evokan.problem.prediction import check_columns
from evokan.problem.task import Task
from evokan.spaces.graph import SplineTable

if TYPE_CHECKING:
    import pandas as pd
    import sympy

Encode = Callable[["pd.DataFrame"], FloatArray]
"""Takes a table as the user has it to the columns of a formula, shape (N, columns)."""


@dataclass(frozen=True)
class ScaledColumn:
    """A column of the table, or a target, that a formula has as ``NAME_scaled``: (name - shift) / scale."""

    name: str
    shift: float
    scale: float

    def __str__(self) -> str:
        return f"{self.name}_scaled = ({self.name} - {self.shift:.6g}) / {self.scale:.6g}"


@dataclass(frozen=True, eq=False)
class Expressions:
    """One formula in the user's columns and units.

    Attributes
    ----------
    outputs
        A SymPy expression for every class (a score: the logit) or target.
    columns
        Names of all input columns, in the order of the table; the symbols of the expressions have these names.
    names
        Of the outputs: classes or targets.
    task
        ``classification``, or anything else.
    tables
        The splines that no law fitted, by the name they have in the expressions.
    complexity
        Nodes of the expression trees; each spline counts 12 more.
    train_loss, val_loss
        Bare losses of this very formula: mean cross-entropy, or mean squared error of the scaled target.
    kind
        Whose it is: ``network``, the network's own wiring edge by edge, or ``law``, found on the data with its help.
    test_loss
        The same loss on rows that nothing has seen; NaN where there are none, infinite where it has no value on one.
    excess, error
        How much the validation loss lies above that of the network, row by row, and the standard error of that.
    encode
        For tables whose columns are not those of the formula: text and categories.
    scaled
        Of a normalised formula: what its columns and targets are.
    """

    outputs: tuple[sympy.Expr, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    task: Task
    tables: Mapping[str, SplineTable]
    complexity: int
    train_loss: float
    val_loss: float
    kind: Kind = "law"
    test_loss: float = math.nan
    excess: float = 0.0
    error: float = 0.0
    encode: Encode | None = None
    scaled: tuple[ScaledColumn, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", Task(self.task))

    @cached_property
    def _function(self) -> Any:
        from evokan.explain.formulas.expression import columns
        from evokan.explain.formulas.values import numeric

        return numeric(self.outputs, columns(self.columns), self.tables)

    @property
    def honest(self) -> bool:
        """Whether it is no worse than the network by more than a standard error."""
        return self.excess <= self.error + EQUAL

    def predict(self, X: FloatArray | pd.DataFrame) -> FloatArray:
        """Return scores (N, classes) or values (N, targets).

        Where a law is not defined (the logarithm of a negative number) the value is NaN; see `Formula.check`.

        Parameters
        ----------
        X
            Raw inputs, shape (N, columns), in the order of `columns`; or a frame that has them by name, other columns
            aside.

        Raises
        ------
        InputError
            A column is missing, or one too many.
        """
        X = self._rows(X)
        check_columns(X.shape, len(self.columns), self.columns)
        values: FloatArray = np.column_stack(self._function(*X.T))
        return values

    def _rows(self, X: FloatArray | pd.DataFrame) -> FloatArray:
        if not hasattr(X, "columns"):
            return np.asarray(X, dtype=np.float64)
        frame = cast("pd.DataFrame", X)
        if self.encode is not None:
            return self.encode(frame)
        names = {str(name): name for name in frame.columns}
        missing = [name for name in self.columns if name not in names]
        if missing:
            raise InputError(*(f"column {name!r} is missing" for name in missing))
        return frame[[names[name] for name in self.columns]].to_numpy(dtype=np.float64)
