"""What a kept network says of raw inputs, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InputError

if TYPE_CHECKING:
    import torch

ROWS = 1000
"""Rows that a model is given at a time: a wide network needs gigabytes for 100,000 of them."""

_SHOWN = 10
"""So many columns are named."""


def predict(model: torch.nn.Module, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the model's output for raw inputs `X`, shape (N, features), as a float64 array.

    The model sees `ROWS` rows at most at a time, so what it says of a row must not depend on the others.
    """
    import torch

    rows = torch.as_tensor(X, dtype=torch.float64)
    with torch.no_grad():
        output: NDArray[np.float64] = torch.cat([model(part) for part in torch.split(rows, ROWS)]).numpy()
    return output


def check_columns(shape: tuple[int, ...], columns: int, names: Sequence[str] = ()) -> None:
    """Raise `InputError` unless `shape` is (rows, columns); the message lists `names`, the first ones of many."""
    if len(shape) == 2 and shape[1] == columns:
        return
    got = f"{shape[1]} column{'s' * (shape[1] != 1)}" if len(shape) == 2 else f"an array of shape {shape}"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    listed = f": {', '.join(map(repr, names[:_SHOWN]))}{more}" if names else ""
    raise InputError(f"the network takes rows of {columns} column{'s' * (columns != 1)}{listed}; it was given {got}")
