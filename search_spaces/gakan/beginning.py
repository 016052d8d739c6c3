"""The first generation: networks worth trying on any table, and random ones from sparse to full.

Fair coins begin with half of all edges, three layers out of four times more than one, and grids around 32, where
networks that win have a fifth of the edges and grids below 13.
"""

from __future__ import annotations

import numpy as np

from evokan.problem.problem import Problem
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Value
from search_spaces.gakan.encoding import KANArchitecture, full_network
from search_spaces.gakan.options import GAKANOptions

SEED_GRIDS = (3, 1, 5, 2, 8)
"""Grids of the full networks, the most promising first."""
LARGEST_GRID = 16
DEPTH_SHARE = 0.6
"""Probability that a random network is no deeper than it is: each further layer is as much less likely."""


def seeds(problem: Problem, options: GAKANOptions) -> list[KANArchitecture]:
    """Return full networks [n, m] and [n, k, m] with several grids, k as wide as allowed but no wider than needed."""
    n, m = problem.n_features, problem.n_outputs
    additive = [full_network((n, m), grid) for grid in SEED_GRIDS]
    if options.max_depth < 2:
        return additive
    hidden = [full_network((n, min(options.max_width, max(m, 2)), m), grid) for grid in SEED_GRIDS[:3]]
    return [*additive, *hidden]


def sample(
    layout: ChromosomeLayout, problem: Problem, options: GAKANOptions, rng: np.random.Generator
) -> dict[str, Value]:
    """Return segments of a random network: density, grid and depth log-uniform or so, the small ones more often."""
    depth = min(int(rng.geometric(DEPTH_SHARE)), options.max_depth)
    grid = int(np.exp(rng.uniform(0.0, np.log(LARGEST_GRID + 1))))
    values: dict[str, Value] = {"grid": grid, "depth": depth}
    fewest = min(2.0 / problem.n_features, 0.5)
    density = float(np.exp(rng.uniform(np.log(fewest), 0.0)))
    for segment in layout.segments:
        if isinstance(segment, NeuronSegment):
            # Inner blocks are small: as sparse as the first one they would seldom hold a path.
            share = density if segment.name == "block1" else max(density, 0.4)
            block = rng.random((segment.neurons, segment.fan_in)) < share
            values[segment.name] = block.astype(np.uint8)
    return values
