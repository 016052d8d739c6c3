"""Formulas as a Python module and as C source, which stand alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.pycode import PythonCodePrinter

from evokan.explain.formulas.identifiers import identifiers
from evokan.explain.formulas.wording import used
from evokan.texts import printable

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Expressions
    from evokan.spaces.graph import SplineTable

_PYTHON_SPLINE = '''
def spline(x, lo, h, coefficients, base, slope):
    """Cubic B-splines on a uniform grid from lo with intervals of h, 0 beyond three intervals outside of it."""
    u = (x - lo) / h
    value = slope * x
    if base:
        value += base * x / (1.0 + math.exp(-x)) if x > -700.0 else 0.0
    if -3.0 <= u < len(coefficients):
        first = math.floor(u)
        t = u - first
        weights = ((1.0 - t) ** 3, (3.0 * t - 6.0) * t * t + 4.0, ((3.0 - 3.0 * t) * t + 3.0) * t + 1.0, t**3)
        for place, weight in zip(range(first, first + 4), weights):
            if 0 <= place < len(coefficients):
                value += coefficients[place] * weight / 6.0
    return value
'''

_C_SPLINE = """
/* Cubic B-splines on a uniform grid from lo with intervals of h, 0 beyond three intervals outside of it. */
static double spline(double x, double lo, double h, const double *coefficients, int size, double base, double slope)
{
    double u = (x - lo) / h, value = slope * x;
    if (base != 0.0 && x > -700.0)
        value += base * x / (1.0 + exp(-x));
    if (u >= -3.0 && u < size) {
        int first = (int)floor(u), place;
        double t = u - first;
        double weights[4] = {(1.0 - t) * (1.0 - t) * (1.0 - t), (3.0 * t - 6.0) * t * t + 4.0,
                             ((3.0 - 3.0 * t) * t + 3.0) * t + 1.0, t * t * t};
        for (place = 0; place < 4; place++)
            if (first + place >= 0 && first + place < size)
                value += coefficients[first + place] * weights[place] / 6.0;
    }
    return value;
}
"""


def python(formula: Expressions) -> str:
    """Return the source of a Python module; see `Formula.python`."""
    symbols, short = _named(formula)
    splines = {name: name for name in formula.tables}
    printer = PythonCodePrinter({"fully_qualified_modules": True, "user_functions": splines})
    lines = ['"""' + _title(formula) + '"""', "", "import math", ""]
    if formula.tables:
        lines += [_PYTHON_SPLINE.strip("\n"), ""]
        for name, table in formula.tables.items():
            lines += [
                "",
                f"def {name}(x):",
                f"    return spline(x, {table.lo!r}, {table.h!r}, {table.coefficients.tolist()!r}, "
                f"{table.base!r}, {table.slope!r})",
                "",
            ]
    lines += ["", f"def formula({', '.join(short)}):", f'    """{_documentation(formula, symbols, short)}"""']
    for number, output in enumerate(formula.outputs):
        lines += [
            "    try:",
            f"        y{number} = {_printed(printer, output, symbols, short)}",
            "    except (ValueError, ArithmeticError):",
            f"        y{number} = math.nan",
            f"    y{number} = math.nan if isinstance(y{number}, complex) else float(y{number})",
        ]
    values = [f"y{number}" for number in range(len(formula.outputs))]
    lines.append(f"    return {values[0] if len(values) == 1 else '[' + ', '.join(values) + ']'}")
    if formula.task.has_classes:
        lines += [
            "",
            "",
            f"def probabilities({', '.join(short)}):",
            '    """Return the probability of each class, in the order of the scores."""',
            f"    scores = formula({', '.join(short)})",
            "    top = max(scores)",
            "    shares = [math.exp(score - top) for score in scores]",
            "    return [share / sum(shares) for share in shares]",
        ]
    return "\n".join(lines) + "\n"


def c(formula: Expressions) -> str:
    """Return C99 source; see `Formula.c`."""
    symbols, short = _named(formula)
    printer = C99CodePrinter({"user_functions": {name: name for name in formula.tables}})
    arguments = ", ".join(f"double {name}" for name in short)
    lines = [f"/* {_title(formula)} */", "", "#include <math.h>", ""]
    if formula.tables:
        lines += [_C_SPLINE.strip("\n"), ""]
        for name, table in formula.tables.items():
            lines += _c_table(name, table)
    single = len(formula.outputs) == 1
    text = _documentation(formula, symbols, short)
    for mark in ("*/", "/*", "??"):  # ends and beginnings of comments, trigraphs
        text = text.replace(mark, " ".join(mark))
    lines += [f"/* {text} */"]
    if single:
        lines += [
            f"double formula({arguments or 'void'})",
            "{",
            f"    return {_printed(printer, formula.outputs[0], symbols, short)};",
            "}",
        ]
    else:
        out = "double *scores"
        lines += [f"void formula({', '.join(filter(None, (arguments, out)))})", "{"]
        lines += [
            f"    scores[{number}] = {_printed(printer, output, symbols, short)};"
            for number, output in enumerate(formula.outputs)
        ]
        lines += ["}"]
    if formula.task.has_classes:
        count = len(formula.outputs)
        lines += [
            "",
            "/* The probability of each class, in the order of the scores. */",
            f"void probabilities({', '.join(filter(None, (arguments, 'double *shares')))})",
            "{",
            "    double top, sum = 0.0;",
            "    int k;",
            f"    formula({', '.join((*short, 'shares'))});",
            "    top = shares[0];",
            f"    for (k = 1; k < {count}; k++)",
            "        top = shares[k] > top ? shares[k] : top;",
            f"    for (k = 0; k < {count}; k++)",
            "        sum += shares[k] = exp(shares[k] - top);",
            f"    for (k = 0; k < {count}; k++)",
            "        shares[k] /= sum;",
            "}",
        ]
    return "\n".join(lines) + "\n"


def _named(formula: Expressions) -> tuple[list[sp.Symbol], list[str]]:
    symbols = used(formula)
    return symbols, identifiers([symbol.name for symbol in symbols])


def _printed(printer: Any, output: sp.Expr, symbols: Iterable[sp.Symbol], short: Iterable[str]) -> str:
    names: dict[sp.Basic, sp.Basic] = {
        symbol: sp.Symbol(name, real=True) for symbol, name in zip(symbols, short, strict=True)
    }
    # Numbers as floating point: C would divide whole ones as integers and has no name for pi, in Python they may grow.
    constants = {number: sp.Float(number, 17) for number in output.atoms(sp.NumberSymbol)}
    return str(printer.doprint(sp.N(output.xreplace(names | constants), 17)))


def _title(formula: Expressions) -> str:
    return "Formula read from a network by evokan: complexity " + (
        f"{formula.complexity}, validation loss {formula.val_loss:.4g}."
    )


def _documentation(formula: Expressions, symbols: Sequence[sp.Symbol], short: Sequence[str]) -> str:
    """Return what the numbers are, on one line that a string and a comment can hold."""
    renamed = [f"{name} is '{symbol.name}'" for symbol, name in zip(symbols, short, strict=True) if name != symbol.name]
    if formula.task.has_classes:
        what = f"Scores of the classes {', '.join(formula.names)}, in this order; the largest is the prediction."
    else:
        what = f"{', '.join(formula.names)}{'' if formula.scaled else ' in raw units'}."
    what = " ".join([what, *(f"{one}." for one in formula.scaled)])
    text = " ".join([what, *([f"Columns: {', '.join(renamed)}."] if renamed else [])])
    return printable(text).replace("\\", "/").replace('"', "'")


def _c_table(name: str, table: SplineTable) -> list[str]:
    numbers = ", ".join(repr(float(value)) for value in table.coefficients)
    size = len(table.coefficients)
    return [
        f"static double {name}(double x)",
        "{",
        f"    static const double coefficients[{size}] = {{{numbers}}};",
        f"    return spline(x, {table.lo!r}, {table.h!r}, coefficients, {size}, {table.base!r}, {table.slope!r});",
        "}",
        "",
    ]
