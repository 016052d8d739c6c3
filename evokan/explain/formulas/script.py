"""A formula as a Python script that builds SymPy expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from evokan.explain.formulas.identifiers import identifiers
from evokan.explain.formulas.wording import used
from evokan.texts import printable

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Expressions

_SPLINE = '''
def spline(x, lo, h, coefficients, base, slope):
    """Cubic B-splines on a uniform grid from lo with intervals of h, 0 beyond three intervals outside of it."""
    knots = tuple(lo + k * h for k in range(-3, len(coefficients) + 1))
    parts = [c * sympy.bspline_basis(3, knots, i, x) for i, c in enumerate(coefficients)]
    return sympy.Add(*parts, base * x / (1 + sympy.exp(-x)), slope * x)
'''


def script(formula: Expressions) -> str:
    """Return the source; see `Formula.sympy`. ``outputs`` has the expressions by name, ``columns`` the symbols."""
    symbols = used(formula)
    short = identifiers([symbol.name for symbol in symbols])
    names = {symbol: sp.Symbol(name, real=True) for symbol, name in zip(symbols, short, strict=True)}
    lines = ["import sympy", "", *(f"# {printable(str(one))}" for one in formula.scaled)]
    if formula.tables:
        lines += [_SPLINE, ""]
    listed = ", ".join(f"{symbol.name!r}: sympy.Symbol({symbol.name!r}, real=True)" for symbol in symbols)
    lines.append(f"columns = {{{listed}}}")
    if symbols:
        lines.append(f"{', '.join(short)}{',' * (len(short) == 1)} = columns.values()")
    lines.append("outputs = {}")
    for name, output in zip(formula.names, formula.outputs, strict=True):
        lines.append(f"outputs[{name!r}] = {_Source(formula).doprint(output.xreplace(names))}")
    return "\n".join(lines) + "\n"


class _Source(sp.printing.str.StrPrinter):  # type: ignore[misc]
    """Prints calls of SymPy's functions by their module, fractions as such, and splines as calls with their numbers."""

    def __init__(self, formula: Expressions) -> None:
        super().__init__({"full_prec": False})
        self._tables = formula.tables

    def _print_Function(self, expr: sp.Function) -> str:  # noqa: N802 - SymPy's name for it
        inner = ", ".join(map(self._print, expr.args))
        name = expr.func.__name__
        if name in self._tables:
            table = self._tables[name]
            numbers = [float(value) for value in table.coefficients]
            return f"spline({inner}, {table.lo!r}, {table.h!r}, {numbers!r}, {table.base!r}, {table.slope!r})"
        return f"sympy.{name}({inner})"

    _print_Min = _print_Max = _print_Abs = _print_ExpBase = _print_Function  # noqa: N815

    def _print_Rational(self, expr: sp.Rational) -> str:  # noqa: N802
        return f"sympy.Rational({expr.p}, {expr.q})"

    _print_Half = _print_Rational  # noqa: N815

    def _print_Float(self, expr: sp.Float) -> str:  # noqa: N802
        return repr(float(expr))

    def _print_Pi(self, expr: sp.Expr) -> str:  # noqa: N802
        return "sympy.pi"

    def _print_Exp1(self, expr: sp.Expr) -> str:  # noqa: N802
        return "sympy.E"

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:  # noqa: N802
        return f"sympy.Pow({self._print(expr.base)}, {self._print(expr.exp)})"

    def _print_Mul(self, expr: sp.Mul) -> str:  # noqa: N802
        return "*".join(f"({self._print(part)})" for part in expr.args)

    def _print_Add(self, expr: sp.Add, order: str | None = None) -> str:  # noqa: N802
        return " + ".join(f"({self._print(part)})" for part in expr.args)
