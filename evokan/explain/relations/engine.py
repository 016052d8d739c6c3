"""All ways to a law: the problem as it is, and rewritten in the variables that the network or units say are enough."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.laws.library import LibraryFunction
from evokan.explain.reading.effort import Effort
from evokan.explain.relations.oracle import Oracle
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.search import EXACT, Relation, search
from evokan.explain.relations.symmetries import (
    VARIABLES,
    Differentiated,
    Scaling,
    exchanged,
    independent,
    rescaled,
    scalings,
    translated,
)

TOLERANCES = (0.03, 0.12, 0.3)
"""How far derivatives of a network may be off: ever less is believed to be an accident."""
SCALINGS, SETS = 8, 10
"""Scalings that are believed at most, and sets of so many of them that are tried."""
KEPT = 4
"""Laws that are worth writing down."""
PRICE = 0.1
"""Decades of unexplained variance that one more term or function is worth."""


def relations(
    x: FloatArray,
    y: FloatArray,
    symbols: Sequence[sp.Symbol],
    functions: Sequence[LibraryFunction],
    effort: Effort,
    *,
    oracle: Oracle | None = None,
    known: Sequence[Scaling] = (),
) -> list[Relation]:
    """Return the best laws that were found, the best first.

    Parameters
    ----------
    x, y
        Raw rows of the columns in use, shape (N, columns), and the target, shape (N,).
    symbols
        Of these columns.
    functions
        For curves of one variable.
    oracle
        The network, whose columns in use these are: the problem is rewritten by what its derivatives say. Without it,
        the problem is taken as it is.
    known
        Scalings that the law is known to obey, by units.
    """
    posed = Posed.of(x, y, tuple(symbols))
    found: list[Relation] = []
    with np.errstate(all="ignore"):
        for problem in _problems(posed, oracle, known):
            found += search(problem, tuple(functions), effort)
            if effort.over or any(relation.left < EXACT for relation in found):
                break
    found.sort(key=lambda one: float(np.log10(one.left + 1e-30)) + PRICE * one.size)
    return found[:1] if found and found[0].left < EXACT else found[:KEPT]


def _problems(posed: Posed, oracle: Oracle | None, known: Sequence[Scaling]) -> Iterator[Posed]:
    """Yield the problem in ever fewer variables, each way of writing it once."""
    if known:
        yield rescaled(posed, known)
        return
    if oracle is None:
        yield posed
        return
    if posed.count > VARIABLES:
        return
    seen = {posed.variables}
    values = oracle.values(posed.x) * posed.weights
    start = Differentiated(posed, values, oracle.gradients(posed.x) * posed.weights[:, None])
    moved = [translated(start, tolerance) for tolerance in TOLERANCES]
    for state in (*(state for state in moved if state is not None), start):
        found = scalings(state.logarithmic(), TOLERANCES[-1])[:SCALINGS]
        for chosen in ((), *independent(found, SETS)):
            problem = rescaled(state.posed, chosen)
            if problem.variables not in seen:
                seen.add(problem.variables)
                yield problem
    pairs = itertools.combinations(range(posed.count), 2)
    swapped = [(i, j, oracle.swapped(posed.x, i, j) * posed.weights) for i, j in pairs]
    yield from exchanged(posed, values, swapped, TOLERANCES[1])
