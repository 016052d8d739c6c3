"""Values and states: what lies between a concept's own units and the range of the bounding function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray
from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from search_spaces.kafcm.options import Bounding, KAFCMOptions

RANGES: dict[str, tuple[float, float]] = {
    "auto": (-1.0, 1.0),
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "clip": (-1.0, 1.0),
    "identity": (-1.0, 1.0),
}
"""States of a concept; that of ``identity`` is where the splines are, nothing holds a state inside."""
CODES: dict[Bounding, int] = {"tanh": 0, "sigmoid": 1, "clip": 2, "identity": 3}
"""As the kernel numbers them."""


@dataclass(frozen=True, eq=False)
class States:
    """The affine way from values to states.

    Attributes
    ----------
    source, target
        Scalers of causes and effects: one and the same for the concepts of a trajectory.
    weights
        Turns squared errors of states into squared errors of scaled targets, shape (targets,).
    """

    source: Scaler
    target: Scaler
    weights: FloatArray


def fit_states(problem: Problem, options: KAFCMOptions) -> States:
    """Return the states of a problem, fitted on the rows that its own scalers are fitted on."""
    rows = problem.train if len(problem.folds) == 1 else problem.development
    x = problem.table.X[rows]
    y = np.asarray(problem.table.y[rows], dtype=np.float64).reshape(len(rows), -1)
    if problem.task.in_time:
        # A concept is the same whatever its delay: one scaler for all of its columns.
        blocks = np.split(x, len(problem.table.delays), axis=1)
        target = _scaler(np.concatenate([*blocks, y]), options)
        source = Scaler(np.tile(target.shift, len(blocks)), np.tile(target.scale, len(blocks)))
    else:
        source, target = _scaler(x, options), _scaler(y, options)
    return States(source, target, (target.scale / problem.target_scaler.scale) ** 2)


def _scaler(values: FloatArray, options: KAFCMOptions) -> Scaler:
    if options.states == "raw":
        return Scaler.fit(values, "none")
    low, high = RANGES[options.bounding]
    room = (high - low) * options.margin
    unit = Scaler.fit(values, "minmax")
    scale = unit.scale / (high - low - 2.0 * room)
    return Scaler(unit.shift - (low + room) * scale, scale)


def unbounded(states: FloatArray, bounding: Bounding) -> FloatArray:
    """Return the sums whose bounded value is `states`; states at or beyond an end are taken just inside of it."""
    low, high = RANGES[bounding]
    if bounding == "identity":
        return states
    inside = np.clip(states, low + 1e-9, high - 1e-9)
    if bounding == "tanh":
        return np.arctanh(inside)
    return np.log(inside / (1.0 - inside)) if bounding == "sigmoid" else inside


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Rows of a table as rollouts, the longest first.

    Attributes
    ----------
    first
        Row that each rollout starts from, shape (rollouts,).
    running
        How many of them run at each step, shape (steps,): the first ones.
    rows
        Rows that say what is wanted, step by step, shape (sum of `running`,).
    """

    first: IntArray
    running: IntArray
    rows: IntArray


def cut_rollouts(rows: IntArray, series: IntArray | None, length: int) -> Rollouts:
    """Return `rows`, sorted, as rollouts of at most `length` steps (0: any number), each row once.

    A rollout goes on while the next row is among `rows` and of the same series. Without series every row is one
    by itself.
    """
    if len(rows) == 0:
        return Rollouts(rows, rows, rows)
    if series is None or length == 1:
        return Rollouts(rows, np.array([len(rows)], dtype=np.int64), rows)
    breaks = np.flatnonzero((np.diff(rows) != 1) | (np.diff(series[rows]) != 0)) + 1
    pieces: list[IntArray] = []
    for run in np.split(rows, breaks):
        pieces += np.split(run, np.arange(length, len(run), length)) if length else [run]
    pieces.sort(key=len, reverse=True)
    lengths = np.array([len(piece) for piece in pieces])
    running = np.array([(lengths > t).sum() for t in range(lengths[0])], dtype=np.int64)
    wanted = [piece[t] for t in range(lengths[0]) for piece in pieces[: running[t]]]
    return Rollouts(np.array([piece[0] for piece in pieces]), running, np.array(wanted, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Sample:
    """Rollouts as states.

    Attributes
    ----------
    x
        First states, shape (sources, rollouts).
    wanted
        States to be reached, shape (targets, steps in all), step by step.
    running
        As in `Rollouts`.
    known
        States of the causes as they were, shape (sources, steps in all), step by step: what causes are that lie before
        the rollout. Without delays longer than a step, or with rollouts of one step, there is none: (sources, 0).
    """

    x: NDArray[Any]
    wanted: NDArray[Any]
    running: IntArray
    known: NDArray[Any]


def sample(problem: Problem, states: States, rows: IntArray, length: int) -> Sample:
    """Return the rollouts over `rows` of a problem."""
    cut = cut_rollouts(rows, problem.table.series, length)
    y = np.asarray(problem.table.y, dtype=np.float64)
    wanted = states.target.transform(y[cut.rows].reshape(len(cut.rows), problem.n_outputs))
    x = states.source.transform(problem.table.X[cut.first])
    needed = cut.rows if len(cut.running) > 1 and problem.table.delays != (1,) else cut.rows[:0]
    known = states.source.transform(problem.table.X[needed])
    x, wanted, known = (np.ascontiguousarray(part.T) for part in (x, wanted, known))
    return Sample(x, wanted, cut.running, known)
