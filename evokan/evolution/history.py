"""One row of ``history.csv``: what a generation left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from evokan.evaluation.records import Record


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """Counts of a generation's evaluations, and losses of its survivors.

    Attributes
    ----------
    front_size, hypervolume
        Size of the front among all networks evaluated so far, and the share of the box between the origin and
        the reference point that it dominates, in [0, 1].
    diversity
        Mean share of differing bits between two survivors, in [0, 1].
    rows
        Of how many rows the folds were made that the losses are of; 0 where there are none. Written where a search
        has rungs.
    """

    generation: int
    evaluated: int
    cached: int
    invalid: int
    failed: int
    raced: int
    best_val_loss: float
    median_val_loss: float
    worst_val_loss: float
    best_n_params: int
    front_size: int
    hypervolume: float
    diversity: float
    seconds: float
    rows: int = 0


HISTORY_RUNG_COLUMNS = ("rows",)
"""Columns behind all others in the history of a search with rungs."""
HISTORY_COLUMNS: tuple[str, ...] = tuple(
    field.name for field in fields(HistoryRow) if field.name not in HISTORY_RUNG_COLUMNS
)
YOUNG_COLUMNS = {"raced": 0}
"""Columns that tables of earlier versions lack, and what stands for them."""


def summarise(
    generation: int,
    evaluated: Sequence[Record],
    survivors: Sequence[Record],
    front: Sequence[Record],
    reference: Mapping[str, float],
    seconds: float,
) -> HistoryRow:
    """Return the row of one generation.

    Parameters
    ----------
    evaluated
        The generation's own evaluations.
    survivors
        The population after selection.
    front
        The front among all networks so far.
    reference
        Objective names and the reference point of the hypervolume.
    """

    def count(status: str) -> int:
        return sum(record.status == status for record in evaluated)

    losses = np.array([record.val_loss if record.usable else np.inf for record in survivors])
    usable = [record for record in survivors if record.usable]
    best = min(usable, key=lambda record: (record.val_loss, record.n_params, record.id), default=None)
    bits = np.array([[character == "1" for character in record.chromosome] for record in survivors])
    return HistoryRow(
        generation=generation,
        evaluated=count("ok"),
        cached=count("cached"),
        invalid=count("invalid"),
        failed=count("failed"),
        raced=count("raced"),
        best_val_loss=float(losses.min()),
        median_val_loss=_median(losses),
        worst_val_loss=float(losses.max()),
        best_n_params=best.n_params if best else 0,
        front_size=len(front),
        hypervolume=hypervolume(front, reference),
        diversity=diversity(bits),
        seconds=seconds,
        rows=best.rows if best else 0,
    )


def _median(losses: NDArray[np.float64]) -> float:
    lower, upper = np.sort(losses)[[(len(losses) - 1) // 2, len(losses) // 2]]
    # Halved first: two huge losses do not overflow; the smallest number there is has no half.
    return float(lower if lower == upper else lower / 2 + upper / 2)


def hypervolume(front: Sequence[Record], reference: Mapping[str, float]) -> float:
    """Return the share of the box between origin and reference point that `front` dominates."""
    point = np.array(list(reference.values()), dtype=np.float64)
    values = np.array([[record.objective(name) for name in reference] for record in front], dtype=np.float64)
    inside = values[(values < point).all(axis=1)] if len(values) else values
    if not len(inside):
        return 0.0
    import moocore

    return float(moocore.hypervolume(inside / point, ref=np.ones(len(point))))


def diversity(bits: NDArray[np.bool_]) -> float:
    """Return the mean share of differing bits over all pairs of rows of `bits`, shape (individuals, length)."""
    count = len(bits)
    if count < 2:
        return 0.0
    ones = bits.mean(axis=0)
    return float((2 * ones * (1 - ones)).mean() * count / (count - 1))
