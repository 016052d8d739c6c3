"""Whose formula: the network's own, or a law that was found on the data with its help."""

from __future__ import annotations

from typing import Literal

Kind = Literal["network", "law"]
KINDS: tuple[Kind, ...] = ("network", "law")
MEANING: dict[Kind, str] = {
    "network": "the network's own wiring, edge by edge",
    "law": "found on the data with the network's help",
}
EQUAL = 1e-10
"""Losses that differ by no more are equal: rounding."""
