"""Variation and selection on bits, written once for every family.

DEAP's own operators draw from Python's global `random`, which all searches of a process share; these draw the same
numbers in the same order from a `random.Random` of their own, so every operator depends on its `rng` alone.

References
----------
Long et al., GA-KAN, arXiv 2501.17411: neuron-aligned crossover, bit-flip mutation. The binary
tournament is ours: the paper names no selection of parents.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, MutableSequence, Sequence
from typing import Any, TypeVar

import numpy as np

from evokan.evolution.genome import Genome
from evokan.spaces.chromosome import ChromosomeLayout

Entrant = TypeVar("Entrant")


def draws(rng: np.random.Generator) -> random.Random:
    """Return a source of random numbers of its own, seeded from `rng`."""
    return random.Random(int(rng.integers(2**63)))


def initialise(layout: ChromosomeLayout, size: int, rng: np.random.Generator) -> list[Genome]:
    """Return `size` individuals whose bits are fair coins."""
    return [Genome(layout.random(rng)) for _ in range(size)]


def neuron_crossover(
    a: MutableSequence[int], b: MutableSequence[int], layout: ChromosomeLayout, rng: np.random.Generator
) -> None:
    """Exchange bits between `a` and `b`, in place.

    Each aligned pair of genes (the incoming bits of the same neuron) is swapped whole with probability 1/2.
    Each value segment gets a single-point crossover of its own. A segment of one bit has no point to cut at,
    so it is treated like a gene: swapped with probability 1/2.

    Parameters
    ----------
    a, b
        Bits of both parents' copies, length ``layout.length`` each.
    """
    values = list(layout.values())
    whole = [*layout.genes(), *(part for part in values if part.stop - part.start == 1)]
    for part, swap in zip(whole, rng.random(len(whole)) < 0.5, strict=True):
        if swap:
            a[part], b[part] = b[part], a[part]
    own = draws(rng)
    for part in values:
        if part.stop - part.start > 1:
            cut = part.start + own.randint(1, part.stop - part.start - 1)
            a[cut : part.stop], b[cut : part.stop] = b[cut : part.stop], a[cut : part.stop]


def bit_flip(bits: MutableSequence[int], rng: np.random.Generator) -> None:
    """Flip every bit with probability 1/L, in place; where that flips none, flip one drawn uniformly.

    Parameters
    ----------
    bits
        Zeros and ones, length L.
    """
    own = draws(rng)
    flipped = [place for place in range(len(bits)) if own.random() < 1.0 / len(bits)]
    for place in flipped or [int(rng.integers(len(bits)))]:
        bits[place] = 1 - bits[place]


def tournament(genomes: Sequence[Genome], count: int, rng: np.random.Generator) -> list[Genome]:
    """Return `count` parents, each the better of two drawn with replacement.

    Individuals with an infinite first objective (invalid and failed ones) take part only when there are fewer
    than two others. On equal fitness the one drawn first wins.

    Parameters
    ----------
    genomes
        Graded individuals, at least one.
    """
    usable = [genome for genome in genomes if math.isfinite(genome.fitness.values[0])]
    pool = usable if len(usable) >= 2 else list(genomes)
    return binary_tournaments(pool, count, rng, lambda genome: genome.fitness)


def binary_tournaments(
    pool: Sequence[Entrant], count: int, rng: np.random.Generator, key: Callable[[Entrant], Any]
) -> list[Entrant]:
    """Return `count` winners of pairs drawn with replacement: the larger `key`, of equals the one drawn first."""
    own = draws(rng)
    return [max(own.choice(pool), own.choice(pool), key=key) for _ in range(count)]
