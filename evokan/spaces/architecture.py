"""A decoded, pruned network: the phenotype, and the values that training gives it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    pass


Weights = dict[str, NDArray[np.generic]]
"""A network's state dict as NumPy arrays."""


@dataclass(frozen=True)
class Architecture(ABC):
    """A decoded, pruned network: the phenotype. Equal `key` means the same network.

    Families subclass it as frozen dataclasses and add what they need to build the network.
    """

    @property
    @abstractmethod
    def key(self) -> str:
        """Canonical text: equal networks have equal keys (cache, training seed)."""

    @property
    @abstractmethod
    def n_params(self) -> int:
        """Trainable values of the live network."""

    @property
    def n_params_paper(self) -> int:
        """Trainable values as the family's paper counts them."""
        return self.n_params

    @property
    @abstractmethod
    def n_edges(self) -> int:
        """Live edges (one-variable functions)."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """Input columns that reach an output."""

    @property
    def used_columns(self) -> tuple[int, ...] | None:
        """Input columns that reach an output, ascending; None where the family does not say."""
        return None

    @property
    @abstractmethod
    def depth(self) -> int:
        """Number of layers of edges."""

    @property
    def grid(self) -> int:
        """Grid intervals of the splines; 0 where the family has none."""
        return 0

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `SearchSpace.architecture_from_json` makes an equal object."""
