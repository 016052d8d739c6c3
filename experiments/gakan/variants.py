"""What the ablation takes out of GA-KAN, one thing at a time."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from evokan.evolution import GeneticAlgorithm, Genome, draws
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from search_spaces.gakan import GAKAN
from search_spaces.gakan.encoding import KANArchitecture, from_masks


@dataclass(frozen=True)
class OtherCrossover(GeneticAlgorithm):
    """GA-KAN's algorithm with a crossover that knows nothing of neurons; a subclass says which."""

    def _reproduce(
        self, a: Genome, b: Genome, layout: ChromosomeLayout, rng: np.random.Generator
    ) -> tuple[Genome, Genome]:
        first, second = list(a), list(b)
        if rng.random() < self.crossover_rate:
            self.cross(first, second, draws(rng))
        return self._offspring(first, a, b, rng), self._offspring(second, b, a, rng)

    @abstractmethod
    def cross(self, first: list[int], second: list[int], own: random.Random) -> None:
        """Exchange bits between two chromosomes, in place."""


class UniformCrossover(OtherCrossover):
    """Every bit changes sides with probability 1/2."""

    def cross(self, first: list[int], second: list[int], own: random.Random) -> None:
        """Exchange bits between two chromosomes, in place."""
        for place in range(len(first)):
            if own.random() < 0.5:
                first[place], second[place] = second[place], first[place]


class OnePointCrossover(OtherCrossover):
    """All bits behind one random point change sides."""

    def cross(self, first: list[int], second: list[int], own: random.Random) -> None:
        """Exchange bits between two chromosomes, in place."""
        cut = own.randint(1, len(first) - 1)
        first[cut:], second[cut:] = second[cut:], first[cut:]


class FixedDepth(GAKAN):
    """GA-KAN without zero mask and degradation: all blocks are kept, and the depth bits mean nothing.

    A block without any connection cuts the network in two: it is invalid. Seeds and moves are written for degradation, so it
    has none.
    """

    moves: ClassVar = {}

    def seeds(self, problem: Problem) -> Sequence[KANArchitecture]:
        """Return none."""
        return ()

    def decode(self, bits: Bits, problem: Problem) -> KANArchitecture:
        """Return the pruned network of the largest depth."""
        values = self.layout(problem).unpack(bits)
        masks = [
            np.asarray(values[f"block{i}"], dtype=bool)[: self.options.max_width]
            for i in range(1, self.options.max_depth)
        ]
        return from_masks([*masks, np.asarray(values["output"], dtype=bool)], int(values["grid"]))


@dataclass(frozen=True)
class Variant:
    """One change of `gakan`'s defaults: settings, the algorithm, or the space."""

    settings: dict[str, Any] = field(default_factory=dict)
    algorithm: type[GeneticAlgorithm] | None = None
    space: type[GAKAN] = GAKAN


DEFAULT = "default"
VARIANTS: dict[str, Variant] = {
    DEFAULT: Variant(),
    "random search": Variant({"algorithm": "random"}),
    "uniform crossover": Variant(algorithm=UniformCrossover),
    "one-point crossover": Variant(algorithm=OnePointCrossover),
    "fixed depth 4": Variant(space=FixedDepth),
    "hold-out": Variant({"folds": 1}),
    "own stop": Variant({"fold_stop": "own"}),
    "no early stop": Variant({"space_options": {"patience": 0}}),
    "raw inputs": Variant({"scaler": "none"}),
}
"""By name; the first is what the others are compared with."""
OTHER_LOSS = ("hold-out", "own stop")
"""Variants whose validation loss is another quantity: comparable on the test rows only."""
