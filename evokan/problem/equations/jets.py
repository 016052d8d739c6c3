"""A function given by its value and derivatives at each point, as torch sees it.

A family that knows the derivatives of its networks need not be differentiated by torch again and again: an equation is
evaluated on `local_polynomial`, and torch differentiates no more than the equation itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from evokan.errors import InputError

ORDER = 2


def local_polynomial(x: Tensor, jets: Tensor) -> Tensor:
    """Return values (N,) that have the given first and second derivatives in `x`, and depend on `jets`.

    At each point that is the Taylor polynomial around the point itself.

    Parameters
    ----------
    x
        Points, shape (N, d).
    jets
        At each point the value, the d first derivatives, and the second ones in the order (0, 0), (0, 1), ...,
        (1, 1), ...: shape (N, 1 + d + d (d + 1) / 2).

    Raises
    ------
    InputError
        When the values are differentiated in `x` more than twice.
    """
    d = x.shape[1]
    away = x - x.detach()
    values: Tensor = jets[:, 0] + (jets[:, 1 : 1 + d] * away).sum(dim=1) + _limit(x, ORDER)[:, 0]
    place = 1 + d
    for a in range(d):
        for b in range(a, d):
            factor = 0.5 if a == b else 1.0
            values = values + factor * jets[:, place] * away[:, a] * away[:, b]
            place += 1
    return values


class _Limit(torch.autograd.Function):
    """Zeros of the shape of `x` that can be differentiated `left` times."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, left: int) -> Tensor:
        ctx.left = left
        ctx.save_for_backward(x)
        return torch.zeros_like(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        if ctx.left == 0:
            raise InputError("the equation takes a third derivative of the unknown: it can have second ones at most")
        return _limit(ctx.saved_tensors[0], ctx.left - 1), None


_limit: Callable[[Tensor, int], Tensor] = _Limit.apply
