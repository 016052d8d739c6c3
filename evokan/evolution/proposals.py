"""Where new chromosomes come from: what a family of networks knows, told in bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from evokan.evolution.genome import Genome
from evokan.spaces.chromosome import Bits, ChromosomeLayout


class Proposals(Protocol):
    """What an algorithm asks for new chromosomes."""

    @property
    def layout(self) -> ChromosomeLayout:
        """The meaning of the bits."""

    @property
    def moves(self) -> Mapping[str, float]:
        """Names of the changes that `move` knows, and how often each is wanted beside the others."""

    def seeds(self) -> Sequence[Bits]:
        """Return chromosomes worth trying on any table, the most promising first."""

    def descend(self, genome: Genome) -> Bits | None:
        """Return the next smaller network on the way down from an evaluated seed, or None at its end."""

    def sample(self, rng: np.random.Generator) -> Bits:
        """Return a random chromosome."""

    def move(self, genome: Genome, name: str, rng: np.random.Generator) -> Bits | None:
        """Return a changed copy of an evaluated individual's bits, or None where that move is not possible."""


@dataclass(frozen=True)
class FairCoins:
    """The proposals of somebody who knows nothing but the layout: no seeds, no moves, every bit a fair coin."""

    layout: ChromosomeLayout
    moves: Mapping[str, float] = field(default_factory=dict)

    def seeds(self) -> Sequence[Bits]:
        """Return none."""
        return ()

    def descend(self, genome: Genome) -> Bits | None:
        """Return None: no seed, no way down."""
        return None

    def sample(self, rng: np.random.Generator) -> Bits:
        """Return fair coins."""
        return self.layout.random(rng)

    def move(self, genome: Genome, name: str, rng: np.random.Generator) -> Bits | None:
        """Return None: there are no moves."""
        return None
