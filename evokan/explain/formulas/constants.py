"""The constants of a formula: fitted once more, dropped, snapped to simple values, or rounded, where the loss allows.

A constant may take a simpler value when the loss on the rows rises by no more than it would by chance: a factor
1 + 2 / N a constant (Akaike's price of one parameter). Without noise that leaves rounding errors only, so that what
is snapped is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.formulas.expression import undefined_functions
from evokan.explain.formulas.values import numeric
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.refit import Strength, minimise
from evokan.explain.reading.rows import Rows
from evokan.spaces.graph import SplineTable

ROUNDING = 1e-19
"""Squared error, as a share of the variance, that counts as nothing."""
IDLE = 1e-9
"""Share of the loss by which it may rise where a constant is said to change nothing."""
DIGITS = (2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, eq=False)
class Constants:
    """Expressions with their numbers replaced by parameters.

    Attributes
    ----------
    template
        Expressions in the columns and in the symbols `places`.
    places, values
        One symbol and its number for each constant.
    """

    template: tuple[sp.Expr, ...]
    places: tuple[sp.Symbol, ...]
    values: FloatArray

    @classmethod
    def of(cls, outputs: Sequence[sp.Expr], columns: Sequence[sp.Symbol] = ()) -> Constants:
        """Take the floating-point numbers out of `outputs`; whole numbers, fractions and pi stay, and splines too.

        The symbols in their places are called like none of `columns`.
        """
        values: list[float] = []
        most = sum(isinstance(node, sp.Float) for output in outputs for node in sp.preorder_traversal(output))
        places = unused("c", most, columns)

        def take(node: sp.Expr) -> sp.Expr:
            if isinstance(node, sp.Float):
                values.append(float(node))
                return places[len(values) - 1]
            if not node.args or isinstance(node, sp.core.function.AppliedUndef):
                return node
            return node.func(*(take(part) for part in node.args))

        template = tuple(take(output) for output in outputs)
        return cls(template, tuple(places[: len(values)]), np.array(values))

    def filled(self, values: Sequence[Any]) -> tuple[sp.Expr, ...]:
        """Return the expressions with `values` in their places."""
        filling = dict(zip(self.places, values, strict=True))
        return tuple(output.xreplace(filling) for output in self.template)


def unused(letter: str, count: int, columns: Sequence[sp.Symbol]) -> list[sp.Symbol]:
    """Return `count` symbols ``_c0``, ``_c1``, ... (for the letter c) that none of `columns` is called."""
    stem = f"_{letter}"
    while any(symbol.name.startswith(stem) for symbol in columns):
        stem += "_"
    return [sp.Symbol(f"{stem}{number}", real=True) for number in range(count)]


class Tuner:
    """Fits and simplifies the constants of expressions on rows in raw units.

    Parameters
    ----------
    outputs
        Expressions; their floating-point numbers are the constants.
    symbols
        The columns.
    tables
        Of the splines in `outputs`.
    rows
        Raw inputs, and targets in the units of the outputs.
    ridge
        Penalty on the constants.
    effort
        What may be spent.
    """

    def __init__(
        self,
        outputs: Sequence[sp.Expr],
        symbols: Sequence[sp.Symbol],
        tables: Mapping[str, SplineTable],
        rows: Rows,
        ridge: float,
        effort: Effort,
    ) -> None:
        self._rows: Rows
        self._arguments: list[FloatArray]
        self._constants = Constants.of(outputs, symbols)
        self._ridge = ridge
        self._effort = effort
        places, template = self._constants.places, self._constants.template
        splines = undefined_functions(template)
        self._splines, self._symbols, self._tables = splines, symbols, tables
        names = unused("s", len(splines), symbols)
        # Splines are fixed here: their values are columns like any other.
        plain = [output.xreplace(dict(zip(splines, names, strict=True))) for output in template]
        self._fixed = numeric(splines, symbols, tables)
        self._take(rows)
        inputs = [*symbols, *names]
        derivatives = [sp.diff(output, place) for output in plain for place in places]
        self._value = numeric(plain, [*inputs, *places], {})
        self._slope = numeric(derivatives, [*inputs, *places], {}) if derivatives else None
        self.params = self._constants.values.copy()
        self.free = np.ones(len(places), dtype=bool)
        spread = float(np.var(rows.y)) if not rows.task.has_classes else 1.0
        self._rounding = ROUNDING * spread if not rows.task.has_classes else 0.0

    def loss(self, params: FloatArray) -> float:
        """Return the bare loss with the constants `params`."""
        outputs: FloatArray = np.column_stack(self._value(*self._arguments, *params))
        return self._rows.loss(outputs)

    def filled(self, params: FloatArray) -> tuple[sp.Expr, ...]:
        """Return the expressions with these constants, all their digits."""
        return self._constants.filled([_decimal(float(value)) for value in params])

    def fit(self, params: FloatArray, iterations: int = 30) -> FloatArray:
        """Return the constants fitted, those that are not free as they are."""
        free = np.flatnonzero(self.free)
        if not len(free) or self._slope is None:
            return params
        slope = self._slope
        outputs = len(self._constants.template)

        def evaluate(part: FloatArray) -> tuple[FloatArray, Callable[[], FloatArray]]:
            whole = params.copy()
            whole[free] = part

            def derivatives() -> FloatArray:
                found = np.array(slope(*self._arguments, *whole))
                return found.reshape(outputs, len(whole), -1)[:, free].transpose(0, 2, 1)

            return np.column_stack(self._value(*self._arguments, *whole)), derivatives

        fitted = params.copy()
        fitted[free] = minimise(
            evaluate,
            params[free],
            self._rows,
            self._ridge * np.eye(len(free)),
            Strength(iterations, precision=1e-9, target=1e-30),
            self._effort,
        )
        return fitted

    def row_losses(self, rows: Rows, other: Rows) -> FloatArray:
        """Return the losses on `other`, of the constants fitted to `rows` where those are not the tuner's own."""
        mine = self._rows, self._arguments, self._effort
        try:
            params = self.params
            if len(rows.x) != len(self._rows.x):
                # Cut short, it would judge constants that have seen the rows.
                self._effort = self._effort.unlimited()
                self._take(rows)
                params = self.fit(params, 10)
            self._take(other)
            return other.losses(np.column_stack(self._value(*self._arguments, *params)))
        finally:
            self._rows, self._arguments, self._effort = mine

    def _take(self, rows: Rows) -> None:
        columns = [*rows.x.T]
        self._rows = rows
        self._arguments = [*columns, *self._fixed(*columns)]

    def allowance(self, loss: float) -> float:
        """Return the loss up to which one constant may be made simpler."""
        return loss * (1.0 + 2.0 / len(self._rows.x)) + self._rounding

    def simplify(self) -> tuple[sp.Expr, ...]:
        """Return the expressions with simple constants: zeros first, then exact values, then few digits."""
        self.params = self.fit(self.params)
        exact: dict[int, sp.Expr] = {}
        for values in (_zeros, _simple_values):
            progress = True
            while progress and not self._effort.over:
                progress = False
                for number in self._order(exact):
                    for value in values(float(self.params[number])):
                        if self._try(number, value):
                            exact[number] = value
                            progress = True
                            break
        self._drop_idle(exact)
        self._round([number for number in range(len(self.params)) if number not in exact])
        splines = self._rounded_splines()
        filled = self._constants.filled(
            [exact[i] if i in exact else _decimal(value) for i, value in enumerate(self.params)]
        )
        return tuple(output.xreplace(splines) for output in filled)

    def _order(self, exact: Mapping[int, sp.Expr]) -> list[int]:
        """Return the free constants, those nearest to a simple value first."""
        distance = {}
        for number in range(len(self.params)):
            if number not in exact:
                value = float(self.params[number])
                near = _simple_values(value)
                distance[number] = min((abs(float(other) - value) for other in near), default=np.inf)
        return sorted(distance, key=lambda number: (distance[number], number))

    def _try(self, number: int, value: sp.Expr) -> bool:
        if self._effort.over:
            return False
        before = self.loss(self.params)
        trial = self.params.copy()
        trial[number] = float(value)
        self.free[number] = False
        # Far off before the others have moved means far off after.
        if self.loss(trial) <= max(1e8 * self.allowance(before), 1e-3 * float(np.var(self._rows.y))):
            trial = self.fit(trial, 12)
            if self.loss(trial) <= self.allowance(before):
                self.params = trial
                return True
        self.free[number] = True
        return False

    def _drop_idle(self, exact: dict[int, sp.Expr]) -> None:
        """Set to zero what changes nothing on the rows; without a fit, so it is done when the time is up, too."""
        limit = self.loss(self.params) * (1.0 + IDLE) + self._rounding
        for number in range(len(self.params)):
            trial = self.params.copy()
            trial[number] = 0.0
            if number not in exact and self.loss(trial) <= limit:
                self.params, exact[number] = trial, sp.Integer(0)

    def _round(self, numbers: Sequence[int]) -> None:
        """Round the other constants to as few digits as the loss allows, at least two."""
        limit = self.allowance(self.loss(self.params))
        for digits in DIGITS:
            trial = self.params.copy()
            for number in numbers:
                trial[number] = _rounded(trial[number], digits)
            if self.loss(trial) <= limit:
                self.params = trial
                return

    def _rounded_splines(self) -> dict[sp.Expr, sp.Expr]:
        """Return the splines with as few digits in their arguments as the loss allows, by the splines as they are."""
        limit = self.allowance(self.loss(self.params))
        columns = self._rows.x.T
        for digits in DIGITS if self._splines else ():
            rounded = [
                spline.xreplace({value: _decimal(_rounded(float(value), digits)) for value in spline.atoms(sp.Float)})
                for spline in self._splines
            ]
            values = numeric(rounded, self._symbols, self._tables)(*columns)
            if self._rows.loss(np.column_stack(self._value(*columns, *values, *self.params))) <= limit:
                return dict(zip(self._splines, rounded, strict=True))
        return {}


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _decimal(value: float) -> sp.Float:
    return sp.Float(repr(float(value)), 15) if value else sp.Float(0)


def _zeros(value: float) -> list[sp.Expr]:
    return [sp.Integer(0)]


def _simple_values(value: float) -> list[sp.Expr]:
    """Return simple numbers near to `value`, simplest first: the simpler they are, the wider is near.

    Close to any number there is a fraction of pi or so: it says something only where chance would not come so near.
    """
    size = abs(value)
    if not 1e-3 < size < 1e4:
        return []
    sign = -1 if value < 0 else 1
    start, end = np.searchsorted(_table()[0], [size * 0.98, size * 1.02])
    near = [_table()[1][i] for i in range(start, end)]
    near = [(price, number) for price, number in near if abs(float(number) - size) <= _window(price) * size]
    whole = round(size)
    if whole > 24 and abs(size - whole) <= 1e-3 * size:
        near.append((9, sp.Integer(whole)))
    return [sign * number for _, number in sorted(near, key=lambda pair: (pair[0], abs(float(pair[1]) - size)))][:6]


def _window(price: int) -> float:
    return 0.02 if price <= 3 else 1e-3 if price <= 6 else 1e-5


@cache
def _table() -> tuple[FloatArray, list[tuple[int, sp.Expr]]]:
    """Return the simple numbers in ascending order, with what they cost: small whole numbers least."""
    fractions = {Fraction(p, q) for q in range(1, 13) for p in range(1, 25) if q in (1, 2, 3, 4, 5, 6, 8, 10, 12)}
    costs: dict[sp.Expr, int] = {}
    for fraction in sorted(fractions):
        price = fraction.numerator.bit_length() + 2 * (fraction.denominator.bit_length() - 1)
        number = sp.Rational(fraction.numerator, fraction.denominator)
        costs.setdefault(number, price)
        if fraction.numerator <= 4 and fraction.denominator <= 8:
            for constant, extra in (
                (sp.pi, 3),
                (1 / sp.pi, 3),
                (sp.E, 4),
                (sp.sqrt(2), 4),
                (1 / sp.sqrt(sp.pi), 6),
                (sp.sqrt(sp.pi), 6),
                (sp.sqrt(3), 6),
                (1 / sp.sqrt(2 * sp.pi), 6),
            ):
                costs.setdefault(number * constant, price + extra)
    pairs = sorted(((float(number), price, number) for number, price in costs.items()), key=lambda entry: entry[:2])
    kept = [pair for pair, after in pairwise([*pairs, (np.inf, 0, sp.oo)]) if after[0] - pair[0] > 1e-12]
    return np.array([value for value, _, _ in kept]), [(price, number) for _, price, number in kept]
