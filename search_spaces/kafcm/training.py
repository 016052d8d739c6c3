"""From a training job to trained values: initial values, the compiled driver, and its verdict."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training import watch
from evokan.training.compiled import is_cached
from evokan.training.lbfgs import ITERATIONS_A_STEP
from search_spaces.kafcm import driver
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.flat import compile_map, initial_values, kernel_data, state_dict, state_grid
from search_spaces.kafcm.kernel import first_level
from search_spaces.kafcm.options import Bounding, KAFCMOptions
from search_spaces.kafcm.solved import PLAIN, begin_solved
from search_spaces.kafcm.states import CODES, Sample, States, fit_states, sample, unbounded


@dataclass(frozen=True, eq=False)
class FoldStates:
    """One fold as states.

    Attributes
    ----------
    states
        Scalers and loss weights.
    train, validation
        Rollouts to fit and to look at.
    """

    states: States
    train: Sample
    validation: Sample

    def rest(self, bounding: Bounding) -> NDArray[np.float64]:
        """Return what concepts without causes go to, as sums: their means over the rows to fit, shape (targets,)."""
        return unbounded(self.train.wanted.mean(axis=1), bounding)


def fold_data(fold: Fold, problem: Problem, options: KAFCMOptions) -> FoldStates:
    """Return the states of one fold; the same for every map trained on it."""
    length = options.rollout if problem.task.in_time else 1
    states = fit_states(problem, options)
    train, validation = (sample(problem, states, rows, length) for rows in (fold.train, fold.validation))
    return FoldStates(states, train, validation)


def train(
    job: TrainingJob[CausalMap], data: FoldStates, problem: Problem, options: KAFCMOptions, budget: Budget
) -> Trained:
    """Train one map on one fold; numerical trouble comes back as `Trained.failed`."""
    began = time.perf_counter()
    architecture = job.architecture
    bounding = architecture.bounded_by(options)
    bias = np.where(architecture.driven, 0.0, data.rest(bounding))
    net = compile_map(architecture, bias, problem.table.delays)
    grid = state_grid(options, architecture.intervals)
    theta = initial_values(architecture, options, job.seed)
    weights = data.states.weights
    rows = kernel_data(data.train, net, grid, weights)
    ridge = options.ridge
    if bounding in PLAIN and len(data.train.running) == 1 and options.l1 == 0:
        ridge = begin_solved(theta, architecture, net, rows, ridge)
    looks = np.zeros(budget.steps * ITERATIONS_A_STEP if job.watched else 0)
    result = driver.train(
        theta,
        net,
        CODES[bounding],
        grid,
        rows,
        kernel_data(data.validation, net, grid, weights),
        ridge,
        options.l1,
        budget.steps,
        0 if job.iterations else options.patience,
        job.iterations or 0,
        looks,
    )
    kept = (lambda: state_dict(architecture, theta, bias, grid, data.states)) if job.keep_weights else None
    return watch.trained(result, theta, looks, began, kept)


def warm_up(problem: Problem, options: KAFCMOptions) -> None:
    """Run the training kernel once on next to nothing, so that it is compiled."""
    driver.train(*_smallest_call(options))


def is_compiled(problem: Problem, options: KAFCMOptions) -> bool:
    """Return whether the training kernel needs no compilation."""
    grid = state_grid(options, 1)
    return is_cached(first_level, np.zeros((1, 2)), grid) and is_cached(driver.train, *_smallest_call(options))


def _smallest_call(options: KAFCMOptions) -> tuple[Any, ...]:
    """Return arguments of `driver.train` for one edge and two rows."""
    architecture = CausalMap(1, 1, ((0, 0),), 1)
    grid = state_grid(options, 1)
    net = compile_map(architecture, np.zeros(1))
    part = Sample(np.zeros((1, 2)), np.zeros((1, 2)), np.array([2], dtype=np.int64), np.zeros((1, 0)))
    data = kernel_data(part, net, grid, np.ones(1))
    return np.zeros(6), net, 0, grid, data, data, 0.0, 0.0, 1, 0, 1, np.zeros(0)
