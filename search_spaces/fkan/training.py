"""From a training job on a table to trained values: initial values, the compiled driver, and its verdict."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.problem.problem import FoldArrays, Problem
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training import watch
from evokan.training.compiled import is_cached
from evokan.training.lbfgs import EVALUATIONS_A_STEP
from search_spaces.fkan import driver
from search_spaces.fkan.encoding import SEQUENTIAL, FKANArchitecture, network
from search_spaces.fkan.flat import compile_network, initial_values, state_dict
from search_spaces.fkan.options import FKANOptions

Array = NDArray[Any]


def train(
    job: TrainingJob[FKANArchitecture],
    data: FoldArrays,
    problem: Problem,
    options: FKANOptions,
    budget: Budget,
    trace: Array | None = None,
) -> Trained:
    """Train one network on one fold; numerical trouble comes back as `Trained.failed`.

    Parameters
    ----------
    trace
        Where given, filled with alpha, beta and gamma of all triples after every iteration, shape
        (iterations, 3 x triples), as far as there are rows.
    """
    began = time.perf_counter()
    architecture = job.architecture
    columns = list(architecture.used_columns)
    theta = initial_values(architecture, options, job.seed)
    labels, targets = _split_targets(data.y_train, problem)
    labels_val, targets_val = _split_targets(data.y_val, problem)
    patience = 0 if job.iterations else options.patience
    rate = options.learning_rate if options.method(problem.task) == "adam" else 0.0
    looks = np.zeros(budget.steps * EVALUATIONS_A_STEP if job.watched else 0)
    result = driver.train(
        theta,
        _upright(data.x_train[:, columns]),
        _upright(data.x_val[:, columns]),
        labels,
        targets,
        labels_val,
        targets_val,
        compile_network(architecture),
        options.ridge,
        budget.steps,
        options.history,
        rate,
        patience,
        job.iterations or 0,
        looks,
        np.zeros((0, 3 * architecture.n_triples)) if trace is None else trace,
    )
    kept = (lambda: state_dict(architecture, theta)) if job.keep_weights else None
    return watch.trained(result, theta, looks, began, kept)


def warm_up(problem: Problem, options: FKANOptions) -> None:
    """Run the training kernel once on next to nothing, so that it is compiled."""
    driver.train(*_smallest_call(problem))


def is_compiled(problem: Problem, options: FKANOptions) -> bool:
    """Return whether the training kernel needs no compilation."""
    return is_cached(driver.train, *_smallest_call(problem))


def _smallest_call(problem: Problem) -> tuple[Any, ...]:
    """Return arguments of `driver.train` for one neuron and two rows."""
    architecture = network(1, problem.n_outputs, (0,), SEQUENTIAL, (1,), (1,))
    x = np.zeros((1, 2))
    outputs = 1 if problem.task.has_classes else problem.n_outputs
    labels, targets = _split_targets(np.zeros(2 * outputs), problem)
    return (
        np.zeros(architecture.n_params),
        x,
        x.copy(),
        labels,
        targets,
        labels.copy(),
        targets.copy(),
        compile_network(architecture),
        0.0,
        1,
        1,
        0.0,
        0,
        1,
        np.zeros(0),
        np.zeros((0, 3)),
    )


def _upright(x: Array) -> Array:
    return np.ascontiguousarray(x.T, dtype=np.float64)


def _split_targets(y: Array, problem: Problem) -> tuple[Array, Array]:
    """Return class numbers (rows,) and targets (outputs, rows), of which one is empty."""
    if problem.task.has_classes:
        return np.ascontiguousarray(y, dtype=np.int64), np.zeros((problem.n_outputs, 0))
    return np.zeros(0, np.int64), _upright(y.reshape(len(y), problem.n_outputs))
