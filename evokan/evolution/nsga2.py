"""NSGA-II: several objectives at once, by non-dominated sorting and crowding.

References
----------
Deb, Pratap, Agarwal and Meyarivan, "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE
Transactions on Evolutionary Computation 6(2), 2002.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from deap import tools

from evokan.evolution.algorithm import Algorithm
from evokan.evolution.ga import repeats_last
from evokan.evolution.genome import Genome
from evokan.evolution.operators import binary_tournaments


@dataclass(frozen=True, slots=True)
class _Entrant:
    """One individual in a crowded tournament; the larger `key` wins."""

    key: tuple[int, float]
    genome: Genome


@dataclass(frozen=True)
class NSGA2(Algorithm):
    """Crowded binary tournaments, and survivors by fronts, the last one thinned by crowding distance.

    As in the genetic algorithm, repeats of one network (`Record.key`) stay behind the distinct ones, and
    individuals without a loss behind all others.

    Raises
    ------
    InputError
        As `Algorithm`; and fewer than two objectives.
    """

    name: ClassVar[str] = "nsga2"

    objectives: tuple[str, ...] = ("val_loss", "n_params")

    def faults(self) -> list[str]:
        """Return one sentence for each setting that cannot be used."""
        found = super().faults()
        if len(self.objectives) < 2:
            found.append(
                f"--algorithm nsga2 with --objectives {','.join(self.objectives)}: it needs at least two, "
                "e.g. --objectives val_loss,n_params"
            )
        return found

    def select_parents(self, population: Sequence[Genome], count: int, rng: np.random.Generator) -> list[Genome]:
        """Return `count` winners of binary tournaments by front, then crowding distance.

        Individuals without a loss take part only when there are fewer than two others.
        """
        usable = [genome for genome in population if genome.evaluated().usable]
        entrants = [
            _Entrant((-rank, float(genome.fitness.crowding_dist)), genome)
            for rank, front in enumerate(_fronts(usable))
            for genome in front
        ]
        if len(entrants) < 2:
            entrants += [_Entrant((-len(population), 0.0), genome) for genome in population if genome not in usable]
        chosen = binary_tournaments(entrants, count, rng, lambda entrant: entrant.key)
        return [entrant.genome for entrant in chosen]

    def survive(self, population: Sequence[Genome], offspring: Sequence[Genome]) -> list[Genome]:
        """Return the next N individuals, best fronts first."""
        together = sorted([*population, *offspring], key=lambda genome: genome.evaluated().id)
        first, repeats, unusable = repeats_last(together)
        if len(first) <= self.population:
            return [*(genome for front in _fronts(first) for genome in front), *repeats, *unusable][: self.population]
        chosen: list[Genome] = tools.selNSGA2(first, self.population)
        return chosen


def _fronts(genomes: Sequence[Genome]) -> list[list[Genome]]:
    """Return the non-dominated fronts, the best first, with crowding distances assigned."""
    if not genomes:
        return []
    fronts: list[list[Genome]] = tools.sortNondominated(list(genomes), len(genomes))
    for front in fronts:
        tools.emo.assignCrowdingDist(front)
    return fronts
