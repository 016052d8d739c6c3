"""What one layer is, without its trained values: nodes, basis, sharpness, number and place of the centres."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from evokan.errors import InputError, unknown_name

Basis = Literal["sigmoid", "gaussian", "relu", "softplus", "tanh", "identity"]
Placement = Literal["random", "data", "equal"]
BASES: tuple[Basis, ...] = get_args(Basis)
PLACEMENTS: tuple[Placement, ...] = get_args(Placement)


@dataclass(frozen=True)
class HKANLayer:
    """One layer of an HKAN: every node is a linear model of one block a column below.

    A block is phi(z) = sum_r c_r g(sigma (z - mu_r)) + constant (arXiv 2501.18199, Equations 3 to 5).

    Attributes
    ----------
    nodes
        Number of nodes, at least 1; an output layer has one for each output.
    basis
        The function g; ``identity`` takes the column itself as the block. Several names make a mixed layer: blocks
        take turns, the block of node q and column p the one at place (q + p) modulo their number.
    sigma
        Sharpness, positive.
    n_basis
        Basis functions a block m, at least 1.
    placement
        Centres mu: ``random`` uniform on [0, 1]; ``data`` training values of the column, drawn with replacement;
        ``equal`` equally spaced on [0, 1], for an output layer (all nodes would be the same).
    ridge
        Penalty lambda on the squares of the coefficients c, at least 0.

    Raises
    ------
    InputError
        One sentence for each attribute out of its range.

    Notes
    -----
    What has no influence is set to one value, so that equal layers are equal: an identity layer has `sigma` 1,
    `n_basis` 1, `placement` ``equal`` and `ridge` 0.
    """

    nodes: int = 1
    basis: Basis | tuple[Basis, ...] = "sigmoid"
    sigma: float = 1.0
    n_basis: int = 10
    placement: Placement = "data"
    ridge: float = 0.01

    def __post_init__(self) -> None:
        faults = [fault for name in self.bases if name not in BASES
                  for fault in unknown_name("basis", str(name), BASES).faults]
        if not self.bases:
            faults.append("basis: name at least one function")
        if len(self.bases) > 1 and ("identity" in self.bases or len(set(self.bases)) < len(self.bases)):
            faults.append(f"basis {', '.join(self.bases)}: a mixed layer takes each function once, and no identity")
        if self.placement not in PLACEMENTS:
            faults.extend(unknown_name("placement", str(self.placement), PLACEMENTS).faults)
        for name, value in (("nodes", self.nodes), ("n_basis", self.n_basis)):
            if isinstance(value, bool) or value != int(value) or value < 1:
                faults.append(f"{name} {value}: a whole number of at least 1 is needed")
        if not (math.isfinite(self.sigma) and self.sigma > 0):
            faults.append(f"sigma {self.sigma}: a positive number is needed")
        if not (math.isfinite(self.ridge) and self.ridge >= 0):
            faults.append(f"ridge {self.ridge}: a number of at least 0 is needed")
        if faults:
            raise InputError(*faults)
        if self.bases == ("identity",):
            without_influence: dict[str, Any] = {"sigma": 1.0, "n_basis": 1, "placement": "equal", "ridge": 0.0}
            for attribute, neutral in without_influence.items():
                object.__setattr__(self, attribute, neutral)
        object.__setattr__(self, "basis", self.bases[0] if len(self.bases) == 1 else self.bases)

    @property
    def bases(self) -> tuple[Basis, ...]:
        """The basis functions that blocks take turns with; mostly one."""
        return (self.basis,) if isinstance(self.basis, str) else tuple(self.basis)

    @property
    def is_identity(self) -> bool:
        """Whether blocks are the columns themselves, so that nothing but the node's linear model is fitted."""
        return self.bases == ("identity",)

    def n_params(self, columns: int) -> int:
        """Return the fitted values over `columns` columns below: coefficients, node weights and intercepts."""
        a_block = 1 if self.is_identity else 1 + self.n_basis
        return self.nodes * (1 + columns * a_block)

    @property
    def key(self) -> str:
        """Canonical text."""
        name = "+".join(self.bases)
        if self.is_identity:
            return f"{self.nodes}:{name}"
        return f"{self.nodes}:{name} s{self.sigma:g} m{self.n_basis} {self.placement} r{self.ridge:g}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = asdict(self)
        return values | {"basis": values["basis"] if isinstance(self.basis, str) else list(self.basis)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HKANLayer:
        """Return the layer whose `to_json` gave `data`."""
        basis = data["basis"]
        return cls(**{**data, "basis": basis if isinstance(basis, str) else tuple(basis)})
