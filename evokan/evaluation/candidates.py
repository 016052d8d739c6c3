"""What the evaluator needs to know of individuals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from evokan.evaluation.records import Origin, Record
from evokan.spaces.chromosome import Bits


class Candidate(Protocol):
    """What the evaluator needs to know of an individual; `evokan.evolution.Genome` is one."""

    @property
    def bits(self) -> Bits:
        """Zeros and ones, shape (layout.length,)."""

    @property
    def parents(self) -> tuple[int, ...]:
        """Ids of the parents."""

    @property
    def origin(self) -> Origin:
        """How it was made."""


CandidateT = TypeVar("CandidateT", bound=Candidate)
More = Callable[[Sequence[CandidateT], Sequence[Record]], Sequence[CandidateT]]
"""Makes further individuals of a generation out of some of it and their records."""
