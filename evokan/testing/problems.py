"""Made-up data for tests, small enough for seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evokan.datasets import make_table
from evokan.datasets.equations import equation_table
from evokan.problem.equations import Equation, derivative
from evokan.problem.problem import Problem
from evokan.problem.scaling import ScalerName
from evokan.problem.table import Table
from evokan.problem.task import Task, TaskName
from evokan.seeding import generator

if TYPE_CHECKING:
    from torch import Tensor

    from evokan.problem.equations.base import Unknown


def small_problem(
    task: Task | TaskName,
    *,
    rows: int = 60,
    folds: int = 1,
    scaler: ScalerName = "standard",
    seed: int = 0,
    columns: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
) -> Problem:
    """Return a made-up problem of four columns: three classes, one smooth target, or two trajectories; a little noise.

    Of the task ``residual``: an oscillator's equation in one coordinate; it has neither folds nor columns to change.

    Parameters
    ----------
    task
        ``classification``, ``regression``, ``trajectory`` or ``residual``.
    rows
        At least 30, so that every part has rows of every class.
    columns
        Changes the inputs after the targets were made from them (of a trajectory all states): shape (rows, 4) in
        and out.

    Raises
    ------
    ValueError
        The task is another one: make the problem yourself and override `SearchSpaceContract.make_problem`.
    """
    if task not in set(Task):
        raise ValueError(f"no small problem for the task {task!r}: override make_problem")
    task = Task(task)
    if task.in_time:
        return Problem.from_table(_trajectories(rows, seed, columns), folds=folds, scaler=scaler, split_seed=seed)
    if task.is_equation:
        return Problem.from_table(equation_table(Oscillator(rows), seed), scaler=scaler, split_seed=seed)
    rng = generator("small problem", seed)
    x = rng.normal(size=(rows, 4))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=rows)
    names: tuple[str, ...] = ()
    if task.has_classes:
        names = ("low", "middle", "high")
        y = (np.argsort(np.argsort(y)) * 3 // rows).astype(np.float64)
    else:
        y = 50.0 + 20.0 * y
    x = x * [1.0, 10.0, 0.1, 1.0] + [0.0, 100.0, 0.0, -5.0]
    table = make_table(
        "small",
        task,
        x if columns is None else columns(x),
        y,
        feature_names=("a", "b", "c", "d"),
        target_name="y",
        class_names=names,
    )
    return Problem.from_table(table, folds=folds, scaler=scaler, split_seed=seed)


class Oscillator(Equation):
    """u'' + u = 0, u(0) = 0, u'(0) = 1 on [0, 3]: the sine.

    Parameters
    ----------
    rows
        Number of points.
    """

    name, summary, coordinates = "oscillator", "u'' + u = 0, u(0) = 0, u'(0) = 1 on [0, 3]", ("t",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def points(self, seed: int) -> NDArray[np.float64]:
        """Return equidistant points."""
        return np.linspace(0.0, 3.0, self.rows)[:, None]

    def residual(self, u: Unknown, x: Tensor) -> Tensor:
        """Return u'' + u."""
        y = u(x)
        return derivative(derivative(y, x), x) + y

    def conditions(self, u: Unknown) -> Sequence[Tensor]:
        """Return u(0) and u'(0) - 1."""
        x = self.at(0.0)
        y = u(x)
        return [y, derivative(y, x) - 1.0]

    def exact(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sine."""
        return np.sin(x[:, 0])


def _trajectories(rows: int, seed: int, columns: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None) -> Table:
    """Return two series of four concepts that drive one another, `rows` steps in all."""
    rng = generator("small trajectories", seed)
    states = np.zeros((2, rows // 2 + 1, 4))
    states[:, 0] = rng.uniform(-1, 1, (2, 4))
    for step in range(rows // 2):
        a, b, c, d = states[:, step].T
        following = np.stack([np.sin(3 * b), 0.9 - 1.7 * a**2, 0.5 * c + 0.4 * a, 0.8 * np.cos(2 * c + d)], axis=1)
        states[:, step + 1] = following + 0.1 * rng.normal(size=(2, 4))
    scaled = states * [1.0, 10.0, 0.1, 1.0] + [0.0, 100.0, 0.0, -5.0]
    if columns is not None:
        scaled = columns(scaled.reshape(-1, 4)).reshape(scaled.shape)
    return make_table(
        "small",
        "trajectory",
        scaled[:, :-1].reshape(-1, 4),
        scaled[:, 1:].reshape(-1, 4),
        feature_names=("a", "b", "c", "d"),
        target_name="",
        series=np.repeat(np.arange(2, dtype=np.int64), rows // 2),
    )
