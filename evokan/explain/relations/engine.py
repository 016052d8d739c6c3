"""All ways to a law: the problem as it is, and rewritten in the variables that the network or units say are enough."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.formulas.constants import Tuner
from evokan.explain.laws.library import LibraryFunction
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.rows import Rows
from evokan.explain.relations.factors import without_scalings
from evokan.explain.relations.oracle import Oracle
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.search import EXACT, PRICE, Relation, search
from evokan.explain.relations.separability import Separation, separations
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
from evokan.explain.relations.terms import ROOT
from evokan.problem.task import Task

TOLERANCES = (0.03, 0.12, 0.3)
"""How far derivatives of a network may be off: ever less is believed to be an accident."""
SCALINGS, SETS = 8, 10
"""Scalings that are believed at most, and sets of so many of them that are tried."""
PARTS, FITS = 4, 60
"""Laws of each part that are put together, and steps of the fit of both."""
OF_PART = 0.4
"""As `PRICE`, where the target is not exact."""
KEPT = 4
"""Laws that are worth writing down."""

Way = Callable[[Posed, tuple[LibraryFunction, ...], Effort], Iterator[Relation]]
"""Yields laws for a posed problem: `search`, or an engine of others."""


def relations(
    x: FloatArray,
    y: FloatArray,
    symbols: Sequence[sp.Symbol],
    functions: Sequence[LibraryFunction],
    effort: Effort,
    *,
    oracle: Oracle | None = None,
    known: Sequence[Scaling] = (),
    approximate: bool = False,
    way: Way = search,
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
    approximate
        Whether the target is what an oracle says: the problem is taken as it is, too, and short laws go before close
        ones.
    way
        What looks for laws of each problem that comes up.
    """
    posed = Posed.of(x, y, tuple(symbols))
    found: list[Relation] = []
    with np.errstate(all="ignore"):
        roots = any(function.name == ROOT for function in functions)
        for problem in _problems(posed, oracle, known, approximate, roots):
            found += way(problem, tuple(functions), effort)
            if _done(found, effort):
                break
        if oracle is not None and not _done(found, effort):
            for separation in separations(x, oracle):
                found += _separated(separation, x, y, symbols, functions, effort, oracle, way)
                if _done(found, effort):
                    break
    price = OF_PART if approximate else PRICE
    found.sort(key=lambda one: float(np.log10(one.left + 1e-30)) + price * one.size)
    return found[:1] if found and found[0].left < EXACT else found[:KEPT]


def _done(found: Sequence[Relation], effort: Effort) -> bool:
    return effort.over or any(relation.left < EXACT for relation in found)


def _separated(
    separation: Separation,
    x: FloatArray,
    y: FloatArray,
    symbols: Sequence[sp.Symbol],
    functions: Sequence[LibraryFunction],
    effort: Effort,
    oracle: Oracle,
    way: Way,
) -> list[Relation]:
    """Return laws that are put together from those of two groups of columns, constants fitted to the data."""
    parts = []
    for group in separation.groups:
        part = replace(oracle, columns=tuple(oracle.columns[i] for i in group))
        own = x[:, list(group)]
        parts.append(
            relations(
                own,
                part.values(own),
                [symbols[i] for i in group],
                functions,
                effort,
                oracle=part,
                approximate=True,
                way=way,
            )[:PARTS]
        )
    found = []
    spread = float(np.var(y))
    for pair in itertools.product(*parts):
        if effort.over:
            break
        # The numbers that say nothing would be in the way of those that do.
        law = separation.joined([sp.expand_mul(one.expression) for one in pair])
        tuner = Tuner([law], symbols, {}, Rows(x, y[:, None], Task("regression")), 0.0, effort)
        params = tuner.fit(tuner.params, FITS)
        left = tuner.loss(params) / spread
        if np.isfinite(left):
            found.append(Relation(tuner.filled(params)[0], left, sum(one.size for one in pair) + 1))
    return found


def _problems(
    posed: Posed, oracle: Oracle | None, known: Sequence[Scaling], plain: bool, roots: bool
) -> Iterator[Posed]:
    """Yield the problem in fewer variables, each way once; as it is without an oracle, or where `plain`."""
    if known:
        yield rescaled(posed, known)
        return
    if oracle is None:
        yield posed
        rest = without_scalings(posed, roots=roots)
        if rest is not None:
            yield rest
        return
    if posed.count > VARIABLES:
        return
    seen = set() if plain else {posed.variables}
    values = oracle.values(posed.x) * posed.weights
    start = Differentiated(posed, values, oracle.gradients(posed.x) * posed.weights[:, None])
    sure, *unsure = (translated(start, tolerance) for tolerance in TOLERANCES)
    for state in filter(None, (sure, start, *unsure)):
        found = scalings(state.logarithmic(), TOLERANCES[-1])[:SCALINGS]
        for chosen in ((), *independent(found, SETS)):
            problem = rescaled(state.posed, chosen)
            if problem.variables not in seen:
                seen.add(problem.variables)
                yield problem
    pairs = itertools.combinations(range(posed.count), 2)
    swapped = [(i, j, oracle.swapped(posed.x, i, j) * posed.weights) for i, j in pairs]
    yield from exchanged(posed, values, swapped, TOLERANCES[1])
