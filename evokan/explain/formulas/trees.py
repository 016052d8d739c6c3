"""Expressions as plain JSON values and back: no text is ever evaluated, and what is read again is the same expression.

A number with a fraction is a JSON number with one, a whole number one without; everything else is a list that begins
with its name: ``["column", 2]``, ``["ratio", 1, 3]``, ``["pi"]``, ``["spline", "s1", TREE]``, ``["Add", TREE, TREE]``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import sympy as sp

Tree = Any
"""A number, or a list of a name and trees."""
NODES, DEPTH = 20_000, 150
"""A tree has so many nodes and levels at most: it may come from a stranger."""
LARGEST = 2**53
"""Whole numbers up to this size."""

_CONSTANTS: dict[str, Any] = {"pi": sp.pi, "E": sp.E}
_NODES: dict[str, Any] = {
    node.__name__: node
    for node in (
        *(sp.Add, sp.Mul, sp.Pow, sp.Min, sp.Max, sp.Abs, sp.sign, sp.floor, sp.ceiling),
        *(sp.exp, sp.log, sp.sin, sp.cos, sp.tan, sp.asin, sp.acos, sp.atan, sp.atan2, sp.sinc),
        *(sp.sinh, sp.cosh, sp.tanh, sp.asinh, sp.acosh, sp.atanh, sp.erf, sp.erfc, sp.gamma, sp.loggamma),
    )
}


def to_tree(expression: sp.Expr, symbols: Sequence[sp.Symbol]) -> Tree:
    """Return `expression` in the columns `symbols` as plain values.

    Raises
    ------
    ValueError
        It has a part that cannot be written: a function beyond those of SymPy that are named here, or no real number.
    """
    places = {symbol: place for place, symbol in enumerate(symbols)}

    def tree(node: sp.Basic) -> Tree:
        name = type(node).__name__
        if isinstance(node, sp.Number):
            return _written(node)
        if node in places:
            return ["column", places[node]]
        if isinstance(node, sp.core.function.AppliedUndef) and len(node.args) == 1:
            return ["spline", node.func.__name__, tree(node.args[0])]
        for known, constant in _CONSTANTS.items():
            if node == constant:
                return [known]
        if _NODES.get(name) is not type(node):
            raise ValueError(f"{name} cannot be stored")
        return [name, *map(tree, node.args)]

    return tree(expression)


def from_tree(tree: Tree, symbols: Sequence[sp.Symbol], splines: Collection[str]) -> sp.Expr:
    """Return the expression that `to_tree` was called on, or one that is equal to it, number for number.

    Parameters
    ----------
    splines
        The names of splines that may occur.

    Raises
    ------
    ValueError
        This is no tree of an expression, or one too large: the message says what is wrong.
    """
    return _Reader(symbols, splines).read(tree, 0)[0]


def _written(number: sp.Number) -> Tree:
    if isinstance(number, sp.Integer) and abs(int(number)) <= LARGEST:
        return int(number)
    if isinstance(number, sp.Rational) and max(abs(number.p), number.q) <= LARGEST:
        return ["ratio", int(number.p), int(number.q)]
    # Beyond that size a whole number or a fraction is no more exact than a decimal one.
    return _finite(float(number))


class _Reader:
    def __init__(self, symbols: Sequence[sp.Symbol], splines: Collection[str]) -> None:
        self._symbols, self._splines = symbols, splines
        self._left = NODES

    def read(self, tree: Tree, depth: int) -> tuple[sp.Expr, float | None]:
        """Return a part and, where it is a constant, about its value: whole numbers must not grow without end."""
        self._left -= 1
        if self._left < 0 or depth > DEPTH:
            raise ValueError("a formula is too large")
        if isinstance(tree, bool) or not isinstance(tree, int | float | list):
            raise ValueError(f"{str(tree)[:40]!r} is no part of a formula")
        if isinstance(tree, float):
            return sp.Float(_finite(tree)), tree
        if isinstance(tree, int):
            return sp.Integer(_small(tree)), float(tree)
        name, *parts = tree or [""]
        if not isinstance(name, str):
            raise ValueError("a part of a formula has no name")
        if name in _CONSTANTS and not parts:
            return _CONSTANTS[name], float(_CONSTANTS[name])
        if name in ("column", "ratio"):
            return self._column(parts) if name == "column" else _ratio(parts)
        return self._made(name, parts, depth + 1)

    def _column(self, parts: Sequence[Any]) -> tuple[sp.Expr, None]:
        if len(parts) != 1 or type(parts[0]) is not int or not 0 <= parts[0] < len(self._symbols):
            raise ValueError("a formula has a column that is none")
        return self._symbols[parts[0]], None

    def _made(self, name: str, parts: Sequence[Any], depth: int) -> tuple[sp.Expr, float | None]:
        if name == "spline":
            if len(parts) != 2 or parts[0] not in self._splines:
                raise ValueError("a formula has a spline without a table")
            return sp.Function(parts[0])(self.read(parts[1], depth)[0]), None
        if name not in _NODES or not parts:
            raise ValueError(f"{name[:40]!r} is no part of a formula")
        inner = [self.read(part, depth) for part in parts]
        try:
            made = _NODES[name](*(part for part, _ in inner), evaluate=False)
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{name} of {len(inner)} parts is no part of a formula") from error
        return made, _value(name, [value for _, value in inner])


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a number in a formula is not finite")
    return value


def _small(number: int) -> int:
    if abs(number) > LARGEST:
        raise ValueError("a whole number in a formula is too large")
    return number


def _ratio(parts: Sequence[Any]) -> tuple[sp.Expr, float]:
    if len(parts) != 2 or any(type(part) is not int for part in parts) or parts[1] <= 0:
        raise ValueError("a formula has a fraction that is none")
    return sp.Rational(_small(parts[0]), _small(parts[1])), parts[0] / parts[1]


def _value(name: str, values: Sequence[float | None]) -> float | None:
    """Return about the value of a constant part; None where it has a column."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    try:
        if name == "Add":
            return _finite(sum(known))
        if name == "Mul":
            return _finite(math.prod(known))
        if name == "Pow" and len(known) == 2:
            return _finite(abs(known[0]) ** known[1]) if known[0] else 0.0
    except OverflowError as error:
        raise ValueError("a constant in a formula is too large") from error
    return 1.0  # of a function: a number with a fraction, which cannot grow in length
