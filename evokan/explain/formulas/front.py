"""The front of formulas that a search for them gives, the network's own and laws, and which of them is the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evokan.errors import InputError
from evokan.explain.formulas.expressions import Encode
from evokan.explain.formulas.formula import Formula
from evokan.explain.formulas.kinds import KINDS, Kind

SPLINES, TERMS = 3, 15
"""A formula of more splines, or of more terms an output, is not what a reader would print."""


@dataclass(frozen=True)
class Network:
    """The network that was read.

    Attributes
    ----------
    edges
        In use.
    val_loss
        On the rows that judge formulas, in trainings like its last one without them (`evokan.explain.unseen`).
    test_loss
        As it stands; NaN where there are no test rows.
    """

    edges: int
    val_loss: float
    test_loss: float = math.nan


@dataclass(frozen=True, eq=False)
class Formulas:
    """The front of formulas: of each kind, each is simpler than all that have a smaller validation loss.

    Attributes
    ----------
    front
        The network's own first, then laws; of each kind the simplest first.
    chosen
        Place in the front of the chosen one of each kind: the simplest that is within a standard error, or within
        `tolerance`, of the best of its kind; of those that a reader would print, where there is one.
    network
        The network that was read.
    tolerance
        As asked for.
    stages
        Names of the parts of the search that have come to their end.
    complete
        Whether all have.
    work
        Seconds of work counted (`evokan.explain.reading.effort`), of earlier searches too.
    """

    front: tuple[Formula, ...]
    chosen: Mapping[Kind, int]
    network: Network
    tolerance: float
    stages: tuple[str, ...]
    complete: bool
    work: float = 0.0

    @property
    def answer(self) -> int:
        """Place of the answer: the law where it is within a standard error of the network, else the network's.

        A law that no reader would print is not the answer where the network's own formula is shorter.
        """
        law, own = self.chosen.get("law"), self.chosen.get("network")
        if law is None or own is None:
            return next(iter(self.chosen.values()))
        one = self.front[law]
        shorter = not printable_one(one) and self.front[own].complexity < one.complexity
        return law if one.honest and not shorter else own

    @property
    def best(self) -> Formula:
        """The answer."""
        return self.front[self.answer]

    def get(self, kind: Kind | None = None, member: int | None = None) -> Formula:
        """Return a formula of the front.

        Parameters
        ----------
        kind
            The chosen one of this kind; by default the answer.
        member
            The one with this number in the front instead, from 1.

        Raises
        ------
        InputError
            There is none.
        """
        if member is not None:
            if not 1 <= member <= len(self.front):
                raise InputError(f"there is no formula {member}: the front has 1 to {len(self.front)}")
            found = self.front[member - 1]
            if kind is not None and found.kind != kind:
                raise InputError(f"formula {member} is of kind {found.kind}, not {kind}")
            return found
        if kind is None:
            return self.best
        if kind not in self.chosen:
            other = next(iter(self.chosen))
            raise InputError(
                f"there is no formula of kind {kind}: take --kind {other}, or search longer with --time-limit"
            )
        return self.front[self.chosen[kind]]

    def with_encoding(self, encode: Encode) -> Formulas:
        """Return the same front, its formulas taking tables as the user has them."""
        return replace(self, front=tuple(replace(formula, encode=encode) for formula in self.front))

    def _repr_html_(self) -> str:
        from html import escape

        rows = [
            f"<tr><td>{number}{' (the answer)' * (number == self.answer + 1)}</td><td>{one.kind}</td>"
            f"<td>{one.complexity}</td><td>{one.val_loss:.4g}</td><td><pre>{escape(one.text)}</pre></td></tr>"
            for number, one in enumerate(self.front, start=1)
        ]
        head = "".join(f"<th>{name}</th>" for name in ("", "kind", "complexity", "validation loss", "formula"))
        return f"<table><tr>{head}</tr>{''.join(rows)}</table>"

    def __iter__(self) -> Iterator[Formula]:
        return iter(self.front)

    def __len__(self) -> int:
        return len(self.front)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; see `Formula.to_json`."""
        test = self.network.test_loss
        return {
            "answer": self.answer,
            "chosen": dict(self.chosen),
            "network": {
                "edges": self.network.edges,
                "val_loss": self.network.val_loss,
                "test_loss": test if math.isfinite(test) else None,
            },
            "tolerance": self.tolerance,
            "stages": list(self.stages),
            "complete": self.complete,
            "work": self.work,
            "columns": list(self.best.columns),
            "names": list(self.best.names),
            "front": [formula.to_json() for formula in self.front],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], encode: Encode | None = None) -> Formulas:
        """Return what `to_json` was called on.

        Raises
        ------
        ValueError
            These are no values of a front.
        """
        network = data["network"]
        return cls(
            tuple(Formula.from_json(one, data["columns"], data["names"], encode) for one in data["front"]),
            {kind: data["chosen"][kind] for kind in KINDS if kind in data["chosen"]},
            Network(
                network["edges"],
                network["val_loss"],
                math.nan if network["test_loss"] is None else network["test_loss"],
            ),
            data["tolerance"],
            tuple(data["stages"]),
            data["complete"],
            data["work"],
        )


def pareto(formulas: Sequence[Formula]) -> list[Formula]:
    """Return the formulas that no other one beats in complexity and loss, simplest first."""
    front: list[Formula] = []
    for formula in sorted(formulas, key=lambda f: (f.complexity, f.val_loss, f.text)):
        if not front or formula.val_loss < front[-1].val_loss:
            front.append(formula)
    return front


def printable_one(formula: Formula) -> bool:
    """Return whether a reader would print it: few splines, few terms."""
    return len(formula.tables) <= SPLINES and formula.terms <= TERMS * len(formula.outputs)
