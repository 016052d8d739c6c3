"""Figures of merit of a network that was trained on an equation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evokan.problem.equations.base import Candidate, Equation, residual_loss
from evokan.problem.prediction import predict

if TYPE_CHECKING:
    import torch

    from evokan.arrays import FloatArray

Figures = dict[str, float | None]


def as_unknown(equation: Equation, model: torch.nn.Module) -> Candidate:
    """Return a network (N, coordinates) -> (N, unknowns) as the unknown of an equation.

    Its coefficients are the parameter ``coefficients`` of the network, in the order of those of the equation.
    """

    def unknown(x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = model(x)
        return values[:, 0] if len(equation.unknowns) == 1 else values

    names = tuple(equation.coefficients)
    values = model.get_parameter("coefficients").unbind() if names else ()
    return Candidate(unknown, dict(zip(names, values, strict=True)))


def evaluate_solution(equation: Equation, model: torch.nn.Module, x: FloatArray) -> Figures:
    """Return the figures of `model` at the points `x`, shape (N, coordinates).

    Returns
    -------
    dict
        `residual_loss`; where the exact solution is known `rmse`, `mae` and `max_error` against it, over all unknowns;
        the coefficients that were looked for; and what `Equation.check` finds. None where a figure is not finite.
    """
    candidate = as_unknown(equation, model)
    figures = {"residual_loss": residual_loss(equation, candidate, x)}
    exact = equation.exact(x)
    if exact is not None:
        error = np.abs(predict(model, x) - np.reshape(exact, (len(x), -1)))
        figures |= {
            "rmse": float(np.sqrt(np.mean(error**2))),
            "mae": float(error.mean()),
            "max_error": float(error.max()),
        }
    figures |= {name: float(value.detach()) for name, value in candidate.coefficients.items()}

    def solution(points: FloatArray) -> FloatArray:
        values = predict(model, points)
        return values[:, 0] if len(equation.unknowns) == 1 else values

    figures |= equation.check(solution)
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
