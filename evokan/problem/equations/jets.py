"""A function given by its value and derivatives at each point, as torch sees it.

A family that knows the derivatives of its networks need not be differentiated by torch again and again: an equation is
evaluated on `local_polynomial`, and torch differentiates no more than the equation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations_with_replacement
from math import factorial, prod
from typing import Any

import torch
from torch import Tensor

from evokan.arrays import FloatArray
from evokan.errors import InputError
from evokan.problem.equations.base import Candidate, Equation, misfits, residual_loss

HIGHEST = 4
"""Highest derivative that an equation may take."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


class TooHighError(InputError):
    """An equation differentiates more often than there are derivatives."""


@cache
def components(coordinates: int, order: int) -> tuple[tuple[int, ...], ...]:
    """Return the coordinates that each number of a jet is differentiated in: (), (0,), ..., (0, 0), (0, 1), ..."""
    return tuple(
        places for many in range(order + 1) for places in combinations_with_replacement(range(coordinates), many)
    )


def local_polynomial(x: Tensor, jets: Tensor, order: int = 2) -> Tensor:
    """Return values that have the given derivatives in `x`, and depend on `jets`.

    At each point that is the Taylor polynomial around the point itself.

    Parameters
    ----------
    x
        Points, shape (N, coordinates).
    jets
        At each point the value and the derivatives in the order of `components`: shape (N, components), or
        (N, functions, components).
    order
        Of the highest derivative.

    Returns
    -------
    Tensor
        Shape (N,), or (N, functions).

    Raises
    ------
    TooHighError
        The values are differentiated in `x` more than `order` times.
    """
    away = x - x.detach()
    powers: dict[tuple[int, ...], Tensor] = {(): torch.ones_like(away[:, 0]) + _limit(x, order)[:, 0]}
    terms = []
    for places in components(x.shape[1], order):
        if places:
            powers[places] = powers[places[:-1]] * away[:, places[-1]]
        terms.append(powers[places] / prod(factorial(places.count(place)) for place in set(places)))
    polynomial = torch.stack(terms, dim=-1)
    values: Tensor = (jets * (polynomial if jets.ndim == 2 else polynomial[:, None])).sum(dim=-1)
    return values


def order_of(equation: Equation, x: FloatArray) -> int:
    """Return the order of the highest derivative that an equation takes, at least 1.

    Parameters
    ----------
    x
        Points to try it at, shape (N, coordinates).

    Raises
    ------
    TooHighError
        It is above `HIGHEST`.
    """
    return next(_orders(equation, x))


def _orders(equation: Equation, x: FloatArray) -> Iterator[int]:
    for order in range(1, HIGHEST + 1):
        try:
            misfits(equation, trial(equation, order), x)
        except TooHighError:
            if order == HIGHEST:
                raise
            continue
        yield order


def loss_of_zero(equation: Equation, x: FloatArray) -> float:
    """Return the loss of the constant 0 at the points `x`, shape (N, coordinates), with coefficients as they begin."""
    return residual_loss(equation, trial(equation, value=0.0), x)


def trial(equation: Equation, order: int = HIGHEST, value: float = 1.0) -> Candidate:
    """Return what an equation can be tried on: all derivatives have one value, coefficients are as they begin."""

    def constant(x: Tensor) -> Tensor:
        functions = () if len(equation.unknowns) == 1 else (len(equation.unknowns),)
        jets = torch.full((len(x), *functions, len(components(x.shape[1], order))), value, dtype=x.dtype)
        return local_polynomial(x, jets, order)

    values = {
        name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True)
        for name, value in equation.coefficients.items()
    }
    return Candidate(constant, values)


def used_coefficients(equation: Equation, x: FloatArray) -> set[str]:
    """Return the coefficients that the misfits at the points `x` depend on."""
    candidate = trial(equation)
    total = torch.cat([part.double() for part in misfits(equation, candidate, x)]).sum()
    leaves = [*candidate.coefficients.values()]
    if not (leaves and total.requires_grad):
        return set()
    found = torch.autograd.grad(total, leaves, allow_unused=True)
    return {name for name, slope in zip(candidate.coefficients, found, strict=True) if slope is not None}


class _Limit(torch.autograd.Function):
    """Zeros of the shape of `x` that can be differentiated `left` times."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, left: int, order: int) -> Tensor:
        ctx.left, ctx.order = left, order
        ctx.save_for_backward(x)
        return torch.zeros_like(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        if ctx.left == 0:
            raise TooHighError(
                f"the equation takes a {_ORDINALS[ctx.order]} derivative of the unknown: it can have "
                f"{_ORDINALS[ctx.order - 1]} ones at most"
            )
        return _limit_left(ctx.saved_tensors[0], ctx.left - 1, ctx.order), None, None


_limit_left: Callable[[Tensor, int, int], Tensor] = _Limit.apply


def _limit(x: Tensor, order: int) -> Tensor:
    return _limit_left(x, order, order)
