"""A Python module that needs NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from evokan.export.content import Content
from evokan.export.literals import nested
from evokan.export.python_source import source
from evokan.spaces import steps

EXTENSION = "_numpy.py"
SUMMARY = "a Python module that needs NumPy alone"

_IMPORTS = """import numpy as np

FloatArray = IntArray = np.ndarray"""
_ENTRY = '''
def outputs(X):
    """Return {what}, shape (N, <outputs>), for an array X of shape (N, {count})."""
    x = np.asarray(X, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != {count}:
        raise ValueError(f"X must have the shape (N, {count}), got {{x.shape}}")
    x = (x - INPUT_SHIFT) / INPUT_SCALE
    {calls}
    return x * OUTPUT_SCALE + OUTPUT_SHIFT
'''
_CLASSES = '''

def probabilities(X):
    """Return the share of each class, shape (N, classes)."""
    logits = outputs(X)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def predict(X):
    """Return the most likely class of each row, shape (N,)."""
    return np.array(OUTPUTS, dtype=object)[outputs(X).argmax(axis=1)]
'''
_VALUES = '''

def predict(X):
    """Return the value of each row, shape (N,); where there are several, shape (N, outputs)."""
    values = outputs(X)
    return values[:, 0] if values.shape[1] == 1 else values
'''


def write(content: Content) -> bytes:
    """Return the source of the module."""
    entry = _ENTRY.replace("<outputs>", str(len(content.plain.output_names)))
    return source(content, steps, _IMPORTS, entry, _CLASSES, _VALUES, _literal)


def _literal(values: Any) -> str:
    if np.ndim(values) == 0:
        return nested(values)
    kind = "np.int64" if np.asarray(values).dtype.kind == "i" else "np.float64"
    return f"np.array({nested(values)}, dtype={kind})"
