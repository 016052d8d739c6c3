"""Small changes of a network: edges dropped, added or swapped, another grid, one layer more.

Operators on bare bits add edges as often as they drop them and know no edge from another; these know what every edge
is worth (`search_spaces.gakan.attribution`). They are ours; the GA-KAN paper has crossover and bit flips alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Value
from search_spaces.gakan.beginning import MANY_COLUMNS, drawn_columns
from search_spaces.gakan.encoding import GRID_BITS, Mask, blocks_of, prune
from search_spaces.gakan.options import GAKANOptions

MOVES: Mapping[str, float] = {"prune": 0.6, "grow": 0.15, "swap": 0.1, "regrid": 0.1, "deepen": 0.05}
"""How often each is wanted beside the others."""
NOISE = 0.3
"""Spread of the factor exp(NOISE z) on the worth of an edge, so that one network has more than one way down."""
LARGEST_GRID = 2**GRID_BITS
REACH = 20
"""Columns that are thought of when edges are added, beside those in use, where there are many."""
STEP = 0.1
"""Share of its edges that a network loses with one step down from a seed, at least one edge."""


def neighbour(
    values: Mapping[str, Value],
    move: str,
    problem: Problem,
    options: GAKANOptions,
    worth: FloatArray | None,
    rng: np.random.Generator,
) -> dict[str, Value] | None:
    """Return the segments of a network one move away, or None where the move is not possible.

    Parameters
    ----------
    values
        Unpacked segments of a chromosome that decodes to a network.
    worth
        Attribution of every edge of that network, in its order; None if unknown.
    """
    if move == "regrid":
        return {**values, "grid": other_grid(int(values["grid"]), rng)}
    names = blocks_of(values, problem, options)
    masks = prune([np.asarray(values[name], dtype=bool)[rows] for name, rows in names])
    if move == "deepen":
        return _deepened(values, masks, problem, options)
    reach = None
    if problem.n_features > MANY_COLUMNS:
        reach = drawn_columns(problem, REACH, rng) | masks[0].any(axis=0)
    rewired = _rewired(masks, move, worth, rng, reach)
    return None if rewired is None else _written(values, names, rewired)


def _rewired(
    masks: list[Mask], move: str, worth: FloatArray | None, rng: np.random.Generator, reach: Mask | None
) -> list[Mask] | None:
    edges = sum(int(mask.sum()) for mask in masks)
    if move in ("prune", "swap"):
        count = 1 if move == "swap" else how_many(edges, rng)
        if count == 0:
            return None
        noisy = rng.random(edges) if worth is None else worth * np.exp(NOISE * rng.standard_normal(edges))
        masks = dropped(masks, count, noisy)
    if move == "prune":
        return masks if prune(masks)[0].any() else None
    return added(masks, 1 if move == "swap" else 1 + int(rng.geometric(0.5)), rng, reach)


def lighter(
    values: Mapping[str, Value], problem: Problem, options: GAKANOptions, worth: FloatArray | None
) -> dict[str, Value] | None:
    """Return the segments of a network without the share `STEP` of its edges that is worth least.

    None where no path would be left, or nobody knows what the edges are worth.
    """
    names = blocks_of(values, problem, options)
    masks = prune([np.asarray(values[name], dtype=bool)[rows] for name, rows in names])
    edges = sum(int(mask.sum()) for mask in masks)
    if worth is None:
        return None
    fewer = dropped(masks, max(1, int(STEP * edges)), worth)
    return _written(values, names, fewer) if prune(fewer)[0].any() else None


def _written(
    values: Mapping[str, Value], names: Sequence[tuple[str, slice]], masks: Sequence[Mask]
) -> dict[str, Value]:
    """Return `values` with `masks` in the blocks `names`."""
    changed = dict(values)
    for (name, rows), mask in zip(names, masks, strict=True):
        block = np.array(values[name], dtype=np.uint8)
        block[rows] = mask
        changed[name] = block
    return changed


def other_grid(intervals: int, rng: np.random.Generator) -> int:
    """Return a grid one step, a half or a double away."""
    options = {intervals - 1, intervals + 1, intervals // 2, 2 * intervals} - {intervals}
    allowed = sorted(grid for grid in options if 1 <= grid <= LARGEST_GRID)
    return int(rng.choice(allowed))


def how_many(edges: int, rng: np.random.Generator) -> int:
    """Return how many edges to drop of `edges`: 1 ... edges - 1, small numbers more often (log-uniform); 0 if none."""
    if edges < 2:
        return 0
    return min(int(np.exp(rng.uniform(0.0, np.log(edges)))), edges - 1)


def dropped(masks: list[Mask], count: int, scores: FloatArray) -> list[Mask]:
    """Return copies of the live `masks` without the `count` edges that are worth least.

    Parameters
    ----------
    scores
        What the edges are worth, in the order of the architecture: layer by layer, sorted by (source, target).
    """
    places = [
        (level, target, source)
        for level, mask in enumerate(masks)
        for source, target in zip(*np.nonzero(mask.T), strict=True)
    ]
    kept = [mask.copy() for mask in masks]
    for place in np.argsort(scores, kind="stable")[:count]:
        level, target, source = places[place]
        kept[level][target, source] = False
    return kept


def added(masks: list[Mask], count: int, rng: np.random.Generator, reach: Mask | None = None) -> list[Mask] | None:
    """Return copies of `masks` with up to `count` more edges between nodes in use; None where all of those are there.

    A hidden neuron that is not in use may come in, with an edge to it and one from it.

    Parameters
    ----------
    reach
        Input columns that edges may come from; by default all.
    """
    grown = [mask.copy() for mask in masks]
    below: list[Mask] = [
        np.ones(masks[0].shape[1], dtype=bool) if reach is None else reach,
        *(np.asarray(mask.any(axis=1)) for mask in masks[:-1]),
        np.ones(masks[-1].shape[0], dtype=bool),
    ]
    for level in range(1, len(masks)):
        idle = np.flatnonzero(~below[level])
        if len(idle):
            below[level][rng.choice(idle)] = True
    free = [
        (level, target, source)
        for level, (lower, upper) in enumerate(pairwise(below))
        for target, source in np.argwhere(~masks[level] & upper[:, None] & lower)
    ]
    if not free:
        return None
    for place in rng.permutation(len(free))[:count]:
        level, target, source = free[place]
        grown[level][target, source] = True
    for level in range(1, len(masks)):
        for node in np.flatnonzero(grown[level - 1].any(axis=1) & ~grown[level].any(axis=0)):
            uppers = np.flatnonzero(below[level + 1])
            grown[level][rng.choice(uppers), node] = True
        for node in np.flatnonzero(grown[level].any(axis=0) & ~grown[level - 1].any(axis=1)):
            lowers = np.flatnonzero(below[level - 1])
            grown[level - 1][node, rng.choice(lowers)] = True
    return grown


def _deepened(
    values: Mapping[str, Value], masks: list[Mask], problem: Problem, options: GAKANOptions
) -> dict[str, Value] | None:
    """Give the network one layer more: the outputs become hidden neurons, each with an edge to every output."""
    depth, width, outputs = len(masks), options.max_width, problem.n_outputs
    if depth >= options.max_depth or outputs > width:
        return None
    changed = dict(values)
    name = "block1" if depth == 1 else f"block{depth}"
    block = np.zeros_like(np.asarray(changed[name]))
    block[:outputs, : masks[-1].shape[1]] = masks[-1]
    changed[name] = block
    for number, mask in enumerate(masks[:-1], start=1):
        lower = np.zeros_like(np.asarray(changed[f"block{number}"]))
        lower[: mask.shape[0], : mask.shape[1]] = mask
        changed[f"block{number}"] = lower
    top = np.zeros((outputs, width), dtype=np.uint8)
    top[:, :outputs] = masks[-1].any(axis=1)
    changed["output"] = top
    changed["depth"] = depth + 1
    return changed
