"""Small changes of a map: an edge dropped, added or put elsewhere, another grid.

Operators on bare bits add edges as often as they drop them, to many effects at once; these change the causes of one
effect, which the one-step loss judges by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Value
from search_spaces.kafcm.encoding import mask_of, write_causes
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.rules import FREE, edge_rules

MOVES: Mapping[str, float] = {"prune": 0.45, "grow": 0.15, "swap": 0.1, "regrid": 0.3}
"""How often each is wanted beside the others."""


def neighbour(
    values: Mapping[str, Value], move: str, problem: Problem, options: KAFCMOptions, rng: np.random.Generator
) -> dict[str, Value] | None:
    """Return the segments of a map one move away, or None where the move is not possible.

    Parameters
    ----------
    values
        Unpacked segments of a chromosome that decodes to a map.
    """
    if move == "regrid":
        return {**values, "grid": _other_grid(int(np.asarray(values["grid"])), 2**options.grid_bits, rng)}
    rules, mask = edge_rules(problem, options), mask_of(values, problem, options)
    there, absent = np.argwhere(mask & (rules == FREE)), np.argwhere(~mask & (rules == FREE))
    if move in ("prune", "swap"):
        if not len(there):
            return None
        effect, cause = there[rng.integers(len(there))]
        mask[effect, cause] = False
        if move == "swap":
            absent = absent[absent[:, 0] == effect]
    if move in ("grow", "swap"):
        if not len(absent):
            return None
        mask[tuple(absent[rng.integers(len(absent))])] = True
    if not mask.any():
        return None
    changed = {**values, **write_causes(mask, problem, options)}
    return changed | ({"self-loops": 1} if "self-loops" in values else {})


def _other_grid(intervals: int, largest: int, rng: np.random.Generator) -> int:
    """Return a grid one step, a third or a half away."""
    options = {intervals - 1, intervals + 1, intervals * 2 // 3, intervals * 3 // 2 + 1} - {intervals}
    allowed = sorted(grid for grid in options if 1 <= grid <= largest)
    return int(rng.choice(allowed)) if allowed else intervals
