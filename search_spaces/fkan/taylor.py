"""Which derivatives a jet holds, and how those of a function of a function are made of both: for compiled kernels.

A jet of order r holds the value and all derivatives to order r in the coordinates, in the order of
`evokan.problem.equations.jets.components`. The chain rule is that of Faà di Bruno: a derivative of f(y) is a sum over
the partitions of its coordinates into groups, of f's derivative of that many orders times the derivatives of y in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evokan.problem.equations.jets import HIGHEST, components

Table = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]
"""Of each term: component of the result, order of f, components of y (-1 where there are fewer), shape (terms, 2 + 4);
factors, shape (terms,); and order, number of components, and of terms that need first derivatives of y alone."""


@cache
def chain_rule(coordinates: int, order: int) -> Table:
    """Return the terms of the chain rule; those that need first derivatives alone stand first."""
    places = components(coordinates, order)
    number = {place: k for k, place in enumerate(places)}
    counted: Counter[tuple[int, int, tuple[int, ...]]] = Counter()
    for place in places[1:]:
        for groups in partitions(place):
            factors = tuple(sorted(number[tuple(sorted(group))] for group in groups))
            counted[number[place], len(groups), factors] += 1
    first = {key for key in counted if max(key[2]) <= coordinates}
    keys = sorted(counted, key=lambda key: (key not in first, key))
    padded = [(target, many, *factors, *[-1] * (HIGHEST - many)) for target, many, factors in keys]
    return (
        np.array(padded, dtype=np.int64),
        np.array([counted[key] for key in keys], dtype=np.float64),
        np.array([order, len(places), len(first)], dtype=np.int64),
    )


def partitions(items: tuple[int, ...]) -> Iterator[list[list[int]]]:
    """Yield the partitions of `items` into groups; equal items count as different ones."""
    if not items:
        yield []
        return
    head, rest = items[0], items[1:]
    for groups in partitions(rest):
        yield [[head], *groups]
        for k, group in enumerate(groups):
            yield [*groups[:k], [head, *group], *groups[k + 1 :]]
