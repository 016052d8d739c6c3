"""A data set as numbers, with the names of its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray
from evokan.errors import InputError
from evokan.problem.scaling import SMALLEST
from evokan.problem.task import Task

if TYPE_CHECKING:
    from evokan.problem.equations.base import Equation

LARGEST = 1e100
"""Largest magnitude of a value: squares, and sums of them, stay finite."""


@dataclass(frozen=True, eq=False)
class Table:
    """A data set as numbers.

    Attributes
    ----------
    name
        As the user types it, or the stem of the file.
    task
        ``classification``, ``regression``, ``trajectory``: each row is a step in time, or ``residual``: each row
        is a point where an equation has to hold.
    X
        Inputs, shape (rows, features), finite float64, raw units. Of a trajectory: the state at a moment.
    y
        Class numbers 0 ... classes - 1 (int64) or targets in their own units (float64), shape (rows,). Of a
        trajectory: the state at the next moment, shape (rows, concepts). Of a system of equations: (rows, unknowns).
    feature_names, target_name
        Column names, in the order of `X`.
    class_names
        Names of the classes as in the file; empty for regression.
    test_rows
        Rows of a published test part, or None where the table is split at random.
    validation_rows
        Rows of a validation part of the user's own: the one hold-out.
    log_target
        Whether `y` is the natural logarithm of the target (`in_units`).
    test_size, validation_size
        The sizes that `Problem.from_table` takes by default: test part of all rows, validation part of the rest.
    schema
        How raw columns become `X` (`evokan.datasets.columns.ColumnSchema` as a dict), for later predictions.
    sha256
        Fingerprint of the numbers.
    series
        Of a trajectory: number of the series that each row belongs to, shape (rows,). Two rows of one series that
        follow each other are consecutive moments, so that without delays ``y[r]`` is ``X[r + 1]``.
    concepts, lags
        Of a trajectory with delays: names of the concepts, and the delays in steps, ascending. Column k of `X` is then
        concept k % n at the delay ``lags[k // n]``, n the number of concepts. Both are empty without delays.
    groups
        Number of the group of each row, shape (rows,): rows of one group stay together in splits and folds. None where
        every row is for itself.
    in_order
        Whether the rows stand in an order that splits and folds keep: the test part comes last.
    equation
        Of the task ``residual``, and only there: what has to hold at the points `X`; `y` is the exact solution, or 0
        where that is not known.
    notes
        What the user should know of how the rows were read, one sentence each.
    """

    name: str
    task: Task
    X: FloatArray
    y: NDArray[np.float64] | NDArray[np.int64]
    feature_names: tuple[str, ...]
    target_name: str
    class_names: tuple[str, ...] = ()
    test_rows: IntArray | None = None
    test_size: float = 0.2
    validation_size: float = 0.2
    schema: dict[str, object] = field(default_factory=dict)
    sha256: str = ""
    series: IntArray | None = None
    groups: IntArray | None = None
    in_order: bool = False
    equation: Equation | None = None
    notes: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    lags: tuple[int, ...] = ()
    validation_rows: IntArray | None = None
    log_target: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", Task(self.task))

    @property
    def output_names(self) -> tuple[str, ...]:
        """Labels of what is predicted: classes, concepts of a trajectory, unknowns of an equation, or the target."""
        if self.task.in_time:
            return self.concepts or self.feature_names
        if self.equation is not None:
            return self.equation.unknowns
        return self.class_names or (self.target_name,)

    def in_units(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return targets, or predictions of them, in the target's own units: `log_target` is undone."""
        with np.errstate(over="ignore"):
            return np.exp(values) if self.log_target else values

    @property
    def delays(self) -> tuple[int, ...]:
        """The delays of a trajectory's causes, in steps: (1,) where none were asked for."""
        return self.lags or (1,)

    def check_magnitude(self) -> None:
        """Raise `InputError` for columns with values beyond `LARGEST` or a spread below `SMALLEST`, each by name."""
        columns = [*zip(self.feature_names, np.asarray(self.X, dtype=np.float64).T, strict=False)]
        if self.task is Task.REGRESSION:
            columns.append((self.target_name, np.asarray(self.y, dtype=np.float64)))
        faults = [
            f"column {name!r} holds values beyond {LARGEST:g}, too large to be computed with: give it in another unit"
            for name, values in columns
            if np.abs(values).max(initial=0.0) > LARGEST
        ]
        faults += [
            f"column {name!r} holds values that differ by less than {SMALLEST:g}, too little to be computed with: "
            "give it in another unit"
            for name, values in columns
            if len(values) and 0 < values.max() / 2 - values.min() / 2 < SMALLEST / 2
        ]
        if faults:
            raise InputError(*faults)
