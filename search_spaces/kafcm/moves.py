"""Small changes of a map: an edge dropped, or another grid.

None adds an edge: of hundreds that might be, some lower the loss of a few folds by chance, and the tests of one effect
at a time that the seeds come from know better. Nor is an edge dropped that those tests are certain of: five folds
cannot tell a weak cause from noise, where a test on all rows can. Bit flips still do both, where a search has them
(``--move-rate``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Value
from search_spaces.kafcm.beginning import certain
from search_spaces.kafcm.encoding import mask_of, write_causes
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.rules import FREE, edge_rules

MOVES: Mapping[str, float] = {"prune": 0.5, "regrid": 0.5}
"""How often each is wanted beside the others."""


def neighbour(
    values: Mapping[str, Value], move: str, problem: Problem, options: KAFCMOptions, rng: np.random.Generator
) -> dict[str, Value] | None:
    """Return the segments of a map one move away, or None where the move is not possible.

    Where no edge may be dropped, ``prune`` is another grid too: in its place would come a child of bit flips.

    Parameters
    ----------
    values
        Unpacked segments of a chromosome that decodes to a map.
    """
    rules, mask = edge_rules(problem, options), mask_of(values, problem, options)
    there = np.argwhere(mask & (rules == FREE) & ~certain(problem, options)) if move == "prune" else ()
    if not len(there):
        return {**values, "grid": _other_grid(int(np.asarray(values["grid"])), 2**options.grid_bits, rng)}
    mask[tuple(there[rng.integers(len(there))])] = False
    if not mask.any():
        return None
    changed = {**values, **write_causes(mask, problem, options)}
    return changed | ({"self-loops": 1} if "self-loops" in values else {})


def _other_grid(intervals: int, largest: int, rng: np.random.Generator) -> int:
    """Return a grid one step, a third or a half away."""
    options = {intervals - 1, intervals + 1, intervals * 2 // 3, intervals * 3 // 2 + 1} - {intervals}
    allowed = sorted(grid for grid in options if 1 <= grid <= largest)
    return int(rng.choice(allowed)) if allowed else intervals
