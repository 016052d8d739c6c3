"""Evolution alone, in memory: what it has found after every generation and what that has cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from evokan.evaluation.executors import ThreadExecutor
from evokan.evolution import Algorithm
from evokan.searching import engine
from evokan.searching.build import make_algorithm
from evokan.searching.observer import Observer
from evokan.searching.outcome import Standing
from evokan.settings.describe import reference_point
from evokan.settings.job import prepare, resolve

OBJECTIVES = ("val_loss", "n_params")
"""What the front and its hypervolume are made of, whatever guides the search."""


@dataclass(frozen=True)
class Piece:
    """One evolution.

    Attributes
    ----------
    variant, dataset, seed
        What it is called, what it works on, its seed.
    settings
        Of `evokan.search`, beside these.
    algorithm
        Takes the place of the algorithm that the settings name, with the same rates.
    """

    variant: str
    dataset: str
    seed: int
    settings: Mapping[str, Any]
    algorithm: type[Algorithm] | None = None


def run_piece(piece: Piece) -> list[dict[str, Any]]:
    """Run one evolution on one thread, and return a row for each generation."""
    config = resolve({"space": "gakan", "dataset": piece.dataset, "seed": piece.seed, **piece.settings})
    job = prepare(config)
    job.space.prepare(job.problem)
    algorithm = make_algorithm(config)
    if piece.algorithm is not None:
        algorithm = piece.algorithm(**asdict(algorithm))
    box = reference_point(job, job.space.layout(job.problem))
    reference = {name: box.get(name, 1.0) for name in OBJECTIVES}
    notes = _Notes(piece)
    with ThreadExecutor(1) as executor:
        engine.evolve(job, executor, notes, algorithm=algorithm, objectives=OBJECTIVES, reference=reference)
    return notes.rows


class _Notes(Observer):
    """A row for each generation: what it has found, and what that has cost."""

    def __init__(self, piece: Piece) -> None:
        self.rows: list[dict[str, Any]] = []
        self._piece = piece
        self._began = time.process_time()

    def on_standing(self, standing: Standing) -> None:
        """Note it."""
        piece, row = self._piece, standing.row
        self.rows.append(
            {
                "variant": piece.variant,
                "dataset": piece.dataset,
                "seed": piece.seed,
                "generation": row.generation,
                "best_val_loss": row.best_val_loss,
                "best_n_params": row.best_n_params,
                "hypervolume": row.hypervolume,
                "front_size": row.front_size,
                "trained": row.evaluated,
                "loss_evaluations": standing.loss_evaluations,
                "cpu_seconds": round(time.process_time() - self._began, 2),
            }
        )


def median_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Return median and the interval between order statistics that covers it with at least `level`.

    Distribution-free (binomial); the smallest and the largest value where there are too few.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    low = int(stats.binom.ppf((1 - level) / 2, count, 0.5))
    return float(np.median(ordered)), float(ordered[max(low - 1, 0)]), float(ordered[min(count - low, count - 1)])
