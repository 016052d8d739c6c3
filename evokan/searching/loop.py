"""The generation loop: the one place that knows the order of things."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.records import Record
from evokan.evolution.algorithm import Algorithm
from evokan.evolution.front import pareto_front
from evokan.evolution.genome import Genome
from evokan.evolution.history import HistoryRow, summarise
from evokan.evolution.proposals import FairCoins, Proposals
from evokan.evolution.settling import settled

Renew = Callable[[Sequence[Genome], int], list[Genome]]
GenerationDone = Callable[[HistoryRow, Sequence[Genome]], None]


@dataclass
class State:
    """Where a search stands after a whole generation.

    Attributes
    ----------
    generation
        Number of the last whole generation; -1 before the first.
    population
        Its survivors, graded, in order.
    records
        Every record so far, in the order of ids.
    """

    generation: int = -1
    population: list[Genome] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def evolve(
    algorithm: Algorithm,
    evaluator: Evaluator,
    state: State,
    *,
    seed: int,
    last_generation: int,
    objectives: Sequence[str],
    reference: Mapping[str, float],
    known: Sequence[Record] = (),
    proposals: Proposals | None = None,
    on_generation: GenerationDone | None = None,
    settle: int = 0,
    renew: Renew | None = None,
) -> State:
    """Run generations until `last_generation` or until the front has settled, and return the state then.

    Parameters
    ----------
    state
        From where to go on; its records must be known to `evaluator`.
    objectives
        What the front is made of.
    reference
        Reference point of the hypervolume.
    known
        Finished records of the generation after `state`, from an interrupted run.
    proposals
        Where new chromosomes come from; fair coins by default.
    on_generation
        Called after every whole generation.
    settle
        Ends the search where the front has not moved for so many generations (`settled`); 0 never does.
    renew
        Given a generation before it is evaluated and its number, returns what is evaluated in its place.
    """
    proposals = proposals or FairCoins(evaluator.layout)
    records = list(state.records)
    population = list(state.population)
    generation = state.generation
    while generation < last_generation and not settled(records, generation, settle):
        generation += 1
        began = time.perf_counter()
        if generation == 0:
            offspring = algorithm.initial(proposals, seed)
        else:
            offspring = algorithm.breed(population, proposals, seed, generation)
        if renew is not None:
            offspring = renew(offspring, generation)
        smaller = _Descents(proposals) if generation == 0 else None
        evaluated = evaluator.evaluate(offspring, generation, known, smaller)
        known = ()
        if smaller is not None:
            offspring = [*offspring, *smaller.genomes]
        algorithm.grade(offspring, evaluated)
        records.extend(evaluated)
        population = algorithm.survive(population, offspring)
        if on_generation is not None:
            survivors = [genome.evaluated() for genome in population]
            row = summarise(
                generation,
                evaluated,
                survivors,
                pareto_front(records, objectives),
                reference,
                time.perf_counter() - began,
            )
            on_generation(row, population)
    return State(generation, population, records)


class _Descents:
    """What lies on the way down from the seeds, step by step: all of it belongs to generation 0."""

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals
        self.genomes: list[Genome] = []

    def __call__(self, batch: Sequence[Genome], records: Sequence[Record]) -> list[Genome]:
        """Return the next step down from the seeds in `batch`, or from those that were the step before."""
        steps: list[Genome] = []
        for genome, record in zip(batch, records, strict=True):
            genome.record = record
            if genome.origin != "initial" and (bits := self._proposals.descend(genome)) is not None:
                steps.append(Genome(bits, parents=(record.id,), origin="prune"))
        self.genomes += steps
        return steps
