"""The function sum_k c_k T_k(2 s(x)^g - 1) as one torch operation, with hand-written derivatives of every order.

s is the sigmoid, g = s(gamma). With z = s^g = exp(g log s) there is nothing to divide by: dz/dx = g z (1 - s), and a
large negative x gives z = 0 and derivatives 0, where the rule for powers would give 0 * infinity. In gamma, not in g,
the derivative is bounded, too: dz/dgamma = (1 - g) z log z. What is float32 on a processor is done by
`search_spaces.fkan.single`; other types and devices, and derivatives that are differentiated again, here.

The functions have no ``setup_context``: a call would take 0.1 ms more, a third of the time of a small block, and the
transforms that ask for one are served by `search_spaces.fkan.transformable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from search_spaces.fkan import jacobi, single, transformable

CHUNK = 1 << 16
"""Values worked on at once, so that the polynomials of a chunk stay in the processor's second cache."""


def jacobi_series(degrees: tuple[int, ...], a: Tensor, b: Tensor) -> Tensor:
    """Return the Chebyshev coefficients of J_q^(a,b), any number of times differentiable in `a` and `b`.

    Parameters
    ----------
    degrees
        q of every row; one for a scalar `a`.
    a, b
        At least -1, shape () or (rows,).

    Returns
    -------
    Tensor
        Shape (largest q + 1,) or (rows, largest q + 1), of the dtype and device of `a`; computed in float64.
    """
    if a.device.type != "cpu" or transformable.is_transformed(a, b):
        return transformable.jacobi_series(degrees, a, b)
    return _jacobi_series(degrees, a, b)


def sigmoid_series(x: Tensor, gamma: Tensor, coefficients: Tensor) -> Tensor:
    """Return sum_k c_k T_k(2 s(x)^g - 1): any number of times differentiable in all three.

    Parameters
    ----------
    x
        Any shape; (..., columns) where each column has a series of its own.
    gamma
        Shape () or (columns,).
    coefficients
        Shape (terms,) or (columns, terms); of the dtype and device of `x`, as `gamma`.

    Returns
    -------
    Tensor
        The shape of `x`.
    """
    if transformable.is_transformed(x, gamma, coefficients):
        return transformable.sigmoid_series(x, gamma, coefficients)
    return _sigmoid_series(x, gamma, coefficients)


class _JacobiSeries(torch.autograd.Function):
    """Coefficients by the compiled recurrence; their derivatives come with them."""

    @staticmethod
    def forward(ctx: Any, degrees: tuple[int, ...], a: Tensor, b: Tensor) -> Tensor:
        out = torch.zeros(len(degrees), 3, max(degrees) + 1, dtype=torch.float64)
        one, other = (c.reshape(-1).double().numpy(force=True) for c in (a, b))
        jacobi.coefficients_of_rows(np.array(degrees), one, other, out.numpy())
        values, in_a, in_b = out.to(a.dtype).unbind(1)
        ctx.degrees = degrees
        ctx.save_for_backward(a, b, in_a, in_b)
        return values.reshape(*a.shape, -1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        a, b, in_a, in_b = ctx.saved_tensors
        if torch.is_grad_enabled():  # with create_graph the derivatives have to be differentiable themselves
            again = [c.view_as(c) if c.requires_grad else c.detach().requires_grad_() for c in (a, b)]
            values = transformable.jacobi_series(ctx.degrees, *again)
            return None, *torch.autograd.grad(values, again, gradient, create_graph=True, materialize_grads=True)
        shape = gradient.shape[:-1]
        gradient = gradient.reshape(in_a.shape)
        return None, (gradient * in_a).sum(-1).reshape(shape), (gradient * in_b).sum(-1).reshape(shape)


class _SigmoidSeries(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, coefficients: Tensor) -> Tensor:
        ctx.save_for_backward(x, gamma, coefficients)
        if single.fits(x, gamma, coefficients):
            return single.values(x, gamma, coefficients)
        g = torch.sigmoid(gamma)
        out = torch.empty_like(x, memory_format=torch.contiguous_format)
        terms = _terms(coefficients)
        for part, values in zip(_chunks(x, coefficients), _chunks(out, coefficients), strict=True):
            z = logsigmoid(part).mul_(g).exp_()
            _combine(_polynomials(z, len(terms)), terms, values)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, gamma, coefficients = ctx.saved_tensors
        # With create_graph the derivatives have to be differentiable themselves.
        return (_derivatives if torch.is_grad_enabled() else _gradients)(x, gamma, coefficients, gradient)


_jacobi_series: Callable[[tuple[int, ...], Tensor, Tensor], Tensor] = _JacobiSeries.apply
_sigmoid_series: Callable[[Tensor, Tensor, Tensor], Tensor] = _SigmoidSeries.apply


def _derivatives(x: Tensor, gamma: Tensor, coefficients: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients in x, gamma and the coefficients by differentiable operations."""
    g = torch.sigmoid(gamma)
    # z = (T_0 + T_1) / 2.
    z = sigmoid_series(x, gamma, torch.full((*gamma.shape, 2), 0.5, dtype=x.dtype, device=x.device))
    common = 2.0 * gradient * z * sigmoid_series(x, gamma, _derivative(coefficients))
    moments = [_reduce(gradient * t, coefficients) for t in _polynomials(z, coefficients.shape[-1])]
    in_gamma = _reduce(common * (g * logsigmoid(x)), coefficients) * torch.sigmoid(-gamma)
    return (common * g * torch.sigmoid(-x), in_gamma, torch.stack(moments, dim=-1))


def _gradients(x: Tensor, gamma: Tensor, coefficients: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the same as `_derivatives`, chunk by chunk with few passes over memory."""
    if single.fits(x, gamma, coefficients, gradient):
        return single.gradients(x, gamma, coefficients, _derivative(coefficients), gradient)
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    terms = _terms(_derivative(coefficients))
    columns = coefficients.shape[:-1]
    moments = torch.zeros(coefficients.shape[-1], *columns, dtype=torch.float64, device=x.device)
    in_gamma = torch.zeros(columns, dtype=torch.float64, device=x.device)
    g = torch.sigmoid(gamma)
    for part, upstream, values in zip(
        _chunks(x, coefficients), _chunks(gradient, coefficients), _chunks(out, coefficients), strict=True
    ):
        log_z = logsigmoid(part).mul_(g)
        z = log_z.exp()
        polynomials = list(_polynomials(z, coefficients.shape[-1]))
        for k, t in enumerate(polynomials):
            moments[k] += _reduce_product(t, upstream, coefficients)
        _combine(polynomials, terms, values)
        values.mul_(z).mul_(upstream).mul_(2.0)
        in_gamma += _reduce_product(values, log_z, coefficients)
        values.mul_(torch.sigmoid(part.neg())).mul_(g)
    in_gamma *= torch.sigmoid(-gamma)
    return out, in_gamma.to(gamma.dtype), moments.movedim(0, -1).to(coefficients.dtype)


def _polynomials(z: Tensor, count: int) -> Iterator[Tensor]:
    """Yield T_0, T_1, ... at 2 z - 1."""
    twice = 4.0 * z - 2.0
    last, now = torch.ones_like(z), 0.5 * twice
    for _ in range(count):
        yield last
        last, now = now, twice * now - last


def _combine(polynomials: Any, terms: list[Any], out: Tensor) -> None:
    """Set `out` to the sum of terms times polynomials; a column's own coefficients broadcast over its rows."""
    for k, (t, term) in enumerate(zip(polynomials, terms, strict=True)):
        if isinstance(term, float):
            if k == 0:
                out.fill_(term)
            else:
                out.add_(t, alpha=term)
        elif k == 0:
            out.copy_(term.expand_as(out))
        else:
            out.addcmul_(t, term)


def _terms(coefficients: Tensor) -> list[Any]:
    """Return numbers where one series on the host serves all; elsewhere tensors, rows where columns have their own."""
    if coefficients.ndim == 1 and coefficients.device.type == "cpu":
        return list(coefficients.tolist())
    return list(coefficients.movedim(-1, 0).contiguous().unbind(0))


def _derivative(coefficients: Tensor) -> Tensor:
    """Return the coefficients of the derivative of a Chebyshev series: d_{k-1} = d_{k+1} + 2 k c_k, d_0 halved."""
    terms = coefficients.unbind(-1)
    zero = torch.zeros_like(terms[0])
    found = [zero] * (len(terms) + 1)
    for k in range(len(terms) - 1, 0, -1):
        found[k - 1] = found[k + 1] + 2.0 * k * terms[k]
    found[0] = 0.5 * found[0]
    return torch.stack(found[: len(terms)], dim=-1)


def _chunks(values: Tensor, coefficients: Tensor) -> Iterator[Tensor]:
    """Yield `values` in runs of rows; a view of a contiguous tensor."""
    if coefficients.ndim == 1:
        yield from torch.split(values.reshape(-1), CHUNK)
    else:
        columns = coefficients.shape[0]
        yield from torch.split(values.reshape(-1, columns), max(1, CHUNK // columns))


def _reduce(values: Tensor, coefficients: Tensor) -> Tensor:
    """Sum over all that share coefficients."""
    return values.sum() if coefficients.ndim == 1 else values.reshape(-1, values.shape[-1]).sum(0)


def _reduce_product(left: Tensor, right: Tensor, coefficients: Tensor) -> Tensor:
    return torch.dot(left, right) if coefficients.ndim == 1 else (left * right).sum(0)
