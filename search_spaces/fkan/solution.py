"""What a picture of a solved equation needs: solution, exact solution and residual at the points, as plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from evokan.arrays import FloatArray
from evokan.problem.equations.base import residuals
from evokan.problem.equations.remembered import RememberedEquation
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.problem.solutions import as_unknown

MOST = 900
"""Points kept at most."""
DIGITS = 6


def told_solution(model: torch.nn.Module, problem: Problem) -> dict[str, Any]:
    """Return the solution as JSON values; nothing without an equation, or in more than two coordinates.

    Returns
    -------
    dict
        ``x`` (coordinates, points), ``u`` and, where it is known, ``exact`` (unknowns, points), ``residual`` (points):
        the root of the summed squares over a system. The points ascend.
    """
    equation, x = problem.table.equation, problem.table.X
    if equation is None or isinstance(equation, RememberedEquation) or x.shape[1] > 2:
        return {}
    with torch.enable_grad():
        parts = [part.detach().numpy() for part in residuals(equation, as_unknown(equation, model), x)]
    missed, values = np.sqrt(np.sum(np.square(parts), axis=0)), predict(model, x)
    if not (np.isfinite(missed).all() and np.isfinite(values).all()):
        return {}
    order = np.lexsort(x.T[::-1])[:: -(-len(x) // MOST)]
    told = {"x": _rows(x[order]), "u": _rows(values[order]), "residual": _rows(missed[order, None])[0]}
    exact = equation.exact(x)
    if exact is not None:
        told["exact"] = _rows(np.reshape(exact, (len(x), -1))[order])
    return {"solution": told}


def _rows(values: FloatArray) -> list[list[float]]:
    return [[float(f"{value:.{DIGITS}g}") for value in column] for column in values.T]
