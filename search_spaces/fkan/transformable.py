"""The operations of `search_spaces.fkan.series` in plain torch: slower, and open to every transform and tracer.

A hand-written autograd function is a wall for ``torch.func``, forward mode, ``torch.compile``, ``torch.export`` and
``torch.jit.trace``; and its compiled recurrence wants numbers on the host, which other devices would wait for.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.forward_ad import unpack_dual
from torch.nn.functional import elu, logsigmoid
from torch.utils._python_dispatch import _get_current_dispatch_mode


def is_transformed(*tensors: Tensor) -> bool:
    """Return whether something looks at the operations on `tensors`: a tracer, a transform, forward mode."""
    return (
        torch.compiler.is_compiling()
        or is_traced()
        or torch._C._functorch.maybe_current_level() is not None
        or _get_current_dispatch_mode() is not None
        or any(type(tensor) not in (Tensor, torch.nn.Parameter) for tensor in tensors)
        or any(unpack_dual(tensor).tangent is not None for tensor in tensors)  # type: ignore[no-untyped-call]
    )


def is_traced() -> bool:
    """Return whether ``torch.jit.trace`` is at work, for which sizes are tensors."""
    return torch._C._get_tracing_state() is not None


def exponent(parameter: Tensor) -> Tensor:
    """Return ELU of alpha or beta; in a trace, which ONNX is made from, of operations that runtimes have in doubles."""
    if not is_traced():
        return elu(parameter)
    row = parameter.reshape(-1)  # of a single number a trace keeps no type, and ONNX would take it for a float
    return torch.where(row > 0, row, torch.exp(row.clamp(max=0.0)) - 1.0).reshape(parameter.shape)


def jacobi_series(degrees: tuple[int, ...], a: Tensor, b: Tensor) -> Tensor:
    """Return the coefficients of `search_spaces.fkan.series.jacobi_series`, any number of times differentiable.

    The recurrence is that of `search_spaces.fkan.jacobi.coefficients`, for all rows at once.
    """
    terms = max(*degrees, 2) + 1
    a_row, b_row = a.reshape(-1, 1).double(), b.reshape(-1, 1).double()
    zero, one, total = torch.zeros_like(a_row), torch.ones_like(a_row), a_row + b_row
    p, r, s = (a_row + 2) * (a_row + 1) / 2, (a_row + 2) * (b_row + 2), (b_row + 2) * (b_row + 1) / 2
    beginning = (
        (one,),
        (0.5 * (a_row - b_row), 0.5 * (total + 2)),
        ((p + s - r) / 4 + (p + r + s) / 8, (p - s) / 2, (p + r + s) / 8),
    )
    found = [torch.cat([*row, *[zero] * (terms - len(row))], dim=1) for row in beginning]
    half = torch.full((terms - 1,), 0.5, dtype=torch.float64, device=a.device)
    # Series of t times a series: t T_k = (T_k-1 + T_k+1) / 2, and t T_0 = T_1.
    times_t = torch.diag(torch.cat([2 * half[:1], half[1:]]), 1) + torch.diag(half, -1)
    for n in range(2, max(degrees)):
        first, second, third, fourth = 2 * n + total + 1, 2 * n + total + 2, n + total + 1, 2 * n + total
        below = (n + 1) * third * fourth
        found.append(
            first * second / (2 * (n + 1) * third) * (found[n] @ times_t)
            + (a_row - b_row) * total * first / (2 * below) * found[n]
            - (n + a_row) * (n + b_row) * second / below * found[n - 1]
        )
    rows = [found[degree][i] for i, degree in enumerate(degrees)]
    values = torch.stack(rows)[:, : max(degrees) + 1]
    return values.to(a.dtype).reshape(*a.shape, -1)


def sigmoid_series(x: Tensor, gamma: Tensor, coefficients: Tensor) -> Tensor:
    """Return the values of `search_spaces.fkan.series.sigmoid_series`: sum_k c_k T_k(2 s(x)^g - 1)."""
    return power_series(logsigmoid(x), gamma, coefficients)


def power_series(log_s: Tensor, gamma: Tensor, coefficients: Tensor) -> Tensor:
    """Return sum_k c_k T_k(2 s^g - 1) for any s in (0, 1], given by its logarithm."""
    twice = 4.0 * torch.exp(torch.sigmoid(gamma) * log_s) - 2.0
    terms = coefficients.unbind(-1)
    last, now = torch.ones_like(log_s), 0.5 * twice
    found = terms[0] * last
    for term in terms[1:]:
        found = found + term * now
        last, now = now, twice * now - last
    return found
