"""Expressions as text and as LaTeX: columns under their own names, told from what the notation means by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.printing.str import StrPrinter

from evokan.explain.formulas.expression import columns
from evokan.texts import printable

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Expressions
    from evokan.spaces.graph import SplineTable

CONSTANTS = frozenset(("pi", "E", "I", "oo", "zoo", "nan"))
"""What SymPy writes for numbers."""


class _Text(StrPrinter):  # type: ignore[misc]
    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802 - SymPy's name for it
        return column(expr.name)


def written(expression: Any) -> str:
    """Return an expression as text, numbers without idle zeros."""
    return str(_Text({"full_prec": False}).doprint(expression))


def column(name: str) -> str:
    """Return the name of a column as it stands in a formula: in quotes where it would read as a number.

    Examples
    --------
    >>> column("width"), column("pi"), column("12")
    ('width', "'pi'", "'12'")
    """
    is_number = name in CONSTANTS or re.fullmatch(r"\d[\d.]*|\.\d+", name, flags=re.ASCII)
    return f"'{name}'" if is_number else printable(name)


def used(formula: Expressions) -> list[sp.Symbol]:
    """Return the columns that occur, in the order of the table."""
    occurring: set[Any] = set().union(*(output.free_symbols for output in formula.outputs))
    return [symbol for symbol in columns(formula.columns) if symbol in occurring]


def latex(formula: Expressions) -> str:
    """Return one line for each output, names in upright type, and one for each spline, which defines it."""
    names = {symbol: _upright(symbol.name) for symbol in used(formula)}
    lines = []
    for name, output in zip(formula.names, formula.outputs, strict=True):
        left = _upright(name)
        left = rf"\operatorname{{score}}({left})" if formula.task.has_classes else left
        lines.append(f"{left} = {sp.latex(output, symbol_names=names, full_prec=False)}")
    lines += [_spline(name, table) for name, table in formula.tables.items()]
    lines += [
        f"{_upright(one.name + '_scaled')} = ({_upright(one.name)} - {one.shift:.6g}) / {one.scale:.6g}"
        for one in formula.scaled
    ]
    return "\n".join(lines)


def _spline(name: str, table: SplineTable) -> str:
    stem, number = re.fullmatch(r"(\D*)(\d*)", name).groups()  # type: ignore[union-attr]
    left = rf"\operatorname{{{stem}}}_{{{number}}}" if number else rf"\operatorname{{{stem}}}"
    numbers = ", ".join(f"{value:.6g}" for value in table.coefficients)
    more = rf" + {table.base:.6g} \frac{{u}}{{1 + e^{{- u}}}}" if table.base else ""
    more += f" + {table.slope:.6g} u" if table.slope else ""
    knots = (
        rf"\text{{cubic B-splines }} B_i \text{{ on the knots }} {table.lo:.6g} + {table.h:.6g} \, (i - 3 \ldots i + 1)"
    )
    return rf"{left}(u) = \sum_i c_i B_i(u){more}, \quad {knots}, \quad c = ({numbers})"


def _upright(name: str) -> str:
    """Return a name in upright type; a letter stands as it is, but for those that mean a constant."""
    if len(name) == 1 and name.isalpha() and name not in "eπ":
        return name
    # Figures in italics: upright they would be a number.
    style = "mathit" if name.isdigit() else "mathrm"
    return rf"\{style}{{{_escaped(printable(name))}}}"


def _escaped(text: str) -> str:
    return re.sub(r"([#$%&_{}])", r"\\\1", text.replace("\\", "/").replace("~", " ").replace("^", " "))
