"""Whose formula: the network's own, or a law that was found on the data with its help; and what looks for laws."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["network", "law"]
KINDS: tuple[Kind, ...] = ("network", "law")
MEANING: dict[Kind, str] = {
    "network": "the network's own wiring, edge by edge",
    "law": "found on the data with the network's help",
}
EQUAL = 1e-10
"""Losses that differ by no more are equal: rounding."""

TOLERANCE = 0.05
"""Share by which a simplification may raise the validation loss, by default."""
TIME_LIMIT = 30.0
"""Seconds of a first search, by default."""

Engine = Literal["evokan", "operon", "both"]
ENGINES: tuple[Engine, ...] = get_args(Engine)
"""What looks for laws: our own search for sums of products, pyoperon's genetic programming, or both."""
