"""Random search: the yardstick that evolution has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from evokan.evolution.ga import GeneticAlgorithm
from evokan.evolution.genome import Genome
from evokan.evolution.operators import initialise
from evokan.seeding import generator
from evokan.spaces.chromosome import ChromosomeLayout


@dataclass(frozen=True)
class RandomSearch(GeneticAlgorithm):
    """Every generation is drawn anew as the first one is; the best N seen so far are kept."""

    name: ClassVar[str] = "random"

    def breed(self, population: Sequence[Genome], layout: ChromosomeLayout, seed: int, generation: int) -> list[Genome]:
        """Return N individuals whose bits are fair coins, whatever `population` is."""
        return initialise(layout, self.population, generator(seed, "random", generation))
