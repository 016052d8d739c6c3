"""The trade-off front among evaluated networks, and the choice of one member."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from evokan.evaluation.records import Record
from evokan.evolution.front import pareto_front
from evokan.settings.choices import parse_choice


@dataclass(frozen=True)
class FrontMember:
    """A network trained again from fresh seeds, on fresh folds where there are folds.

    Attributes
    ----------
    record
        As the search saw it.
    val_loss_mean, val_loss_sd, val_loss_se
        Mean and standard deviation over the fresh seeds, and the standard error over the folds, root mean square of
        the seeds' own.
    losses
        Every single one, shape (seeds, folds); rows of the same number go with the same cut into folds. NaN where a
        training failed.
    """

    record: Record
    val_loss_mean: float
    val_loss_sd: float
    val_loss_se: float = 0.0
    losses: tuple[tuple[float, ...], ...] = ()


def finalist_records(records: Sequence[Record], survivors: Iterable[Record], objectives: Sequence[str]) -> list[Record]:
    """Return what is worth a second look: the front of `records`, then the other distinct networks of `survivors`.

    The front as searched holds the luckiest networks of a run; among the survivors are sounder ones that luck
    passed over. With rungs, every loss is that of many rows, which leaves luck little to decide and makes a second look
    dear: the front alone. Where time was over before any network reached the last rung, it is the front of those that
    came furthest.
    """
    front = pareto_front(records, objectives)
    if not front:
        furthest = max((record.rung for record in records if record.status == "raced"), default=-1)
        raced = {record.id: record for record in records if record.status == "raced" and record.rung == furthest}
        front = pareto_front([record.replace(status="ok") for record in raced.values()], objectives)
        return [raced[record.id] for record in front]
    if any(record.rung for record in front):
        return front
    keys = {record.key for record in front}
    others: dict[str, Record] = {}
    for record in survivors:
        if record.usable and record.key not in keys:
            others.setdefault(record.key, record)
    return front + list(others.values())


def front_of(members: Sequence[FrontMember], objectives: Sequence[str]) -> list[FrontMember]:
    """Return the non-dominated members, with the mean loss over fresh trainings in the place of ``val_loss``."""
    if not members:
        return []
    values = np.array(
        [
            [member.val_loss_mean if name == "val_loss" else float(getattr(member.record, name)) for name in objectives]
            for member in members
        ]
    )
    keep = moocore.is_nondominated(values, keep_weakly=False)
    front = [member for member, kept in zip(members, keep, strict=True) if kept]
    return sorted(front, key=lambda m: (m.val_loss_mean, m.record.n_params, m.record.id))


def choose(members: Sequence[FrontMember], rule: str) -> FrontMember:
    """Return one member by a rule of ``--choose``.

    - ``best-loss``: the lowest mean loss.
    - ``one-se``: the fewest parameters among those within one standard error (over the folds, of the best
      member) of the lowest mean loss (Breiman et al., 1984); without folds the same as ``best-loss``.
    - ``se:FACTOR``: the same within FACTOR standard errors.
    - ``paired:FACTOR``: the fewest parameters among those whose excess over the best member, fold by fold, is at most
      FACTOR standard errors of that excess; folds that are hard for all networks cancel out.
    - ``smallest:TOL``: the fewest parameters among those with a mean loss of at most (1 + TOL) x the lowest.
    - ``knee``: the largest distance below the line between the two ends of the front, in loss and logarithm of
      the parameters, both scaled to [0, 1] (Das, 1999).

    Raises
    ------
    ValueError
        `members` is empty.
    """
    if not members:
        raise ValueError("there is no network to choose from")
    name, tolerance = parse_choice(rule)
    best = min(members, key=lambda m: (m.val_loss_mean, m.record.n_params, m.record.id))
    if name == "best-loss":
        return best
    if name == "knee":
        return _knee(members)
    if name == "paired":
        within = [m for m in members if _is_near(m, best, tolerance)]
        return min(within, key=lambda m: (m.record.n_params, m.val_loss_mean, m.record.id))
    errors = {"one-se": 1.0, "se": tolerance}.get(name)
    slack = tolerance * abs(best.val_loss_mean) if errors is None else errors * best.val_loss_se
    limit = best.val_loss_mean + slack
    within = [m for m in members if m.val_loss_mean <= limit]
    return min(within, key=lambda m: (m.record.n_params, m.val_loss_mean, m.record.id))


def _is_near(member: FrontMember, best: FrontMember, errors: float) -> bool:
    """Return whether the excess of `member` over `best` is at most so many standard errors."""
    if member is best:
        return True
    excess = np.array(member.losses) - np.array(best.losses)
    excess = excess[np.isfinite(excess).all(axis=1)] if excess.ndim == 2 else excess[:0]
    if excess.size == 0 or excess.shape[1] < 2:
        return False
    # Of one cut the error is rough: five folds are few. That of all cuts together, which share their rows.
    error = float(np.sqrt(np.mean(excess.var(axis=1, ddof=1) / excess.shape[1])))
    return float(excess.mean()) <= errors * error


def _knee(members: Sequence[FrontMember]) -> FrontMember:
    ordered = sorted(members, key=lambda m: (m.record.n_params, m.val_loss_mean, m.record.id))
    size = np.log([max(m.record.n_params, 1) for m in ordered])
    loss = np.array([m.val_loss_mean for m in ordered])
    if np.ptp(size) == 0 or np.ptp(loss) == 0:
        return min(members, key=lambda m: (m.val_loss_mean, m.record.n_params, m.record.id))
    x = (size - size.min()) / np.ptp(size)
    y = (loss - loss.min()) / np.ptp(loss)
    return ordered[int(np.argmin(x + y))]
