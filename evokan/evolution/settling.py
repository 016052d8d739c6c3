"""When a search has come to rest: the front has not moved by more than noise for some generations."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evokan.evaluation.records import Record
from evokan.evolution.front import pareto_front

NOISE = 0.25
"""Standard errors over the folds by which the loss of a network must fall to count as lower."""
WITHOUT_FOLDS = 0.01
"""The same as a share of the loss, where there is no standard error."""


def settled(records: Sequence[Record], generation: int, patience: int) -> bool:
    """Return whether no size of network has become better by more than noise in the last generations.

    Parameters
    ----------
    records
        Every record up to `generation`.
    patience
        So many generations; 0 never settles.
    """
    if not patience or generation < patience:
        return False
    objectives = ("val_loss", "n_params")
    before = pareto_front((record for record in records if record.generation <= generation - patience), objectives)
    return not any(_moved(member, before) for member in pareto_front(records, objectives))


def _moved(member: Record, before: Sequence[Record]) -> bool:
    """Return whether `member` is better than all that was there before and is no larger."""
    known = min((one.val_loss for one in before if one.n_params <= member.n_params), default=math.inf)
    noise = NOISE * member.val_loss_se or WITHOUT_FOLDS * abs(member.val_loss)
    return known - member.val_loss > noise
