"""Ratios of sums: a relation  sum_i a_i t_i = y sum_k b_k t_k  is a null vector of the matrix [t, -y t].

Where the target is a ratio of two short sums, that matrix has no full rank, and its null space, brought to echelon
form, has a vector with few entries: numerator and denominator. No greedy choice of terms is needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.reading.effort import Effort
from evokan.explain.relations.sparse import PRODUCT
from evokan.explain.relations.terms import Function, Library, Term

COLUMNS = 70
"""Terms of numerator or denominator."""
ROWS_PER_COLUMN = 2
NULL = 1e-11
"""Singular values below this share of the largest one are 0."""
ENTRY = 1e-5
"""Entries of a null vector below this share of the largest one are 0."""
MOST_TERMS = 10


@dataclass(frozen=True)
class Ratio:
    """(sum of `over`) / (sum of `under`), pairs of a term and its coefficient."""

    over: tuple[tuple[Term, float], ...]
    under: tuple[tuple[Term, float], ...]


def ratios(x: FloatArray, y: FloatArray, used: Sequence[Function], effort: Effort) -> Iterator[Ratio]:
    """Yield ratios of polynomials that `y`, shape (N,), is of the variables `x`, shape (N, variables)."""
    for terms in _libraries(x, used):
        library = Library.of(x, terms)
        if effort.over or not 2 <= len(library.terms) <= len(y) // (2 * ROWS_PER_COLUMN):
            continue
        effort.spend(8 * PRODUCT * 4 * len(y) * len(library.terms) ** 2)
        found = _null(library, y)
        if found is not None:
            yield found
            return


def _libraries(x: FloatArray, used: Sequence[Function]) -> Iterator[list[Term]]:
    """Yield polynomials of rising degree, then those with the functions `used` of the variables for variables."""
    count = x.shape[1]
    unit = [tuple(float(i == j) for j in range(count)) for i in range(count)]
    largest = max((d for d in range(1, 7) if len(_degrees(count, d)) <= COLUMNS), default=1)
    for degree in sorted({min(2, largest), largest}):
        yield [Term(tuple(map(float, powers))) for powers in _degrees(count, degree)]
    if count > 3:
        return
    zero = (0.0,) * count
    pairs = [
        tuple(a + s * b for a, b in zip(unit[i], unit[j], strict=True))
        for i, j in itertools.combinations(range(count), 2)
        for s in (1.0, -1.0)
    ]
    plain = [Term(tuple(map(float, powers))) for powers in _degrees(count, 1)]
    for function in used:
        yield plain + [Term(powers, function, argument) for argument in (*unit, *pairs) for powers in [zero, *unit]]


def _degrees(count: int, degree: int) -> list[tuple[int, ...]]:
    """Return the powers of all monomials of `count` variables up to a total degree."""
    if count > 6:
        return [tuple(0 for _ in range(count)), *(tuple(int(i == j) for j in range(count)) for i in range(count))]
    return [p for p in itertools.product(range(degree + 1), repeat=count) if sum(p) <= degree]


def _null(library: Library, y: FloatArray) -> Ratio | None:
    count = len(library.terms)
    matrix = np.hstack([library.values, -y[:, None] * library.values])
    sizes = np.sqrt((matrix**2).sum(axis=0))
    if not (np.isfinite(sizes).all() and (sizes > 0).all()):
        return None
    scaled = matrix / sizes
    _, singular, right = np.linalg.svd(scaled, full_matrices=False)
    null = right[singular < NULL * singular[0]]
    if not len(null):
        return None
    for vector in sorted(_echelon(null), key=lambda v: int((np.abs(v) > ENTRY * np.abs(v).max()).sum())):
        places = np.flatnonzero(np.abs(vector) > ENTRY * np.abs(vector).max())
        above, below = places[places < count], places[places >= count]
        # Once more with these columns alone: the smallest singular vector is the relation.
        *_, again = np.linalg.svd(scaled[:, places], full_matrices=False)
        coefficients = dict(zip(places.tolist(), (again[-1] / sizes[places]).tolist(), strict=True))
        if not len(above) or not len(below) or len(places) > MOST_TERMS:
            continue
        unit = min(
            (coefficients[place] for place in below.tolist()),
            key=lambda c: abs(abs(c) - np.median(np.abs([*coefficients.values()]))),
        )
        return Ratio(
            tuple((library.terms[place], coefficients[place] / unit) for place in above.tolist()),
            tuple((library.terms[place - count], coefficients[place] / unit) for place in below.tolist()),
        )
    return None


def _echelon(null: FloatArray) -> FloatArray:
    """Return the rows of `null` combined so that each has a column of its own where the others are 0."""
    rows = null.copy()
    for row in range(len(rows)):
        below, column = divmod(int(np.argmax(np.abs(rows[row:]))), rows.shape[1])
        rows[[row, row + below]] = rows[[row + below, row]]
        rows[row] /= rows[row, column]
        for other in range(len(rows)):
            if other != row:
                rows[other] -= rows[other, column] * rows[row]
    return rows
