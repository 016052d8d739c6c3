"""Our own graphs for the study: the default search, and what is left of it without evolution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from evokan.datasets.lagged import with_lags
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from experiments.kafcm.common import search
from experiments.kafcm.plants import BASE, Plant, as_table, plant
from experiments.kafcm.rivals import graph
from search_spaces.kafcm import CausalMap, KAFCMOptions
from search_spaces.kafcm.beginning import FALSE_SHARE, kept, paths
from search_spaces.kafcm.confidence import KEPT, edge_q_values
from search_spaces.kafcm.screening import common_level

LABELS: Mapping[str, str] = {
    "kafcm": "KA-FCM, the default search",
    "kafcm_screened": "KA-FCM, causes of one effect at a time, no evolution",
    "kafcm_random": "KA-FCM, evolution from random maps alone",
}
RANDOM: Mapping[str, Any] = {"initial": "random", "move_rate": 0.0}


def kinds() -> tuple[str, ...]:
    """Return the names of our methods."""
    return tuple(LABELS)


@cache
def get_ready() -> None:
    """Load what a search needs, so that no method's seconds hold the loading of libraries."""
    search(as_table(plant(BASE, 0)), 0, {"population": 4, "generations": 0}, {})


def table_of(found: Plant) -> Table:
    """Return the series of a plant, with its delays where it has any."""
    table = as_table(found)
    return with_lags(table, tuple(range(1, found.cell.delay + 1))) if found.cell.delay > 1 else table


def evolved(found: Plant, seed: int, kind: str) -> np.ndarray:
    """Return the graph that one of our methods finds, shape (effects, causes, delays).

    Of a search these are the edges that ``best/edges.csv`` names.
    """
    table = table_of(found)
    if kind == "kafcm_screened":
        problem = Problem.from_table(table)
        ways = paths(problem, KAFCMOptions(), problem.development)
        return graph(kept(ways, common_level(ways, FALSE_SHARE), problem.n_features), found.cell.delay)
    settings = RANDOM if kind == "kafcm_random" else {}
    map_ = search(table, seed, settings, {})
    sure = edge_q_values(map_.architecture, map_.problem, KAFCMOptions())
    return graph(columns(map_.architecture, [edge for edge, q in sure.items() if q <= KEPT]), found.cell.delay)


def columns(architecture: CausalMap, edges: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return which edges a map has, shape (effects, causes)."""
    mask = np.zeros((architecture.n_targets, architecture.n_sources), dtype=bool)
    for source, target in edges:
        mask[target, source] = True
    return mask
