"""Figures of merit of a network that was trained on an equation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evokan.problem.equations.base import Equation, residual_loss
from evokan.problem.prediction import predict

if TYPE_CHECKING:
    import torch

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown

Figures = dict[str, float | None]


def as_unknown(model: torch.nn.Module) -> Unknown:
    """Return the function (N, coordinates) -> (N,) of a network (N, coordinates) -> (N, 1)."""

    def unknown(x: torch.Tensor) -> torch.Tensor:
        values: torch.Tensor = model(x)[:, 0]
        return values

    return unknown


def evaluate_solution(equation: Equation, model: torch.nn.Module, x: FloatArray) -> Figures:
    """Return the figures of `model` at the points `x`, shape (N, coordinates).

    Returns
    -------
    dict
        `residual_loss`; where the exact solution is known `rmse`, `mae` and `max_error` against it; and what
        `Equation.check` finds. None where a figure is not finite.
    """
    figures = {"residual_loss": residual_loss(equation, as_unknown(model), x)}
    exact = equation.exact(x)
    if exact is not None:
        error = np.abs(predict(model, x)[:, 0] - exact)
        figures |= {
            "rmse": float(np.sqrt(np.mean(error**2))),
            "mae": float(error.mean()),
            "max_error": float(error.max()),
        }
    figures |= equation.check(lambda points: predict(model, points)[:, 0])
    return {name: value if math.isfinite(value) else None for name, value in figures.items()}
