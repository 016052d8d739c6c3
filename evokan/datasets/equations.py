"""From an equation to a table of its collocation points, and its place among the data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.errors import InputError
from evokan.problem.equations.base import Equation, misfits
from evokan.problem.equations.burgers import Burgers
from evokan.problem.equations.delay import FractionalDelay
from evokan.problem.equations.lane_emden import LaneEmden

if TYPE_CHECKING:
    from torch import Tensor

    from evokan.problem.table import Table

HELD_OUT = 0.1
"""Share of the points for the test, and of the rest for the validation loss: a solution needs its points."""

EQUATIONS: tuple[Equation, ...] = (*(LaneEmden(m) for m in range(5)), Burgers(1), Burgers(2), FractionalDelay())
"""The equations that come with evokan."""


def equation_table(equation: Equation, seed: int = 0) -> Table:
    """Return the table of an equation's points; its targets are the exact solution, or 0 where there is none.

    Raises
    ------
    InputError
        The shapes of points and residual do not fit together, or a third derivative is taken.
    """
    from evokan.datasets.tables import make_table

    points = np.asarray(equation.points(seed), dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != len(equation.coordinates) or not np.isfinite(points).all():
        raise InputError(
            f"equation {equation.name!r}: points() must return finite numbers of shape (points, "
            f"coordinates) = (..., {len(equation.coordinates)}), got shape {points.shape}"
        )
    try:
        residual = misfits(equation, _probe, points)[0]
    except InputError as error:
        raise InputError(f"equation {equation.name!r}: {error}") from error
    if residual.shape != (len(points),):
        raise InputError(
            f"equation {equation.name!r}: residual(u, x) must return one number for each of the "
            f"{len(points)} points, got shape {tuple(residual.shape)}"
        )
    exact = equation.exact(points)
    return make_table(
        equation.name,
        "residual",
        points,
        np.zeros(len(points)) if exact is None else exact,
        feature_names=equation.coordinates,
        target_name="u",
        test_size=HELD_OUT,
        validation_size=HELD_OUT,
        equation=equation,
    )


def equation_dataset(equation: Equation) -> tuple[DatasetInfo, Loader]:
    """Return name card and loader of an equation."""
    if not equation.coordinates:
        raise InputError(f"equation {equation.name!r}: name at least one coordinate")
    points = np.asarray(equation.points(0))
    info = DatasetInfo(
        equation.name,
        "residual",
        len(points),
        len(equation.coordinates),
        equation.summary,
        equation.source,
        seeded=not np.array_equal(points, equation.points(1)),
    )
    return info, lambda seed: equation_table(equation, seed)


def _probe(x: Tensor) -> Tensor:
    """Return what every equation can be tried on, with all derivatives that it may take."""
    import torch

    from evokan.problem.equations.jets import local_polynomial

    d = x.shape[1]
    return local_polynomial(x, torch.ones(len(x), 1 + d + d * (d + 1) // 2, dtype=x.dtype))
