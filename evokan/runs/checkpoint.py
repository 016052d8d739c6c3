"""Where a run stands, and what is whole of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evokan.evaluation.records import Record


@dataclass(frozen=True)
class Checkpoint:
    """Where a run stands after a whole generation.

    Attributes
    ----------
    generation
        Its number.
    population
        Ids of its survivors, in order.
    settings
        What the records follow from (`evokan.runs.sameness.fixed_settings`).
    """

    generation: int
    population: tuple[int, ...]
    settings: dict[str, Any]


@dataclass(frozen=True)
class Remains:
    """What is whole in the tables of a run that goes on.

    Attributes
    ----------
    records
        Rows of ``evaluations.csv`` up to the planned end.
    history
        Lines of ``history.csv`` up to the last whole generation.
    """

    records: tuple[Record, ...]
    history: tuple[str, ...] = ()
