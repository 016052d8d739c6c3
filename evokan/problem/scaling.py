"""Scaling of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evokan.arrays import FloatArray

SMALLEST = 1e-100
"""Smallest spread of a column: squares of it do not vanish."""

ScalerName = Literal["standard", "minmax", "none"]


_DOUBTFUL = 1e-12
"""Below this share of the column's size, a spread is looked at without the column's offset."""
_NOISE = 32 * np.finfo(np.float64).eps
"""A spread up to this share is rounding noise, which must not be blown up to unit variance."""


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
        flat = scale <= _DOUBTFUL * np.maximum(np.abs(shift), 1e-300)
        for column in np.flatnonzero(flat & (np.ptp(values, axis=0) > 0)):
            found = _centred(values[:, column], kind)
            if found is not None:
                shift[column], scale[column], flat[column] = *found, False
        return cls(shift, np.where(flat, 1.0, scale))

    def transform(self, values: FloatArray) -> FloatArray:
        """Return the scaled values, same shape."""
        return (values - self.shift) / self.scale

    def inverse(self, values: FloatArray) -> FloatArray:
        """Undo `transform`."""
        return values * self.scale + self.shift


def _centred(values: FloatArray, kind: ScalerName) -> tuple[float, float] | None:
    """Return shift and scale of a column whose values are large and close together; None where that is noise."""
    first = values.min()
    above = values - first
    if above.max() <= max(_NOISE * float(np.abs(values).max()), SMALLEST):
        return None
    if kind == "minmax":
        return float(first), float(above.max())
    return float(first + above.mean()), float(above.std())
