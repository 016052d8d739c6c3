"""How long a network takes to fit, before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.problem.problem import Problem
from search_spaces.hkan.layers import Basis, HKANLayer

# Seconds on one core (AMD EPYC of 2024, OpenBLAS, float64), measured: results/benchmarks/hkan_fit.md.
_BASIS: dict[Basis, float] = {
    "sigmoid": 1.3e-9,
    "tanh": 1.4e-9,
    "softplus": 2.4e-9,
    "relu": 1.0e-9,
    "gaussian": 1.6e-9,
    "identity": 0.0,
}
"""One value of a basis function, with everything that is linear in their number."""
_PRODUCT = 6e-11
"""One product in a Gram matrix."""
_SOLVE = 1.5e-10
"""One n^3 of solving n equations."""
_BLOCK = 6e-6
"""One block, whatever its size."""
_TRUNCATED = 1.2e-10
"""One product in the truncated least squares (rows times columns times the smaller of both)."""


def seconds(layers: Sequence[HKANLayer], n_inputs: int, problem: Problem) -> float:
    """Return about how many seconds one evaluation takes: a fit and a look at the validation rows for each fold."""
    return sum(_fold_seconds(layers, n_inputs, len(fold.train), len(fold.validation)) for fold in problem.folds)


def _fold_seconds(layers: Sequence[HKANLayer], n_inputs: int, rows: int, validation_rows: int) -> float:
    total = 0.0
    widths = [n_inputs, *(layer.nodes for layer in layers)]
    for level, (layer, columns) in enumerate(zip(layers, widths, strict=False), start=1):
        nodes = layer.nodes
        blocks = nodes * columns
        if not layer.is_identity:
            m = layer.n_basis
            a_value = sum(_BASIS[basis] for basis in layer.bases) / len(layer.bases)
            total += blocks * (m * (rows + validation_rows) * a_value + _PRODUCT * rows * m**2 + _SOLVE * m**3 + _BLOCK)
        if level == len(layers):
            total += nodes * _TRUNCATED * rows * columns * min(rows, columns)
        else:
            total += nodes * (_PRODUCT * rows * columns**2 + _SOLVE * columns**3)
    return total
