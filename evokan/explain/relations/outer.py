"""Functions that may stand around a whole law: its inverse on the target leaves something simpler to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from evokan.arrays import FloatArray

Values = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Outer:
    """y = f(t), and t = g(y) where y lies in the range of f.

    Attributes
    ----------
    name
        Of f.
    inverse
        g.
    value
        f; NaN off its domain.
    expression
        f of a SymPy expression.
    inside
        Whether g is defined and loses nothing for all of some values.
    needs
        The function of the library that it is made of, empty for arithmetic.
    """

    name: str
    inverse: Values
    value: Values
    expression: Callable[[sp.Expr], sp.Expr]
    inside: Callable[[FloatArray], bool]
    needs: str = ""


def _positive(y: FloatArray) -> bool:
    return bool((y > 0).all())


def _any(y: FloatArray) -> bool:
    return True


def _root(t: FloatArray, p: float) -> FloatArray:
    return np.where(t > 0, np.abs(t), np.nan) ** p


OUTER: tuple[Outer, ...] = (
    Outer("t", lambda y: y, lambda t: t, lambda e: e, _any),
    Outer(
        "1/t", lambda y: 1 / y, lambda t: 1 / t, lambda e: 1 / e, lambda y: bool((np.sign(y) == np.sign(y[0])).all())
    ),
    Outer("sqrt(t)", lambda y: y**2, lambda t: _root(t, 0.5), sp.sqrt, _positive, "sqrt(x)"),
    Outer("1/sqrt(t)", lambda y: y**-2.0, lambda t: _root(t, -0.5), lambda e: 1 / sp.sqrt(e), _positive, "sqrt(x)"),
    Outer("exp(t)", np.log, lambda t: np.exp(np.minimum(t, 700.0)), sp.exp, _positive, "exp(x)"),
    Outer("asin(t)", np.sin, np.arcsin, sp.asin, lambda y: bool((np.abs(y) <= np.pi / 2).all()), "sin(x)"),
    Outer("t^2", np.sqrt, lambda t: t**2, lambda e: e**2, _positive),
    Outer("1/t^2", lambda y: 1 / np.sqrt(y), lambda t: t**-2.0, lambda e: e**-2, _positive),
    Outer("log(t)", np.exp, np.log, sp.log, lambda y: bool((np.abs(y) < 50).all()), "log(x)"),
    Outer("acos(t)", np.cos, np.arccos, sp.acos, lambda y: bool(((y >= 0) & (y <= np.pi)).all()), "cos(x)"),
    Outer("tanh(t)", np.arctanh, np.tanh, sp.tanh, lambda y: bool((np.abs(y) < 1).all()), "tanh(x)"),
    Outer("atan(t)", np.tan, np.arctan, sp.atan, lambda y: bool((np.abs(y) < np.pi / 2).all()), "arctan(x)"),
)
"""The likelier ones first."""
