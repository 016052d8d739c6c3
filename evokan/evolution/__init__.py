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
