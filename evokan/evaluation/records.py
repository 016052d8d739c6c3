"""The record of one individual: a row of ``evaluations.csv``."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

Origin = str
"""``initial``, ``seed``, ``crossover``, ``mutation``, ``crossover+mutation``, ``survivor``, or a move of the family."""
Status = Literal["ok", "invalid", "failed", "cached", "raced"]


@dataclass(frozen=True, slots=True)
class Record:
    """One individual of one generation, as evaluated.

    Attributes
    ----------
    id
        Number within the run, from 0, in the order of evaluation.
    generation
        0 for the initial population.
    chromosome
        Text form of the bits.
    parents
        Ids of the parents; empty in the initial population.
    origin
        How it was made: ``initial``, ``seed``, ``crossover``, ``mutation``, ``crossover+mutation``, the name of a
        family's move (`SearchSpace.moves`), or ``survivor``, an offspring without any change.
    status
        ``ok`` (trained), ``cached`` (figures of an equal network), ``invalid`` (never trained), ``failed``,
        ``raced`` (it lost a race, and was trained on some folds or few rows only).
    reason
        Why it is invalid or failed; for a cached one the id whose figures it repeats; for a raced one on what it was
        measured.
    val_loss, train_loss
        Mean over the folds trained on; infinity where there is none, never NaN.
    seconds
        Training time of all folds together; 0 for a cached one.
    val_loss_se
        Standard error of `val_loss` over the folds, 0 with one fold.
    key
        The architecture's canonical text (not written: it follows from the chromosome).
    rows, rung
        Of how many rows the folds were made that the losses are of, and the number of the rung, the lowest 0; both 0
        without training. Written where a search has rungs (`evokan.evaluation.racing`), and 0 elsewhere.
    """

    id: int
    generation: int
    chromosome: str
    parents: tuple[int, ...] = ()
    origin: Origin = "initial"
    status: Status = "ok"
    reason: str = ""
    val_loss: float = float("inf")
    train_loss: float = float("inf")
    n_params: int = 0
    n_params_paper: int = 0
    n_edges: int = 0
    n_features: int = 0
    depth: int = 0
    grid: int = 0
    iterations: int = 0
    seconds: float = 0.0
    val_loss_se: float = 0.0
    key: str = ""
    rows: int = 0
    rung: int = 0

    @property
    def usable(self) -> bool:
        """Whether this network has a loss over all folds and on the last rung (``ok`` or ``cached``)."""
        return self.status in ("ok", "cached")

    def objective(self, name: str) -> float:
        """Return the objective called `name`, infinity for an individual without a loss."""
        return float(getattr(self, name)) if self.usable else float("inf")

    def replace(self, **changes: object) -> Record:
        """Return a copy with `changes`."""
        return replace(self, **changes)  # type: ignore[arg-type]


RUNG_COLUMNS = ("rows", "rung")
"""Columns behind all others in the tables of a search with rungs."""
COLUMNS: tuple[str, ...] = tuple(f.name for f in fields(Record) if f.name not in ("key", *RUNG_COLUMNS))
"""Columns of ``evaluations.csv``, in order."""

OBJECTIVES: tuple[str, ...] = ("val_loss", "n_params", "n_edges", "n_features", "depth")
"""Everything that can be minimised."""
