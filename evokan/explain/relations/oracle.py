"""The network as an oracle: values and derivatives wherever they are asked for, in the user's own units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.reading.network import Network
from evokan.problem.scaling import Scaler

STEP = 1e-4
"""Of a scaled column, for central differences: splines are smooth."""


@dataclass(frozen=True, eq=False)
class Oracle:
    """A network of one output, on raw columns.

    Attributes
    ----------
    network
        On scaled columns.
    inputs, target
        How columns and target are scaled.
    columns
        Numbers of the columns that are asked about; the others do not enter the network, or hardly.
    """

    network: Network
    inputs: Scaler
    target: Scaler
    columns: tuple[int, ...]

    def values(self, x: FloatArray) -> FloatArray:
        """Return the network's values, shape (N,), on raw rows of these columns, the others at their mean."""
        values: FloatArray = self.network.predict(self._scaled(x))[:, 0]
        return values * float(self.target.scale[0]) + float(self.target.shift[0])

    def gradients(self, x: FloatArray) -> FloatArray:
        """Return the derivatives by these columns, shape (N, columns), on raw rows of them."""
        scaled = self._scaled(x)
        found = np.empty((len(x), len(self.columns)))
        for place, column in enumerate(self.columns):
            step = np.zeros(scaled.shape[1])
            step[column] = STEP
            above, below = (self.network.predict(scaled + sign * step)[:, 0] for sign in (1.0, -1.0))
            found[:, place] = (above - below) / (2 * STEP) / float(self.inputs.scale[column])
        return found * float(self.target.scale[0])

    def swapped(self, x: FloatArray, i: int, j: int) -> FloatArray:
        """Return the values with two of the columns exchanged."""
        other = x.copy()
        other[:, [i, j]] = x[:, [j, i]]
        return self.values(other)

    def _scaled(self, x: FloatArray) -> FloatArray:
        raw = np.tile(self.inputs.shift, (len(x), 1)).astype(np.float64)
        raw[:, list(self.columns)] = x
        scaled: FloatArray = self.inputs.transform(raw)
        return scaled
