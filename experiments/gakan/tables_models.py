"""The networks of `gakan-tables`, by the names that its files and pages have for them."""

from __future__ import annotations

from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE

EVOLVED, EVOLVED_PAPER = "evolved", "evolved, paper preset"
WIDE_EXTENDED, DEEP_EXTENDED = (f"{label}, grid extension" for label in (WIDE, DEEP))
WIDE_PAPER, DEEP_PAPER = (f"{label}, paper preset" for label in (WIDE, DEEP))
NETWORKS = (
    *(EVOLVED, EVOLVED_PAPER),
    *(WIDE, WIDE_EXTENDED, WIDE_PAPER),
    *(DEEP, DEEP_EXTENDED, DEEP_PAPER),
    ADDITIVE,
)
