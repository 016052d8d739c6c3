"""The steps of `evokan.spaces.steps` on expressions of SymPy; the text of these functions stands in exported files.

Every function takes the expressions of the level below, a list, and returns those above. It uses nothing but SymPy (as
``sp``) and the functions of this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

Row = Sequence[Any]
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
        total[node] += weight * x[s] * sigmoid(x[s]) + spline((x[s] - lo[s]) / h[s], c)
    return total


def spline(u: Any, c: Row) -> Any:
    """Return sum_i c_i B_i at u = (x - lo) / h, with B_i = ((2 - s)_+^3 - 4 (1 - s)_+^3) / 6 for s = |u - i + 1|."""
    terms = []
    for number, coefficient in enumerate(c):
        s = sp.Abs(u - number + 1, evaluate=False)
        terms.append(coefficient * (positive(2 - s) ** 3 - 4 * positive(1 - s) ** 3) / 6)
    return sp.Add(*terms)


def positive(u: Any) -> Any:
    """Return u where it is positive, else 0: (u + |u|) / 2, which SymPy handles better than Max."""
    return (u + sp.Abs(u, evaluate=False)) / 2


def series(x: Row, power: Row, coefficients: Rows) -> Row:
    """Return column by column sum_k c_k T_k(2 sigmoid(x)^power - 1), T_k the Chebyshev polynomials."""
    found = []
    for value, p, own in zip(x, power, coefficients, strict=True):
        t = sp.Dummy("t")
        total = sp.horner(sp.Poly(sum(c * sp.chebyshevt(k, t) for k, c in enumerate(own)) + 0 * t, t))
        found.append(total.xreplace({t: 2 * sigmoid(value) ** p - 1}))
    return found


def blocks(
    x: Row, turn: Sequence[Sequence[int]], sigma: float, centres: Sequence[Rows], factors: Sequence[Rows], bias: Row
) -> Row:
    """Return node by node bias_q + sum_p sum_r factor_qpr g(sigma (x_p - centre_qpr)); turn says which g."""
    found = []
    for start, *node in zip(bias, turn, centres, factors, strict=True):
        terms = [start]
        for value, number, middle, factor in zip(x, *node, strict=True):
            terms += [f * function(sigma * (value - c), number) for c, f in zip(middle, factor, strict=True)]
        found.append(sp.Add(*terms))
    return found


def function(u: Any, number: int) -> Any:
    """Return sigmoid (0), exp(-u^2) (1), max(u, 0) (2), log(1 + exp(u)) (3), tanh (4) or u itself (5)."""
    if number == 0:
        return sigmoid(u)
    if number == 1:
        return sp.exp(-(u**2))
    if number == 2:
        return positive(u)
    if number == 3:
        return positive(u) + sp.log(1 + sp.exp(-sp.Abs(u)))
    return sp.tanh(u) if number == 4 else u


def bound(x: Row, number: int) -> Row:
    """Return what holds every value: sigmoid (0), tanh (4), or between -1 and 1 (6)."""
    return [(sp.Abs(value + 1) - sp.Abs(value - 1)) / 2 if number == 6 else function(value, number) for value in x]


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + sp.exp(-x))
