"""How long a network takes to fit, before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.problem.splits import Fold
from search_spaces.hkan.layers import Basis, HKANLayer

# Seconds on one core (AMD EPYC of 2024, OpenBLAS, float64), from the fits of Table IV's networks in
# results/hkan/repeats.csv: those that take longer than 2 ms are estimated at 0.7 to 1.4 of what they take.
_BASIS: dict[Basis, float] = {
    "sigmoid": 8.5e-10,
    "tanh": 9.2e-10,
    "softplus": 1.6e-9,
    "relu": 6.6e-10,
    "gaussian": 1.05e-9,
    "identity": 0.0,
}
"""One value of a basis function, with everything that is linear in their number."""
_BLOCK_PRODUCT = 4.8e-11
"""One product in the Gram matrix of a block."""
_SOLVE = 2.9e-10
"""One n^3 of solving the n equations of a block."""
_BLOCK = 1.1e-6
"""One block, whatever its size."""
_NODE_PRODUCT = 8.1e-11
"""One product in the Gram matrix of a hidden node, with the solution of its equations."""
_TRUNCATED = 1.35e-10
"""One product in the truncated least squares (rows times columns times the smaller of both)."""
_FIT = 2.2e-3
"""A fit, whatever its size."""


def seconds(layers: Sequence[HKANLayer], n_inputs: int, folds: Sequence[Fold]) -> float:
    """Return about how many seconds one evaluation takes: a fit and a look at the validation rows for each fold."""
    return sum(fit_seconds(layers, n_inputs, len(fold.train), len(fold.validation)) for fold in folds)


def fit_seconds(layers: Sequence[HKANLayer], n_inputs: int, rows: int, new_rows: int = 0) -> float:
    """Return about how many seconds a fit to `rows` takes, and the outputs for `new_rows`."""
    total = _FIT
    widths = [n_inputs, *(layer.nodes for layer in layers)]
    for level, (layer, columns) in enumerate(zip(layers, widths, strict=False), start=1):
        nodes = layer.nodes
        blocks = nodes * columns
        if not layer.is_identity:
            m = layer.n_basis
            a_value = sum(_BASIS[basis] for basis in layer.bases) / len(layer.bases)
            total += blocks * (m * (rows + new_rows) * a_value + _BLOCK_PRODUCT * rows * m**2 + _SOLVE * m**3 + _BLOCK)
        if level == len(layers):
            total += nodes * _TRUNCATED * rows * columns * min(rows, columns)
        else:
            total += nodes * _NODE_PRODUCT * rows * columns**2
    return total
