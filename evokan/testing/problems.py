"""Made-up data for tests, small enough for seconds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evokan.datasets import make_table
from evokan.problem import Problem, ScalerName, Task
from evokan.seeding import generator


def small_problem(task: Task, *, rows: int = 60, folds: int = 1, scaler: ScalerName = "standard", seed: int = 0,
                  columns: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None) -> Problem:
    """Return a made-up problem of four columns: three classes, or one smooth target with a little noise.

    Parameters
    ----------
    task
        ``classification`` or ``regression``.
    rows
        At least 30, so that every part has rows of every class.
    columns
        Changes the inputs after the targets were made from them: shape (rows, 4) in and out.

    Raises
    ------
    ValueError
        The task is another one: make the problem yourself and override `SearchSpaceContract.make_problem`.
    """
    if task not in ("classification", "regression"):
        raise ValueError(f"no small problem for the task {task!r}: override make_problem")
    rng = generator("small problem", seed)
    x = rng.normal(size=(rows, 4))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=rows)
    names: tuple[str, ...] = ()
    if task == "classification":
        names = ("low", "middle", "high")
        y = (np.argsort(np.argsort(y)) * 3 // rows).astype(np.float64)
    else:
        y = 50.0 + 20.0 * y
    x = x * [1.0, 10.0, 0.1, 1.0] + [0.0, 100.0, 0.0, -5.0]
    table = make_table("small", task, x if columns is None else columns(x), y, feature_names=("a", "b", "c", "d"),
                       target_name="y", class_names=names)
    return Problem.from_table(table, folds=folds, scaler=scaler, split_seed=seed)
