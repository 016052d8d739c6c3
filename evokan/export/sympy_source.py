"""A Python module that builds the network in SymPy, value by value, in the names of the columns."""

from __future__ import annotations

from evokan.export import symbolic
from evokan.export.content import Content
from evokan.export.literals import nested
from evokan.export.python_source import source

EXTENSION = "_sympy.py"
SUMMARY = "a Python module that builds the network in SymPy"

_IMPORTS = """from collections.abc import Sequence
from typing import Any

import sympy as sp

Row = Sequence[Any]
Rows = Sequence[Row]"""
_ENTRY = '''
def definitions():
    """Return the columns as symbols, the values inside as pairs (symbol, expression), and the {what} in them."""
    symbols = [sp.Symbol(name, real=True) for name in INPUTS]
    inside = []

    def named(values):
        level = len(levels)
        levels.append([sp.Dummy(f"h{{level}}_{{number}}", real=True) for number in range(len(values))])
        inside.extend(zip(levels[-1], values))
        return levels[-1]

    levels = []
    x = named([(value - shift) / scale for value, shift, scale in zip(symbols, INPUT_SHIFT, INPUT_SCALE)])
    {calls}
    return symbols, inside, [value * scale + shift for value, shift, scale in zip(x, OUTPUT_SHIFT, OUTPUT_SCALE)]


def expressions():
    """Return the {what} as expressions in the columns alone, by name: long ones where there are several layers."""
    _, inside, found = definitions()
    found = [sp.sympify(value) for value in found]
    for symbol, value in reversed(inside):
        found = [expression.xreplace({{symbol: value}}) for expression in found]
    return dict(zip(OUTPUTS, found))


def outputs(X):
    """Return the {what} of rows of {count} numbers each, by NumPy: an array of shape (N, outputs)."""
    import numpy as np

    symbols, inside, found = definitions()
    columns = np.asarray(X, dtype=float).T
    if len(columns) != len(symbols):
        raise ValueError(f"each row must hold {{len(symbols)}} numbers")
    known = dict(zip(symbols, columns))

    def number(value):
        value = sp.sympify(value)
        used = [one for one in known if one in value.free_symbols]
        with np.errstate(over="ignore"):
            return np.broadcast_to(sp.lambdify(used, value, "numpy")(*(known[one] for one in used)), len(X))

    for symbol, value in inside:
        known[symbol] = number(value)
    return np.stack([number(value) for value in found], axis=1)
'''
_CLASSES = '''

def predict(X):
    """Return the most likely class of each row."""
    return [OUTPUTS[number] for number in outputs(X).argmax(axis=1)]
'''
_VALUES = '''

def predict(X):
    """Return the value of each row; where there are several, an array of them."""
    values = outputs(X)
    return values[:, 0] if values.shape[1] == 1 else values
'''


def write(content: Content) -> bytes:
    """Return the source of the module."""
    return source(content, symbolic, _IMPORTS, _ENTRY, _CLASSES, _VALUES, nested, call="x = named({})")
