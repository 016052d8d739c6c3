"""Arguments as users give them: numbers of any kind as plain ones, and how a message names a value."""

from __future__ import annotations

import math
import operator
from numbers import Real


def as_whole(value: object) -> int | None:
    """Return a whole number of any kind (NumPy's too) as an int; None for anything else, a float or a bool too."""
    try:
        return None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None


def as_number(value: object) -> float:
    """Return a real number of any kind as a float; nan for anything else, and for one beyond a float's range."""
    try:
        return float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


def shown(value: object) -> str:
    """Return how a message names a value: on one line, and not for long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."
