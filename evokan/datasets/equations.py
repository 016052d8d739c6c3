"""From an equation to a table of its collocation points, and its place among the data sets."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from evokan.datasets.catalogue import DatasetInfo, Loader
from evokan.errors import InputError
from evokan.problem.equations.base import Equation
from evokan.problem.equations.burgers import Burgers
from evokan.problem.equations.delay import FractionalDelay
from evokan.problem.equations.lane_emden import LaneEmden
from evokan.problem.equations.remembered import RememberedEquation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evokan.arrays import FloatArray
    from evokan.problem.table import Table

HELD_OUT = 0.1
"""Share of the points for the test, and of the rest for the validation loss: a solution needs its points."""

EQUATIONS: tuple[Equation, ...] = (*(LaneEmden(m) for m in range(6)), Burgers(1), Burgers(2), FractionalDelay())
"""The equations that come with evokan."""


def equation_table(equation: Equation, seed: int = 0) -> Table:
    """Return the table of an equation's points; its targets are the exact solution, or 0 where there is none.

    Raises
    ------
    InputError
        Shapes do not fit together, a fifth derivative is taken, or the equation's code breaks down.
    """
    from evokan.problem.equations.jets import order_of, used_coefficients

    check_names(equation)
    with blaming(equation):
        points = np.asarray(equation.points(seed), dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != len(equation.coordinates) or not np.isfinite(points).all():
            raise InputError(
                f"points() must return finite numbers of shape (points, coordinates) = (..., "
                f"{len(equation.coordinates)}), got shape {points.shape}"
            )
        order_of(equation, points)
        exact = equation.exact(points)
        unknowns = len(equation.unknowns)
        shape = (len(points),) if unknowns == 1 else (len(points), unknowns)
        values = np.zeros(shape) if exact is None else np.asarray(exact, dtype=np.float64)
        if values.shape != shape or not np.isfinite(values).all():
            raise InputError(f"exact(x) must return finite numbers of shape {shape}, got shape {values.shape}")
        unused = [name for name in equation.coefficients if name not in used_coefficients(equation, points)]
        if unused:
            raise InputError(f"coefficient {unused[0]!r} has no influence: use u.coefficients[{unused[0]!r}] somewhere")
    return _table(equation, points, values)


def remembered_table(told: Mapping[str, Any], points: FloatArray, values: NDArray[np.float64]) -> Table:
    """Return the table of an equation whose code is not at hand, from what a run keeps of it."""
    return _table(RememberedEquation(told, points), points, values)


def _table(equation: Equation, points: FloatArray, values: NDArray[np.float64]) -> Table:
    from evokan.datasets.tables import make_table

    return make_table(
        equation.name,
        "residual",
        points,
        values,
        feature_names=equation.coordinates,
        target_name=",".join(equation.unknowns),
        test_size=HELD_OUT,
        validation_size=HELD_OUT,
        equation=equation,
    )


def equation_dataset(equation: Equation) -> tuple[DatasetInfo, Loader]:
    """Return name card and loader of an equation.

    Raises
    ------
    InputError
        Its names cannot be used, or it has no points.
    """
    check_names(equation)
    with blaming(equation):
        points = np.asarray(equation.points(0))
        seeded = not np.array_equal(points, equation.points(1))
    info = DatasetInfo(
        equation.name,
        "residual",
        len(points),
        len(equation.coordinates),
        equation.summary,
        equation.source,
        seeded=seeded,
    )
    return info, lambda seed: equation_table(equation, seed)


def check_names(equation: Equation) -> None:
    """Raise `InputError` where an equation's names cannot be told apart, or a coefficient is none that is trained."""
    label = f"equation {equation.name!r}"
    faults = []
    for what, names in (("coordinate", equation.coordinates), ("unknown", equation.unknowns)):
        if not names or isinstance(names, str):
            faults.append(f"{label}: name at least one {what}, as a tuple such as ('t',)")
    names = (*equation.coordinates, *equation.unknowns, *equation.coefficients)
    if len(set(names)) < len(names):
        faults.append(
            f"{label}: coordinates, unknowns and coefficients need names of their own, got {', '.join(names)}"
        )
    for name, value in equation.coefficients.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            faults.append(f"{label}: coefficient {name!r} must begin at a number, got {value!r:.50}")
    own = {
        name: value for owner in (*reversed(type(equation).__mro__), equation) for name, value in vars(owner).items()
    }
    faults += [
        f"{label}: nothing would train the tensor {name!r}: name it in coefficients with the number it begins at, "
        f"and use u.coefficients[{name!r}]"
        for name, value in own.items()
        if getattr(value, "requires_grad", False) is True
    ]
    if faults:
        raise InputError(*faults)


@contextmanager
def blaming(equation: Equation) -> Iterator[None]:
    """Say of which equation a fault is, and turn whatever its code raises into one sentence with its line."""
    try:
        yield
    except InputError as error:
        raise InputError(*(f"equation {equation.name!r}: {fault}" for fault in error.faults)) from error
    except Exception as error:
        raise InputError(f"equation {equation.name!r}: {said(error)}") from error


def said(error: Exception) -> str:
    """Return what a user's code raised, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename and "/evokan/" not in frame.filename]
    place = f" ({own[-1].filename}, line {own[-1].lineno})" if own else ""
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text:.300}{place}"
