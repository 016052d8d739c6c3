"""The terms that a sum of products is made of: powers of the variables, times one function of one or two of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray

MOST = 1800
"""Terms of a library."""

_RICH = (-4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
_POWERS = (_RICH, (-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0), (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0),
           (-2.0, -1.0, 0.0, 1.0, 2.0), (-1.0, 0.0, 1.0, 2.0), (-1.0, 0.0, 1.0), (0.0, 1.0))  # fmt: skip
"""Exponents, ever fewer."""

Function = tuple[str, Callable[[FloatArray], FloatArray], Callable[[sp.Expr], sp.Expr]]
"""The function of the library that it is made of, its values, and its expression."""
FUNCTIONS: tuple[Function, ...] = (
    ("sin(x)", np.sin, sp.sin),
    ("cos(x)", np.cos, sp.cos),
    ("cos(x)", lambda u: np.cos(u) ** 2, lambda e: sp.cos(e) ** 2),
    ("exp(x)", lambda u: np.exp(np.minimum(u, 700.0)), sp.exp),
    ("exp(x)", lambda u: np.exp(np.minimum(-u, 700.0)), lambda e: sp.exp(-e)),
)
LOG: Function = ("log(x)", np.log, sp.log)
LARGEST = 1e60
"""Of a term's values: squares of squares have to be finite."""
ROOT = "sqrt(x)"
"""What broken powers are made of."""


@dataclass(frozen=True)
class Term:
    """A product of powers of variables, times a function of an argument.

    Attributes
    ----------
    powers
        Of every variable.
    function
        Its place among the functions, or None.
    argument
        Of the function: powers of every variable again.
    """

    powers: tuple[float, ...]
    function: Function | None = None
    argument: tuple[float, ...] = ()

    def values(self, x: FloatArray) -> FloatArray:
        """Return the values on rows of the variables, shape (N, variables)."""
        with np.errstate(all="ignore"):
            found = product(x, self.powers)
            return found if self.function is None else found * self.function[1](product(x, self.argument))

    def expression(self, variables: Sequence[sp.Expr]) -> sp.Expr:
        """Return the term in the columns."""
        found = power(variables, self.powers)
        return found if self.function is None else found * self.function[2](power(variables, self.argument))


def product(x: FloatArray, powers: Sequence[float]) -> FloatArray:
    """Return the product of powers of the columns of `x`, shape (N,)."""
    found = np.ones(len(x))
    for column, exponent in zip(x.T, powers, strict=True):
        if exponent:
            found = found * (column if exponent == 1 else column**exponent)
    return found


def power(variables: Sequence[sp.Expr], powers: Sequence[float]) -> sp.Expr:
    """Return the product of powers as an expression; the exponents are halves, thirds or quarters."""
    return sp.Mul(
        *(
            variable ** sp.Rational(exponent).limit_denominator(12)
            for variable, exponent in zip(variables, powers, strict=True)
        )
    )


@dataclass(frozen=True, eq=False)
class Library:
    """Terms with their values.

    Attributes
    ----------
    terms
        All different.
    values
        Shape (N, terms); finite, and none of them the same throughout but the constant.
    """

    terms: tuple[Term, ...]
    values: FloatArray

    @classmethod
    def of(cls, x: FloatArray, terms: Sequence[Term]) -> Library:
        """Return the library of those `terms` that have a value on every row."""
        kept, columns = [], []
        for term in terms:
            values = term.values(x)
            size = np.abs(values)
            if np.isfinite(values).all() and 0 < size.max() < min(1e12 * float(np.median(size)), LARGEST):
                kept.append(term)
                columns.append(values)
        return cls(tuple(kept), np.column_stack(columns))


def products(x: FloatArray, *, roots: bool = True) -> list[Term]:
    """Return the constant, and products of powers of the variables, as many kinds of powers as there is room for.

    Parameters
    ----------
    roots
        Whether broken powers are among them.
    """
    count = x.shape[1]
    for powers in _POWERS if roots else _POWERS[3:]:
        for support in range(count, 1, -1):
            found = list(itertools.islice(_monomials(_allowed(x, powers), support), MOST + 1))
            if len(found) <= MOST:
                return [Term(exponents) for exponents in found]
            if count <= 5:
                break  # rather fewer powers than fewer variables
    return [Term(exponents) for exponents in _monomials(_allowed(x, (0.0, 1.0)), 1)]


def functions(x: FloatArray, used: Sequence[Function] = FUNCTIONS, *, pairs: bool = False) -> list[Term]:
    """Return products of powers of the variables with one function of one variable, or of a product or ratio of two.

    Of a single variable functions of its reciprocal are among them: it may be a ratio, written either way.

    Parameters
    ----------
    pairs
        Whether of two.
    """
    count = x.shape[1]
    arguments = [tuple(float(i == j) for j in range(count)) for i in range(count)]
    if pairs:
        arguments = [
            tuple(float(n == i) + sign * (n == j) for n in range(count))
            for i, j in itertools.combinations(range(count), 2)
            for sign in (1.0, -1.0)
        ]
    elif count == 1 and -1.0 in _allowed(x, (-1.0,))[0]:
        arguments.append((-1.0,))
    for powers in _POWERS[2:] if arguments and used else ():
        found: list[Term] = []
        plain = list(itertools.islice(_monomials(_allowed(x, powers), count), MOST + 1))
        for argument in arguments:
            found += [
                Term(exponents, function, argument)
                for exponents in plain
                # What the function takes alone is not multiplied by it, too: x sin(x) is rare.
                if pairs or not any(a and e for a, e in zip(argument, exponents, strict=True))
                for function in used
            ]
        if len(found) + len(plain) <= MOST:
            return [*map(Term, plain), *found]
    return []


def _allowed(x: FloatArray, powers: Sequence[float]) -> list[list[float]]:
    """Return the exponents that each variable may have: near zero no negative ones, below zero whole ones."""
    found = []
    for column in x.T:
        size = np.abs(column)
        near = size.min() < 1e-3 * size.max()
        below = (column < 0).any()
        found.append([p for p in powers if not (near and p < 0) and not (below and p != int(p))])
    return found


def _monomials(allowed: Sequence[Sequence[float]], support: int) -> Iterator[tuple[float, ...]]:
    """Yield the exponents of products of at most `support` variables, the constant first."""
    count = len(allowed)
    for size in range(support + 1):
        for chosen in itertools.combinations(range(count), size):
            for exponents in itertools.product(*([p for p in allowed[i] if p] for i in chosen)):
                found = [0.0] * count
                for place, exponent in zip(chosen, exponents, strict=True):
                    found[place] = exponent
                yield tuple(found)
