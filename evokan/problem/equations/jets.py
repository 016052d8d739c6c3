"""A function given by its value and derivatives at each point, as torch sees it.

A family that knows the derivatives of its networks need not be differentiated by torch again and again: an equation is
evaluated on `local_polynomial`, and torch differentiates no more than the equation itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations_with_replacement
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

    At each point that is the Taylor polynomial around the point itself, of which nothing is ever needed but its
    derivatives there: those are taken out of the jet.

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
    return _jet(x, jets, (), order)


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


class _Jet(torch.autograd.Function):
    """One number of the jets; its derivative in a coordinate is another one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, jets: Tensor, place: tuple[int, ...], order: int) -> Tensor:
        ctx.place, ctx.order = place, order
        ctx.save_for_backward(x, jets)
        return jets[..., _number(x.shape[1], order, place)].clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        x, jets = ctx.saved_tensors
        d, order = x.shape[1], ctx.order
        in_jets = gradient[..., None] * _unit(d, order, ctx.place).to(jets.dtype)
        if len(ctx.place) == order:
            return torch.zeros_like(x), in_jets, None, None
        slopes = []
        for column in range(d):
            place = tuple(sorted((*ctx.place, column)))
            slope = gradient * _jet(_limit(x, order) if len(place) == order else x, jets, place, order)
            slopes.append(slope if slope.ndim == 1 else slope.sum(dim=-1))
        return torch.stack(slopes, dim=-1), in_jets, None, None


_jet: Callable[[Tensor, Tensor, tuple[int, ...], int], Tensor] = _Jet.apply


@cache
def _unit(coordinates: int, order: int, place: tuple[int, ...]) -> Tensor:
    return torch.eye(len(components(coordinates, order)), dtype=torch.float64)[_number(coordinates, order, place)]


@cache
def _number(coordinates: int, order: int, place: tuple[int, ...]) -> int:
    return components(coordinates, order).index(place)


class _Limit(torch.autograd.Function):
    """`x` as it is, which cannot be differentiated in."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, order: int) -> Tensor:
        ctx.order = order
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        raise TooHighError(
            f"the equation takes a {_ORDINALS[ctx.order]} derivative of the unknown: it can have "
            f"{_ORDINALS[ctx.order - 1]} ones at most"
        )


_limit: Callable[[Tensor, int], Tensor] = _Limit.apply
