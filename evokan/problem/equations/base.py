"""What an equation is: collocation points, a residual, conditions, and what is known about its solution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from evokan.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from evokan.arrays import FloatArray

    Solution = Callable[[FloatArray], FloatArray]
    """An unknown on arrays, as trained: points (N, coordinates) to values (N,), or (N, unknowns) of a system."""


class Unknown(Protocol):
    """The function looked for, and the coefficients that are looked for with it.

    It takes points (N, coordinates) to values (N,), of a system (N, unknowns): float64, differentiable in the points.
    """

    @property
    def coefficients(self) -> Mapping[str, Tensor]:
        """Those of `Equation.coefficients` by name, numbers that can be differentiated in."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Return the values at `x`."""
        ...


@dataclass(frozen=True, eq=False)
class Candidate:
    """Any function as an `Unknown`."""

    function: Callable[[Tensor], Tensor]
    coefficients: Mapping[str, Tensor] = field(default_factory=dict)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the values at `x`."""
        return self.function(x)


class Equation(ABC):
    """A differential equation, or a system of them, as a data set.

    Subclasses are picklable objects of a module-level class; `evokan.register_equation` makes one known by its name,
    and ``--equation FILE`` takes one from a file.

    Attributes
    ----------
    name
        As the user types it.
    summary
        The equation, in one line.
    source
        Where it is stated.
    coordinates
        Names of the coordinates, in the order of the points' columns.
    unknowns
        Names of the functions looked for, in the order of the columns of their values; one is ``u``.
    coefficients
        Numbers looked for as well, by name, with where to begin: `residual` finds them in ``u.coefficients``.

    Examples
    --------
    >>> import evokan, numpy as np
    >>> from evokan.problem.equations import Equation, derivative
    >>> class Decay(Equation):
    ...     name, summary, coordinates = "decay", "u' + u = 0, u(0) = 1 on [0, 2]", ("t",)
    ...     def points(self, seed):
    ...         return np.linspace(0.0, 2.0, 200)[:, None]
    ...     def residual(self, u, x):
    ...         y = u(x)
    ...         return derivative(y, x) + y
    ...     def conditions(self, u):
    ...         return [u(self.at(0.0)) - 1.0]
    ...     def exact(self, x):
    ...         return np.exp(-x[:, 0])
    >>> evokan.register_equation(Decay())
    """

    name: str
    summary: str
    source: str = "own equation"
    coordinates: tuple[str, ...]
    unknowns: tuple[str, ...] = ("u",)
    coefficients: Mapping[str, float] = MappingProxyType({})

    @abstractmethod
    def points(self, seed: int) -> FloatArray:
        """Return the collocation points, shape (points, coordinates), raw units.

        They are split as the rows of a table are: some to train on, some for the validation loss, some for the test.

        Parameters
        ----------
        seed
            Data seed of points that are drawn at random.
        """

    @abstractmethod
    def residual(self, u: Unknown, x: Tensor) -> Tensor | Sequence[Tensor]:
        """Return what should be 0 at the points `x`, with fourth derivatives of the unknown at most.

        Parameters
        ----------
        u
            The unknown. It may be called any number of times, at other points too.
        x
            Shape (N, coordinates), float64, requires its gradient: `derivative` takes derivatives.

        Returns
        -------
        Tensor or sequence of tensors
            Shape (N,); of a system (N, equations), or one tensor (N,) for each equation.
        """

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return by how much conditions (initial, boundary, periodic, data) are missed: a tensor each; none by default.

        The mean square of each counts in the loss as much as that of an equation; multiply one to give it more weight.
        """
        return ()

    def exact(self, x: FloatArray) -> FloatArray | None:
        """Return the solution at `x` (N, coordinates), shape (N,) or (N, unknowns); None if not known (the default)."""
        return None

    def check(self, u: Solution) -> dict[str, float]:
        """Return figures of the equation's own for a trained `u`, such as the error of a known root; none by default.

        NaN where a figure cannot be had.
        """
        return {}

    @staticmethod
    def at(*coordinates: float | FloatArray) -> Tensor:
        """Return one point, or many, as a tensor (N, coordinates) that can be differentiated in.

        Parameters
        ----------
        *coordinates
            A number or an array (N,) for each.
        """
        import torch

        columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(c, dtype=np.float64)) for c in coordinates))
        return torch.tensor(np.stack(columns, axis=1), requires_grad=True)


def derivative(values: Tensor, x: Tensor, column: int = 0) -> Tensor:
    """Return the derivative of `values` (N,) in one coordinate of the points `x` (N, coordinates), shape (N,).

    Each value must depend on its own point alone. The result can be differentiated again.
    """
    import torch

    (found,) = torch.autograd.grad(values.sum(), x, create_graph=True)
    return found[:, column]


def residuals(equation: Equation, u: Unknown, x: FloatArray) -> list[Tensor]:
    """Return the residual of each equation of a system at the points `x`, shape (N,) each.

    Raises
    ------
    InputError
        Shapes do not fit: not one number for each point.
    """
    import torch

    points = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    found = equation.residual(u, points)
    parts = [found] if isinstance(found, torch.Tensor) else [*found]
    if len(parts) == 1 and parts[0].ndim == 2:
        parts = [*parts[0].unbind(1)]
    for part in parts:
        if part.shape != (len(x),):
            raise InputError(
                f"residual(u, x) must return one number for each of the {len(x)} points (and equation), "
                f"got shape {tuple(part.shape)}"
            )
    return parts


def misfits(equation: Equation, u: Unknown, x: FloatArray) -> list[Tensor]:
    """Return the residuals at the points `x`, and the conditions: what `residual_loss` is made of."""
    return [part.reshape(-1) for part in (*residuals(equation, u, x), *equation.conditions(u))]


def residual_loss(equation: Equation, u: Unknown, x: FloatArray) -> float:
    """Return the loss of `u` at the points `x`, shape (N, coordinates).

    Mean squared residual of every equation, plus the mean square of every condition (Aghaei, arXiv 2406.07456:
    R'R + B^2 + I^2; means make the losses of few and of many points comparable).
    """
    return float(sum(float(part.detach().square().mean()) for part in misfits(equation, u, x)))
