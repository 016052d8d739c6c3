"""Scaling of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evokan.arrays import FloatArray

SMALLEST = 1e-300
"""Smallest spread of a column: its inverse is finite, and it has all digits."""

ScalerName = Literal["standard", "minmax", "none"]


_DOUBTFUL = 1e-12
"""Below this share of the column's size, a spread is looked at without the column's offset."""
_TINY = 1e-140
"""Below this a spread is looked at in another unit: its squares lose digits, or vanish."""
_NOISE = 4
"""A spread of fewer units in the last place is rounding noise, which must not be blown up to unit variance."""


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
        flat = scale <= np.maximum(_DOUBTFUL * np.abs(shift), _TINY)
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
    """Return shift and scale of a column whose values are close together; None where that is noise."""
    first = values.min()
    above = values - first
    if above.max() < max(_NOISE * float(np.spacing(np.abs(values).max())), SMALLEST):
        return None
    if kind == "minmax":
        return float(first), float(above.max())
    exponent = int(np.frexp(above.max())[1])  # powers of 2 leave every digit as it is
    return float(first + above.mean()), float(np.ldexp(np.ldexp(above, -exponent).std(), exponent))
