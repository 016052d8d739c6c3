"""The fit of one layer over very many rows: moments of Chebyshev polynomials, summed over blocks of rows.

All Gram matrices of blocks, and of nodes in a hidden layer, are those of the polynomials between the coefficients of
the blocks: one pass over the rows, with memory that does not depend on their number, gives the layer. The last least
squares, which needs singular values below the square root of rounding, is reduced by QR block by block instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg.blas import dsyrk

from evokan.arrays import IntArray
from search_spaces.hkan.basis import Array
from search_spaces.hkan.expansion import Expansion
from search_spaces.hkan.features import Features
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.solvers import Reduced, solve_gram

_GROUP = 1 << 22
"""Coefficients of basis functions at a time: 32 MB."""
_ROWS_OF_MEAN = 4096
"""Rows whose mean stands for that of all while sums are taken."""
_NARROW = 1e-2
"""Variance of a column on [-1, 1] below which sums that are not centred lose more than two digits of it."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the rows, of P columns with K polynomials each: all but the constant.

    Attributes
    ----------
    mean
        Of the polynomials, shape (P, K).
    gram
        Sums of products of the centred polynomials, shape (P, K, P, K); with `within` (P, K, K), of a column alone.
    right
        Sums of their products with the centred targets, shape (targets, P, K).
    """

    mean: Array
    gram: Array
    right: Array


def moments(polynomials: Expansion, z: Array, targets: Array, weights: Array | None, *, within: bool) -> Moments:
    """Return the moments over the columns `z`, shape (P, rows), with centred `targets`, shape (targets, rows)."""
    columns, count = len(z), polynomials.count - 1
    few = z[:, :: max(1, z.shape[1] // _ROWS_OF_MEAN)]
    near = np.zeros((count, columns))
    by_sums = within and bool(polynomials.scaled(few).var(axis=1).min() > _NARROW)
    if not by_sums:
        # Near the mean already: what is left to take off afterwards costs no digits.
        near += sum(found.sum(axis=2) for _, found in polynomials.pieces(few)) / few.shape[1]
    size = columns * count
    gram = np.zeros((columns, count, count) if within else (size, size), order="C" if within else "F")
    right, total = np.zeros((size, len(targets))), np.zeros(size)
    squares, neighbours = np.zeros(size), np.zeros(size - columns)
    for rows, found in polynomials.pieces(z):
        if not by_sums:
            np.subtract(found, near[:, :, None], out=found)
        flat, wanted = np.ascontiguousarray(found).reshape(size, -1), targets[:, rows]
        root = np.ones(flat.shape[1]) if weights is None else np.sqrt(weights[rows])
        if weights is not None:
            flat *= root
            wanted = wanted * root
        total += flat @ root
        right += flat @ wanted.T
        if by_sums:
            squares += _dots(flat, flat)
            neighbours += _dots(flat[:-columns], flat[columns:])
        elif within:
            cubes = flat.reshape(count, columns, -1).transpose(1, 0, 2)
            gram += cubes @ cubes.transpose(0, 2, 1)
        else:
            gram = dsyrk(1.0, flat.T, beta=1.0, c=gram, trans=1, overwrite_c=1)
    number = float(z.shape[1] if weights is None else weights.sum())
    shift = (total / number).reshape(count, columns).T
    if by_sums:
        gram = _products(number, *(sums.reshape(-1, columns).T for sums in (total, squares, neighbours)))
    if within:
        gram -= number * shift[:, :, None] * shift[:, None, :]
    else:
        gram = (np.triu(gram) + np.triu(gram, 1).T).reshape(count, columns, count, columns).transpose(1, 0, 3, 2)
        gram = gram - number * np.multiply.outer(shift, shift)
    return Moments(near.T + shift, gram, right.T.reshape(len(targets), count, columns).transpose(0, 2, 1))


def _dots(x: Array, y: Array) -> Array:
    """Return the sums of the products of each row of `x` with that of `y`."""
    found: Array = np.matmul(x[:, None, :], y[:, :, None])[:, 0, 0]
    return found


def _products(number: float, total: Array, squares: Array, neighbours: Array) -> Array:
    """Return sums of all products T_i T_j within columns, shape (P, K, K), i and j from 1: (T_i+j + T_|i-j|) / 2 each.

    Parameters
    ----------
    number
        The sum of the constant polynomial: of the weights.
    total, squares, neighbours
        Sums of T_k, of T_k^2, shape (P, K), and of T_k T_k+1, shape (P, K - 1); k from 1.
    """
    columns, count = total.shape
    sums = np.empty((columns, 2 * count + 1))
    sums[:, 0] = number
    sums[:, 1 : count + 1] = total
    above = np.arange(count + 1, 2 * count + 1)
    even, odd = above[above % 2 == 0], above[above % 2 == 1]
    sums[:, even] = 2.0 * squares[:, even // 2 - 1] - number
    sums[:, odd] = 2.0 * neighbours[:, odd // 2 - 1] - total[:, :1]
    k = np.arange(1, count + 1)
    found: Array = 0.5 * (sums[:, k[:, None] + k] + sums[:, np.abs(k[:, None] - k)])
    return found


@dataclass(frozen=True, eq=False)
class Blocks:
    """The fitted blocks of some nodes.

    Attributes
    ----------
    coefficients
        Of their basis functions, shape (nodes, P, m).
    functions
        Of their polynomials but the constant, shape (nodes, P, K).
    constants
        Their means over the rows, shape (nodes, P).
    """

    coefficients: Array
    functions: Array
    constants: Array


def fit_blocks(
    layer: HKANLayer,
    polynomials: Expansion,
    sums: Moments,
    centres: Array,
    first_node: int,
    target: IntArray,
    least: float,
) -> Blocks:
    """Fit the blocks of neighbouring nodes with `centres` (nodes, P, m), node by node to the targets numbered so.

    `least` is that of `solve_gram`.
    """
    nodes, columns, m = centres.shape
    expanded = expand(layer, polynomials, centres, first_node)
    own = np.arange(columns)
    within = sums.gram if sums.gram.ndim == 3 else sums.gram[own, :, own]
    varying = expanded[..., 1:]
    gram = np.matmul(np.matmul(varying, within), varying.transpose(0, 1, 3, 2))
    right = np.matmul(varying, sums.right[target][:, :, :, None])[..., 0]
    solved = solve_gram(gram.reshape(-1, m, m), right.reshape(-1, m), layer.ridge, least).reshape(nodes, columns, m)
    functions = np.matmul(solved[:, :, None, :], expanded)[:, :, 0]
    return Blocks(solved, functions[..., 1:], functions[..., 0] + (functions[..., 1:] * sums.mean).sum(axis=2))


def expand(layer: HKANLayer, polynomials: Expansion, centres: Array, first_node: int) -> Array:
    """Return the basis functions' coefficients of the polynomials, shape (nodes, P, m, D)."""
    nodes, columns, m = centres.shape
    values = np.empty((nodes * columns, m, polynomials.count))
    for first, last, found in Features(layer, polynomials.points).pieces(centres, first_node):
        values[first:last] = polynomials.coefficients(found)
    return values.reshape(nodes, columns, m, -1)


def functions(layer: HKANLayer, polynomials: Expansion, centres: Array, coefficients: Array) -> Array:
    """Return the blocks' coefficients of the polynomials, shape (nodes, P, D)."""
    nodes, columns, m = centres.shape
    found = np.empty((nodes, columns, polynomials.count))
    for group in groups(nodes, columns, m, polynomials.count):
        expanded = expand(layer, polynomials, centres[group], group.start)
        found[group] = np.matmul(coefficients[group][:, :, None, :], expanded)[:, :, 0]
    return found


def groups(nodes: int, columns: int, m: int, count: int) -> list[slice]:
    """Return nodes in groups whose basis functions' coefficients fit the memory meant for them."""
    size = max(1, _GROUP // (columns * m * count))
    return [slice(first, min(first + size, nodes)) for first in range(0, nodes, size)]


def hidden_weights(sums: Moments, functions: Array, target: IntArray, ridge: float, least: float) -> Array:
    """Return the least squares of hidden nodes on their blocks, shape (nodes, P); `functions` (nodes, P, K).

    `ridge` and `least` are those of `solve_gram`.
    """
    nodes, columns, _ = functions.shape
    gram = np.empty((nodes, columns, columns))
    for p in range(columns):
        through = np.tensordot(functions[:, p], sums.gram[p], axes=1)
        gram[:, p] = (through * functions).sum(axis=2)
    return solve_gram(
        0.5 * (gram + gram.transpose(0, 2, 1)), (functions * sums.right[target]).sum(axis=2), ridge, least
    )


def last_rows(
    polynomials: Expansion,
    z: Array,
    targets: Array,
    weights: Array | None,
    sums: Moments,
    functions: Array,
    ridge: float,
) -> list[Reduced]:
    """Return the least squares of output nodes on their blocks, one for each node.

    Parameters
    ----------
    targets
        Of each node, centred, shape (nodes, rows).
    functions
        The blocks' coefficients of the polynomials but the constant, shape (nodes, P, K).
    ridge
        Penalty on the squares of the weights.
    """
    reduced = [Reduced(len(z), 1) for _ in functions]
    level = (functions * sums.mean).sum(axis=2)
    for rows, found in polynomials.pieces(z):
        root = None if weights is None else np.sqrt(weights[rows])
        for node, own in enumerate(functions):
            below, wanted = np.einsum("kpr,pk->pr", found, own), targets[node : node + 1, rows]
            below -= level[node][:, None]
            reduced[node].add(*((below, wanted) if root is None else (below * root, wanted * root)))
    if ridge:
        for part in reduced:
            part.add(np.sqrt(ridge) * np.eye(len(z)), np.zeros((1, len(z))))
    return reduced


def outputs(polynomials: Expansion, z: Array, combined: Array, constant: Array) -> Array:
    """Return ``constant + combined . polynomials``, shape (nodes, rows); `combined` (nodes, P, K)."""
    nodes = len(combined)
    flat = combined.transpose(0, 2, 1).reshape(nodes, -1)
    h = np.empty((nodes, z.shape[1]))
    for rows, found in polynomials.pieces(z):
        h[:, rows] = flat @ np.ascontiguousarray(found).reshape(flat.shape[1], -1)
    h += constant[:, None]
    return h
