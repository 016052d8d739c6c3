"""The values of expressions: NumPy source with names of our own, whatever the columns are called."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy as sp
from sympy.printing.numpy import NumPyPrinter

from evokan.arrays import FloatArray
from evokan.spaces.graph import SplineTable


def numeric(
    outputs: Sequence[sp.Expr], symbols: Sequence[sp.Symbol], tables: Mapping[str, SplineTable]
) -> Callable[..., list[FloatArray]]:
    """Return a NumPy function of the columns that gives the values of `outputs`; NaN where one is no real number."""
    # The expressions stay as they are: under other names SymPy would sum in another order.
    shared, reduced = sp.cse(list(outputs), list=False)
    splines = {name: f"f{number}" for number, name in enumerate(tables)}
    printer = _Printer({symbol.name: f"c{number}" for number, symbol in enumerate(symbols)}, splines)
    printer.temporaries = {symbol: f"t{number}" for number, (symbol, _) in enumerate(shared)}
    lines = [f"def values({', '.join(f'c{number}' for number in range(len(symbols)))}):"]
    lines += [f"    {printer.temporaries[symbol]} = {printer.doprint(part)}" for symbol, part in shared]
    lines += [f"    return [{', '.join(printer.doprint(output) for output in reduced)}]"]
    namespace: dict[str, Any] = {splines[name]: table for name, table in tables.items()}
    namespace |= {"builtins": builtins}
    namespace |= {name.partition(".")[0]: __import__(name) for name in printer.module_imports}
    exec("\n".join(lines), namespace)
    function = namespace["values"]

    def evaluate(*arguments: FloatArray | float) -> list[FloatArray]:
        shape = np.broadcast_shapes(*(np.shape(argument) for argument in arguments))
        with np.errstate(all="ignore"):
            return [np.broadcast_to(_real(value), shape) for value in function(*arguments)]

    return evaluate


def _real(value: Any) -> FloatArray:
    # SymPy has complex constants, the logarithm of a negative one say, and NumPy goes on with them.
    if np.iscomplexobj(value):
        value = np.where(np.imag(value) == 0, np.real(value), np.nan)
    return np.asarray(value, dtype=np.float64)


class _Printer(NumPyPrinter):  # type: ignore[misc]
    """Prints functions with their module, and symbols and splines under names of ours.

    Parameters
    ----------
    columns, splines
        Our names, by theirs.
    """

    def __init__(self, columns: Mapping[str, str], splines: Mapping[str, str]) -> None:
        super().__init__({"inline": True, "allow_unknown_functions": True, "user_functions": dict(splines)})
        self.columns = columns
        self.temporaries: dict[sp.Symbol, str] = {}

    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802 - SymPy's name for it
        # SymPy calls a shared part x0, as a column may be called: the two differ as symbols.
        if expr in self.temporaries:
            return self.temporaries[expr]
        if expr.name in self.columns:
            return self.columns[expr.name]
        # Bound inside of a sum, say.
        return self.temporaries.setdefault(expr, f"t{len(self.temporaries)}")
