"""The problem a network has to solve: a table, how it is split, scaled and folded.

A `Table` is what a data set gives (raw numbers and names). A `Problem` adds what a search decides: which rows
are for what, the scaling, the folds. It is immutable and made of arrays, so it travels to threads and to other
machines as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from evokan.errors import InputError
from evokan.trajectories import blocks_in_time, split_in_time

if TYPE_CHECKING:
    from evokan.equations import Equation

Task = Literal["classification", "regression", "trajectory", "residual"]
ScalerName = Literal["standard", "minmax", "none"]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
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
        trajectory: the state at the next moment, shape (rows, features).
    feature_names, target_name
        Column names, in the order of `X`.
    class_names
        Names of the classes as in the file; empty for regression.
    test_rows
        Rows of a published test part, or None where the table is split at random.
    test_size, validation_size
        The sizes that `Problem.from_table` takes by default: test part of all rows, validation part of the rest.
    schema
        How raw columns become `X` (`evokan.datasets.columns.ColumnSchema` as a dict), for later predictions.
    sha256
        Fingerprint of the numbers.
    series
        Of a trajectory: number of the series that each row belongs to, shape (rows,). Two rows of one series that
        follow each other are consecutive moments, so that ``y[r]`` is ``X[r + 1]``.
    equation
        Of the task ``residual``, and only there: what has to hold at the points `X`; `y` is the exact solution, or 0
        where that is not known.
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
    equation: Equation | None = None

    @property
    def output_names(self) -> tuple[str, ...]:
        """Labels of what is predicted: the classes, the concepts of a trajectory, or the target alone."""
        if self.task == "trajectory":
            return self.feature_names
        return self.class_names or (self.target_name,)


@dataclass(frozen=True)
class Scaler:
    """Column-wise ``(x - shift) / scale``.

    Attributes
    ----------
    shift, scale
        Shape (columns,). A column that does not vary in the rows it was fitted on has scale 1.
    """

    shift: FloatArray
    scale: FloatArray

    @classmethod
    def fit(cls, values: FloatArray, kind: ScalerName) -> Scaler:
        """Fit on `values` of shape (rows, columns).

        ``standard``: zero mean and unit variance; ``minmax``: onto [0, 1]; ``none``: as it is.
        """
        columns = values.shape[1]
        if kind == "none":
            return cls(np.zeros(columns), np.ones(columns))
        if kind == "minmax":
            shift = values.min(axis=0)
            scale = values.max(axis=0) - shift
        else:
            shift = values.mean(axis=0)
            scale = values.std(axis=0)
        # A spread that is rounding noise of the column's size would blow noise up to unit variance.
        flat = scale <= 1e-12 * np.maximum(np.abs(shift), 1e-300)
        return cls(shift, np.where(flat, 1.0, scale))

    def transform(self, values: FloatArray) -> FloatArray:
        """Return the scaled values, same shape."""
        return (values - self.shift) / self.scale

    def inverse(self, values: FloatArray) -> FloatArray:
        """Undo `transform`."""
        return values * self.scale + self.shift


@dataclass(frozen=True)
class Fold:
    """Row numbers of one training: `train` to fit on, `validation` to look at (sorted)."""

    train: IntArray
    validation: IntArray


@dataclass(frozen=True)
class FoldArrays:
    """One fold, scaled and contiguous.

    Attributes
    ----------
    x_train, x_val
        Shape (rows, features), the dtype asked for.
    y_train, y_val
        Class numbers (int64), or scaled targets (the dtype asked for), shape (rows,); of a trajectory
        (rows, features).
    """

    x_train: NDArray[np.floating]
    y_train: NDArray[np.generic]
    x_val: NDArray[np.floating]
    y_val: NDArray[np.generic]


@dataclass(frozen=True)
class Problem:
    """A table with its split, its scaling and its folds.

    Attributes
    ----------
    table
        The numbers.
    train, validation, test
        Row numbers of the three parts, sorted.
    folds
        The trainings whose mean validation loss is a network's fitness: one hold-out, or K folds of the
        train and validation parts together.
    input_scaler
        Fitted on the rows that any fold trains on (the train part, or train and validation with K folds).
    target_scaler
        The same for a regression target (one column) or the next state of a trajectory (a column each); the
        identity for classes.
    split_seed
        Seed of split and folds.
    """

    table: Table
    train: IntArray
    validation: IntArray
    test: IntArray
    folds: tuple[Fold, ...]
    input_scaler: Scaler
    target_scaler: Scaler
    split_seed: int

    @classmethod
    def from_table(
        cls,
        table: Table,
        *,
        test_size: float | None = None,
        validation_size: float | None = None,
        split_seed: int = 0,
        scaler: ScalerName = "standard",
        folds: int = 1,
    ) -> Problem:
        """Split, scale and fold `table`.

        The test part comes off the whole, then the validation part off the rest, both by scikit-learn's
        `train_test_split` with ``random_state=split_seed``, stratified for classification. Trajectories are cut
        in the order of time (`evokan.trajectories`).

        Parameters
        ----------
        test_size, validation_size
            Fractions in (0, 1): test of all rows, validation of the rest; None takes the table's own.
        folds
            1 keeps the hold-out; K >= 2 cuts train and validation together into K (stratified) folds, or into K
            blocks of time.

        Raises
        ------
        InputError
            A part would be empty, a class is too rare to be stratified, or there are fewer rows than folds.
        """
        y = table.y
        if table.task == "classification":
            _check_class_sizes(table)
        if table.task == "residual" and folds > 1:
            raise InputError(f"--folds {folds}: an equation has one hold-out of its points; leave --folds out")
        try:
            train, validation, test = _split(table, table.test_size if test_size is None else test_size,
                                             table.validation_size if validation_size is None else validation_size,
                                             split_seed)
        except ValueError as error:
            raise InputError(f"data set {table.name!r} with {len(y)} rows cannot be split: {error}; "
                             "change --test-size or --val-size, or give more rows") from error
        development = np.sort(np.concatenate([train, validation]))
        fitted_on = train if folds == 1 else development
        cut = (Fold(train, validation),) if folds == 1 else _cut(table, development, folds, split_seed)
        input_scaler = Scaler.fit(table.X[fitted_on], scaler)
        if table.task in ("regression", "trajectory"):
            target_scaler = Scaler.fit(np.asarray(y, dtype=np.float64)[fitted_on].reshape(len(fitted_on), -1),
                                       "standard")
        else:
            target_scaler = Scaler(np.zeros(1), np.ones(1))
        return cls(table, train, validation, test, cut, input_scaler, target_scaler, split_seed)

    @property
    def name(self) -> str:
        """The data set's name."""
        return self.table.name

    @property
    def task(self) -> Task:
        """``classification``, ``regression``, ``trajectory`` or ``residual``."""
        return self.table.task

    @property
    def n_features(self) -> int:
        """Number of input columns."""
        return int(self.table.X.shape[1])

    @property
    def n_outputs(self) -> int:
        """Number of classes, of the concepts of a trajectory, or 1."""
        return len(self.table.output_names)

    @cached_property
    def development(self) -> IntArray:
        """Train and validation rows together, sorted."""
        return np.sort(np.concatenate([self.train, self.validation]))

    @cached_property
    def scaled_inputs(self) -> FloatArray:
        """All rows, scaled, shape (rows, features)."""
        return self.input_scaler.transform(self.table.X)

    @cached_property
    def scaled_targets(self) -> NDArray[np.float64] | NDArray[np.int64]:
        """All targets, scaled (class numbers as they are), shape (rows,); of a trajectory (rows, features)."""
        if self.task == "classification":
            return np.asarray(self.table.y, dtype=np.int64)
        y = np.asarray(self.table.y, dtype=np.float64)
        return self.target_scaler.transform(y.reshape(len(y), -1)).reshape(y.shape)

    def refold(self, seed: int) -> tuple[Fold, ...]:
        """Return another cut of the development rows into as many folds; the hold-out stays as it is."""
        if len(self.folds) == 1:
            return self.folds
        return _cut(self.table, self.development, len(self.folds), seed % 2**32)

    def arrays(self, fold: Fold, dtype: type[np.floating] = np.float64) -> FoldArrays:
        """Return the scaled arrays of `fold` as contiguous copies of `dtype` (class numbers stay int64)."""
        kind = np.int64 if self.task == "classification" else dtype

        def x(rows: IntArray) -> NDArray[np.floating]:
            return np.ascontiguousarray(self.scaled_inputs[rows], dtype=dtype)

        def y(rows: IntArray) -> NDArray[np.generic]:
            return np.ascontiguousarray(self.scaled_targets[rows], dtype=kind)

        return FoldArrays(x(fold.train), y(fold.train), x(fold.validation), y(fold.validation))


def _split(table: Table, test_size: float, validation_size: float,
           seed: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return train, validation and test rows, sorted; raises ValueError where that cannot be done."""
    if table.series is not None:
        parts = split_in_time(table.series, test_size, validation_size, table.test_rows)
        return parts.train, parts.validation, parts.test
    y = table.y if table.task == "classification" else None
    rows = np.arange(len(table.y), dtype=np.int64)
    if table.test_rows is not None:
        test = table.test_rows
        rest = np.setdiff1d(rows, test)
    else:
        rest, test = train_test_split(rows, test_size=test_size, random_state=seed, stratify=y)
    train, validation = train_test_split(rest, test_size=validation_size, random_state=seed,
                                         stratify=None if y is None else y[rest])
    return np.sort(train), np.sort(validation), np.sort(test)


def _check_class_sizes(table: Table) -> None:
    counts = np.bincount(table.y, minlength=len(table.class_names))
    rare = [f"{name!r} ({count})" for name, count in zip(table.class_names, counts, strict=True) if count < 3]
    if rare:
        raise InputError(f"data set {table.name!r}: class {', '.join(rare)} has fewer than 3 rows, one for each of "
                         "train, validation and test: add rows or drop the class")


def _cut(table: Table, development: IntArray, folds: int, seed: int) -> tuple[Fold, ...]:
    y = table.y[development]
    if table.task == "classification":
        smallest = int(np.bincount(y, minlength=len(table.class_names)).min())
        if smallest < folds:
            raise InputError(f"--folds {folds}: the rarest class has only {smallest} rows outside the test part; "
                             f"use at most --folds {max(smallest, 1)}")
        splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(development, y)
    else:
        if len(development) < folds:
            raise InputError(f"--folds {folds}: only {len(development)} rows outside the test part; "
                             f"use at most --folds {len(development)}")
        if table.series is not None:
            return tuple(Fold(a, b) for a, b in blocks_in_time(table.series, development, folds, seed))
        splits = KFold(folds, shuffle=True, random_state=seed).split(development)
    return tuple(Fold(development[np.sort(a)], development[np.sort(b)]) for a, b in splits)
