"""The networks of `gakan-tables` and `gakan-tables-full`, by the names that their files and pages have for them."""

from __future__ import annotations

from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE

EVOLVED, EVOLVED_PAPER = "evolved", "evolved, paper preset"
EVOLVED_SMALL = "evolved, 40 x 10"
"""In `gakan-tables-full`, whose searches are larger."""
NETWORKS = (EVOLVED, EVOLVED_PAPER, EVOLVED_SMALL, WIDE, DEEP, ADDITIVE)
