"""Compiled kernels for edges w_b silu(x) + sum_i c_i B_i(x) with cubic B-splines on uniform grids.

Only four basis functions differ from zero at a point (local support), so an edge costs a handful of
multiplications a row whatever the grid. A grid of G intervals on [lo, hi] has G + 3 basis functions; its
knots go on three intervals beyond either end, and outside of them the spline is 0. Coefficients are passed
padded with three zeros at each end (length G + 9), so that no point needs a branch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training.compiled import Compiler

Array = NDArray[Any]

PADDING = 3
ONE, TWO, THREE = np.uint64(1), np.uint64(2), np.uint64(3)

jit = Compiler(__file__)


@jit
def exp(x: float) -> Any:
    """Return e**x for one float64; a polynomial, so that loops over it vectorise (relative error 7e-16).

    Arguments are held within +-708, where neither the result nor its reciprocal overflows; NaN stays NaN.
    """
    x = min(max(x, -708.0), 708.0)
    n = math.floor(x * 1.4426950408889634 + 0.5)
    # ln 2 in two parts keeps the remainder exact (Cody and Waite, 1980).
    r = x - n * 6.93145751953125e-1
    r = r - n * 1.42860682030941723212e-6
    p = 1.0 / 479001600
    p = p * r + 1.0 / 39916800
    p = p * r + 1.0 / 3628800
    p = p * r + 1.0 / 362880
    p = p * r + 1.0 / 40320
    p = p * r + 1.0 / 5040
    p = p * r + 1.0 / 720
    p = p * r + 1.0 / 120
    p = p * r + 1.0 / 24
    p = p * r + 1.0 / 6
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * np.int64((np.int64(n) + 1023) << 52).view(np.float64)


@jit
def basis(
    x: Array,
    lo: float,
    inv_h: float,
    intervals: int,
    index: Array,
    b: Array,
    d: Array,
    silu: Array,
    dsilu: Array,
    rows: int,
) -> None:
    """Fill basis values and silu of one node for `rows` points.

    Parameters
    ----------
    x
        Points, shape (>= rows,).
    lo, inv_h
        Left end of the grid and 1 / interval width.
    intervals
        G.
    index
        Out: number of the first of the four active coefficients in the padded array, 0 ... G + 5.
    b, d
        Out: the four basis values and their derivatives, shape (4, >= rows).
    silu, dsilu
        Out: x sigmoid(x) and its derivative.
    """
    # Short loops over few arrays: each of them vectorises, one loop over all would not.
    t, scale = d[3], d[2]
    for row in range(rows):
        u = min(max((x[row] - lo) * inv_h, -4.0), intervals + 4.0)
        floor = math.floor(u)
        t[row] = u - floor
        # Beyond the knots all four values are 0, and the first index is any that exists.
        scale[row] = 1.0 / 6.0 if floor >= -3.0 and floor < intervals + 3.0 else 0.0
        index[row] = np.uint32(min(max(floor, -3.0), intervals + 2.0) + PADDING)
    one, two, three, four = b[0], b[1], b[2], b[3]
    for row in range(rows):
        one[row] = (1.0 - t[row]) ** 3 * scale[row]
    for row in range(rows):
        two[row] = ((3.0 * t[row] - 6.0) * t[row] * t[row] + 4.0) * scale[row]
    for row in range(rows):
        three[row] = (((3.0 - 3.0 * t[row]) * t[row] + 3.0) * t[row] + 1.0) * scale[row]
    for row in range(rows):
        four[row] = t[row] * t[row] * t[row] * scale[row]
    one, two, slope = d[0], d[1], 3.0 * inv_h
    for row in range(rows):
        one[row] = -(1.0 - t[row]) * (1.0 - t[row]) * scale[row] * slope
    for row in range(rows):
        two[row] = (3.0 * t[row] - 4.0) * t[row] * scale[row] * slope
    for row in range(rows):
        # t and its scale are used up here: their places take the last two derivatives.
        u, size = t[row], scale[row] * slope
        scale[row] = ((2.0 - 3.0 * u) * u + 1.0) * size
        t[row] = u * u * size
    for row in range(rows):
        sigmoid = 1.0 / (1.0 + exp(-np.float64(x[row])))
        silu[row] = x[row] * sigmoid
        dsilu[row] = sigmoid * (1.0 + x[row] * (1.0 - sigmoid))


@jit
def edge_forward(c: Array, w_b: float, index: Array, b: Array, silu: Array, out: Array, rows: int) -> None:
    """Add w_b silu + sum_i c_i B_i to `out`, shape (>= rows,); `c` is padded."""
    for row in range(rows):
        # Unsigned indices spare numba's test for negative ones: a third of the time here.
        i = np.uint64(index[row])
        out[row] += (
            w_b * silu[row]
            + c[i] * b[0, row]
            + c[i + ONE] * b[1, row]
            + c[i + TWO] * b[2, row]
            + c[i + THREE] * b[3, row]
        )


@jit
def edge_gradients(
    gc: Array, gw: Array, first: int, last: int, target: Array, index: Array, b: Array, silu: Array, g: Array, rows: int
) -> None:
    """Add dL/dc and dL/dw_b of the edges first ... last - 1, which leave one node, to `gc` and `gw`.

    `g` holds the upstream gradients, shape (nodes, >= rows). Rows are the outer loop: neighbouring rows often
    meet the same coefficients, and adding to another edge in between hides the wait for the last addition.
    """
    for row in range(rows):
        i = np.uint64(index[row])
        b0, b1, b2, b3 = b[0, row], b[1, row], b[2, row], b[3, row]
        for edge in range(first, last):
            upstream = g[np.uint64(target[edge]), row]
            gc[edge, i] += upstream * b0
            gc[edge, i + ONE] += upstream * b1
            gc[edge, i + TWO] += upstream * b2
            gc[edge, i + THREE] += upstream * b3
    for edge in range(first, last):
        # Four sums, not one: an addition need not wait for the last.
        upstreams = g[target[edge]]
        one = two = three = four = gw[edge] * 0
        for row in range(0, rows - 3, 4):
            one += upstreams[row] * silu[row]
            two += upstreams[row + 1] * silu[row + 1]
            three += upstreams[row + 2] * silu[row + 2]
            four += upstreams[row + 3] * silu[row + 3]
        for row in range(rows - rows % 4, rows):
            one += upstreams[row] * silu[row]
        gw[edge] += (one + two) + (three + four)


@jit
def edge_backward(c: Array, w_b: float, index: Array, d: Array, dsilu: Array, g: Array, gx: Array, rows: int) -> None:
    """Add dL/dx to `gx`, shape (>= rows,)."""
    for row in range(rows):
        i = np.uint64(index[row])
        gx[row] += g[row] * (
            w_b * dsilu[row]
            + c[i] * d[0, row]
            + c[i + ONE] * d[1, row]
            + c[i + TWO] * d[2, row]
            + c[i + THREE] * d[3, row]
        )


@jit
def spline_value(c: Array, u: float, intervals: int) -> Any:
    """Return the spline of padded coefficients `c` at u = (x - lo) / h; 0 outside of the knots."""
    if not (-3.0 <= u < intervals + 3.0):
        return c[0] * 0
    floor = math.floor(u)
    t = u - floor
    i = int(floor) + PADDING
    s = 1.0 - t
    t2 = t * t
    t3 = t2 * t
    return (
        c[i] * s * s * s
        + c[i + 1] * (3.0 * t3 - 6.0 * t2 + 4.0)
        + c[i + 2] * (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0)
        + c[i + 3] * t3
    ) / 6.0


@jit
def regrid(c: Array, out: Array, lo: float, h: float, new_lo: float, new_h: float, intervals: int) -> None:
    """Write to `out` (length G + 3) the coefficients, on another grid, of the padded spline `c`.

    Quasi-interpolation c_i = (-f(t_i - h) + 8 f(t_i) - f(t_i + h)) / 6 at the middle knot t_i of B_i: exact for
    cubic polynomials, and local, so it needs no linear solve and cannot be singular (de Boor and Fix, 1973).
    """
    for i in range(intervals + 3):
        centre = new_lo + (i - 1) * new_h
        left = spline_value(c, (centre - new_h - lo) / h, intervals)
        middle = spline_value(c, (centre - lo) / h, intervals)
        right = spline_value(c, (centre + new_h - lo) / h, intervals)
        out[i] = (8.0 * middle - left - right) / 6.0
