"""What a formula is, as a plain value: expressions, names, splines and losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.prediction import check_columns
from evokan.problem.task import Task
from evokan.spaces.graph import SplineTable

if TYPE_CHECKING:
    import sympy


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
    """

    outputs: tuple[sympy.Expr, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    task: Task
    tables: Mapping[str, SplineTable]
    complexity: int
    train_loss: float
    val_loss: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", Task(self.task))

    @cached_property
    def _function(self) -> Any:
        from evokan.explain.formulas.expression import columns
        from evokan.explain.formulas.values import numeric

        return numeric(self.outputs, columns(self.columns), self.tables)

    def predict(self, X: FloatArray) -> FloatArray:
        """Return scores (N, classes) or values (N, targets) for raw inputs `X`, shape (N, columns).

        Where a law is not defined (the logarithm of a negative number) the value is NaN; see `Formula.check`.
        """
        X = np.asarray(X, dtype=np.float64)
        check_columns(X.shape, len(self.columns), self.columns)
        values: FloatArray = np.column_stack(self._function(*X.T))
        return values
