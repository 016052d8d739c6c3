"""The bounds of clipped nodes in a formula, left out where no row reaches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from evokan.arrays import FloatArray
from evokan.explain.formulas.values import numeric
from evokan.spaces.graph import SplineTable


def without_idle_bounds(
    outputs: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], tables: Mapping[str, SplineTable], x: FloatArray
) -> tuple[sp.Expr, ...]:
    """Return `outputs` with ``Min(1, e)`` and ``Max(low, e)`` written as ``e`` wherever that changes no value.

    Parameters
    ----------
    outputs
        Expressions in `symbols` and in the splines of `tables`.
    x
        Raw rows that decide, shape (N, columns); beyond them the formula goes on without the bound.
    """

    def opened(bounded: sp.Expr) -> sp.Expr:
        bound, *inner = sorted(bounded.args, key=lambda part: not part.is_number)
        if len(inner) != 1 or not bound.is_number:
            return bounded
        values = numeric(inner, symbols, tables)(*x.T)[0]
        idle = values <= float(bound) if isinstance(bounded, sp.Min) else values >= float(bound)
        return inner[0] if idle.all() else bounded

    return tuple(output.replace(lambda node: isinstance(node, (sp.Min, sp.Max)), opened) for output in outputs)
