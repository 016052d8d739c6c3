"""What one layer is, without its trained values: nodes, basis, sharpness, number and place of the centres."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from evokan.errors import InputError, unknown_name
from search_spaces.hkan.arguments import as_number, as_whole, shown

Basis = Literal["sigmoid", "gaussian", "relu", "softplus", "tanh", "identity"]
Placement = Literal["random", "data", "equal"]
BASES: tuple[Basis, ...] = get_args(Basis)
PLACEMENTS: tuple[Placement, ...] = get_args(Placement)


def _name(value: object) -> str:
    return str(value) if isinstance(value, str) else shown(value)


@dataclass(frozen=True)
class HKANLayer:
    """One layer of an HKAN: every node is a linear model of one block a column below.

    A block is phi(z) = sum_r c_r g(sigma (z - mu_r)) + constant (arXiv 2501.18199, Equations 3 to 5).

    Attributes
    ----------
    nodes
        Number of nodes, at least 1; an output layer has one for each output.
    basis
        The function g; ``identity`` takes the column itself as the block. Several names, a tuple, make a mixed layer:
        blocks take turns, the block of node q and column p the one at place (q + p) modulo their number.
    sigma
        Sharpness, positive; of a mixed layer one for all its functions, or a tuple with one for each.
    n_basis
        Basis functions a block m, at least 1.
    placement
        Centres mu: ``random`` uniform on [0, 1]; ``data`` training values of the column, drawn with replacement;
        ``equal`` equally spaced on [0, 1], for an output layer (all nodes would be the same).
    ridge
        Penalty lambda on the squares of the coefficients c, at least 0.
    node_ridge
        Penalty on the squares of the nodes' weights, at least 0; the paper's searches have none.
    inside
        Whether the functions of a mixed layer take turns inside of every block, the r-th basis function being that at
        place r modulo their number. Such layers cannot be exported to other formats than torch's.

    Raises
    ------
    InputError
        One sentence for each attribute out of its range.

    Notes
    -----
    What has no influence is set to one value, so that equal layers are equal: an identity layer has `sigma` 1,
    `n_basis` 1, `placement` ``equal`` and `ridge` 0. Numbers are kept as plain int and float, whatever kind was given.
    """

    nodes: int = 1
    basis: Basis | tuple[Basis, ...] = "sigmoid"
    sigma: float | tuple[float, ...] = 1.0
    n_basis: int = 10
    placement: Placement = "data"
    ridge: float = 0.01
    node_ridge: float = 0.0
    inside: bool = False

    def __post_init__(self) -> None:
        bases = tuple(map(_name, self.basis if isinstance(self.basis, tuple | list) else (self.basis,)))
        placement = _name(self.placement)
        nodes, n_basis = as_whole(self.nodes), as_whole(self.n_basis)
        ridge, node_ridge = as_number(self.ridge), as_number(self.node_ridge)
        sigmas = tuple(map(as_number, self.sigma if isinstance(self.sigma, tuple | list) else (self.sigma,)))
        faults = [fault for name in bases if name not in BASES for fault in unknown_name("basis", name, BASES).faults]
        if not bases:
            faults.append("basis: name at least one function")
        if len(bases) > 1 and ("identity" in bases or len(set(bases)) < len(bases)):
            faults.append(f"basis {', '.join(bases)}: a mixed layer takes each function once, and no identity")
        if placement not in PLACEMENTS:
            faults.extend(unknown_name("placement", placement, PLACEMENTS).faults)
        counts = (("nodes", self.nodes, nodes), ("n_basis", self.n_basis, n_basis))
        faults += [
            f"{name} {shown(given)}: a whole number of at least 1 is needed"
            for name, given, whole in counts
            if whole is None or whole < 1
        ]
        if len(sigmas) not in (1, len(bases)):
            faults.append(f"sigma {shown(self.sigma)}: give one number, or one for each of {len(bases)} functions")
        elif not all(math.isfinite(sigma) and sigma > 0 for sigma in sigmas):
            faults.append(f"sigma {shown(self.sigma)}: a positive number is needed")
        if not isinstance(self.inside, bool):
            faults.append(f"inside {shown(self.inside)}: True or False")
        penalties = (("ridge", self.ridge, ridge), ("node_ridge", self.node_ridge, node_ridge))
        faults += [
            f"{name} {shown(given)}: a number of at least 0 is needed"
            for name, given, penalty in penalties
            if not (math.isfinite(penalty) and penalty >= 0)
        ]
        if faults:
            raise InputError(*faults)
        plain = {
            "nodes": nodes,
            "basis": bases[0] if len(bases) == 1 else bases,
            "sigma": sigmas[0] if len(set(sigmas)) == 1 else sigmas,
            "n_basis": n_basis,
            "placement": placement,
            "ridge": ridge,
            "node_ridge": node_ridge,
            "inside": self.inside and len(bases) > 1,
        }
        if bases == ("identity",):
            plain |= {"sigma": 1.0, "n_basis": 1, "placement": "equal", "ridge": 0.0}
        for attribute, value in plain.items():
            object.__setattr__(self, attribute, value)

    @property
    def bases(self) -> tuple[Basis, ...]:
        """The basis functions that blocks take turns with; mostly one."""
        return (self.basis,) if isinstance(self.basis, str) else self.basis

    @property
    def sigmas(self) -> tuple[float, ...]:
        """The sharpness of each of `bases`."""
        return self.sigma if isinstance(self.sigma, tuple) else (self.sigma,) * len(self.bases)

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
        ending = f" h{self.node_ridge:g}" if self.node_ridge else ""
        if self.is_identity:
            return f"{self.nodes}:{name}{ending}"
        sigma = f"{self.sigma:g}" if isinstance(self.sigma, float) else "+".join(f"{one:g}" for one in self.sigma)
        ending += " inside" if self.inside else ""
        return f"{self.nodes}:{name} s{sigma} m{self.n_basis} {self.placement} r{self.ridge:g}{ending}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        # Runs from before these attributes have none of them.
        return {name: value for name, value in values.items() if value or name not in ("node_ridge", "inside")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HKANLayer:
        """Return the layer whose `to_json` gave `data`."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
        }
        return cls(**values)
