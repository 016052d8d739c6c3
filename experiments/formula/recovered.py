"""When a law counts as recovered: by what is unexplained on fresh rows, and by its expression."""

from __future__ import annotations

import re

import sympy as sp

from evokan.datasets.feynman import FeynmanLaw
from evokan.explain.formulas.limited import within

UNEXPLAINED = 1e-8
"""Share of the variance of fresh rows that a recovered law leaves unexplained at most."""
SECONDS = 10.0
"""For SymPy, a law."""
DIGITS, ZERO = 1e-4, 1e-5
"""Constants within this share of a simple number are that number, and those below `ZERO` are 0."""


def same_expression(text: str, law: FeynmanLaw) -> bool | None:
    """Return whether a formula in the notation of Python is `law`, its constants rounded; None where SymPy cannot say.

    Parameters
    ----------
    text
        The right side alone, or after ``=``.
    """
    symbols = {name: sp.Symbol(name, positive=True) for name in law.ranges}
    bare = re.sub(r"(\d)\.(?!\d)", r"\1.0", text.rpartition("=")[2].replace("^", "**"))
    names = {**symbols, "square": lambda x: x**2, "Abs": sp.Abs, "ln": sp.log}

    def compare() -> bool | None:
        found, truth = (sp.sympify(part, locals=names) for part in (bare, law.formula))
        found = sp.expand(found)  # nested constants are one
        rounded = found.xreplace({value: _simple(value) for value in found.atoms(sp.Float)})
        for difference in (rounded - truth, sp.expand(rounded**2 - truth**2), sp.sin(rounded) - sp.sin(truth)):
            if sp.simplify(difference) == 0:
                return True
        return False

    try:
        return within(SECONDS, compare, None)
    except (sp.SympifyError, SyntaxError, TypeError, ValueError, AttributeError, ArithmeticError, NotImplementedError):
        return None


def _simple(value: sp.Float) -> sp.Expr:
    """Return the simple number that a constant is within rounding, or itself; nothing where it is next to 0."""
    if abs(value) < ZERO:
        return sp.Integer(0)
    found = sp.nsimplify(value, [sp.pi], tolerance=float(abs(value)) * DIGITS, rational_conversion="base10")
    return found if abs(float(found) - float(value)) <= DIGITS * abs(float(value)) else value
