"""One search in memory, and what every rule of choice and of the final fit would have made of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evokan.config import SearchConfig
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evolution.loop import State, evolve
from evokan.final import Finalist, Finalizer
from evokan.front import choose, pareto_front
from evokan.job import prepare, reference_point
from evokan.main import make_algorithm


@dataclass(frozen=True)
class Outcome:
    """The network that one pair of rules takes from a search.

    Attributes
    ----------
    choose, refit
        The rules.
    test
        Figures on the test part.
    val_loss
        Mean over the fresh seeds.
    n_params, n_params_paper, n_edges, n_features, depth, grid
        Size of the network.
    seconds
        Of the whole search with its final steps.
    """

    choose: str
    refit: str
    test: dict[str, float | None]
    val_loss: float
    n_params: int
    n_params_paper: int
    n_edges: int
    n_features: int
    depth: int
    grid: int
    seconds: float


def search_in_memory(config: SearchConfig, choices: Sequence[str], refits: Sequence[str],
                     workers: int = 1) -> list[Outcome]:
    """Run the search of `config` without a run directory, and apply every pair of rules to its front."""
    began = time.perf_counter()
    job = prepare(config)
    job.space.prepare(job.problem)
    with ThreadExecutor(workers) as executor:
        evaluator = Evaluator(job.space, job.problem, job.budget, config.seed, executor)
        state = evolve(make_algorithm(config), evaluator, State(), seed=config.seed, last_generation=config.generations,
                       objectives=config.front_objectives, reference=reference_point(job, evaluator.layout))
        front = pareto_front(state.records, config.front_objectives)
        outcomes = []
        finalists: list[Finalist] = []
        for refit in refits:
            finalizer = Finalizer(job.space, job.problem, job.budget, executor, config.seed, refit)
            finalists = finalists or finalizer.retrain(front)
            taken = {rule: choose([finalist.member for finalist in finalists], rule) for rule in choices}
            needed = [finalist for finalist in finalists if any(finalist.member is m for m in taken.values())]
            fitted = dict(zip((f.member.record.id for f in needed), finalizer.fit(needed), strict=True))
            seconds = time.perf_counter() - began
            for rule, member in taken.items():
                finalist = next(f for f in needed if f.member is member)
                weights = fitted[member.record.id].weights
                test: dict[str, Any] = {} if weights is None else finalizer.metrics(
                    finalist.architecture, weights, job.problem.test)
                network = finalist.architecture
                outcomes.append(Outcome(rule, refit, test, member.val_loss_mean, network.n_params,
                                        network.n_params_paper, network.n_edges, network.n_features, network.depth,
                                        network.grid, seconds))
        return outcomes
