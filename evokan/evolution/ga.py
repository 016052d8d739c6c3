"""The genetic algorithm of GA-KAN, on one objective, with elitist survival.

References
----------
Long et al., GA-KAN, arXiv 2501.17411: survivors are the best N of parents and offspring. It names no selection of
parents; the binary tournament is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from evokan.evaluation.racing import spread
from evokan.evolution.algorithm import Algorithm
from evokan.evolution.genome import Genome
from evokan.evolution.operators import tournament

Parsimony = Literal["none", "ties", "one-se", "sizes"]


@dataclass(frozen=True)
class GeneticAlgorithm(Algorithm):
    """Binary tournament, and the best N of parents and offspring together stay.

    Selection works on the first objective; further ones only decide a tournament between equals. The paper is
    silent on ties and on copies: `parsimony` and `distinct` are ours.

    Attributes
    ----------
    parsimony
        How small networks are preferred among the survivors.

        ``none``: not at all; equals in their order of evaluation (lower id). ``ties``: of equal loss, the
        network with fewer trainable values; then the lower id. ``one-se``: first comes the individual with
        the lowest validation loss (ties as above); then all whose loss lies within one standard error (over
        the folds) of that, the smallest first (then lower loss, lower id); then the others by loss. The head
        of this order always survives, so the best never gets worse, and with one fold (standard error 0) it
        is the order of ``ties``. Parents are compared by their losses all the same. ``sizes``: first come the
        networks that no smaller one equals in loss, at most N / 2 of them, evenly over the logarithm of the size;
        then the others as with ``ties``. So the best of every size stays, for readers of small networks and
        as parents.
    distinct
        Of several individuals with the same network (`Record.key`) only the first in order survives, as long
        as others with a loss are there to fill N. Individuals without a loss come last, behind the copies.

    Raises
    ------
    InputError
        As `Algorithm`; and ``one-se`` without ``val_loss`` as the first objective.
    """

    name: ClassVar[str] = "ga"

    parsimony: Parsimony = "ties"
    distinct: bool = True

    def faults(self) -> list[str]:
        """Return one sentence for each setting that cannot be used."""
        found = super().faults()
        if self.parsimony in ("one-se", "sizes") and self.objectives[:1] != ("val_loss",):
            found.append(f"parsimony {self.parsimony} compares validation losses: name val_loss first in --objectives")
        return found

    def select_parents(self, population: Sequence[Genome], count: int, rng: np.random.Generator) -> list[Genome]:
        """Return `count` winners of binary tournaments."""
        return tournament(population, count, rng)

    def survive(self, population: Sequence[Genome], offspring: Sequence[Genome]) -> list[Genome]:
        """Return the first N of `rank`, repeats of a network put behind the others where `distinct`.

        Raises
        ------
        ValueError
            An individual is not evaluated, or its record lacks the network's key.
        """
        ranked = self.rank([*population, *offspring])
        if self.distinct:
            first, repeats, unusable = repeats_last(ranked)
            ranked = first + repeats + unusable
        return ranked[: self.population]

    def rank(self, genomes: Sequence[Genome]) -> list[Genome]:
        """Return all of them, best first: a total order, whatever the order they come in (ids are unique)."""
        usable = [genome for genome in genomes if genome.evaluated().usable]
        unusable = [genome for genome in genomes if not genome.evaluated().usable]
        ordered = sorted(usable, key=self._by_loss)
        if self.parsimony == "one-se" and ordered:
            best = ordered[0].evaluated()
            bound = best.val_loss + best.val_loss_se
            near = sorted((g for g in ordered[1:] if g.evaluated().val_loss <= bound), key=_by_size)
            far = [g for g in ordered[1:] if g.evaluated().val_loss > bound]
            ordered = [ordered[0], *near, *far]
        if self.parsimony == "sizes" and ordered:
            steps = every_size(ordered, max(self.population // 2, 1))
            chosen = {genome.evaluated().id for genome in steps}
            ordered = [*steps, *(genome for genome in ordered if genome.evaluated().id not in chosen)]
        return ordered + sorted(unusable, key=lambda genome: genome.evaluated().id)

    def _by_loss(self, genome: Genome) -> tuple[float, int, int]:
        record = genome.evaluated()
        size = 0 if self.parsimony == "none" else record.n_params
        return record.objective(self.objectives[0]), size, record.id


def _by_size(genome: Genome) -> tuple[int, float, int]:
    record = genome.evaluated()
    return record.n_params, record.val_loss, record.id


def every_size(ordered: Sequence[Genome], count: int) -> list[Genome]:
    """Return at most `count` of the individuals that are better than all smaller ones, evenly over log size.

    Parameters
    ----------
    ordered
        At least one, lowest loss first, of equal losses the smallest.

    Returns
    -------
    list
        Lowest loss, and so largest size, first; both ends are among them where `count` is at least 2.
    """
    front: list[Genome] = []
    for genome in ordered:
        if not front or genome.evaluated().n_params < front[-1].evaluated().n_params:
            front.append(genome)
    return [front[place] for place in spread([genome.evaluated().n_params for genome in front], count)]


def repeats_last(genomes: Sequence[Genome]) -> tuple[list[Genome], list[Genome], list[Genome]]:
    """Split into the first individual of every network, its repeats, and those without a loss; orders are kept.

    Raises
    ------
    ValueError
        An individual is not evaluated, or its record lacks the network's key.
    """
    seen: set[str] = set()
    first, repeats, unusable = [], [], []
    for genome in genomes:
        record = genome.evaluated()
        if not record.usable:
            unusable.append(genome)
        elif not record.key:
            raise ValueError(
                f"the record of individual {record.id} lacks the network's key: "
                "take records as Evaluator.remember returns them"
            )
        elif record.key in seen:
            repeats.append(genome)
        else:
            seen.add(record.key)
            first.append(genome)
    return first, repeats, unusable
