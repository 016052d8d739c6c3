"""Equations as data sets: the task ``residual``.

`Equation` is the class to inherit, `register_equation` makes an object of it known by name, and `derivative` takes
derivatives inside a residual. A family that trains on equations needs `misfits` and `residual_loss`;
`evaluate_solution` gives the figures of a trained network, `as_unknown` turns one into the function of an equation.

The equations that come with evokan: `LaneEmden`, `Burgers`, `FractionalDelay`.
"""

from __future__ import annotations

from evokan.equations.base import Equation, derivative, misfits, residual_loss
from evokan.equations.burgers import Burgers
from evokan.equations.delay import FractionalDelay, caputo_matrix
from evokan.equations.figures import as_unknown, evaluate_solution
from evokan.equations.lane_emden import LaneEmden
from evokan.equations.tables import EQUATIONS, equation_table, register_equation

__all__ = [
    "EQUATIONS", "Burgers", "Equation", "FractionalDelay", "LaneEmden", "as_unknown", "caputo_matrix", "derivative",
    "equation_table", "evaluate_solution", "misfits", "register_equation", "residual_loss",
]
