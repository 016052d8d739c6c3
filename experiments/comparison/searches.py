"""Searches in memory, and what is left of them without evolution: pruning alone, and tuned [n, m]."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import softmax

from evokan.arrays import FloatArray
from evokan.evaluation.executors import Executor, ThreadExecutor
from evokan.evolution.history import HistoryRow
from evokan.problem.baselines import evenly
from evokan.problem.prediction import predict
from evokan.problem.rungs import HURRIED_ROWS, SHARE
from evokan.searching import engine
from evokan.searching.finalists import Finalist, Finalizer, choose_finalist
from evokan.searching.observer import Observer
from evokan.settings.job import Job, prepare, resolve
from evokan.spaces.architecture import Architecture
from evokan.spaces.module import ScaledModule
from experiments.comparison.products import Product
from experiments.gakan import rivals
from search_spaces.hkan.network import HKANLayerModule

POPULATION = 20
GRIDS = rivals.PRUNING_GRIDS
OPTIONS: dict[str, dict[str, float]] = {"hkan": {"max_cost": 10.0}}
"""Of families that have a budget of their own, in seconds for all networks of a search: of 20 s, since every finalist is
trained five times more. As it comes it is 900 s, and one network may take 90."""
FRONT_ALONE = ("hkan", "fkan")
"""Families whose finalists are the front of a search: all survivors, each trained 25 times, took several budgets."""
TUNINGS = len(rivals.TUNING_GRIDS) * len(rivals.RIDGES) * len(rivals.BASE_RIDGES)

Found = tuple[Finalizer, Sequence[Finalist], float]
"""What trains the finalists, these, and the processor seconds of one step more."""


def job_of(space: str, table: str, split: int, generations: int = 1) -> Job:
    """Return what a search of a family works with: the defaults but for its size and `OPTIONS`, kernels compiled.

    Where there are rows for it, it has the rungs that `evokan search --time-limit` takes where there is little time.
    """
    where = {"space": space, "dataset": table, "split_seed": split, "seed": split}
    size = {"population": POPULATION, "generations": generations, "space_options": OPTIONS.get(space, {})}
    job = prepare(resolve({**where, **size}))
    if len(job.problem.development) >= HURRIED_ROWS / SHARE:
        job = job.with_first_rung(HURRIED_ROWS)
    job.space.prepare(job.problem)
    return job


class _Watch(Observer):
    """Notes when each generation was done, in processor seconds."""

    def __init__(self) -> None:
        self.moments: list[float] = []

    def on_generation(self, row: HistoryRow) -> None:
        """Take note of one whole generation."""
        self.moments.append(time.process_time())


def evolved(space: str, table: str, split: int, steps: int) -> Product:
    """Return the network that a search of so many generations chooses, the first one counted."""
    job = job_of(space, table, split, steps - 1)

    def find(executor: Executor) -> Found:
        watch = _Watch()
        evolution = engine.evolve(job, executor, watch)
        # The first generation is larger than the others: it holds what lies below the networks made by hand.
        step = (watch.moments[-1] - watch.moments[0]) / max(len(watch.moments) - 1, 1)
        if space in FRONT_ALONE:
            evolution = replace(evolution, survivors=())
        trainer = engine.finalizer(job, executor)
        return trainer, engine.retrain(job, evolution, trainer), step

    return _product(job, find)


def pruned(table: str, split: int, steps: int) -> Product:
    """Return the network that is left of the full [n, m] at so many grids, edges dropped step by step; no evolution."""
    job = job_of("gakan", table, split)

    def find(executor: Executor) -> Found:
        began = time.process_time()
        evolution = rivals.pruning(job, executor, evenly(GRIDS, steps))
        step = (time.process_time() - began) / steps
        trainer = engine.finalizer(job, executor)
        return trainer, engine.retrain(job, evolution, trainer), step

    return _product(job, find)


def tuned(table: str, split: int, steps: int) -> Product:
    """Return the full [n, m] at the best of so many grids and penalties by the folds; no search for edges."""
    job = job_of("gakan", table, split)

    def find(executor: Executor) -> Found:
        began = time.process_time()
        trainer, record, _ = rivals.tuned(job, executor, steps)
        step = (time.process_time() - began) / steps
        return trainer, trainer.retrain([record])[:1], step

    return _product(job, find)


def _product(job: Job, find: Callable[[Executor], Found]) -> Product:
    with ThreadExecutor(1) as executor:
        trainer, finalists, step = find(executor)
        chosen = choose_finalist(finalists, job.config.choose)
        trained = trainer.fit([chosen])[0]
    network: Architecture = chosen.architecture
    if trained.weights is None:
        raise ValueError(f"the chosen network cannot be fitted: {trained.reason}")
    model = job.space.model(network, job.problem, trained.weights)
    return Product(
        job.problem,
        _scores(job, model),
        network.n_params + centres(model),
        network.n_edges,
        network.n_features,
        step,
    )


def centres(model: ScaledModule) -> int:
    """Return how many centres of basis functions were drawn for a module, from the data or by chance: HKANs have such.

    Centres at equal steps follow from their number, as the grids of splines do.
    """
    layers = (part for part in model.modules() if isinstance(part, HKANLayerModule))
    return sum(part.centres.numel() for part in layers if part.layer.placement != "equal")


def _scores(job: Job, model: ScaledModule) -> FloatArray:
    problem = job.problem
    output = predict(model, problem.table.X[problem.test])
    return np.asarray(softmax(output, axis=1) if problem.task.has_classes else output[:, 0], dtype=np.float64)
