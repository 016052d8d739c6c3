"""Rows drawn as scikit-learn draws them: `train_test_split`, `KFold`, `StratifiedKFold`, row for row.

Written out, because a search begins with these draws and needs nothing else of scikit-learn, which takes a second to
import. The generator is NumPy's former one, whose stream is frozen.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray


def drawn_apart(rows: IntArray, size: float, seed: int, y: NDArray[np.generic] | None) -> tuple[IntArray, IntArray]:
    """Return the rows that stay, and a share `size` of them, rounded up, that is taken out; both in the order drawn.

    Parameters
    ----------
    rows
        Shape (N,).
    size
        In (0, 1); neither side is empty, nor smaller than there are classes: that is the caller's to see to.
    y
        Classes of the rows, shape (N,), so that both sides have the same shares of them; None where there are none.
    """
    rng = np.random.RandomState(seed)
    taken = ceil(size * len(rows))
    if y is None:
        order = rng.permutation(len(rows))
        return rows[order[taken:]], rows[order[:taken]]
    numbers, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    members = np.split(np.argsort(numbers, kind="stable"), np.cumsum(counts)[:-1])
    stay = _shares(counts, len(rows) - taken, rng)
    leave = _shares(counts - stay, taken, rng)
    orders = [one[rng.permutation(len(one))] for one in members]
    kept = np.concatenate([order[:n] for order, n in zip(orders, stay, strict=True)])
    out = np.concatenate([order[n : n + m] for order, n, m in zip(orders, stay, leave, strict=True)])
    kept = rng.permutation(kept)
    return rows[kept], rows[rng.permutation(out)]


def _shares(counts: IntArray, total: int, rng: np.random.RandomState) -> IntArray:
    """Return `total` shared out by `counts`; what rounding leaves goes to the largest remainders, ties by lot."""
    exact = counts / counts.sum() * total
    found: FloatArray = np.floor(exact)
    missing = int(total - found.sum())
    remainders = exact - found
    for value in np.sort(np.unique(remainders))[::-1] if missing > 0 else ():
        (places,) = np.where(remainders == value)
        more = min(len(places), missing)
        found[rng.choice(places, size=more, replace=False)] += 1
        missing -= more
        if missing == 0:
            break
    return found.astype(np.int64)


def fold_numbers(count: int, folds: int, seed: int, y: NDArray[np.generic] | None) -> IntArray:
    """Return for each of `count` rows the number of the fold that validates on it, shape (count,).

    Parameters
    ----------
    y
        Classes of the rows, at least `folds` of each, so that all folds have the same shares of them; or None.
    """
    rng = np.random.RandomState(seed)
    found = np.empty(count, dtype=np.int64)
    if y is None:
        order = np.arange(count)
        rng.shuffle(order)
        found[order] = np.sort(np.arange(count) % folds)
        return found
    first, inverse = np.unique(y, return_index=True, return_inverse=True)[1:]
    numbers = np.argsort(np.argsort(first))[inverse]  # classes in the order of their first rows
    order = np.sort(numbers)
    sizes = [np.bincount(order[fold::folds], minlength=len(first)) for fold in range(folds)]
    for number in range(len(first)):
        of_class = np.arange(folds).repeat([size[number] for size in sizes])
        rng.shuffle(of_class)
        found[numbers == number] = of_class
    return found
