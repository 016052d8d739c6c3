"""A Python module that needs nothing but Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from evokan.export import pure
from evokan.export.content import Content
from evokan.export.literals import assigned, nested

EXTENSION = ".py"
SUMMARY = "a Python module that needs nothing else"

_IMPORTS = """import math
from collections.abc import Sequence

Row = Sequence[float]
Rows = Sequence[Row]"""
_ENTRY = '''
def outputs(X):
    """Return {what} for rows of {count} numbers each: a list of lists (or an array) to a list of lists."""
    found = []
    for row in X:
        x = [float(value) for value in row]
        if len(x) != {count}:
            raise ValueError(f"each row must hold {count} numbers, got {{len(x)}}")
        x = [(value - shift) / scale for value, shift, scale in zip(x, INPUT_SHIFT, INPUT_SCALE)]
        {calls}
        found.append([value * scale + shift for value, shift, scale in zip(x, OUTPUT_SHIFT, OUTPUT_SCALE)])
    return found
'''
_CLASSES = '''

def probabilities(X):
    """Return the share of each class, one list a row."""
    found = []
    for logits in outputs(X):
        top = max(logits)
        shares = [math.exp(logit - top) for logit in logits]
        total = sum(shares)
        found.append([share / total for share in shares])
    return found


def predict(X):
    """Return the most likely class of each row."""
    return [OUTPUTS[row.index(max(row))] for row in outputs(X)]
'''
_VALUES = '''

def predict(X):
    """Return the value of each row; where there are several, a list of them."""
    return [row[0] if len(row) == 1 else row for row in outputs(X)]
'''


_FUNCTIONS = ("sigmoid", "spline", "positive", "function")
"""What functions of steps may call."""


def write(content: Content) -> bytes:
    """Return the source of the module."""
    return source(content, pure, _IMPORTS, _ENTRY, _CLASSES, _VALUES, nested)


def source(
    content: Content,
    functions: ModuleType,
    imports: str,
    entry: str,
    classes: str,
    values: str,
    literal: Callable[[Any], str],
    call: str = "x = {}",
) -> bytes:
    """Return the source of a module: header, the functions of its steps out of `functions`, numbers, and its entry.

    Parameters
    ----------
    functions
        Where the functions of the steps are.
    imports, entry, classes, values
        What the module begins with; its function ``outputs``; and what follows for classes, and for values.
    literal
        Arrays as text.
    call
        What is done with every step.
    """
    plain = content.plain
    needed = [step.kind for step in plain.steps]
    for name in needed:  # it grows by what they call in turn
        text = inspect.getsource(getattr(functions, name))
        needed += [called for called in _FUNCTIONS if f"{called}(" in text and called not in needed]
    calls, numbers = [], []
    for place, step in enumerate(plain.steps):
        for name, array in step.arrays.items():
            numbers.append(assigned(f"S{place}_{name.upper()}", literal(array)))
        arguments = "".join(f", S{place}_{name.upper()}" for name in step.arrays)
        calls.append(call.format(f"{step.kind}(x{arguments})"))
    for name in ("input_shift", "input_scale", "output_shift", "output_scale"):
        numbers.append(assigned(name.upper(), literal(getattr(plain, name))))
    indent = next(line.removesuffix("{calls}") for line in entry.splitlines() if line.endswith("{calls}"))
    what = "logits" if plain.task.has_classes else "values"
    parts = [
        *(f"# {line}".rstrip() for line in content.lines()),
        "",
        "from __future__ import annotations",
        "",
        imports,
        "",
        _names("INPUTS", plain.input_names),
        _names("OUTPUTS", plain.output_names),
        "",
        *numbers,
        "",
        *(f"\n{inspect.getsource(getattr(functions, name))}" for name in dict.fromkeys(needed)),
        entry.format(what=what, count=len(plain.input_names), calls=f"\n{indent}".join(calls)).rstrip("\n"),
        (classes if plain.task.has_classes else values).rstrip("\n"),
    ]
    return ("\n".join(parts) + "\n").encode("utf-8")


def _names(name: str, texts: Sequence[str]) -> str:
    """Return an assignment of a list of texts, in ASCII."""
    lines = "".join(f"    {text!a},\n" for text in texts)
    return f"{name} = [\n{lines}]"
