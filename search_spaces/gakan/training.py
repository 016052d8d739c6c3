"""From a training job to trained values: initial values, grids, the compiled driver, and its verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray
from evokan.problem.problem import FoldArrays, Problem
from evokan.problem.splits import Fold
from evokan.seeding import generator
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training import watch
from evokan.training.compiled import is_cached
from evokan.training.lbfgs import ITERATIONS_A_STEP
from search_spaces.gakan import driver
from search_spaces.gakan.attribution import attributions
from search_spaces.gakan.encoding import SPLINE_ORDER, KANArchitecture, full_network
from search_spaces.gakan.flat import FlatNetwork, flatten, state_dict
from search_spaces.gakan.options import GAKANOptions

Array = NDArray[Any]
Grid = tuple[Array, Array]


def start_values(job: TrainingJob[KANArchitecture], flat: FlatNetwork, options: GAKANOptions) -> Array:
    """Return the parameter vector that a job starts from: its parents' values, or random ones.

    Grids that follow the activations differ from network to network, so nothing is inherited with `grid_steps`.
    """
    architecture = job.architecture
    fresh = initial_values(architecture, flat, options, job.seed)
    if not job.parents or options.grid_steps:
        return fresh
    from search_spaces.gakan.inheritance import inherited_values

    return inherited_values(architecture, job.parents, fresh)


def initial_values(architecture: KANArchitecture, flat: FlatNetwork, options: GAKANOptions, seed: int) -> Array:
    """Return random values to start from, shape (edges x (G + 5),), by the rule `GAKANOptions.start`.

    As pykan has them: small uniform noise in the coefficients, random w_b and constant w_s.
    """
    rng = generator("initial", seed)
    edges = architecture.n_edges
    size = architecture.intervals + SPLINE_ORDER
    if options.start == "pykan":
        # A masked edge of pykan is there and counts as an input.
        widths = [architecture.widths[0]] + [options.max_width] * (architecture.depth - 1)
        inputs = np.repeat(widths, [len(layer) for layer in architecture.edges])
        coefficients = rng.uniform(-0.5, 0.5, edges * size) / architecture.intervals
        w_b = (2.0 * rng.standard_normal(edges) - 1.0) / np.sqrt(inputs)
        return np.concatenate([coefficients, w_b, np.ones(edges)])
    share = 1.0 / np.sqrt(np.bincount(flat.target)[flat.target])
    coefficients = rng.uniform(-0.5, 0.5, edges * size) * options.noise
    w_b = rng.uniform(-1.0, 1.0, edges) * options.base_scale * share
    return np.concatenate([coefficients, w_b, share])


def input_grid(x: Array, intervals: int, margin: float) -> Grid:
    """Return (lo, h) of every column of `x`, shape (columns, rows); a constant column gets a grid of width 2.

    A range that overflows gives a grid that is not finite, and so a training that fails.
    """
    low, high = x.min(axis=1), x.max(axis=1)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = high - low
        flat = spread <= 1e-9 * np.maximum(np.abs(high), 1.0)
        low = np.where(flat, low - 1.0, low - margin * spread)
        width = np.where(flat, 2.0, spread * (1.0 + 2.0 * margin))
    return low.astype(x.dtype), (width / intervals).astype(x.dtype)


def fold_data(fold: Fold, problem: Problem, options: GAKANOptions) -> FoldArrays:
    """Return the rows of a fold in the kernel's arithmetic; the same for every network trained on it."""
    return problem.arrays(fold, np.float32 if options.precision == "float32" else np.float64, "F")


def train(
    job: TrainingJob[KANArchitecture], data: FoldArrays, problem: Problem, options: GAKANOptions, budget: Budget
) -> Trained:
    """Train one network on one fold; numerical trouble comes back as `Trained.failed`."""
    began = time.perf_counter()
    architecture = job.architecture
    dtype = np.dtype(options.precision)
    flat = flatten(architecture)
    intervals = architecture.intervals
    x, x_val = (_used_columns(part, flat, dtype) for part in (data.x_train, data.x_val))
    lo0, h0 = input_grid(x, intervals, options.input_margin)
    nodes = int(flat.level_start[-1])
    lo = np.full(nodes, -options.hidden_range, dtype)
    h = np.full(nodes, 2.0 * options.hidden_range / intervals, dtype)
    theta = start_values(job, flat, options).astype(dtype)
    labels, targets = _split_targets(data.y_train, problem, dtype)
    labels_val, targets_val = _split_targets(data.y_val, problem, dtype)
    watched = looks_at_every_iteration(job, options)
    looks = np.zeros(budget.steps * ITERATIONS_A_STEP + 1 if watched else 0)
    result = driver.train(
        theta,
        x,
        x_val,
        labels,
        targets,
        labels_val,
        targets_val,
        flat.arrays,
        intervals,
        lo0,
        h0,
        lo,
        h,
        np.array(options.penalties),
        budget.steps,
        0 if job.iterations else options.patience_on(problem),
        options.look == "iteration",
        job.iterations or 0,
        np.array(options.grid_steps, dtype=np.int64),
        options.grid_margin,
        looks,
    )
    return watch.trained(
        result,
        theta,
        looks,
        began,
        (lambda: state_dict(architecture, flat, theta.astype(np.float64), (lo0, h0), (lo, h)))
        if job.keep_weights
        else None,
        lambda: worth(theta, x, flat, intervals, (lo0, h0), (lo, h)),
    )


def _used_columns(x: Array, flat: FlatNetwork, dtype: np.dtype[Any]) -> Array:
    """Return the columns in use, shape (columns, rows): without a copy where all are, and lie like that already."""
    columns = x.T if len(flat.columns) == x.shape[1] else x.T[flat.columns]
    return np.ascontiguousarray(columns, dtype=dtype)


def worth(
    theta: Array, x: Array, flat: FlatNetwork, intervals: int, inputs: Sequence[Array], hidden: Sequence[Array]
) -> FloatArray:
    """Return the attribution of every edge over the rows of `x`; grids are given as (lo, h)."""
    (lo0, h0), (lo, h) = inputs, hidden
    found: FloatArray = attributions(theta, x, flat.arrays, intervals, lo0, 1 / h0, lo, 1 / h)
    return found


def looks_at_every_iteration(job: TrainingJob[KANArchitecture], options: GAKANOptions) -> bool:
    """Return whether the validation loss after every iteration decides which values a training keeps."""
    return options.look == "iteration" and job.watched


def warm_up(problem: Problem, options: GAKANOptions) -> None:
    """Run the kernels once on next to nothing, so that they are compiled for these types."""
    driver.train(*_smallest_call(problem, options))
    attributions(*_smallest_attribution(options))


def is_compiled(problem: Problem, options: GAKANOptions) -> bool:
    """Return whether the kernels for these types need no compilation."""
    return is_cached(driver.train, *_smallest_call(problem, options)) and is_cached(
        attributions, *_smallest_attribution(options)
    )


def _smallest_attribution(options: GAKANOptions) -> tuple[Any, ...]:
    """Return arguments of `attributions` for one edge and two rows."""
    dtype = np.dtype(options.precision)
    one = np.ones(1, dtype)
    net = flatten(full_network((1, 1), 1)).arrays
    return np.zeros(6, dtype), np.zeros((1, 2), dtype), net, 1, one, one, one, one


def _smallest_call(problem: Problem, options: GAKANOptions) -> tuple[Any, ...]:
    """Return arguments of `driver.train` for one edge and two rows."""
    dtype = np.dtype(options.precision)
    flat = flatten(full_network((1, 1), 1))
    x = np.zeros((1, 2), dtype)
    labels, targets = _split_targets(np.zeros(2), problem, dtype)
    one = np.ones(1, dtype)
    return (
        np.zeros(6, dtype),
        x,
        x.copy(),
        labels,
        targets,
        labels.copy(),
        targets.copy(),
        flat.arrays,
        1,
        one,
        one,
        one.copy(),
        one.copy(),
        np.zeros(4),
        1,
        0,
        True,
        1,
        np.zeros(0, np.int64),
        0.0,
        np.zeros(0),
    )


def _split_targets(y: Array, problem: Problem, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    if problem.task.has_classes:
        return np.ascontiguousarray(y, dtype=np.int64), np.zeros(0, dtype)
    return np.zeros(0, np.int64), np.ascontiguousarray(y, dtype=dtype)
