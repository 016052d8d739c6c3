"""The classical fuzzy cognitive map: one scalar weight on every edge, trained by a particle swarm.

The weights lie in [-1, 1] and the states in the range of tanh, as in the paper's comparison (Salmeron, arXiv
2604.05136). The swarm is that of Clerc and Kennedy (IEEE Trans. Evol. Comput. 6, 2002) on DEAP's tools; its size
and length are ours. The loss of one step falls apart into one sum for each effect, so each effect has a
swarm of its own, which is easier for the swarm than all weights at once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from deap import base, tools

from evokan.arrays import FloatArray
from evokan.problem.problem import Problem
from evokan.seeding import generator
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.states import fit_states

PARTICLES, ROUNDS = 40, 200
INERTIA, PULL = 0.7298, 1.49618
"""Constriction with phi = 4.1."""


class Loss(base.Fitness):  # type: ignore[misc]
    """Mean squared error, to be minimised."""

    weights = (-1.0,)


@dataclass(eq=False)
class Particle:
    """A point in the space of the weights of one effect."""

    position: FloatArray
    velocity: FloatArray
    fitness: Loss = field(default_factory=Loss)
    best: FloatArray = field(default_factory=lambda: np.zeros(0))
    best_fitness: Loss = field(default_factory=Loss)


@dataclass(frozen=True, eq=False)
class ClassicalFCM:
    """A trained classical map.

    Attributes
    ----------
    matrix
        Weights, shape (sources, targets).
    problem
        Gives the scalers between values and states.
    seconds
        Processor time of the training.
    """

    matrix: FloatArray
    problem: Problem
    seconds: float = 0.0

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the values one step after `X`, shape (N, sources) to (N, targets)."""
        states = fit_states(self.problem, KAFCMOptions())
        return states.target.inverse(np.tanh(states.source.transform(X) @ self.matrix))


def train_classical(problem: Problem, seed: int) -> ClassicalFCM:
    """Train a classical map on the development rows of a problem."""
    began = time.process_time()
    states = fit_states(problem, KAFCMOptions())
    rows = problem.development
    x = states.source.transform(problem.table.X[rows])
    y = states.target.transform(np.asarray(problem.table.y[rows], dtype=np.float64).reshape(len(rows), -1))
    columns = [swarm(x, y[:, target], generator("particle swarm", seed, target)) for target in range(y.shape[1])]
    return ClassicalFCM(np.column_stack(columns), problem, time.process_time() - began)


def swarm(x: FloatArray, y: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return weights w in [-1, 1], shape (sources,), for which tanh(x w) comes near to `y`."""
    toolbox = base.Toolbox()
    toolbox.register("particle", lambda: Particle(*rng.uniform([[-1.0], [-0.5]], [[1.0], [0.5]], (2, x.shape[1]))))
    toolbox.register("swarm", tools.initRepeat, list, toolbox.particle)
    particles: list[Particle] = toolbox.swarm(n=PARTICLES)
    leader, leader_fitness = particles[0].position, Loss()
    for _ in range(ROUNDS):
        positions = np.column_stack([particle.position for particle in particles])
        losses = ((np.tanh(x @ positions) - y[:, None]) ** 2).mean(axis=0)
        for particle, loss in zip(particles, losses, strict=True):
            particle.fitness.values = (float(loss),)
            if not particle.best_fitness.valid or particle.fitness > particle.best_fitness:
                particle.best, particle.best_fitness.values = particle.position.copy(), particle.fitness.values
            if not leader_fitness.valid or particle.fitness > leader_fitness:
                leader, leader_fitness.values = particle.position.copy(), particle.fitness.values
        for particle in particles:
            own, shared = rng.uniform(0, PULL, (2, x.shape[1]))
            particle.velocity = (
                INERTIA * particle.velocity
                + own * (particle.best - particle.position)
                + shared * (leader - particle.position)
            )
            moved = particle.position + particle.velocity
            particle.position = np.clip(moved, -1, 1)
            particle.velocity[particle.position != moved] = 0.0  # a wall stops what flies into it
    return leader
