"""The strongest cheap rivals of the search: pruning one full additive network, and tuning its penalties; no evolution.

Both look for their network among those of one layer, [n, m], and are judged as a search is: by the same folds, then
by the same fresh cuts, fitted and tested by the same code.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import Executor
from evokan.evaluation.records import Record
from evokan.evaluation.worths import Worths
from evokan.evolution import Genome
from evokan.problem.baselines import evenly
from evokan.searching.finalists import Finalist, Finalizer
from evokan.searching.outcome import Evolution
from evokan.settings.job import Job
from search_spaces.gakan.encoding import KANArchitecture, full_network
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.space import GAKAN

PRUNING_GRIDS = (1, 2, 3, 5, 8)
TUNING_GRIDS = (2, 3, 5)
RIDGES = (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
BASE_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)


def pruning(job: Job, executor: Executor, grids: Sequence[int] = PRUNING_GRIDS) -> Evolution:
    """Train the full [n, m] at several grids, and drop the edges of lowest attribution step by step to the last one.

    Returns
    -------
    Evolution
        All networks on the way; the finalists are found among them as among those of a search.
    """
    worths = Worths()
    evaluator = Evaluator(job.space, job.problem, job.budget, job.config.seed, executor, worths=worths)
    records: list[Record] = []
    full = [full_network((job.problem.n_features, job.problem.n_outputs), grid) for grid in grids]
    genomes = [Genome(job.space.encode(network, job.problem), origin="prune") for network in full]
    while genomes:
        found = evaluator.evaluate(genomes, 0)
        records += found
        lower = [
            job.space.descend(genome.bits, job.problem, worths.of(record))
            for genome, record in zip(genomes, found, strict=True)
        ]
        genomes = [Genome(bits, origin="prune") for bits in lower if bits is not None]
    return Evolution(tuple(records), (), (), evaluator.loss_evaluations)


def tunings(job: Job) -> Iterator[tuple[GAKANOptions, KANArchitecture]]:
    """Yield the penalties and networks that `tuning` compares."""
    options: GAKANOptions = job.space.options
    for grid, ridge, base_ridge in itertools.product(TUNING_GRIDS, RIDGES, BASE_RIDGES):
        network = full_network((job.problem.n_features, job.problem.n_outputs), grid)
        yield options.model_copy(update={"ridge": ridge, "base_ridge": base_ridge}), network


def tuning(job: Job, executor: Executor) -> tuple[Finalizer, Finalist, int]:
    """Return what `tuned` does for all settings, its network trained again as a search trains its finalists."""
    trainer, record, spent = tuned(job, executor)
    return trainer, trainer.retrain([record])[0], spent


def tuned(job: Job, executor: Executor, most: int | None = None) -> tuple[Finalizer, Record, int]:
    """Return the full [n, m] at the grid and penalties of lowest loss over the folds, and what it took to find it.

    Parameters
    ----------
    most
        How many of `tunings` to compare, evenly spread over them; None for all.

    Returns
    -------
    tuple
        What trains, fits and tests it, its record, and the loss evaluations spent.
    """
    best: tuple[float, GAKAN, Record] | None = None
    spent = 0
    for options, network in evenly([*tunings(job)], most):
        space = GAKAN(options)
        evaluator = Evaluator(space, job.problem, job.budget, job.config.seed, executor)
        record = evaluator.evaluate([Genome(space.encode(network, job.problem))], 0)[0]
        spent += evaluator.loss_evaluations
        if record.usable and (best is None or record.val_loss < best[0]):
            best = record.val_loss, space, record
    if best is None:
        raise ValueError("no penalties let [n, m] be trained")
    _, space, record = best
    return Finalizer(space, job.problem, job.budget, executor, job.config.seed, job.config.refit), record, spent
