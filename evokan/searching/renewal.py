"""Individuals that repeat a network are changed until they do not: repeats teach nothing, and count."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.evaluation.evaluator import Evaluator
from evokan.evolution import Genome
from evokan.evolution.operators import bit_flip
from evokan.seeding import generator

TRIES = 40
"""Mutations at most, one upon the other; who is still no new network then stays as it was."""


class Renewal:
    """Renews a generation before it is evaluated; draws depend on (seed, generation) alone.

    Parameters
    ----------
    evaluator
        Knows the networks of the generations before, and which there is room for.
    """

    def __init__(self, evaluator: Evaluator, seed: int) -> None:
        self._evaluator = evaluator
        self._seed = seed

    def __call__(self, genomes: Sequence[Genome], generation: int) -> list[Genome]:
        """Return the individuals, those changed that are no new networks; seeds stay as they are."""
        rng = generator(self._seed, "renewal", generation)
        seen: set[str] = set()
        found = []
        for genome in genomes:
            child = genome
            key = self._evaluator.new_key(child.bits)
            if genome.origin != "seed":
                changed = list(genome)
                for _ in range(TRIES):
                    if key and key not in seen:
                        break
                    bit_flip(changed, rng)
                    origin = "mutation" if genome.parents else "initial"
                    child = Genome(changed, parents=genome.parents, origin=origin)
                    key = self._evaluator.new_key(child.bits)
                else:
                    child = genome
            seen.add(key)
            found.append(child)
        return found
