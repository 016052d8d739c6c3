"""The flat form of a network that the compiled kernels work on; without torch, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evokan.spaces.architecture import Weights
from search_spaces.gakan.encoding import KANArchitecture

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class FlatNetwork:
    """A network as the kernels take it.

    Attributes
    ----------
    columns
        The used input columns, ascending; ``source`` of the first layer counts within these.
    layer_start
        First edge of every layer, and the number of edges, shape (layers + 1,).
    source, target
        Nodes of every edge. Targets, and sources above the first layer, count through all hidden levels and
        the outputs.
    level_start
        First node of every level above the input, and the number of those nodes, shape (layers + 1,).
    """

    columns: Int32Array
    layer_start: Int32Array
    source: Int32Array
    target: Int32Array
    level_start: Int32Array

    @property
    def arrays(self) -> tuple[Int32Array, Int32Array, Int32Array, Int32Array]:
        """The four arrays in the order of the kernels' argument ``net``."""
        return self.layer_start, self.source, self.target, self.level_start

    @property
    def n_hidden(self) -> int:
        """Number of hidden neurons."""
        return int(self.level_start[-2])


def flatten(architecture: KANArchitecture) -> FlatNetwork:
    """Return the flat form of `architecture`."""
    columns = sorted({source for source, _ in architecture.edges[0]})
    position = {column: i for i, column in enumerate(columns)}
    level_start = np.concatenate([[0], np.cumsum(architecture.widths[1:])]).astype(np.int32)
    source: list[int] = []
    target: list[int] = []
    for level, layer in enumerate(architecture.edges):
        for lower, upper in layer:
            source.append(position[lower] if level == 0 else int(level_start[level - 1]) + lower)
            target.append(int(level_start[level]) + upper)
    layer_start = np.concatenate([[0], np.cumsum([len(layer) for layer in architecture.edges])])
    return FlatNetwork(
        np.array(columns, np.int32),
        layer_start.astype(np.int32),
        np.array(source, np.int32),
        np.array(target, np.int32),
        level_start,
    )


def state_dict(
    architecture: KANArchitecture,
    flat: FlatNetwork,
    theta: NDArray[np.floating],
    input_grid: tuple[NDArray[np.floating], NDArray[np.floating]],
    hidden_grid: tuple[NDArray[np.floating], NDArray[np.floating]],
) -> Weights:
    """Return the trained values under the names of `SparseKAN`'s state dict.

    Parameters
    ----------
    theta
        The kernel's parameter vector, shape (edges x (G + 5),).
    input_grid, hidden_grid
        (lo, h) of the used input columns and of the hidden neurons.
    """
    size = architecture.intervals + 3
    edges = architecture.n_edges
    coefficients = theta[: edges * size].reshape(edges, size)
    w_b, w_s = theta[edges * size : edges * (size + 1)], theta[edges * (size + 1) :]
    state: Weights = {}
    for layer in range(architecture.depth):
        part = slice(int(flat.layer_start[layer]), int(flat.layer_start[layer + 1]))
        state[f"layers.{layer}.coefficients"] = coefficients[part].copy()
        state[f"layers.{layer}.w_b"] = w_b[part].copy()
        state[f"layers.{layer}.w_s"] = w_s[part].copy()
        lower = architecture.widths[layer]
        lo, h = np.full(lower, -1.0), np.full(lower, 2.0 / architecture.intervals)
        if layer == 0:
            lo[flat.columns], h[flat.columns] = input_grid
        else:
            nodes = slice(int(flat.level_start[layer - 1]), int(flat.level_start[layer]))
            lo, h = hidden_grid[0][nodes].copy(), hidden_grid[1][nodes].copy()
        state[f"layers.{layer}.lo"] = lo
        state[f"layers.{layer}.h"] = h
    return state
