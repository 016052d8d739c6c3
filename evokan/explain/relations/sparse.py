"""Sparse sums: which few terms of a library add up to a target.

All pairs of terms are compared at once by their Gram matrix; the best pairs are carried on by a beam of orthogonal
matching pursuit (Pati et al., 1993). Greedy pursuit alone goes wrong where terms are much alike, as powers are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.explain.reading.effort import Effort

ROWS = 240
"""Rows that pairs are compared on."""
PAIRS, BEAM, BRANCHES = 40, 12, 4
MOST_TERMS = 5
EXACT = 1e-18
"""Unexplained share below which more terms are rounding."""
PAIR = 1.2e-8
"""Seconds for comparing one pair; one core of 2024, measured."""
PRODUCT = 5e-11
"""Seconds for one product in a matrix."""


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum of terms.

    Attributes
    ----------
    places
        Of the terms in the library.
    coefficients
        One for each.
    left
        Unexplained share of the target's sum of squares about its mean.
    """

    places: tuple[int, ...]
    coefficients: FloatArray
    left: float


class Sparse:
    """Looks for sums among the columns of one matrix, for one target after the other.

    Parameters
    ----------
    values
        Terms, shape (N, terms).
    effort
        What may be spent.
    """

    def __init__(self, values: FloatArray, effort: Effort) -> None:
        self._values = values
        self._effort = effort
        self._sizes = np.sqrt((values**2).sum(axis=0))
        self._chosen = np.unique(np.linspace(0, len(values) - 1, min(ROWS, len(values))).astype(np.int64))
        few = values[self._chosen]
        self._few = few / np.sqrt((few**2).sum(axis=0))
        self._gram = self._few.T @ self._few
        with np.errstate(divide="ignore"):
            self._apart = 1.0 / np.where(1.0 - self._gram**2 > 1e-12, 1.0 - self._gram**2, np.inf)
        effort.spend(PRODUCT * self._few.size * self._few.shape[1])

    def sums(self, target: FloatArray) -> Iterator[Sum]:
        """Yield sums for `target`, shape (N,): the best few of one term, of two, and so on, until one is exact."""
        spread = float(((target - target.mean()) ** 2).sum())
        if not (np.isfinite(spread) and spread > 0):
            return
        few = target[self._chosen]
        along = self._few.T @ few
        single = np.argsort(-np.abs(along), kind="stable")[:3]
        beam: list[tuple[int, ...]] = [(int(place),) for place in single]
        for count in range(1, min(MOST_TERMS, self._few.shape[1]) + 1):
            if count == 2:
                beam = self._pairs(along)
            elif count > 2:
                beam = self._longer(beam, few)
            found = sorted((self._fitted(places, target, spread) for places in beam), key=lambda one: one.left)
            yield from found[:3]
            if not found or found[0].left < EXACT or self._effort.over:
                return
            beam = [one.places for one in found[:BEAM]]

    def _pairs(self, along: FloatArray) -> list[tuple[int, ...]]:
        """Return the pairs that explain most."""
        self._effort.spend(PAIR * self._gram.size)
        squares = along**2
        explained = (squares[:, None] + squares - 2 * self._gram * np.outer(along, along)) * self._apart
        explained = np.triu(explained, 1)
        count = min(PAIRS, explained.size - 1)
        best = np.argpartition(-explained.ravel(), count)[:count]
        return [divmod(int(place), len(along)) for place in np.sort(best)]

    def _longer(self, beam: list[tuple[int, ...]], target: FloatArray) -> list[tuple[int, ...]]:
        """Return each of the sums with one more term, the few that explain most."""
        found: set[tuple[int, ...]] = set()
        for places in beam:
            basis, _ = np.linalg.qr(self._few[:, list(places)])
            rest = target - basis @ (basis.T @ target)
            outside = self._few - basis @ (basis.T @ self._few)
            sizes = (outside**2).sum(axis=0)
            self._effort.spend(PRODUCT * 4 * self._few.size * len(places))
            gain = np.where(sizes > 1e-10, (outside.T @ rest) ** 2 / np.where(sizes > 1e-10, sizes, 1.0), -1.0)
            for place in np.argsort(-gain, kind="stable")[:BRANCHES].tolist():
                if gain[place] > 0 and place not in places:
                    found.add(tuple(sorted((*places, place))))
        return sorted(found)

    def _fitted(self, places: tuple[int, ...], target: FloatArray, spread: float) -> Sum:
        columns: IntArray = np.array(places)
        part = self._values[:, columns] / self._sizes[columns]
        solution, *_ = np.linalg.lstsq(part, target, rcond=None)
        left = float(((target - part @ solution) ** 2).sum()) / spread
        self._effort.spend(1e-4)
        return Sum(places, solution / self._sizes[columns], left if np.isfinite(left) else np.inf)
