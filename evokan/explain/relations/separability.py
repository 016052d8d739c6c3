"""Laws that are a sum or a product of two, over different columns: each is read by itself.

A law of the groups A and B is a sum where f(a, b) + f(a', b') = f(a, b') + f(a', b) for all rows, and a product where
the same holds with products (AI Feynman: Udrescu and Tegmark, 2020). The network says whether, and what each part is
with the other group at its mean; the constants of both together are fitted to the data.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.relations.oracle import Oracle

TOLERANCE = 0.05
"""Share of the spread that may be left where the differences should vanish."""
MOST_COLUMNS = 6
TRIED = 2
LEAST = 1e-4
"""Shares below this are equal."""


@dataclass(frozen=True)
class Separation:
    """Two groups of columns, by place, and how what they say goes together."""

    way: Literal["sum", "product"]
    groups: tuple[tuple[int, ...], tuple[int, ...]]

    def joined(self, parts: Sequence[sp.Expr]) -> sp.Expr:
        """Return the law of two parts, with a factor for each and a constant to be fitted."""
        one = sp.Float(1)
        if self.way == "sum":
            return sp.Add(*(one * part for part in parts), sp.Float(1e-3))
        return one * sp.Mul(*parts)


def separations(x: FloatArray, oracle: Oracle) -> Iterator[Separation]:
    """Yield the few surest ways to take the columns apart.

    Parameters
    ----------
    x
        Raw rows of the oracle's columns, shape (N, columns).
    """
    count = x.shape[1]
    if not 2 <= count <= MOST_COLUMNS:
        return
    other = np.roll(x, len(x) // 2, axis=0)
    values, others = oracle.values(x), oracle.values(other)
    spread, square = float(values.std()), float(np.mean(values**2))
    found = []
    for size in range(1, count // 2 + 1):
        for group in itertools.combinations(range(count), size):
            rest = tuple(i for i in range(count) if i not in group)
            mixed, back = x.copy(), other.copy()
            mixed[:, list(rest)], back[:, list(rest)] = other[:, list(rest)], x[:, list(rest)]
            first, second = oracle.values(mixed), oracle.values(back)
            added = float(np.sqrt(np.mean((values + others - first - second) ** 2))) / (2 * spread)
            times = float(np.sqrt(np.mean((values * others - first * second) ** 2))) / (2 * square)
            # By powers of two of what is left; of equals the even ones, whose parts are as small as can be.
            shares = ((added, "sum"), (times, "product"))
            found += [(round(np.log2(share + LEAST)), -size, share, way, (group, rest)) for share, way in shares]
    for _, _, share, way, groups in sorted(found)[:TRIED]:
        if share <= TOLERANCE:
            yield Separation("sum" if way == "sum" else "product", groups)
