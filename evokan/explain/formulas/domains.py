"""Where a formula has no value, and which of its parts is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.formulas.expression import columns
from evokan.explain.formulas.values import numeric
from evokan.explain.formulas.wording import written

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Expressions


def undefined_parts(formula: Expressions, X: FloatArray) -> list[str]:
    """Return one sentence for each output that is not finite on some row of `X`, shape (N, columns)."""
    values = formula.predict(X)
    faults = []
    for name, output, column in zip(formula.names, formula.outputs, values.T, strict=True):
        rows = np.flatnonzero(~np.isfinite(column))
        if not len(rows):
            continue
        part = _blame(formula, output, X[rows[:1]])
        faults.append(
            f"the formula of {name!r} is not defined in {len(rows)} of {len(X)} rows, first in row "
            f"{rows[0] + 1}: {part} has no value there"
        )
    return faults


def _blame(formula: Expressions, output: sp.Expr, row: FloatArray) -> str:
    """Return the smallest part of `output` without a finite value on `row`."""
    for part in sp.postorder_traversal(output):
        if part.args:
            (value,) = numeric([part], columns(formula.columns), formula.tables)(*row.T)
            if not np.isfinite(value).all():
                return written(part)
    return written(output)
