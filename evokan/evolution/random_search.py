"""Random search: the yardstick that evolution has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evokan.evolution.ga import GeneticAlgorithm
from evokan.evolution.genome import Genome
from evokan.evolution.operators import initialise
from evokan.evolution.proposals import Proposals
from evokan.seeding import generator


@dataclass(frozen=True)
class RandomSearch(GeneticAlgorithm):
    """Every generation is drawn anew as the first one is; the best N seen so far are kept."""

    name: ClassVar[str] = "random"

    def breed(self, population: Sequence[Genome], proposals: Proposals, seed: int, generation: int) -> list[Genome]:
        """Return N samples of the family, or of fair coins without `seeded`, whatever `population` is."""
        rng = generator(seed, "random", generation)
        if not self.seeded:
            return initialise(proposals.layout, self.population, rng)
        return [Genome(proposals.sample(rng)) for _ in range(self.population)]
