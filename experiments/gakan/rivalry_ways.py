"""What the ways of the study of rivals are called, and what its modules count alike."""

from __future__ import annotations

import pandas as pd

SEARCH, RANDOM, BEFORE, PRUNING, TUNED = (
    "search",
    "random search",
    "search of 0.1.0",
    "pruning alone",
    "tuned [n, m]",
)
SMALL = (50, 100, 200)
"""Live parameters that the best small networks may have."""


def size_ratio(frame: pd.DataFrame, way: str) -> pd.Series[float]:
    """Return the parameters of the search beside those of `way`, by table: ratios of medians; empty where `way` has no rows."""
    sizes = frame.pivot_table(index="dataset", columns="way", values="params", aggfunc="median")
    return sizes[SEARCH] / sizes[way] if way in sizes else pd.Series(dtype=float)
