"""Which columns promise most: each alone, as a network of one input, by least squares.

A column that acts only together with others is not found this way: no look at single columns can.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray
from evokan.problem.splits import Fold

INTERVALS = 3
"""Of the cubic splines."""
REACH = 2.5
"""The splines end at so many standard deviations; values beyond count as there."""
RIDGE = 1e-2
"""Penalty on the coefficients, as a share of the rows."""
AT_ONCE = 2**24
"""Numbers of basis values held together."""


def column_order(x: FloatArray, targets: FloatArray, folds: Sequence[Fold]) -> IntArray:
    """Return the numbers of the columns, the most promising first: by squared error on rows that no fit has seen.

    Parameters
    ----------
    x
        Columns of about zero mean and unit variance, shape (rows, columns).
    targets
        Shape (rows, outputs): numbers, or ones for the class of a row.
    folds
        Row numbers into both; each fold's validation rows are judged by what is fitted on the others.
    """
    columns = x.shape[1]
    errors = np.empty(columns)
    spread = targets.std(axis=0)
    y = (targets - targets.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    step = max(AT_ONCE // (len(x) * (INTERVALS + 3)), 1)
    for start in range(0, columns, step):
        part = slice(start, min(start + step, columns))
        errors[part] = _errors(_basis(x[:, part]), y, folds)
    return np.argsort(errors, kind="stable")


def _basis(x: FloatArray) -> FloatArray:
    """Return all splines of all columns, shape (columns, rows, functions)."""
    from scipy.interpolate import BSpline

    width = 2 * REACH / INTERVALS
    knots = -REACH + width * np.arange(-3, INTERVALS + 4)
    values = np.clip(x.T, -REACH, REACH * (1 - 1e-12))
    functions: FloatArray = BSpline.design_matrix(values.ravel(), knots, 3).toarray()
    return functions.reshape(*values.shape, -1)


def _errors(basis: FloatArray, y: FloatArray, folds: Sequence[Fold]) -> NDArray[np.float64]:
    """Return the mean squared error of each column on the validation rows of all folds."""
    total, rows = np.zeros(len(basis)), 0
    penalty = RIDGE * np.eye(basis.shape[2])
    for fold in folds:
        known, asked = basis[:, fold.train], basis[:, fold.validation]
        gram = known.transpose(0, 2, 1) @ known + len(fold.train) * penalty
        weights = np.linalg.solve(gram, known.transpose(0, 2, 1) @ y[fold.train])
        total += ((asked @ weights - y[fold.validation]) ** 2).sum(axis=(1, 2))
        rows += len(fold.validation)
    return total / rows
