"""Training on an equation: Levenberg-Marquardt, L-BFGS or Adam, and the verdict by the loss at held-out points."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.equations.jets import components
from evokan.problem.problem import Problem
from evokan.problem.task import Task
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training import lbfgs
from evokan.training.compiled import is_cached
from evokan.training.lbfgs import EVALUATIONS_A_STEP, ITERATIONS_A_STEP, LIMITS_ALONE
from evokan.training.least_squares import levenberg_marquardt
from search_spaces.fkan import jets
from search_spaces.fkan.driver import BETA_1, BETA_2, EPSILON
from search_spaces.fkan.encoding import SEQUENTIAL, FKANArchitecture, network
from search_spaces.fkan.flat import compile_network, flat_values, spread_values, state_dict
from search_spaces.fkan.moving import MovingPoints
from search_spaces.fkan.options import FKANOptions
from search_spaces.fkan.system import System
from search_spaces.fkan.taylor import chain_rule

STEP = {"levenberg-marquardt": 5, "lbfgs": ITERATIONS_A_STEP, "adam": EVALUATIONS_A_STEP}
"""Iterations of one of ``--steps``: of about equal cost."""

SMALLEST_HISTORY = 100
"""Curvature pairs that L-BFGS keeps at least: networks are small, and losses have to become tiny."""

Iterates = Iterator[tuple[FloatArray, float, int]]
"""Parameters, loss, and evaluations spent so far, after every iteration."""


def train_residual(
    job: TrainingJob[FKANArchitecture], problem: Problem, options: FKANOptions, budget: Budget
) -> Trained:
    """Train one network on the equation of `problem`; numerical trouble comes back as `Trained.failed`.

    The points of the fold's train part are those of the loss that is minimised. Initial and boundary conditions
    belong to both losses, to that at the validation points too.
    """
    began = time.perf_counter()
    architecture, equation = job.architecture, problem.table.equation
    if equation is None:
        raise TypeError("expected the problem of an equation")
    points = problem.table.X
    system = System(equation, architecture, problem.input_scaler, points[job.fold.train])
    held_out = System(equation, architecture, problem.input_scaler, points[job.fold.validation])
    looks_back = len(job.fold.validation) > 0
    limit = job.iterations or (job.steps or budget.steps) * STEP[options.method(Task.RESIDUAL)]
    kept: tuple[FloatArray, float, float, int] | None = None
    evaluations = 1
    begin = beginning(job, system, options)
    moving = MovingPoints(system, options.points, job.seed) if 0 < options.points < len(system.points) else None
    for number, (theta, loss, spent) in enumerate(iterates(system, options, begin, moving), start=1):
        evaluations = spent
        now = held_out.at(theta).loss if looks_back and not job.iterations else loss
        if np.isfinite(now) and (kept is None or now < kept[1] or job.iterations):
            kept = theta.copy(), now, loss, number
        if number == limit:
            break
    seconds = time.perf_counter() - began
    if kept is None or not np.isfinite(kept[0]).all():
        return Trained.failed("the loss is not finite, or no step makes it smaller", seconds)
    theta, val_loss, train_loss, number = kept
    return Trained(
        val_loss,
        train_loss,
        number,
        evaluations,
        seconds,
        weights=state_dict(architecture, theta) if job.keep_weights else None,
    )


def beginning(job: TrainingJob[FKANArchitecture], system: System, options: FKANOptions) -> FloatArray:
    """Return the values to begin with: what the network has learned so far, or those of the seed."""
    for _, learned in job.parents[:1]:
        return flat_values(learned)
    begin = [float(value) for value in system.equation.coefficients.values()]
    return np.concatenate([spread_values(job.architecture, options, job.seed), begin])


def iterates(system: System, options: FKANOptions, theta: FloatArray, moving: MovingPoints | None = None) -> Iterates:
    """Yield what the method of the options makes of the values `theta`, without end if it does not stop."""
    method = options.method(Task.RESIDUAL)
    if method == "lbfgs":
        return _lbfgs(system, theta, max(options.history, SMALLEST_HISTORY))
    if method == "adam":
        return _adam(system, theta, options.learning_rate)
    return ((theta, found.loss, spent) for theta, found, spent in levenberg_marquardt(system.at, theta, moving))


def _lbfgs(system: System, theta: FloatArray, history: int) -> Iterates:
    theta = theta.copy()
    now, spent = system.at(theta), 1
    loss, gradient = now.loss, now.gradient()
    state = lbfgs.allocate(theta, history)
    lbfgs.start(state, ITERATIONS_A_STEP, EVALUATIONS_A_STEP, LIMITS_ALONE)
    while True:
        command, loss = lbfgs.advance(theta, loss, gradient, state)
        if command == lbfgs.EVALUATE:
            now = system.at(theta)
            loss, gradient = now.loss, now.gradient()
            spent += 1
        elif command == lbfgs.ITERATION:
            yield theta, loss, spent
        elif command in (lbfgs.CONVERGED, lbfgs.FAILED):
            return


def _adam(system: System, theta: FloatArray, rate: float) -> Iterates:
    now = system.at(theta)
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    iteration = 0
    while np.isfinite(now.loss):
        gradient = now.gradient()
        iteration += 1
        mean += (1.0 - BETA_1) * (gradient - mean)
        square += (1.0 - BETA_2) * (gradient * gradient - square)
        scale = np.sqrt(square / (1.0 - BETA_2**iteration)) + EPSILON
        theta = theta - rate * mean / (1.0 - BETA_1**iteration) / scale
        now = system.at(theta)
        yield theta, now.loss, iteration + 1


def warm_up(problem: Problem, options: FKANOptions) -> None:
    """Run the kernels once on next to nothing, so that they are compiled."""
    for kernel, arguments in _smallest_calls(problem):
        kernel(*arguments)


def is_compiled(problem: Problem, options: FKANOptions) -> bool:
    """Return whether the kernels need no compilation."""
    return all(is_cached(kernel, *arguments) for kernel, arguments in _smallest_calls(problem))


def _smallest_calls(problem: Problem) -> list[tuple[Callable[..., None], tuple[Any, ...]]]:
    d = problem.n_features
    architecture = network(d, 1, (0,), SEQUENTIAL, (1,), (1,))
    theta, x, slope = np.zeros(architecture.n_params), np.zeros((1, d)), np.ones(d)
    table = chain_rule(d, 1)
    shared = theta, compile_network(architecture), np.zeros(1, np.int64), x, slope, table
    size = len(components(d, 1))
    return [
        (jets.network_jets, (*shared, np.zeros((1, 1, size)))),
        (jets.jet_gradients, (*shared, np.zeros((1, 1, size)), np.zeros((len(theta), 1)))),
    ]
