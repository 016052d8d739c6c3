"""What the logarithms of the data say of a law, without any network: powers in front of it, products and ratios in it.

A law with y(s^w1 x1, s^w2 x2, ...) = s^p y is, in logarithms, a line in the direction w, whatever it is in others.
A polynomial of second degree says so within its standard errors, however roughly it describes the rest, where columns
are drawn apart from each other. It is a guess, like what derivatives say: what is found in the variables that are left
has to stand by itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.symmetries import WEIGHTS, Scaling, independent, rescaled

ERRORS, BENDS = 4.0, 8.0
"""Standard errors within which a power is a whole one or a half, and bends are none: what a polynomial of second degree
leaves over is not drawn at random, and bends suffer most."""
KNOWN = 0.1
"""An exponent that is known less well than this says nothing."""
ROWS_PER_TERM = 4
WHOLE = (1, -1)
"""Weights of a second variable that need no root of it."""


def without_scalings(posed: Posed, *, roots: bool = True) -> Posed | None:
    """Return the problem in variables that its scalings leave as they are; None where there are none.

    Parameters
    ----------
    posed
        Its target is positive throughout, or nothing is found.
    roots
        Whether square roots may be taken.
    """
    positive = (posed.x > 0).all(axis=0)
    if posed.count < 2 or not positive.any() or not (posed.y > 0).all():
        return None
    logarithms = np.where(positive, np.log(np.where(positive, posed.x, 1.0)), posed.x / posed.x.std(axis=0))
    polynomial = _Polynomial.of(logarithms, np.log(posed.y))
    if polynomial is None:
        return None
    usable = np.flatnonzero(positive).tolist()
    found = sorted(_scalings(polynomial, usable, roots), key=lambda one: (np.count_nonzero(one[1].weights), one[0]))
    chosen = next(independent([scaling for _, scaling in found], 1), None)
    return None if chosen is None else rescaled(posed, chosen)


def _scalings(polynomial: _Polynomial, usable: list[int], roots: bool) -> Iterator[tuple[float, Scaling]]:
    """Yield scalings of one or two variables, each with the standard error of its power."""
    count = polynomial.count
    allowed, parts = (WEIGHTS, 2) if roots else (WHOLE, 1)
    alone = set()
    for size in (1, 2):
        for chosen in itertools.combinations([place for place in usable if place not in alone], size):
            for weights in itertools.product(*([1] if place == 0 else allowed for place in range(size))):
                direction = np.zeros(count)
                direction[list(chosen)] = weights
                power, error, straight = polynomial.along(direction)
                exponent = round(parts * power) / parts
                right = abs(power - exponent) <= ERRORS * error < KNOWN
                # That a column says nothing, the search has seen.
                if straight and right and (size == 2 or exponent):
                    alone |= set(chosen) if size == 1 else set()
                    yield error, Scaling(tuple(direction.tolist()), exponent)


@dataclass(frozen=True, eq=False)
class _Polynomial:
    """Of second degree, fitted by least squares.

    Attributes
    ----------
    values, covariance
        Its coefficients, shape (terms,), and their covariance: the constant, the variables, their products.
    places
        Where the product of two variables stands in `values`, shape (variables, variables).
    """

    values: FloatArray
    covariance: FloatArray
    places: IntArray

    @property
    def count(self) -> int:
        """Number of variables."""
        return len(self.places)

    @classmethod
    def of(cls, x: FloatArray, y: FloatArray) -> _Polynomial | None:
        """Fit it to `y`, shape (N,), on `x`, shape (N, variables); None where that says nothing."""
        rows, count = x.shape
        centred = x - x.mean(axis=0)
        pairs = [*itertools.combinations_with_replacement(range(count), 2)]
        design = np.column_stack([np.ones(rows), centred, *(centred[:, i] * centred[:, j] for i, j in pairs)])
        terms = design.shape[1]
        if rows < ROWS_PER_TERM * terms:
            return None
        values, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
        if rank < terms:
            return None
        rest = y - design @ values
        covariance = np.linalg.inv(design.T @ design) * (rest @ rest) / (rows - terms)
        places = np.zeros((count, count), dtype=np.int64)
        for number, (i, j) in enumerate(pairs, start=1 + count):
            places[i, j] = places[j, i] = number
        return cls(np.asarray(values, dtype=np.float64), covariance, places)

    def along(self, direction: FloatArray) -> tuple[float, float, bool]:
        """Return the slope in a direction, its standard error, and whether it is the same everywhere."""
        slope = np.zeros(len(self.values))
        slope[1 : 1 + self.count] = direction
        power, error = self._contrast(slope)
        straight = True
        for other in range(self.count):
            bend = np.zeros(len(self.values))
            for place in np.flatnonzero(direction).tolist():
                bend[self.places[place, other]] += direction[place] * (2.0 if place == other else 1.0)
            value, off = self._contrast(bend)
            straight = straight and abs(value) <= BENDS * off
        return power, error, straight

    def _contrast(self, weights: FloatArray) -> tuple[float, float]:
        variance = float(weights @ self.covariance @ weights)
        return float(weights @ self.values), math.sqrt(max(variance, 0.0))
