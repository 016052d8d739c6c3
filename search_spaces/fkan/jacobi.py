"""Jacobi polynomials J_q^(a,b) as Chebyshev series, compiled, with their derivatives in a and b.

J_q(t) = sum_k c_k(a, b) T_k(t). The series is the better form of the two: its terms are bounded on [-1, 1], it is
evaluated and differentiated in t by fixed recurrences, and a and b enter through a handful of numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler

jit = Compiler(__file__)

Array = NDArray[Any]


@jit
def coefficients(degree: int, a: float, b: float, out: Array) -> None:
    """Fill the Chebyshev coefficients of J_degree^(a,b), and their derivatives in a and in b.

    The three-term recurrence (Szegő, Orthogonal Polynomials, equation 4.5.1) begins at J_2, which is written out:
    its step from J_1 to J_2 is 0/0 at a + b = -2, all later ones are regular for a, b >= -1.

    Parameters
    ----------
    degree
        q, at least 0.
    a, b
        At least -1.
    out
        Shape (3, at least q + 1): values, derivatives in a, derivatives in b; places beyond q become 0.
    """
    out[:] = 0.0
    if degree == 0:
        out[0, 0] = 1.0
        return
    before = np.zeros_like(out)
    before[0, 0], before[0, 1] = 0.5 * (a - b), 0.5 * (a + b + 2.0)
    before[1, 0], before[1, 1] = 0.5, 0.5
    before[2, 0], before[2, 1] = -0.5, 0.5
    if degree == 1:
        out[:, :2] = before[:, :2]
        return
    # J_2 = p (t + 1)^2 / 4 + r (t^2 - 1) / 4 + s (t - 1)^2 / 4.
    _second((a + 2.0) * (a + 1.0) / 2.0, (a + 2.0) * (b + 2.0), (b + 2.0) * (b + 1.0) / 2.0, out[0])
    _second(a + 1.5, b + 2.0, 0.0, out[1])
    _second(0.0, a + 2.0, b + 1.5, out[2])
    total = a + b
    shifted = np.zeros(out.shape[1])
    for n in range(2, degree):
        first, second, third, fourth = 2 * n + total + 1.0, 2 * n + total + 2.0, n + total + 1.0, 2 * n + total
        a_n = first * second / (2.0 * (n + 1) * third)
        d_a_n = a_n * (1.0 / first + 1.0 / second - 1.0 / third)
        factor = first / (2.0 * (n + 1) * third * fourth)
        d_factor = factor * (1.0 / first - 1.0 / third - 1.0 / fourth)
        spread = (a - b) * total
        scale = second / ((n + 1) * third * fourth)
        d_scale = scale * (1.0 / second - 1.0 / third - 1.0 / fourth)
        b_n, c_n = spread * factor, (n + a) * (n + b) * scale
        for part in range(2, -1, -1):  # the values last: the derivatives need the former ones
            _times_t(out[part], n, shifted)
            for k in range(n + 2):
                before[part, k] = a_n * shifted[k] + b_n * out[part, k] - c_n * before[part, k]
            if part > 0:
                sign, other = (1.0, b) if part == 1 else (-1.0, a)
                d_b_n = sign * 2.0 * (a if part == 1 else b) * factor + spread * d_factor
                d_c_n = (n + other) * scale + (n + a) * (n + b) * d_scale
                _times_t(out[0], n, shifted)
                for k in range(n + 2):
                    before[part, k] += d_a_n * shifted[k] + d_b_n * out[0, k] - d_c_n * before[0, k]
        for part in range(3):
            for k in range(n + 2):
                before[part, k], out[part, k] = out[part, k], before[part, k]


@jit
def coefficients_of_rows(degrees: Array, a: Array, b: Array, out: Array) -> None:
    """Fill what `coefficients` does of every row, shape (rows, 3, at least the largest q + 1)."""
    for row in range(len(degrees)):
        coefficients(degrees[row], a[row], b[row], out[row])


@jit
def derivative(series: Array, degree: int, out: Array) -> None:
    """Fill the Chebyshev coefficients of the derivative of a series of degree `degree`, both of one length."""
    out[:] = 0.0
    for k in range(degree, 0, -1):
        out[k - 1] = 2.0 * k * series[k] + (out[k + 1] if k + 1 < degree else 0.0)
    out[0] *= 0.5


@jit
def _second(p: float, r: float, s: float, out: Array) -> None:
    out[0] = (p + s - r) / 4.0 + (p + r + s) / 8.0
    out[1] = (p - s) / 2.0
    out[2] = (p + r + s) / 8.0


@jit
def _times_t(series: Array, degree: int, out: Array) -> None:
    """Fill the coefficients of t times a series of degree `degree` into places 0 ... degree + 1."""
    out[: degree + 2] = 0.0
    out[1] += series[0]
    for k in range(1, degree + 1):
        out[k - 1] += 0.5 * series[k]
        out[k + 1] += 0.5 * series[k]
