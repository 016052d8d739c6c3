"""What a kept network says of raw inputs, as NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

ROWS = 1000
"""Rows that a model is given at a time: a wide network needs gigabytes for 100,000 of them."""


def predict(model: torch.nn.Module, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the model's output for raw inputs `X`, shape (N, features), as a float64 array.

    The model sees `ROWS` rows at most at a time, so what it says of a row must not depend on the others.
    """
    import torch

    rows = torch.as_tensor(X, dtype=torch.float64)
    with torch.no_grad():
        output: NDArray[np.float64] = torch.cat([model(part) for part in torch.split(rows, ROWS)]).numpy()
    return output
