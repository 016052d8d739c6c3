"""What a kept network says of raw inputs, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evokan.errors import InputError
from evokan.texts import listed

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


class PredictsClasses:
    """Labels and probabilities of a classifier in the manner of scikit-learn, from the logits of its network."""

    classes_: NDArray[Any]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities, shape (rows, classes)."""
        from scipy.special import softmax

        shares: NDArray[np.float64] = softmax(self._logits(X), axis=1)
        return shares

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return logits, shape (rows, classes); of two classes that of the second against the first, shape (rows,)."""
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable labels, shape (rows,)."""
        numbers = self._logits(X).argmax(axis=1)  # first: it says where nothing was fitted yet
        labels: NDArray[Any] = self.classes_[numbers]
        return labels

    def _logits(self, X: Any) -> NDArray[np.float64]:
        """Return what the network says of each row, shape (rows, classes)."""
        raise NotImplementedError


def classes_of(y: ArrayLike) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the classes in order, and the number of each row's, of labels of shape (rows,).

    Raises
    ------
    ValueError
        There is one class, in the words that scikit-learn looks for.
    """
    classes, numbers = np.unique(np.asarray(y), return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y: Classifier can't train when only one class is present ({classes[0]!r})")
    return classes, numbers


def check_columns(shape: tuple[int, ...], columns: int, names: Sequence[str] = ()) -> None:
    """Raise `InputError` unless `shape` is (rows, columns); the message lists `names`, the first ones of many."""
    if len(shape) == 2 and shape[1] == columns:
        return
    got = f"{shape[1]} column{'s' * (shape[1] != 1)}" if len(shape) == 2 else f"an array of shape {shape}"
    known = f": {listed([*map(repr, names)], _SHOWN)}" if names else ""
    raise InputError(f"the network takes rows of {columns} column{'s' * (columns != 1)}{known}; it was given {got}")
