"""The networks of `gakan-tables`, by the names that its files and pages have for them."""

from __future__ import annotations

from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE

EVOLVED, EVOLVED_PAPER = "evolved", "evolved, paper preset"
NETWORKS = (EVOLVED, EVOLVED_PAPER, WIDE, DEEP, ADDITIVE)
