"""What is left of an equation whose code is not at hand: names, as a run keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError
from evokan.problem.equations.base import Equation

if TYPE_CHECKING:
    from torch import Tensor

    from evokan.arrays import FloatArray
    from evokan.problem.equations.base import Unknown


class RememberedEquation(Equation):
    """An equation that says what it was about, and cannot be solved any more.

    Parameters
    ----------
    told
        What `to_json` gave.
    points
        Its collocation points, shape (points, coordinates).
    """

    def __init__(self, told: Mapping[str, Any], points: FloatArray) -> None:
        self.name, self.summary = str(told["name"]), str(told["summary"])
        self.coordinates = tuple(map(str, told["coordinates"]))
        self.unknowns = tuple(map(str, told["unknowns"]))
        self.coefficients = {str(name): float(value) for name, value in told["coefficients"].items()}
        self._points = points

    def points(self, seed: int) -> FloatArray:
        """Return the points that the run had."""
        return self._points

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Raise `InputError`: nobody can say."""
        raise InputError(
            f"equation {self.name!r}: a run keeps its points and names, and no code; give the equation itself"
        )


def to_json(equation: Equation) -> dict[str, Any]:
    """Return the names of an equation as JSON values, from which `RememberedEquation` is made."""
    return {
        "name": equation.name,
        "summary": equation.summary,
        "coordinates": list(equation.coordinates),
        "unknowns": list(equation.unknowns),
        "coefficients": {name: float(value) for name, value in equation.coefficients.items()},
    }
