"""The steps that every evolutionary algorithm has, and those that all share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from evokan.errors import InputError, unknown_name
from evokan.evaluation.records import OBJECTIVES, Origin, Record
from evokan.evolution.genome import Fitness, Genome
from evokan.evolution.operators import bit_flip, initialise, neuron_crossover, tournament
from evokan.evolution.proposals import Proposals
from evokan.seeding import generator
from evokan.spaces.chromosome import ChromosomeLayout


@dataclass(frozen=True)
class Algorithm(ABC):
    """Settings and pure steps; a subclass says who breeds (`select_parents`) and who stays (`survive`).

    Attributes
    ----------
    population
        Individuals per generation N, at least 2.
    crossover_rate
        Probability that a pair of parents crosses, in [0, 1].
    mutation_rate
        Probability that an offspring mutates, in [0, 1].
    objectives
        Names out of `evokan.evaluation.records.OBJECTIVES`, all minimised, the most important first.
    move_rate
        Expected share of the offspring that is one of the family's moves away from a single parent, in [0, 1]; the
        others are crossed and mutated. A family without moves takes none.
    seeded
        Whether the first generation holds the family's seeds and samples, instead of fair coins.

    Raises
    ------
    InputError
        A setting is out of its range, or an objective is unknown or named twice: one sentence for each.
    """

    name: ClassVar[str]

    population: int = 100
    crossover_rate: float = 0.9
    mutation_rate: float = 0.5
    objectives: tuple[str, ...] = ("val_loss",)
    move_rate: float = 0.0
    seeded: bool = False

    def __post_init__(self) -> None:
        faults = self.faults()
        if faults:
            raise InputError(*faults)

    def faults(self) -> list[str]:
        """Return one sentence for each setting that cannot be used."""
        found = []
        if self.population < 2:
            found.append(f"--population {self.population}: at least 2 individuals are needed to breed")
        rates = {
            "--crossover-rate": self.crossover_rate,
            "--mutation-rate": self.mutation_rate,
            "--move-rate": self.move_rate,
        }
        for option, rate in rates.items():
            if not 0.0 <= rate <= 1.0:
                found.append(f"{option} {rate}: a probability must lie between 0 and 1")
        if not self.objectives:
            found.append(f"--objectives names none: give at least one of {', '.join(OBJECTIVES)}")
        if len(set(self.objectives)) < len(self.objectives):
            found.append(f"--objectives {','.join(self.objectives)}: each objective can be named once only")
        unknown = [name for name in self.objectives if name not in OBJECTIVES]
        found.extend(str(unknown_name("objective", name, OBJECTIVES)) for name in unknown)
        return found

    def initial(self, proposals: Proposals, seed: int) -> list[Genome]:
        """Return generation 0: N individuals, which depend on (`proposals`, seed, N) alone.

        Half of it at most are seeds of the family (origin ``seed``), the others its samples; without `seeded` all are
        fair coins.
        """
        rng = generator(seed, "initial")
        if not self.seeded:
            return initialise(proposals.layout, self.population, rng)
        first = [Genome(bits, origin="seed") for bits in proposals.seeds()[: self.population // 2]]
        return [*first, *(Genome(proposals.sample(rng)) for _ in range(self.population - len(first)))]

    def grade(self, genomes: Sequence[Genome], records: Sequence[Record]) -> None:
        """Give every individual its record, in place, and the fitness that follows from it.

        Parameters
        ----------
        records
            In the order of `genomes`; infinite objectives for invalid and failed individuals.
        """
        for genome, record in zip(genomes, records, strict=True):
            genome.record = record
            genome.fitness = Fitness([record.objective(name) for name in self.objectives])

    def breed(self, population: Sequence[Genome], proposals: Proposals, seed: int, generation: int) -> list[Genome]:
        """Return N offspring, not yet evaluated; the parents stay as they are.

        Parameters
        ----------
        population
            Graded individuals; their order matters to the draws.
        generation
            Number of the generation that is being made, from 1: all draws depend on (seed, generation).
        """
        rng = generator(seed, "breed", generation)
        moved: list[Genome] = []
        if self.move_rate and proposals.moves:
            moved = self._moved(population, proposals, int(rng.binomial(self.population, self.move_rate)), rng)
        count = self.population - len(moved)
        parents = self.select_parents(population, 2 * math.ceil(count / 2), rng)
        offspring = [
            child
            for a, b in zip(parents[::2], parents[1::2], strict=True)
            for child in self._reproduce(a, b, proposals.layout, rng)
        ]
        return [*moved, *offspring[:count]]

    @abstractmethod
    def select_parents(self, population: Sequence[Genome], count: int, rng: np.random.Generator) -> list[Genome]:
        """Return `count` individuals of `population`, repeats allowed; consecutive ones become pairs."""

    @abstractmethod
    def survive(self, population: Sequence[Genome], offspring: Sequence[Genome]) -> list[Genome]:
        """Return the next N individuals out of both, all graded: deterministic, no draws."""

    def _moved(
        self, population: Sequence[Genome], proposals: Proposals, count: int, rng: np.random.Generator
    ) -> list[Genome]:
        """Return `count` changed copies of single parents: half of those are selected, half drawn from all alike."""
        usable = [genome for genome in population if genome.evaluated().usable]
        if not usable or not count:
            return []
        names, weights = list(proposals.moves), np.array(list(proposals.moves.values()))
        drawn = rng.choice(len(names), size=count, p=weights / weights.sum())
        selected = tournament(usable, (count + 1) // 2, rng)
        parents = [*selected, *(usable[place] for place in rng.integers(len(usable), size=count - len(selected)))]
        moved = []
        for parent, number in zip(parents, drawn, strict=True):
            bits = proposals.move(parent, names[number], rng)
            if bits is not None:
                moved.append(Genome(bits, parents=(parent.evaluated().id,), origin=names[number]))
        return moved

    def _reproduce(
        self, a: Genome, b: Genome, layout: ChromosomeLayout, rng: np.random.Generator
    ) -> tuple[Genome, Genome]:
        first, second = list(a), list(b)
        if rng.random() < self.crossover_rate:
            neuron_crossover(first, second, layout, rng)
        return self._offspring(first, a, b, rng), self._offspring(second, b, a, rng)

    def _offspring(self, bits: list[int], own: Genome, mate: Genome, rng: np.random.Generator) -> Genome:
        """Mutate perhaps, and name the parents and the origin by what really happened to the bits.

        A crossover that returns a parent's very bits counts for nothing, and an offspring equal to one of its
        parents is a ``survivor``.
        """
        source = _equal(bits, own, mate)
        origin: Origin = "crossover" if source is None else "survivor"
        if rng.random() < self.mutation_rate:
            bit_flip(bits, rng)
            origin = "crossover+mutation" if source is None else "mutation"
            twin = _equal(bits, own, mate)
            if twin is not None:
                source, origin = twin, "survivor"
        parents = (own, mate) if source is None else (source,)
        return Genome(bits, parents=tuple(parent.evaluated().id for parent in parents), origin=origin)


def _equal(bits: list[int], own: Genome, mate: Genome) -> Genome | None:
    return next((parent for parent in (own, mate) if bits == parent), None)
