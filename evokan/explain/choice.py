"""Of the formulas that were found: the front of each kind, and the member of it that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from evokan.explain.formulas.formula import Formula
from evokan.explain.formulas.front import pareto, printable_one
from evokan.explain.formulas.kinds import KINDS, Kind
from evokan.explain.reading.reader import no_worse
from evokan.explain.scoring import Scored

CHANCE = 1.0
"""Standard errors of the loss that choosing a simpler formula may cost."""


def fronts(found: Sequence[Scored], tolerance: float) -> tuple[tuple[Formula, ...], dict[Kind, int]]:
    """Return all formulas that are on the front of their kind, and the place of the chosen one of each kind.

    The simplest within a standard error, or within the share `tolerance`, of the best of its kind: among those that a
    reader would print, where there is one. A law that none would print is left out where a formula of the network's
    own is shorter and no worse.
    """
    own_wiring = [one.formula for one in found if one.formula.kind == "network"]
    found = [one for one in found if not _idle(one.formula, own_wiring)]
    losses = {one.formula: one.row_losses for one in found}
    front: list[Formula] = []
    chosen: dict[Kind, int] = {}
    for kind in KINDS:
        own = pareto([one.formula for one in found if one.formula.kind == kind])
        if not own:
            continue
        readable = [formula for formula in own if printable_one(formula)] or own
        base = losses[readable[-1]]
        place = next(
            place
            for place, formula in enumerate(own)
            if formula in readable and no_worse(losses[formula], base, tolerance, chance=CHANCE)
        )
        chosen[kind] = len(front) + place
        front += own
    return tuple(front), chosen


def _idle(formula: Formula, own_wiring: Sequence[Formula]) -> bool:
    """Return whether it is a law that says less than the network's own formulas, at greater length."""
    return (
        formula.kind == "law"
        and not printable_one(formula)
        and any(own.complexity <= formula.complexity and own.val_loss <= formula.val_loss for own in own_wiring)
    )
