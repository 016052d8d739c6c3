"""One fractional Jacobi activation with its derivatives in its input, and the gradients of all of them, compiled.

Points stand side by side in runs, so that loops over them become vector instructions. With z = s(x)^g = exp(g L),
L = log s(x), everything follows from the derivatives of L, which are polynomials in p = 1 - s(x).
"""

from __future__ import annotations

import numpy as np

from evokan.training.compiled import Compiler
from search_spaces.fkan.kernel import Array
from search_spaces.splines import kernels
from search_spaces.splines.kernels import exp

jit = Compiler(__file__, kernels.jit)

# Derivatives up to the fifth: one more than an equation takes.
_LOG, _Z, _Y, _BELL, _F, _A, _B, _NOW, _NEXT, _H = 0, 6, 12, 17, 32, 38, 43, 48, 54, 60
SCRATCH = 65
"""Rows of scratch space: derivatives of log s, z and z log s; Bell polynomials; series; Chebyshev polynomials."""
_CHOOSE = np.array(
    [[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 2, 1, 0, 0], [1, 3, 3, 1, 0], [1, 4, 6, 4, 1]], dtype=np.float64
)


@jit
def parts_of(order: int) -> int:
    """Return how many numbers `activate` makes for jets of an order."""
    return 4 * order + 5


@jit
def activate(
    x: Array, g: float, series: Array, degree: int, order: int, gradients: bool, parts: Array, work: Array
) -> None:
    """Fill phi(x) = F(2 z - 1) with its derivatives, and with what their gradients need.

    Parameters
    ----------
    x
        Shape (points,).
    series
        Chebyshev series of F and of its derivatives in a and in b, shape (3, terms).
    gradients
        Whether more is wanted than phi and its derivatives to `order`.
    parts
        Out, shape (4 order + 5, points): phi and its first order + 1 derivatives in x; the derivatives in g of phi and
        of its first `order` derivatives; the same in a; the same in b.
    work
        Scratch space, shape (SCRATCH, points).
    """
    n = x.shape[0]
    highest = order + 1 if gradients else order
    _powers(x, g, highest, work)
    _bell(highest, n, work)
    _series(series, degree, order, highest, gradients, n, work)
    for i in range(n):
        parts[0, i] = work[_F, i]
    _composed(work, _F, highest, parts, 0, n)
    if not gradients:
        return
    first = order + 2
    for i in range(n):
        work[_H, i] = work[_F + 1, i]
        parts[first + order + 1, i] = work[_A, i]
        parts[first + 2 * (order + 1), i] = work[_B, i]
    _composed(work, _F + 1, order, work, _H, n)
    _composed(work, _A, order, parts, first + order + 1, n)
    _composed(work, _B, order, parts, first + 2 * (order + 1), n)
    for m in range(order + 1):
        row = parts[first + m]
        row[:] = 0.0
        for q in range(m + 1):
            factor = 2.0 * _CHOOSE[m, q]
            left, right = work[_H + q], work[_Y + m - q]
            for i in range(n):
                row[i] += factor * left[i] * right[i]


@jit
def _powers(x: Array, g: float, highest: int, work: Array) -> None:
    """Fill the derivatives of L = log s and of z = exp(g L), to `highest`, and those of z L to one less."""
    n = x.shape[0]
    for i in range(n):
        e = exp(-abs(x[i]))
        # log(1 + e) = 2 artanh(e / (2 + e)), whose series has converged here after 18 terms.
        v = e / (2.0 + e)
        v2 = v * v
        s = 1.0 / 35
        s = s * v2 + 1.0 / 33
        s = s * v2 + 1.0 / 31
        s = s * v2 + 1.0 / 29
        s = s * v2 + 1.0 / 27
        s = s * v2 + 1.0 / 25
        s = s * v2 + 1.0 / 23
        s = s * v2 + 1.0 / 21
        s = s * v2 + 1.0 / 19
        s = s * v2 + 1.0 / 17
        s = s * v2 + 1.0 / 15
        s = s * v2 + 1.0 / 13
        s = s * v2 + 1.0 / 11
        s = s * v2 + 1.0 / 9
        s = s * v2 + 1.0 / 7
        s = s * v2 + 1.0 / 5
        s = s * v2 + 1.0 / 3
        s = s * v2 + 1.0
        p = (e if x[i] > 0.0 else 1.0) / (1.0 + e)
        w = p * p - p
        work[_LOG, i] = min(x[i], 0.0) - 2.0 * v * s
        work[_LOG + 1, i] = p
        work[_LOG + 2, i] = w
        work[_LOG + 3, i] = (2.0 * p - 1.0) * w
        work[_LOG + 4, i] = (6.0 * w + 1.0) * w
        work[_LOG + 5, i] = (2.0 * p - 1.0) * (12.0 * w + 1.0) * w
        work[_Z, i] = exp(g * work[_LOG, i])
    for m in range(highest):
        row = work[_Z + m + 1]
        row[:] = 0.0
        for q in range(m + 1):
            factor = g * _CHOOSE[m, q]
            left, right = work[_LOG + q + 1], work[_Z + m - q]
            for i in range(n):
                row[i] += factor * left[i] * right[i]
    for m in range(highest):
        row = work[_Y + m]
        row[:] = 0.0
        for q in range(m + 1):
            left, right = work[_LOG + q], work[_Z + m - q]
            for i in range(n):
                row[i] += _CHOOSE[m, q] * left[i] * right[i]


@jit
def _bell(highest: int, n: int, work: Array) -> None:
    """Fill the partial Bell polynomials of the derivatives of t = 2 z - 1, those of row m behind those of m - 1."""
    for i in range(n):
        t1 = 2.0 * work[_Z + 1, i]
        work[_BELL, i] = t1
        if highest > 1:
            t2 = 2.0 * work[_Z + 2, i]
            work[_BELL + 1, i] = t2
            work[_BELL + 2, i] = t1 * t1
    if highest > 2:
        for i in range(n):
            t1, t2, t3 = 2.0 * work[_Z + 1, i], 2.0 * work[_Z + 2, i], 2.0 * work[_Z + 3, i]
            work[_BELL + 3, i] = t3
            work[_BELL + 4, i] = 3.0 * t1 * t2
            work[_BELL + 5, i] = t1 * t1 * t1
    if highest > 3:
        for i in range(n):
            t1, t2, t3 = 2.0 * work[_Z + 1, i], 2.0 * work[_Z + 2, i], 2.0 * work[_Z + 3, i]
            work[_BELL + 6, i] = 2.0 * work[_Z + 4, i]
            work[_BELL + 7, i] = 3.0 * t2 * t2 + 4.0 * t1 * t3
            work[_BELL + 8, i] = 6.0 * t1 * t1 * t2
            work[_BELL + 9, i] = t1 * t1 * t1 * t1
    if highest > 4:
        for i in range(n):
            t1, t2, t3 = 2.0 * work[_Z + 1, i], 2.0 * work[_Z + 2, i], 2.0 * work[_Z + 3, i]
            t4 = 2.0 * work[_Z + 4, i]
            work[_BELL + 10, i] = 2.0 * work[_Z + 5, i]
            work[_BELL + 11, i] = 10.0 * t2 * t3 + 5.0 * t1 * t4
            work[_BELL + 12, i] = 15.0 * t1 * t2 * t2 + 10.0 * t1 * t1 * t3
            work[_BELL + 13, i] = 10.0 * t1 * t1 * t1 * t2
            work[_BELL + 14, i] = t1 * t1 * t1 * t1 * t1


@jit
def _series(series: Array, degree: int, order: int, highest: int, gradients: bool, n: int, work: Array) -> None:
    """Fill F, its series in a and in b, and their derivatives at t = 2 z - 1."""
    for j in range(highest + 1):
        work[_F + j] = 0.0
        work[_NOW + j] = 0.0
        work[_NEXT + j] = 0.0
    for j in range(order + 1):
        work[_A + j] = 0.0
        work[_B + j] = 0.0
    for i in range(n):
        work[_NOW, i] = 1.0
        work[_NEXT, i] = 2.0 * work[_Z, i] - 1.0
    work[_NEXT + 1] = 1.0
    for k in range(degree + 1):
        c, in_a, in_b = series[0, k], series[1, k], series[2, k]
        for j in range(min(highest, k), -1, -1):
            now, total = work[_NOW + j], work[_F + j]
            for i in range(n):
                total[i] += c * now[i]
            if gradients and j <= order:
                first, second = work[_A + j], work[_B + j]
                for i in range(n):
                    first[i] += in_a * now[i]
                    second[i] += in_b * now[i]
        if k == degree:
            break
        for j in range(min(highest, k + 2), -1, -1):
            now, following, lower = work[_NOW + j], work[_NEXT + j], work[_NEXT + max(j - 1, 0)]
            for i in range(n):
                after = (4.0 * work[_Z, i] - 2.0) * following[i] + 2.0 * j * lower[i] - now[i]
                now[i] = following[i]
                following[i] = after


@jit
def _composed(work: Array, source: int, highest: int, out: Array, target: int, n: int) -> None:
    """Fill the derivatives 1 ... highest of f(t(x)), from those of f in the rows from `source` on."""
    for m in range(1, highest + 1):
        row = out[target + m]
        row[:] = 0.0
        for k in range(1, m + 1):
            inner, outer = work[_BELL + m * (m - 1) // 2 + k - 1], work[source + k]
            for i in range(n):
                row[i] += outer[i] * inner[i]
