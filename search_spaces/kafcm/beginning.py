"""The first generation: maps whose causes were found one effect at a time, and random ones from sparse to dense."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np

from evokan.arrays import FloatArray, IntArray
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import ChromosomeLayout, NeuronSegment, Value
from search_spaces.kafcm.encoding import CausalMap, from_mask, write_causes
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.rules import FORBIDDEN, REQUIRED, edge_rules
from search_spaces.kafcm.screening import LEVELS, WIDE, Causes, Path, common_level, path_of, sums_fit_better
from search_spaces.kafcm.states import fit_states

FALSE_SHARE = 0.002
"""Share of false edges that the first seed may have; the level of its tests follows from it."""
LOOSER = 0.05
"""That of the seed with more edges."""
GRIDS = (8, 5, 12, 3, 20)
"""Grids of the seeds, the most promising first."""
LARGEST_GRID = 16
MOST_VALUES, FEWEST_ROWS = 10_000_000, 200
"""Largest number of values of splines that are held at a time, and rows that there are whatever it says."""


BENDING = ("auto", "tanh", "sigmoid")
"""Boundings that may bend a sum."""


def paths(problem: Problem, options: KAFCMOptions, rows: IntArray) -> list[Path]:
    """Return the causes of every effect, from many to few, as `rows` tell them."""
    return _paths(problem, options, *_states(problem, options, rows))


def _states(problem: Problem, options: KAFCMOptions, rows: IntArray) -> tuple[Causes, FloatArray]:
    states, rows = fit_states(problem, options), screened_rows(problem, rows)
    y = states.target.transform(np.asarray(problem.table.y[rows], dtype=np.float64).reshape(len(rows), -1))
    return Causes.of(states.source.transform(problem.table.X[rows])), y


def _paths(problem: Problem, options: KAFCMOptions, causes: Causes, y: FloatArray) -> list[Path]:
    rules, bounded = edge_rules(problem, options), options.bounding in BENDING
    return [
        path_of(
            y[:, effect],
            causes,
            rules[effect] != FORBIDDEN,
            np.flatnonzero(rules[effect] == REQUIRED).tolist(),
            bounded=bounded,
        )
        for effect in range(y.shape[1])
    ]


def screened_rows(problem: Problem, rows: IntArray) -> IntArray:
    """Return `rows`, or as many of them, at even distances, as there is room for."""
    most = max(MOST_VALUES // (WIDE * problem.n_features), FEWEST_ROWS)
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def kept(found: Sequence[Path], level: float, sources: int) -> np.ndarray:
    """Return which edges stay at a level, shape (effects, causes)."""
    mask = np.zeros((len(found), sources), dtype=bool)
    for effect, path in enumerate(found):
        mask[effect, list(path.at(level))] = True
    return mask


@dataclass(frozen=True, eq=False)
class FirstLook:
    """What the development rows tell before anything is trained.

    Attributes
    ----------
    paths
        Causes of every effect, from many to few.
    bounding
        ``tanh``, or ``clip`` where sums that nothing bends fit better; empty where the options say.
    """

    paths: Sequence[Path]
    bounding: Literal["", "tanh", "clip"]

    def causes(self, level: float, sources: int) -> np.ndarray:
        """Return the edges that stay at a level, shape (effects, causes)."""
        return kept(self.paths, level, sources)


_LOOKS: WeakKeyDictionary[Problem, dict[str, FirstLook]] = WeakKeyDictionary()


def first_look(problem: Problem, options: KAFCMOptions) -> FirstLook:
    """Return what the development rows tell; looked up once for a problem."""
    known, key = _LOOKS.setdefault(problem, {}), options.model_dump_json()
    if key not in known:
        causes, y = _states(problem, options, problem.development)
        found = _paths(problem, options, causes, y)
        bounding: Literal["", "tanh", "clip"] = ""
        if options.bounding == "auto":
            level = common_level(found, FALSE_SHARE)
            bounding = "clip" if sums_fit_better(y, causes, [path.at(level) for path in found]) else "tanh"
        known[key] = FirstLook(found, bounding)
    return known[key]


def bounding_of(problem: Problem, options: KAFCMOptions) -> Literal["", "tanh", "clip"]:
    """Return what bounds the concepts of every map of a problem; empty where the options say."""
    return first_look(problem, options).bounding if options.bounding == "auto" else ""


def seeds(problem: Problem, options: KAFCMOptions) -> list[CausalMap]:
    """Return the map of the causes that the development rows cannot do without, with several grids; then denser ones.

    None where no cause is certain.
    """
    look = first_look(problem, options)
    levels = [common_level(look.paths, FALSE_SHARE), common_level(look.paths, LOOSER), LEVELS[0]]
    masks = [look.causes(level, problem.n_features) for level in levels]
    grids = [grid for grid in GRIDS if grid <= 2**options.grid_bits]
    networks: dict[str, CausalMap] = {}
    for mask, some in zip(masks, (grids, grids[:1], grids[:1]), strict=True):
        for grid in some if mask.any() else ():
            network = from_mask(mask, grid, look.bounding)
            networks.setdefault(network.key, network)
    return list(networks.values())


def certain(problem: Problem, options: KAFCMOptions) -> np.ndarray:
    """Return the edges of the first seed, shape (effects, causes): those that the tests are certain of.

    Of rollouts of several steps the tests know nothing, and no edge is certain.
    """
    if options.rollout != 1 and problem.task.in_time:
        return np.zeros((problem.n_outputs, problem.n_features), dtype=bool)
    look = first_look(problem, options)
    return look.causes(common_level(look.paths, FALSE_SHARE), problem.n_features)


def sample(layout: ChromosomeLayout, options: KAFCMOptions, rng: np.random.Generator) -> dict[str, Value]:
    """Return the segments of a random map: density and grid log-uniform, sparse and coarse ones more often."""
    genes = [segment for segment in layout.segments if isinstance(segment, NeuronSegment)]
    most = max((gene.fan_in for gene in genes), default=1)
    density = float(np.exp(rng.uniform(np.log(min(1.5 / most, 0.5)), np.log(0.6))))
    values: dict[str, Value] = {gene.name: (rng.random((1, gene.fan_in)) < density).astype(np.uint8) for gene in genes}
    largest = min(LARGEST_GRID, 2**options.grid_bits)
    values["grid"] = int(np.exp(rng.uniform(0.0, np.log(largest + 1))))
    if "self-loops" in layout.slices:
        values["self-loops"] = 1
    return values


def encode(
    architecture: CausalMap, layout: ChromosomeLayout, problem: Problem, options: KAFCMOptions
) -> dict[str, Value]:
    """Return the segments that decode to a map."""
    mask = np.zeros((architecture.n_targets, architecture.n_sources), dtype=bool)
    for source, target in architecture.edges:
        mask[target, source] = True
    values = write_causes(mask, problem, options)
    values["grid"] = architecture.intervals
    if "self-loops" in layout.slices:
        values["self-loops"] = 1
    return values
