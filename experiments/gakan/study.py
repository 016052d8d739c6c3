"""Whole searches in memory, in parallel, with what every rule of choice and of the final fit makes of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evolution.loop import State, evolve
from evokan.final import Finalizer
from evokan.front import choose, finalist_records, front_of
from evokan.job import prepare, reference_point, resolve
from evokan.main import make_algorithm


@dataclass(frozen=True)
class Piece:
    """One search of a study.

    Attributes
    ----------
    variant, dataset, split
        What it is called, what it works on, and the split seed, which is the seed of the search too.
    settings
        Of `evokan.search`, beside these.
    choices, refits
        The rules to apply to its front; ``default`` is what the settings say.
    """

    variant: str
    dataset: str
    split: int
    settings: Mapping[str, Any]
    choices: tuple[str, ...] = ("best-loss",)
    refits: tuple[str, ...] = ("development",)


def run_piece(piece: Piece) -> list[dict[str, Any]]:
    """Run one search on one thread, and return a row for each pair of rules."""
    began = time.process_time()
    config = resolve({"space": "gakan", "dataset": piece.dataset, "split_seed": piece.split, "seed": piece.split,
                      **piece.settings})
    job = prepare(config)
    job.space.prepare(job.problem)
    rows = []
    with ThreadExecutor(1) as executor:
        evaluator = Evaluator(job.space, job.problem, job.budget, config.seed, executor)
        state = evolve(make_algorithm(config), evaluator, State(), seed=config.seed, last_generation=config.generations,
                       objectives=config.front_objectives, reference=reference_point(job, evaluator.layout))
        finalizers = {refit: Finalizer(job.space, job.problem, job.budget, executor, config.seed,
                                       config.refit if refit == "default" else refit) for refit in piece.refits}
        candidates = finalist_records(state.records, [genome.evaluated() for genome in state.population],
                                      config.front_objectives)
        finalists = next(iter(finalizers.values())).retrain(candidates)
        front = front_of([finalist.member for finalist in finalists], config.front_objectives)
        for refit, finalizer in finalizers.items():
            for rule in piece.choices:
                member = choose(front, config.choose if rule == "default" else rule)
                finalist = next(f for f in finalists if f.member is member)
                trained = finalizer.fit([finalist])[0]
                network = finalist.architecture
                test = {} if trained.weights is None else finalizer.metrics(network, trained.weights, job.problem.test)
                rows.append({
                    "variant": piece.variant, "dataset": piece.dataset, "split": piece.split, "choose": rule,
                    "refit": refit, "accuracy": test.get("accuracy"), "auc": test.get("auc"),
                    "log_loss": test.get("log_loss"), "val_loss_mean": member.val_loss_mean,
                    "n_params": network.n_params, "n_params_paper": network.n_params_paper, "n_edges": network.n_edges,
                    "n_features": network.n_features, "depth": network.depth, "grid": network.grid,
                })
    seconds = time.process_time() - began
    return [{**row, "cpu_seconds": round(seconds, 1)} for row in rows]


def run_pieces(pieces: Sequence[Piece], workers: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of every piece as it is done, on `workers` processes."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(run_piece, piece) for piece in pieces]):
            yield future.result()
