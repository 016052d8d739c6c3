"""Evolution: chromosomes, operators, and algorithms in the style of ask and tell.

An algorithm is a frozen set of rates with pure steps, all drawing from seeds derived from (seed,
generation)::

    population = algorithm.initial(layout, seed)
    algorithm.grade(population, records)                # tell: what the evaluation found
    offspring = algorithm.breed(population, layout, seed, generation)   # ask
    algorithm.grade(offspring, records)
    population = algorithm.survive(population, offspring)

It knows bits and records and nothing of networks or training. DEAP supplies fitness, sorting and crowding; its
``creator`` and the global random state are not used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evokan.evolution.algorithm import Algorithm
    from evokan.evolution.ga import GeneticAlgorithm, Parsimony
    from evokan.evolution.genome import Fitness, Genome
    from evokan.evolution.nsga2 import NSGA2
    from evokan.evolution.operators import bit_flip, draws, initialise, neuron_crossover, tournament
    from evokan.evolution.random_search import RandomSearch

__all__ = [  # noqa: RUF022 - grouped by meaning
    # what evolves
    "Fitness",
    "Genome",
    # algorithms
    "Algorithm",
    "GeneticAlgorithm",
    "NSGA2",
    "Parsimony",
    "RandomSearch",
    # operators
    "bit_flip",
    "draws",
    "initialise",
    "neuron_crossover",
    "tournament",
]

_HOMES = {
    "Algorithm": "evokan.evolution.algorithm",
    "GeneticAlgorithm": "evokan.evolution.ga",
    "Parsimony": "evokan.evolution.ga",
    "Fitness": "evokan.evolution.genome",
    "Genome": "evokan.evolution.genome",
    "NSGA2": "evokan.evolution.nsga2",
    "bit_flip": "evokan.evolution.operators",
    "draws": "evokan.evolution.operators",
    "initialise": "evokan.evolution.operators",
    "neuron_crossover": "evokan.evolution.operators",
    "tournament": "evokan.evolution.operators",
    "RandomSearch": "evokan.evolution.random_search",
}


def __getattr__(name: str) -> Any:
    # DEAP and scikit-learn come with the first use: a row of the history needs neither.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
