"""How long a network takes to fit, before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.problem.splits import Fold
from search_spaces.hkan.head_limits import HEAD_DIRECTIONS, HEAD_ROWS
from search_spaces.hkan.layers import Basis, HKANLayer

# Seconds on one core (AMD EPYC of 2024, OpenBLAS, float64): least squares over the fits of results/hkan/repeats.csv and
# results/hkan/complexity.csv, and over 280 more of linear to wide networks on tables of 150 to 6,000 rows, plain and
# steady. Of those that take longer than 2 ms, three quarters are estimated within a factor of 1.5, 99 % within 2.5.
_BASIS: dict[Basis, float] = {
    "sigmoid": 2.8e-9,
    "tanh": 2.4e-9,
    "softplus": 3.0e-9,
    "relu": 2.7e-9,
    "gaussian": 3.7e-9,
    "identity": 0.0,
}
"""One value of a basis function, with everything that is linear in their number."""
_BLOCK_VALUE = 4.9e-9
"""One value of a block."""
_BLOCK_PRODUCT = 2e-11
"""One product in the Gram matrix of a block."""
_SOLVE = 4.4e-10
"""One n^3 of solving the n equations of a block."""
_BLOCK = 1.2e-6
"""One block, whatever its size."""
_NODE_PRODUCT = 3e-11
"""One product in the Gram matrix of a hidden node, with the solution of its equations."""
_TRUNCATED = 1.3e-10
"""One product in the last least squares (rows times columns times the smaller of both)."""
_STEADY = 2.2e-10
"""One product in the singular value decomposition of a steady one (columns times the smaller of both, squared)."""
_FIT = 5e-4
"""A fit, whatever its size."""

# The logistic regression of classes calls its loss some thousand times: for up to seven penalties on four parts of
# the rows, then on all. How often depends on the data; these are means over 149 networks on nine tables of 150 to
# 8,000 rows and two to ten classes. Of these fits four fifths are estimated within a factor of 1.5, 99 % within 2.5;
# the others, of one layer over columns that say little, take as little as 0.3 of the estimate.
_CALLS, _CALLS_OF_DIRECTIONS, _CALLS_OF_ROWS, _CALLS_OF_CLASSES = 155.0, 0.23, 0.11, 0.39
"""Calls of the loss, and the powers of directions, rows and classes that their number grows by."""
_CALL = 8e-5
"""One of them, whatever its size."""
_LOGIT = 9e-9
"""One logit of a row and class."""
_LOGIT_PRODUCT = 3.6e-10
"""One product of a logit and its gradient, while the directions of all rows and classes stay in the cache."""
_CACHED, _LOGIT_PRODUCT_BEYOND = 2e6, 9e-10
"""Values that stay there, and what a product takes longer beyond them."""
_DIRECTION = 1.2e-9
"""One product of the principal directions of an output's blocks."""


def seconds(
    layers: Sequence[HKANLayer], n_inputs: int, folds: Sequence[Fold], *, classes: bool = False, steady: bool = True
) -> float:
    """Return about how many seconds one evaluation takes: a fit and a look at the validation rows for each fold.

    `classes` and `steady` are those of `fit_seconds`.
    """
    sizes = [(len(fold.train), len(fold.validation)) for fold in folds]
    return sum(fit_seconds(layers, n_inputs, *size, classes=classes, steady=steady) for size in sizes)


def fit_seconds(
    layers: Sequence[HKANLayer],
    n_inputs: int,
    rows: int,
    new_rows: int = 0,
    *,
    classes: bool = False,
    steady: bool = True,
) -> float:
    """Return about how many seconds a fit to `rows` takes, and the outputs for `new_rows`.

    From 20,000 rows on, where moments take over (`search_spaces.hkan.moments`), a fit is faster than this says.

    Parameters
    ----------
    classes
        Whether the outputs are classes, with a logistic regression in the last layer's place.
    steady
        Whether the least squares are steady (`search_spaces.hkan.fitting.fit`).
    """
    total = _FIT
    widths = [n_inputs, *(layer.nodes for layer in layers)]
    for level, (layer, columns) in enumerate(zip(layers, widths, strict=False), start=1):
        last = level == len(layers)
        # Nodes of an identity layer share their blocks, and one Gram matrix or decomposition.
        models = 1 if layer.is_identity else layer.nodes
        if not layer.is_identity:
            # Of classes, the blocks of the last layer are computed again for the regression; a third time, for its
            # outputs, is in the constants of the calls.
            looked_at = new_rows + (2 * rows if last and classes else rows)
            total += layer.nodes * columns * _block_seconds(layer, rows, looked_at)
        narrow = min(rows, columns)
        if last:
            total += models * columns * narrow * (_TRUNCATED * rows + (_STEADY * narrow if steady else 0.0))
        else:
            total += models * _NODE_PRODUCT * rows * columns**2
    if classes:
        total += _head_seconds(layers[-1], widths[-2], rows)
    return total


def _block_seconds(layer: HKANLayer, rows: int, looked_at: int) -> float:
    """Return what one block takes that is fitted to `rows`; `looked_at` counts the rows it is computed for."""
    m = layer.n_basis
    a_value = sum(_BASIS[basis] for basis in layer.bases) / len(layer.bases)
    return m * looked_at * a_value + rows * (_BLOCK_VALUE + _BLOCK_PRODUCT * m**2) + _SOLVE * m**3 + _BLOCK


def _head_seconds(layer: HKANLayer, columns: int, rows: int) -> float:
    """Return what the logistic regression takes over the blocks of the output layer, one node for each class."""
    rows, classes = min(rows, HEAD_ROWS), layer.nodes
    directions = min(columns, rows, HEAD_DIRECTIONS)
    calls: float = _CALLS * directions**_CALLS_OF_DIRECTIONS * rows**_CALLS_OF_ROWS * classes**_CALLS_OF_CLASSES
    values = classes * rows * directions
    a_call = _CALL + _LOGIT * classes * rows + _LOGIT_PRODUCT * values
    a_call += _LOGIT_PRODUCT_BEYOND * max(0.0, values - _CACHED)
    bases = 1 if layer.is_identity else classes
    return calls * a_call + bases * _DIRECTION * min(columns, rows) ** 3
