"""What a family proposes for a problem, told in bits: the link between `evokan.evolution` and `evokan.spaces`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from evokan.evaluation.worths import Worths
from evokan.evolution import Genome
from evokan.problem.problem import Problem
from evokan.spaces.chromosome import Bits, ChromosomeLayout
from evokan.spaces.space import SearchSpace


class FamilyProposals:
    """`evokan.evolution.proposals.Proposals` of a search space.

    Parameters
    ----------
    worths
        Knows what the edges of the population are worth.
    """

    def __init__(self, space: SearchSpace, problem: Problem, worths: Worths) -> None:
        self._space = space
        self._problem = problem
        self._worths = worths

    @cached_property
    def layout(self) -> ChromosomeLayout:
        """The meaning of the bits."""
        return self._space.layout(self._problem)

    @property
    def moves(self) -> Mapping[str, float]:
        """Those of the family."""
        return self._space.moves

    def seeds(self) -> Sequence[Bits]:
        """Return the family's seeds as chromosomes."""
        return [self._space.encode(network, self._problem) for network in self._space.seeds(self._problem)]

    def descend(self, genome: Genome) -> Bits | None:
        """Return the next smaller network on the way down from an evaluated seed, or None at its end."""
        record = genome.evaluated()
        if not record.usable:
            return None
        return self._space.descend(genome.bits, self._problem, self._worths.of(record))

    def sample(self, rng: np.random.Generator) -> Bits:
        """Return a random chromosome."""
        return self._space.sample(self._problem, rng)

    def move(self, genome: Genome, name: str, rng: np.random.Generator) -> Bits | None:
        """Return a neighbour of an evaluated individual, or None where there is none."""
        record = genome.evaluated()
        if not record.usable:
            return None
        return self._space.neighbour(genome.bits, name, self._problem, self._worths.of(record), rng)
