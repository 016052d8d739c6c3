"""What trained networks are computed by, in NumPy alone; the text of these functions stands in exported files.

Every function takes the values of the level below, shape (N, columns), first, and returns those above. It uses nothing
but NumPy (as ``np``) and the functions of this module, since the text of it has to work elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokan.arrays import FloatArray, IntArray


def columns(x: FloatArray, numbers: IntArray) -> FloatArray:
    """Return some of the columns."""
    return x[:, numbers]


def linear(x: FloatArray, weight: FloatArray, bias: FloatArray) -> FloatArray:
    """Return x weight' + bias; weight (nodes, columns), bias (nodes,)."""
    return np.asarray(x @ weight.T + bias)


def splines(
    x: FloatArray,
    source: IntArray,
    target: IntArray,
    lo: FloatArray,
    h: FloatArray,
    coefficients: FloatArray,
    base: FloatArray,
    bias: FloatArray,
) -> FloatArray:
    """Return node by node bias + the sum of its edges, each of them base silu(x) + sum_i c_i B_i(x).

    The B_i are cubic B-splines on the grid of the node below: intervals of width h from lo on, G of them for G + 3
    coefficients; beyond three more intervals at either end the spline is 0. source, target: the columns below and
    above every edge; lo, h: one value a column below.
    """
    below = x[:, source]
    size = coefficients.shape[1]
    u = np.fmin(np.fmax((below - lo[source]) / h[source], -4.0), size + 1.0)
    first = np.floor(u)
    t = u - first
    padded = np.pad(coefficients, ((0, 0), (4, 5)))
    edge, start = np.arange(len(source)), first.astype(np.int64) + 4
    pieces = ((1 - t) ** 3, (3 * t - 6) * t * t + 4, ((3 - 3 * t) * t + 3) * t + 1, t**3)
    values = base * below * sigmoid(below)
    for k, piece in enumerate(pieces):
        values = values + padded[edge, start + k] * piece / 6
    total = np.zeros((len(x), len(bias))) + bias
    for number, node in enumerate(target):
        total[:, node] += values[:, number]
    return total


def series(x: FloatArray, power: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return column by column sum_k c_k T_k(2 sigmoid(x)^power - 1), T_k the Chebyshev polynomials.

    power (columns,), coefficients (columns, terms).
    """
    t = 2 * np.exp(-power * np.logaddexp(0.0, -x)) - 1
    last, now = np.ones_like(t), t
    total = np.zeros_like(t)
    for k in range(coefficients.shape[1]):
        total = total + coefficients[:, k] * last
        last, now = now, 2 * t * now - last
    return total


def blocks(
    x: FloatArray, turn: IntArray, sigma: np.float64, centres: FloatArray, factors: FloatArray, bias: FloatArray
) -> FloatArray:
    """Return node by node bias_q + sum_p sum_r factor_qpr g(sigma (x_p - centre_qpr)).

    turn (nodes, columns): which function g is, see `function`; centres, factors (nodes, columns, functions).
    """
    total = np.zeros((len(x), len(bias))) + bias
    for node in range(len(bias)):
        u = sigma * (x[:, :, None] - centres[node])
        values = np.zeros_like(u)
        for number in np.unique(turn[node]):
            mine = turn[node] == number
            values[:, mine] = function(u[:, mine], int(number))
        total[:, node] += (values * factors[node]).sum(axis=(1, 2))
    return total


def function(u: FloatArray, number: int) -> FloatArray:
    """Return sigmoid (0), exp(-u^2) (1), max(u, 0) (2), log(1 + exp(u)) (3), tanh (4) or u itself (5)."""
    if number == 0:
        return sigmoid(u)
    if number == 1:
        return np.exp(-u * u)
    if number == 2:
        return np.maximum(u, 0.0)
    if number == 3:
        return np.logaddexp(u, 0.0)
    return np.tanh(u) if number == 4 else u


def bound(x: FloatArray, number: int) -> FloatArray:
    """Return what holds every value: sigmoid (0), tanh (4), or between -1 and 1 (6)."""
    return np.clip(x, -1.0, 1.0) if number == 6 else function(x, number)


def sigmoid(x: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -700.0, 700.0))))


FUNCTIONS: Sequence[str] = ("sigmoid", "gaussian", "relu", "softplus", "tanh", "identity", "clip")
"""What the numbers of `function` and `bound` stand for."""
