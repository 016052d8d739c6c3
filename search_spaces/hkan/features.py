"""The basis functions of one layer over given columns, in pieces that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from search_spaces.hkan.basis import Array, Column
from search_spaces.hkan.layers import HKANLayer

_PIECE = 1 << 17
"""Values of basis functions at a time: 1 MB."""


class Features:
    """The basis functions of a layer over given columns `z`, shape (columns, rows)."""

    def __init__(self, layer: HKANLayer, z: Array) -> None:
        self._columns = [Column(basis, sigma, z) for basis, sigma in zip(layer.bases, layer.sigmas, strict=True)]
        self._inside = layer.inside
        self._rows = z.shape[1]

    def pieces(self, centres: Array, first_node: int) -> Iterator[tuple[int, int, Array]]:
        """Yield (first block, last block + 1, values of shape (blocks, n_basis, rows)), node by node.

        Parameters
        ----------
        centres
            Of some neighbouring nodes, shape (nodes, columns, n_basis).
        first_node
            Number of the first of them within the layer.
        """
        nodes, columns, n_basis = centres.shape
        flat = centres.reshape(nodes * columns, n_basis)
        column = np.tile(np.arange(columns), nodes)
        turn = (np.repeat(np.arange(first_node, first_node + nodes), columns) + column) % len(self._columns)
        step = max(1, _PIECE // max(1, n_basis * self._rows))
        for first in range(0, len(flat), step):
            last = min(first + step, len(flat))
            if len(self._columns) == 1:
                yield first, last, self._columns[0].values(flat[first:last], column[first:last])
                continue
            values = np.empty((last - first, n_basis, self._rows))
            for number, shared in enumerate(self._columns):
                if self._inside:
                    own = slice(number, None, len(self._columns))
                    values[:, own] = shared.values(flat[first:last, own], column[first:last])
                    continue
                taken = np.flatnonzero(turn[first:last] == number) + first
                values[taken - first] = shared.values(flat[taken], column[taken])
            yield first, last, values
