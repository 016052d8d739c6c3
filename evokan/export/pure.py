"""The steps of `evokan.spaces.steps` for one row, in plain Python; their text stands in exported files.

Every function takes the values of the level below, a list, and returns those above. It uses nothing but ``math`` and
the functions of this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Row = Sequence[float]
Rows = Sequence[Row]


def columns(x: Row, numbers: Sequence[int]) -> Row:
    """Return some of the columns."""
    return [x[number] for number in numbers]


def linear(x: Row, weight: Rows, bias: Row) -> Row:
    """Return weight x + bias."""
    return [sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in zip(weight, bias, strict=True)]


def splines(
    x: Row,
    source: Sequence[int],
    target: Sequence[int],
    lo: Row,
    h: Row,
    coefficients: Rows,
    base: Row,
    bias: Row,
) -> Row:
    """Return node by node bias + the sum of its edges, each of them base silu(x) + sum_i c_i B_i(x).

    The B_i are cubic B-splines on the grid of the node below: intervals of width h from lo on, G of them for G + 3
    coefficients; beyond three more intervals at either end the spline is 0. source, target: the columns below and
    above every edge; lo, h: one value a column below.
    """
    total = list(bias)
    for s, node, c, weight in zip(source, target, coefficients, base, strict=True):
        value = weight * x[s] * sigmoid(x[s])
        u = (x[s] - lo[s]) / h[s]
        if -3 <= u < len(c):
            first = math.floor(u)
            t = u - first
            pieces = ((1 - t) ** 3, (3 * t - 6) * t * t + 4, ((3 - 3 * t) * t + 3) * t + 1, t**3)
            for k, piece in enumerate(pieces):
                if 0 <= first + k < len(c):
                    value += c[first + k] * piece / 6
        total[node] += value
    return total


def series(x: Row, power: Row, coefficients: Rows) -> Row:
    """Return column by column sum_k c_k T_k(2 sigmoid(x)^power - 1), T_k the Chebyshev polynomials."""
    found = []
    for value, p, own in zip(x, power, coefficients, strict=True):
        t = 2 * math.exp(-p * (max(-value, 0.0) + math.log1p(math.exp(-abs(value))))) - 1
        total, last, now = 0.0, 1.0, t
        for c in own:
            total += c * last
            last, now = now, 2 * t * now - last
        found.append(total)
    return found


def blocks(
    x: Row, turn: Sequence[Sequence[int]], sigma: float, centres: Sequence[Rows], factors: Sequence[Rows], bias: Row
) -> Row:
    """Return node by node bias_q + sum_p sum_r factor_qpr g(sigma (x_p - centre_qpr)); turn says which g."""
    found = []
    for start, *node in zip(bias, turn, centres, factors, strict=True):
        total = start
        for value, number, middle, factor in zip(x, *node, strict=True):
            for centre, f in zip(middle, factor, strict=True):
                total += f * function(sigma * (value - centre), number)
        found.append(total)
    return found


def function(u: float, number: int) -> float:
    """Return sigmoid (0), exp(-u^2) (1), max(u, 0) (2), log(1 + exp(u)) (3), tanh (4) or u itself (5)."""
    if number == 0:
        return sigmoid(u)
    if number == 1:
        return math.exp(-u * u)
    if number == 2:
        return max(u, 0.0)
    if number == 3:
        return max(u, 0.0) + math.log1p(math.exp(-abs(u)))
    return math.tanh(u) if number == 4 else u


def bound(x: Row, number: int) -> Row:
    """Return what holds every value: sigmoid (0), tanh (4), or between -1 and 1 (6)."""
    return [min(max(value, -1.0), 1.0) if number == 6 else function(value, number) for value in x]


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    if x < 0:
        return math.exp(x) / (1 + math.exp(x))
    return 1 / (1 + math.exp(-x))
