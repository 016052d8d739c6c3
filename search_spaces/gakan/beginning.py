"""The first generation: networks worth trying on any table, and random ones from sparse to full.

Where there are many columns, nothing is full: seeds have the columns that promise most by themselves, and random
networks draw theirs by that order.

Fair coins begin with half of all edges, three layers out of four times more than one, and grids around 32, where
networks that win have a fifth of the edges and grids below 13.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from evokan.problem.problem import Problem
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Value
from search_spaces.gakan.encoding import KANArchitecture, Mask, from_masks
from search_spaces.gakan.options import GAKANOptions

SEED_GRIDS = (3, 1, 5, 2, 8)
"""Grids of the full networks, the most promising first."""
LARGEST_GRID = 16
MANY_COLUMNS = 100
"""With more columns, networks are made of some of them."""
MANY_ROWS = 20_000
FINE_GRIDS = (8, 5, 12)
"""With so many rows, seeds with a hidden layer are as wide as they can be, with these grids."""
SEED_COLUMNS, HIDDEN_SEED_COLUMNS = 40, 12
"""Columns of the seeds then, without and with a hidden layer."""
DEPTH_SHARE = 0.6
"""Probability that a random network is no deeper than it is: each further layer is as much less likely."""


def seeds(problem: Problem, options: GAKANOptions) -> list[KANArchitecture]:
    """Return full networks [n, m] and [n, k, m] with several grids.

    k is as wide as allowed, and of few rows no wider than needed.
    """
    n, m = problem.n_features, problem.n_outputs
    many = n > MANY_COLUMNS
    best = problem.column_order if many else np.arange(n)

    def network(columns: int, widths: tuple[int, ...], grid: int) -> KANArchitecture:
        masks = [np.ones((upper, lower), dtype=bool) for lower, upper in pairwise((n, *widths))]
        masks[0][:, best[columns:]] = False
        return from_masks(masks, grid)

    additive = [network(SEED_COLUMNS if many else n, (m,), grid) for grid in SEED_GRIDS]
    if options.max_depth < 2:
        return additive
    grids, width = SEED_GRIDS[:3], min(options.max_width, max(m, 2))
    if len(problem.development) >= MANY_ROWS:
        grids, width = FINE_GRIDS, options.max_width
    hidden = [network(HIDDEN_SEED_COLUMNS if many else n, (width, m), grid) for grid in grids]
    return [*additive, *hidden]


def drawn_columns(problem: Problem, count: int, rng: np.random.Generator) -> Mask:
    """Return a mask with up to `count` of many columns: the place in their order is log-uniform, so all can come."""
    places = np.exp(rng.uniform(0.0, np.log(problem.n_features + 1), count)).astype(np.int64) - 1
    mask = np.zeros(problem.n_features, dtype=bool)
    mask[problem.column_order[places]] = True
    return mask


def sample(
    layout: ChromosomeLayout, problem: Problem, options: GAKANOptions, rng: np.random.Generator
) -> dict[str, Value]:
    """Return segments of a random network: density, grid and depth log-uniform or so, the small ones more often."""
    depth = min(int(rng.geometric(DEPTH_SHARE)), options.max_depth)
    grid = int(np.exp(rng.uniform(0.0, np.log(LARGEST_GRID + 1))))
    values: dict[str, Value] = {"grid": grid, "depth": depth}
    columns = None
    if problem.n_features > MANY_COLUMNS:
        columns = drawn_columns(problem, int(np.exp(rng.uniform(np.log(2), np.log(SEED_COLUMNS + 1)))), rng)
    fewest = min(2.0 / (problem.n_features if columns is None else columns.sum()), 0.5)
    density = float(np.exp(rng.uniform(np.log(fewest), 0.0)))
    for segment in layout.segments:
        if isinstance(segment, NeuronSegment):
            # Inner blocks are small: as sparse as the first one they would seldom hold a path.
            share = density if segment.name == "block1" else max(density, 0.4)
            block = rng.random((segment.neurons, segment.fan_in)) < share
            if segment.name == "block1" and columns is not None:
                block &= columns
            values[segment.name] = block.astype(np.uint8)
    return values
