"""From settings to the objects that do the work."""

from __future__ import annotations

from evokan.evaluation.executors import Executor, ThreadExecutor, available_processors
from evokan.evolution import NSGA2, Algorithm, GeneticAlgorithm, RandomSearch
from evokan.searching.observer import Observer
from evokan.settings.config import SearchConfig


def make_executor(config: SearchConfig, observer: Observer) -> Executor:
    """Return what trains the cohorts: threads of this process, or the workers of a Ray cluster.

    Parameters
    ----------
    observer
        Is told of the workers of a cluster.

    Raises
    ------
    InputError
        The cluster cannot be reached, or has no room for a worker.
    """
    if not (config.ray or config.ray_address):
        return ThreadExecutor(config.workers or available_processors())
    from evokan.evaluation.ray.executor import RayExecutor, prepare_space

    return RayExecutor(
        config.workers,
        address=config.ray_address,
        gpus_per_task=config.gpus_per_task,
        cohort_timeout=config.cohort_timeout,
        on_status=observer.on_workers,
        set_up=prepare_space,
    )


def make_algorithm(config: SearchConfig) -> Algorithm:
    """Return the algorithm that the settings name."""
    if config.algorithm == "nsga2":
        return NSGA2(
            population=config.population,
            crossover_rate=config.crossover_rate,
            mutation_rate=config.mutation_rate,
            objectives=config.objectives,
            move_rate=config.move_rate,
            seeded=config.initial == "seeded",
        )
    if config.algorithm == "random":
        return RandomSearch(
            population=config.population, objectives=config.objectives, seeded=config.initial == "seeded"
        )
    return GeneticAlgorithm(
        population=config.population,
        crossover_rate=config.crossover_rate,
        mutation_rate=config.mutation_rate,
        objectives=config.objectives,
        move_rate=config.move_rate,
        seeded=config.initial == "seeded",
        parsimony=config.parsimony,
        distinct=config.distinct,
    )
