"""The networks of `gakan-tables`, by the names that its files and pages have for them."""

from __future__ import annotations

from typing import NamedTuple

from experiments.gakan.full_networks import ADDITIVE, DEEP, WIDE


class Full(NamedTuple):
    """The names of a full network of the paper by how it is trained: on grid 5, by grid extension, with the paper's preset."""

    plain: str
    extended: str
    paper: str


EVOLVED, EVOLVED_PAPER = "evolved", "evolved, paper preset"
WIDES, DEEPS = (Full(label, f"{label}, grid extension", f"{label}, paper preset") for label in (WIDE, DEEP))
NETWORKS = (EVOLVED, EVOLVED_PAPER, *WIDES, *DEEPS, ADDITIVE)
PRESETS = {"default": (EVOLVED, WIDES.plain, DEEPS.plain), "paper": (EVOLVED_PAPER, WIDES.paper, DEEPS.paper)}
"""Those of each preset."""
