"""Searches in memory, and what is left of them without evolution: pruning alone, and tuned [n, m]."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import softmax

from evokan.arrays import FloatArray
from evokan.evaluation.executors import Executor, ThreadExecutor
from evokan.problem.baselines import evenly
from evokan.problem.prediction import predict
from evokan.searching import engine
from evokan.searching.finalists import Finalist, Finalizer, choose_finalist
from evokan.searching.outcome import Evolution
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.architecture import Architecture, Weights
from experiments.comparison.products import Product
from experiments.gakan import rivals

POPULATION = 20
GRIDS = rivals.PRUNING_GRIDS
TUNINGS = len(rivals.TUNING_GRIDS) * len(rivals.RIDGES) * len(rivals.BASE_RIDGES)

Found = tuple[Finalizer, Sequence[Finalist], float]
"""What trains the finalists, these, and the processor seconds of the part that grows."""


def job_of(space: str, table: str, split: int, generations: int = 1) -> Job:
    """Return what a search of a family works with: the defaults but for population and generations, kernels compiled."""
    where = {"space": space, "dataset": table, "split_seed": split, "seed": split}
    job = prepare(resolve({**where, "population": POPULATION, "generations": generations}))
    job.space.prepare(job.problem)
    return job


def _grown(job: Job, grow: Callable[[Executor], Evolution]) -> Product:
    """Return the network that the job's rule chooses among those that `grow` gives."""

    def find(executor: Executor) -> Found:
        began = time.process_time()
        evolution = grow(executor)
        growing = time.process_time() - began
        trainer = engine.finalizer(job, executor)
        return trainer, engine.retrain(job, evolution, trainer), growing

    return _product(job, find)


def evolved(space: str, table: str, split: int, steps: int) -> Product:
    """Return the network that a search of so many generations chooses, the first one counted."""
    job = job_of(space, table, split, steps - 1)

    return _grown(job, lambda executor: engine.evolve(job, executor))


def pruned(table: str, split: int, steps: int) -> Product:
    """Return the network that is left of the full [n, m] at so many grids, edges dropped step by step; no evolution."""
    job = job_of("gakan", table, split)

    return _grown(job, lambda executor: rivals.pruning(job, executor, evenly(GRIDS, steps)))


def tuned(table: str, split: int, steps: int) -> Product:
    """Return the full [n, m] at the best of so many grids and penalties by the folds; no search for edges."""
    job = job_of("gakan", table, split)

    def find(executor: Executor) -> Found:
        began = time.process_time()
        trainer, finalist, _ = rivals.tuning(job, executor, steps)
        return trainer, [finalist], time.process_time() - began

    return _product(job, find)


def _product(job: Job, find: Callable[[Executor], Found]) -> Product:
    with ThreadExecutor(1) as executor:
        trainer, finalists, growing = find(executor)
        chosen = choose_finalist(finalists, job.config.choose)
        trained = trainer.fit([chosen])[0]
    network: Architecture = chosen.architecture
    if trained.weights is None:
        raise ValueError(f"the chosen network cannot be fitted: {trained.reason}")
    return Product(
        job.problem,
        _scores(job, network, trained.weights),
        network.n_params,
        network.n_edges,
        network.n_features,
        growing,
    )


def _scores(job: Job, network: Architecture, weights: Weights) -> FloatArray:
    problem = job.problem
    output = predict(job.space.model(network, problem, weights), problem.table.X[problem.test])
    return np.asarray(softmax(output, axis=1) if problem.task.has_classes else output[:, 0], dtype=np.float64)
