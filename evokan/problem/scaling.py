"""Scaling of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evokan.arrays import FloatArray

ScalerName = Literal["standard", "minmax", "none"]


@dataclass(frozen=True, eq=False)
class Scaler:
    """Column-wise ``(x - shift) / scale``.

    Attributes
    ----------
    shift, scale
        Shape (columns,). A column that does not vary in the rows it was fitted on has scale 1.
    """

    shift: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, values: FloatArray, kind: ScalerName) -> Scaler:
        """Fit on `values` of shape (rows, columns).

        ``standard``: zero mean and unit variance; ``minmax``: onto [0, 1]; ``none``: as it is.
        """
        columns = values.shape[1]
        if kind == "none":
            return cls(np.zeros(columns), np.ones(columns))
        if kind == "minmax":
            shift = values.min(axis=0)
            scale = values.max(axis=0) - shift
        else:
            shift = values.mean(axis=0)
            scale = values.std(axis=0)
        # A spread that is rounding noise of the column's size would blow noise up to unit variance.
        flat = scale <= 1e-12 * np.maximum(np.abs(shift), 1e-300)
        return cls(shift, np.where(flat, 1.0, scale))

    def transform(self, values: FloatArray) -> FloatArray:
        """Return the scaled values, same shape."""
        return (values - self.shift) / self.scale

    def inverse(self, values: FloatArray) -> FloatArray:
        """Undo `transform`."""
        return values * self.scale + self.shift
