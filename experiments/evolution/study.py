"""Evolution alone, in memory: what it has found after every generation and what that has cost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evaluation.heirs import Heirs
from evokan.evolution import Algorithm, Genome
from evokan.evolution.history import HistoryRow
from evokan.searching.build import make_algorithm
from evokan.searching.loop import State, evolve
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
    began = time.process_time()
    rows: list[dict[str, Any]] = []
    heirs = Heirs(job.space, job.problem) if config.inherit else None
    with ThreadExecutor(1) as executor:
        evaluator = Evaluator(job.space, job.problem, job.budget, config.seed, executor, race=config.race, heirs=heirs)
        box = reference_point(job, evaluator.layout)
        reference = {name: box.get(name, 1.0) for name in OBJECTIVES}

        def note(row: HistoryRow, population: Sequence[Genome]) -> None:
            if heirs is not None:
                heirs.retain(genome.evaluated() for genome in population)
            rows.append(
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
                    "loss_evaluations": evaluator.loss_evaluations,
                    "cpu_seconds": round(time.process_time() - began, 2),
                }
            )

        algorithm = make_algorithm(config)
        if piece.algorithm is not None:
            algorithm = piece.algorithm(**asdict(algorithm))
        evolve(
            algorithm,
            evaluator,
            State(),
            seed=config.seed,
            last_generation=config.generations,
            objectives=OBJECTIVES,
            reference=reference,
            on_generation=note,
        )
    return rows


def median_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float, float]:
    """Return median and the interval between order statistics that covers it with at least `level`.

    Distribution-free (binomial); the smallest and the largest value where there are too few.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    count = len(ordered)
    low = int(stats.binom.ppf((1 - level) / 2, count, 0.5))
    return float(np.median(ordered)), float(ordered[max(low - 1, 0)]), float(ordered[min(count - low, count - 1)])
