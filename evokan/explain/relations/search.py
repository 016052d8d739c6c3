"""Laws for a posed problem: sums of products or ratios of such under an outer function; or a curve of one variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from scipy.optimize import least_squares

from evokan.arrays import FloatArray
from evokan.explain.laws.edges import fit_edges, sample_points
from evokan.explain.laws.law import Law
from evokan.explain.laws.library import LibraryFunction
from evokan.explain.reading.effort import EDGE, Effort
from evokan.explain.relations.implicit import ratios
from evokan.explain.relations.outer import OUTER, Outer
from evokan.explain.relations.posed import Posed, varies
from evokan.explain.relations.sparse import Sparse, Sum
from evokan.explain.relations.terms import FUNCTIONS, LOG, ROOT, Library, Term, functions, products

EXACT = 1e-18
"""Unexplained share of the variance that is rounding."""
PAIRED = 3
"""Variables up to which functions of two of them are tried."""
PRICE = 0.1
"""Decades of unexplained variance that one more term or function is worth."""
CURVES = 5
"""Curves of one variable that are kept."""


@dataclass(frozen=True, eq=False)
class Relation:
    """A law that was found.

    Attributes
    ----------
    expression
        Of the user's target, in the columns.
    left
        Unexplained share of the variance on rows that it was not fitted to.
    size
        Terms and functions: the fewer the better.
    """

    expression: sp.Expr
    left: float
    size: int


def search(posed: Posed, library: tuple[LibraryFunction, ...], effort: Effort) -> Iterator[Relation]:
    """Yield laws for `posed`, until one is exact or the effort is over."""
    if not posed.usable:
        return
    fitted, judges = posed.parted()
    names = frozenset(function.name for function in library)
    ways = [_curves(posed, library, effort)] if posed.count == 1 else []
    ways += [_sums(fitted, judges, names, effort), _ratios(fitted, judges, names, effort)]
    for way in ways:
        for relation in way:
            yield relation
            if relation.left < EXACT or effort.over:
                return


def _sums(fitted: Posed, judges: Posed, names: frozenset[str], effort: Effort) -> Iterator[Relation]:
    """Yield outer functions of sums of products, plain powers first, then with other functions of the variables."""
    known = [function for function in FUNCTIONS if function[0] in names]
    logs = [LOG] if LOG[0] in names else []
    libraries = [products(fitted.x, roots=ROOT in names), functions(fitted.x, [*known, *logs])]
    libraries += [functions(fitted.x, known, pairs=True)] if fitted.count <= PAIRED else []
    for terms in libraries:
        if len(terms) < 2 or effort.over:
            continue
        library = Library.of(fitted.x, terms)
        sparse = Sparse(library.values, effort)
        for outer in _outer(names):
            if effort.over:
                return
            target = _inverse(outer, fitted.y)
            if target is None:
                continue
            for found in sparse.sums(target):
                relation = _relation(found, library, outer, judges)
                if relation is not None:
                    yield relation
        if {"exp(x)", LOG[0]} <= names and (fitted.x > 0).all() and (fitted.y > 0).all():
            yield from _logarithms(library, fitted, judges, effort)


def _logarithms(library: Library, fitted: Posed, judges: Posed, effort: Effort) -> Iterator[Relation]:
    """Yield exponentials of sums of products and of logarithms of the variables: products with any power."""
    zero = (0.0,) * fitted.count
    logs = [Term(zero, LOG, tuple(float(i == j) for j in range(fitted.count))) for i in range(fitted.count)]
    outer = next(outer for outer in OUTER if outer.name == "exp(t)")
    target = np.log(fitted.y)
    plain = Library.of(fitted.x, [Term(zero), *logs])
    solution = _solved(plain.values, target)
    # The powers alone, all at once; then beside each sum of a few other terms.
    yield from _maybe(_relation(Sum(tuple(range(len(solution))), solution, 0.0), plain, outer, judges))
    basis, _ = np.linalg.qr(plain.values)
    rest = target - basis @ (basis.T @ target)
    outside = library.values - basis @ (basis.T @ library.values)
    sizes = np.sqrt((outside**2).sum(axis=0))
    known = np.flatnonzero(sizes > 1e-9 * np.sqrt((library.values**2).sum(axis=0)))
    if not len(known):
        return
    both = Library(
        (*plain.terms, *(library.terms[i] for i in known)), np.hstack([plain.values, library.values[:, known]])
    )
    for found in Sparse(outside[:, known], effort).sums(rest):
        places = (*range(len(plain.terms)), *(len(plain.terms) + place for place in found.places))
        solution = _solved(both.values[:, list(places)], target)
        yield from _maybe(_relation(Sum(places, solution, found.left), both, outer, judges))


def _ratios(fitted: Posed, judges: Posed, names: frozenset[str], effort: Effort) -> Iterator[Relation]:
    """Yield ratios of sums, and roots of such."""
    used = [function for function in FUNCTIONS if function[0] in names]
    for outer in (outer for outer in _outer(names) if outer.name in ("t", "sqrt(t)")):
        target = _inverse(outer, fitted.y)
        if target is None or effort.over:
            continue
        for ratio in ratios(fitted.x, target, used, effort):
            over, under = [*ratio.over], [*ratio.under]
            with np.errstate(all="ignore"):
                left = judges.unexplained(outer.value(_total(over, judges.x) / _total(under, judges.x)))
            if np.isfinite(left):
                inner = _written(over, judges) / _written(under, judges)
                size = 2 * (len(over) + len(under)) + (outer.name != "t")
                yield Relation(judges.factor * outer.expression(inner), left, size)


def _relation(found: Sum, library: Library, outer: Outer, judges: Posed) -> Relation | None:
    parts = [(library.terms[place], c) for place, c in zip(found.places, found.coefficients.tolist(), strict=True)]
    with np.errstate(all="ignore"):
        left = judges.unexplained(outer.value(_total(parts, judges.x)))
    if not np.isfinite(left):
        return None
    size = 2 * len(parts) + (outer.name != "t") + sum(term.function is not None for term, _ in parts)
    return Relation(judges.factor * outer.expression(_written(parts, judges)), left, size)


def _curves(posed: Posed, library: tuple[LibraryFunction, ...], effort: Effort) -> Iterator[Relation]:
    """Yield outer functions of c f(a x + b) + d, times a power of the one variable."""
    x = posed.x[:, 0]
    powers = [0.0, *(p for n in range(1, 5) for p in (n, -n))] if np.abs(x).min() > 1e-3 * np.abs(x).max() else [0.0]
    numbers = np.searchsorted(np.sort(x), sample_points(x)).clip(0, len(x) - 1)
    rows = np.argsort(x, kind="stable")[numbers]
    cases, targets = [], []
    for p in powers:
        scaled = posed.y * x**p
        for outer in _outer(frozenset(function.name for function in library)):
            target = _inverse(outer, scaled)
            if target is not None:
                cases.append((p, outer))
                targets.append(target[rows])
    effort.spend(EDGE * len(cases))
    found = []
    points = np.repeat(x[None, rows], len(cases), axis=0)
    for (p, outer), laws in zip(cases, fit_edges(points, np.array(targets), library), strict=True):
        for law in laws[:2]:
            with np.errstate(all="ignore"):
                left = posed.unexplained(outer.value(law.law(x)) * x**-p)
            if np.isfinite(left):
                found.append((left, law.law.function.complexity + (p != 0) + (outer.name != "t"), p, outer, law.law))
    z = posed.variables[0]
    found.sort(key=lambda one: (np.log10(one[0] + 1e-30) + PRICE * one[1], one[1]))
    for _, size, p, outer, rough in found[:CURVES]:
        best = _polished(rough, x, _inverse(outer, posed.y * x**p))
        left = posed.unexplained(outer.value(best(x)) * x**-p)
        value = best.c * best.function.expression(best.a * z + best.b) + best.d
        yield Relation(posed.factor * z ** sp.Integer(int(-p)) * outer.expression(value), left, size)


def _polished(law: Law, x: FloatArray, target: FloatArray | None) -> Law:
    """Return the law with its constants fitted to all rows, to the last digits."""
    free = ["c", "d", *law.function.free]
    assert target is not None

    def off(values: FloatArray) -> FloatArray:
        rest: FloatArray = replace(law, **dict(zip(free, values.tolist(), strict=True)))(x) - target
        return np.nan_to_num(rest, nan=1e9 * (1.0 + np.abs(target).max()))

    start = [getattr(law, name) for name in free]
    found = least_squares(off, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac", max_nfev=40)
    return replace(law, **dict(zip(free, found.x.tolist(), strict=True)))


def _outer(names: frozenset[str]) -> list[Outer]:
    """Return the outer functions that are made of the functions asked for."""
    return [outer for outer in OUTER if not outer.needs or outer.needs in names]


def _inverse(outer: Outer, y: FloatArray) -> FloatArray | None:
    """Return the target without the outer function; None where that is not defined, or nothing is left."""
    if not outer.inside(y):
        return None
    with np.errstate(all="ignore"):
        target = outer.inverse(y)
    return target if np.isfinite(target).all() and varies(target) else None


def _total(parts: list[tuple[Term, float]], x: FloatArray) -> FloatArray:
    total: FloatArray = np.sum([c * term.values(x) for term, c in parts], axis=0)
    return total


def _solved(matrix: FloatArray, target: FloatArray) -> FloatArray:
    solution, *_ = np.linalg.lstsq(matrix, target, rcond=None)
    return np.asarray(solution, dtype=np.float64)


def _written(parts: list[tuple[Term, float]], posed: Posed) -> sp.Expr:
    return sp.Add(*(sp.Float(c) * term.expression(posed.variables) for term, c in parts))


def _maybe(relation: Relation | None) -> list[Relation]:
    return [] if relation is None else [relation]
