"""Arrays of numbers as source text, each number with all of its digits."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

WIDTH = 110


def nested(values: Any, brackets: str = "[]") -> str:
    """Return numbers, or nested lists of them, as source: ``[[1.0, 2.5], [0.1, -3.0]]``."""
    array = np.asarray(values)
    if array.ndim == 0:
        return repr(array.item())
    return f"{brackets[0]}{', '.join(nested(part, brackets) for part in array)}{brackets[1]}"


def assigned(name: str, text: str, end: str = "") -> str:
    """Return ``name = text`` broken into lines."""
    line = f"{name} = {text}{end}"
    return "\n".join(
        textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    )
