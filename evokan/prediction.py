"""What a kept network says of raw inputs, as NumPy arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch


def predict(model: torch.nn.Module, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the model's output for raw inputs `X`, shape (N, features), as a float64 array."""
    import torch

    with torch.no_grad():
        output: NDArray[np.float64] = model(torch.as_tensor(X, dtype=torch.float64)).numpy()
    return output
