"""Variation and selection on bits, written once for every family.

The operators are DEAP's wherever DEAP has one. DEAP draws from Python's global `random`; `global_random`
seeds that from a NumPy generator for the moment of the call and puts its state back, so every operator here
depends on its `rng` alone and leaves no trace.

References
----------
Long et al., GA-KAN, arXiv 2501.17411: neuron-aligned crossover, bit-flip mutation, binary tournament.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, MutableSequence, Sequence
from contextlib import contextmanager

import numpy as np
from deap import tools

from evokan.evolution.genome import Genome
from evokan.spaces.chromosome import ChromosomeLayout


@contextmanager
def global_random(rng: np.random.Generator) -> Iterator[None]:
    """Seed Python's global `random` from `rng` inside the block, and restore its state afterwards."""
    state = random.getstate()
    random.seed(int(rng.integers(2**63)))
    try:
        yield
    finally:
        random.setstate(state)


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
    with global_random(rng):
        for part in values:
            if part.stop - part.start > 1:
                a[part], b[part] = tools.cxOnePoint(a[part], b[part])


def bit_flip(bits: MutableSequence[int], rng: np.random.Generator) -> None:
    """Flip every bit with probability 1/L, in place; where that flips none, flip one drawn uniformly.

    Parameters
    ----------
    bits
        Zeros and ones, length L.
    """
    before = list(bits)
    with global_random(rng):
        tools.mutFlipBit(bits, indpb=1.0 / len(bits))
    if list(bits) == before:
        place = int(rng.integers(len(bits)))
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
    with global_random(rng):
        chosen: list[Genome] = tools.selTournament(pool, count, tournsize=2)
    return chosen
