"""What is left out of the least squares of one layer."""

from __future__ import annotations

from dataclasses import dataclass

from search_spaces.hkan.solvers import JITTER, STEADY_BLOCKS, STEADY_NODES


@dataclass(frozen=True)
class Rule:
    """What is left out of the least squares of one layer.

    Attributes
    ----------
    last
        Whether it is the output layer.
    cutoff
        Of the last least squares: singular values below this share of the largest count as 0.
    steady
        See `search_spaces.hkan.fitting.fit`.
    """

    last: bool
    cutoff: float
    steady: bool

    @property
    def least_of_blocks(self) -> float:
        """Smallest penalty of a block, as a share of its Gram matrix's trace."""
        return STEADY_BLOCKS if self.steady else JITTER

    @property
    def least_of_nodes(self) -> float:
        """That of a hidden node."""
        return STEADY_NODES if self.steady else JITTER
