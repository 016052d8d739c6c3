"""The shortest of a few ways to write an expression."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from evokan.explain.formulas.expression import add, complexity
from evokan.explain.formulas.limited import within
from evokan.explain.reading.forms import SPLINE_COMPLEXITY

SIMPLIFY_SECONDS = 1.0
"""For SymPy, a formula."""


def without_constant(outputs: tuple[sp.Expr, ...], classes: bool) -> tuple[sp.Expr, ...]:
    """Return scores of classes less the first that is a mere number: what is added to all says nothing."""
    constant = next((output for output in outputs if output.is_number), None) if classes else None
    return outputs if constant is None else tuple(add([output, -constant]) for output in outputs)


def shortest(output: sp.Expr) -> sp.Expr:
    """Return the shortest of a few ways to write `output`; SymPy gets `SIMPLIFY_SECONDS` for each of them."""
    ways: list[Callable[[sp.Expr], sp.Expr]] = [sp.expand, sp.powsimp, sp.factor_terms]
    if not output.atoms(sp.Float):
        ways += [sp.factor, sp.simplify]
    found = [output]
    for way in ways:
        try:
            found.append(within(SIMPLIFY_SECONDS, lambda way=way: way(output), output))  # type: ignore[misc]
        except (ArithmeticError, ValueError, TypeError, NotImplementedError, AttributeError):
            # What SymPy cannot do is left as it is.
            continue
    return min(found, key=lambda way: (complexity([way], SPLINE_COMPLEXITY), len(str(way))))
