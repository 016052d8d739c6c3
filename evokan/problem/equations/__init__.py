"""Differential equations to be solved: the mathematics of the task ``residual``.

`Equation` is the class to inherit, and `derivative` takes derivatives inside a residual; `evokan.register_equation`
makes an object of it a data set by name. A family that trains on equations needs `misfits` and `residual_loss`;
`evokan.problem.solutions` has the figures of a trained network.

`caputo` takes fractional derivatives. The equations that come with evokan: `LaneEmden`, `Burgers`, `FractionalDelay`.
"""

from __future__ import annotations

from evokan.problem.equations.base import Candidate, Equation, Unknown, derivative, misfits, residual_loss
from evokan.problem.equations.burgers import Burgers
from evokan.problem.equations.delay import FractionalDelay
from evokan.problem.equations.fractional import caputo, caputo_matrix
from evokan.problem.equations.lane_emden import LaneEmden

__all__ = [
    "Burgers",
    "Candidate",
    "Equation",
    "FractionalDelay",
    "LaneEmden",
    "Unknown",
    "caputo",
    "caputo_matrix",
    "derivative",
    "misfits",
    "residual_loss",
]
