"""Formulas as LaTeX, as a Python module and as C source; the sources stand alone."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.pycode import PythonCodePrinter

from evokan.explain.formulas.expression import columns

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Expressions
    from evokan.spaces.graph import SplineTable

_RESERVED = frozenset(
    (
        "math",
        "formula",
        "probabilities",
        "spline",
        "nan",
        "float",
        "double",
        "int",
        "char",
        "void",
        "long",
        "short",
        "unsigned",
        "signed",
        "const",
        "static",
        "struct",
        "union",
        "enum",
        "switch",
        "case",
        "default",
        "do",
        "goto",
        "sizeof",
        "typedef",
        "volatile",
        "register",
        "extern",
        "auto",
        "inline",
        "restrict",
        "main",
        "log",
        "exp",
        "sin",
        "cos",
        "tan",
        "pow",
        "sqrt",
        "cbrt",
        "fabs",
        "tanh",
        "atan",
        "gamma",
        "y0",
        "y1",
        "j0",
        "j1",
        "scores",
        "shares",
    )
)

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


def latex(formula: Expressions) -> str:
    """Return one line for each output, names in upright type."""
    names = {
        symbol: rf"\mathrm{{{_escaped(symbol.name)}}}" if len(symbol.name) > 1 else symbol.name
        for symbol in _used(formula)
    }
    lines = []
    for name, output in zip(formula.names, formula.outputs, strict=True):
        left = rf"\mathrm{{{_escaped(name)}}}" if len(name) > 1 else name
        left = rf"\operatorname{{score}}({left})" if formula.task.has_classes else left
        lines.append(f"{left} = {sp.latex(output, symbol_names=names, full_prec=False)}")
    return "\n".join(lines)


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
    lines += ["", f"def formula({', '.join(short)}):", f'    """{_documentation(formula, symbols, short, "None")}"""']
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
    text = _documentation(formula, symbols, short, "`scores`").replace("*/", "* /")
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


def identifiers(names: Sequence[str]) -> list[str]:
    """Return an identifier of Python and C for each name, all different."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "x"
        plain = f"x_{plain}" if plain[0].isdigit() else plain
        plain = f"{plain}_" if keyword.iskeyword(plain) or plain in _RESERVED or re.fullmatch(r"y\d+", plain) else plain
        taken = plain
        number = 2
        while taken in found:
            taken, number = f"{plain}_{number}", number + 1
        found.append(taken)
    return found


def _used(formula: Expressions) -> list[sp.Symbol]:
    """Return the columns that occur, in the order of the table."""
    occurring: set[Any] = set().union(*(output.free_symbols for output in formula.outputs))
    return [symbol for symbol in columns(formula.columns) if symbol in occurring]


def _named(formula: Expressions) -> tuple[list[sp.Symbol], list[str]]:
    symbols = _used(formula)
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


def _documentation(formula: Expressions, symbols: Sequence[sp.Symbol], short: Sequence[str], where: str) -> str:
    renamed = [f"{name} is {symbol.name!r}" for symbol, name in zip(symbols, short, strict=True) if name != symbol.name]
    if formula.task.has_classes:
        what = f"Scores of the classes {', '.join(formula.names)}, in this order; the largest is the prediction."
    else:
        what = f"{', '.join(formula.names)} in raw units."
    text = " ".join([what, *([f"Columns: {', '.join(renamed)}."] if renamed else [])])
    return text.replace("\\", "/").replace('"', "'")


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


def _escaped(text: str) -> str:
    return re.sub(r"([#$%&_{}])", r"\\\1", text.replace("\\", "/").replace("~", " ").replace("^", " "))
