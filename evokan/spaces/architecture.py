"""A decoded, pruned network: the phenotype, and the values that training gives it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeVar

ArchitectureT = TypeVar("ArchitectureT", bound="Architecture", default=Any)
"""A family's own class of architectures."""

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
        """Return plain JSON values from which `from_json` makes an equal object."""

    @classmethod
    @abstractmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the architecture whose `to_json` gave `data`."""
