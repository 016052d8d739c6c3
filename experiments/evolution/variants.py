"""NSGA-II otherwise: what was tried for a larger hypervolume, and is no part of the product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from evokan.evaluation.records import Record
from evokan.evolution import NSGA2, Fitness, Genome
from evokan.evolution.operators import tournament


class LogarithmicSizes(NSGA2):
    """Sizes count by their logarithm: the same dominance, but crowding spreads a front over orders of magnitude."""

    name: ClassVar[str] = "nsga2"

    def grade(self, genomes: Sequence[Genome], records: Sequence[Record]) -> None:
        """Give every individual its record, and a fitness with the logarithms of all objectives but the loss."""
        super().grade(genomes, records)
        for genome in genomes:
            loss, *sizes = genome.fitness.values
            genome.fitness = Fitness([loss, *(math.log1p(size) for size in sizes)])


class LossDecides(NSGA2):
    """Parents by their loss alone, as in the genetic algorithm; survivors by NSGA-II."""

    name: ClassVar[str] = "nsga2"

    def select_parents(self, population: Sequence[Genome], count: int, rng: np.random.Generator) -> list[Genome]:
        """Return `count` winners of binary tournaments by the first objective, then the others."""
        return tournament(population, count, rng)
