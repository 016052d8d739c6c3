"""The problem a network has to solve: a table, how it is split, scaled and folded.

A `Table` is what a data set gives (raw numbers and names). A `Problem` adds what a search decides: which rows
are for what, the scaling, the folds. It is immutable and made of arrays, so it travels to threads and to other
machines as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray, IntArray
from evokan.errors import InputError
from evokan.problem.rungs import cut_down, cut_sizes
from evokan.problem.scaling import Scaler, ScalerName
from evokan.problem.screening import column_order
from evokan.problem.splits import Fold, cut_folds, most_folds, split_rows
from evokan.problem.table import Table
from evokan.problem.task import Task

MOST_SHOWN = 20_000
"""Curves and what edges are worth change no more with further rows, and all edges of a million take gigabytes."""


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
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
    cuts
        A fold with few of its rows, then with more: what a search judges most networks on; often none.
    """

    table: Table
    train: IntArray
    validation: IntArray
    test: IntArray
    folds: tuple[Fold, ...]
    input_scaler: Scaler
    target_scaler: Scaler
    split_seed: int
    cuts: tuple[tuple[Fold, ...], ...] = ()

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
        fewer_folds: bool = False,
        rungs: int | None = 0,
    ) -> Problem:
        """Split, scale and fold `table`.

        The test part comes off the whole, then the validation part off the rest, both by scikit-learn's
        `train_test_split` with ``random_state=split_seed``, stratified for classification. Trajectories are cut
        in the order of time (`evokan.problem.trajectories`).

        Parameters
        ----------
        test_size, validation_size
            Fractions in (0, 1): test of all rows, validation of the rest; None takes the table's own. A test part of 0
            leaves none: independent rows alone can do without, and its figures are None.
        folds
            1 keeps the hold-out; K >= 2 cuts train and validation together into K (stratified) folds, or into K
            blocks of time.
        fewer_folds
            Whether fewer will do where there are too few rows, or rows of a class, for so many.
        rungs
            Rows of the first of `cuts`; 0 for none, None for a number that follows from the rows.

        Raises
        ------
        InputError
            A part would be empty, a class is too rare to be stratified, or there are fewer rows than folds or `rungs`.
        """
        y = table.y
        if table.task.is_equation and folds > 1:
            raise InputError(f"--folds {folds}: an equation has one hold-out of its points; leave --folds out")
        if table.validation_rows is not None and folds > 1:
            if not fewer_folds:
                raise InputError(f"--folds {folds}: validation rows of your own are one hold-out; leave --folds out")
            folds = 1
        if test_size == 0 and not table.task.has_independent_rows:
            raise InputError(f"--test-size 0: the task {table.task} needs a test part; leave --test-size out")
        try:
            train, validation, test = split_rows(
                table,
                table.test_size if test_size is None else test_size,
                table.validation_size if validation_size is None else validation_size,
                split_seed,
            )
        except InputError:  # a ValueError too
            raise
        except ValueError as error:
            raise InputError(
                f"data set {table.name!r} with {len(y)} rows cannot be split: {error}; "
                "change --test-size or --val-size, or give more rows"
            ) from error
        development = np.sort(np.concatenate([train, validation]))
        if fewer_folds:
            folds = min(folds, most_folds(table, development))
        fitted_on = train if folds == 1 else development
        cut = (Fold(train, validation),) if folds == 1 else cut_folds(table, development, folds, split_seed)
        cuts = cut_down(cut, table, cut_sizes(rungs, table, development), split_seed)
        input_scaler = Scaler.fit(table.X[fitted_on], scaler)
        if table.task.has_numbers:
            target_scaler = Scaler.fit(
                np.asarray(y, dtype=np.float64)[fitted_on].reshape(len(fitted_on), -1), "standard"
            )
        else:
            target_scaler = Scaler(np.zeros(1), np.ones(1))
        return cls(table, train, validation, test, cut, input_scaler, target_scaler, split_seed, cuts)

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
        """Number of classes, of the concepts of a trajectory, of the unknowns of an equation, or 1."""
        return len(self.table.output_names)

    @property
    def n_coefficients(self) -> int:
        """Number of coefficients of an equation that are looked for as well."""
        return 0 if self.table.equation is None else len(self.table.equation.coefficients)

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
        if self.task.has_classes:
            return np.asarray(self.table.y, dtype=np.int64)
        y = np.asarray(self.table.y, dtype=np.float64)
        return self.target_scaler.transform(y.reshape(len(y), -1)).reshape(y.shape)

    @cached_property
    def shown(self) -> IntArray:
        """Rows that explanations look at: the development rows, or about `MOST_SHOWN` of them, evenly."""
        return self.development[:: self._step]

    @property
    def read(self) -> Fold:
        """The hold-out, as far as formulas are fitted to it and judged by it: as many of the rows."""
        return Fold(self.train[:: self._step], self.validation[:: self._step])

    @property
    def _step(self) -> int:
        return -(-len(self.development) // MOST_SHOWN)

    @cached_property
    def column_order(self) -> IntArray:
        """Numbers of the columns, the most promising by themselves first: `evokan.problem.screening`.

        Out of the rows of the first cut, or of the folds.
        """
        folds = self.cuts[0] if self.cuts else self.folds
        rows = np.union1d(folds[0].train, folds[0].validation)
        y = self.scaled_targets[rows]
        targets: FloatArray = np.asarray(y, dtype=np.float64).reshape(len(rows), -1)
        if self.task.has_classes:
            targets = np.eye(self.n_outputs)[y]
        within = [Fold(np.searchsorted(rows, fold.train), np.searchsorted(rows, fold.validation)) for fold in folds]
        return column_order(self.input_scaler.transform(self.table.X[rows]), targets, within)

    @property
    def judged_on(self) -> tuple[Fold, ...]:
        """The folds that a network is judged on at last: of so many rows that there are cuts, one tells enough."""
        return self.folds[:1] if self.cuts else self.folds

    def with_rungs(self, first: int | None) -> Problem:
        """Return the same with other cuts, the first one of so many rows: see `evokan.problem.rungs.cut_sizes`."""
        sizes = cut_sizes(first, self.table, self.development)
        return replace(self, cuts=cut_down(self.folds, self.table, sizes, self.split_seed))

    def refold(self, seed: int) -> tuple[Fold, ...]:
        """Return what takes the place of `judged_on` in another cut of the same rows; the hold-out stays as it is."""
        if len(self.folds) == 1:
            return self.folds
        folds = cut_folds(self.table, self.development, len(self.folds), seed % 2**32)[: len(self.judged_on)]
        return tuple(replace(fold, origin=f"refold {seed} {number}") for number, fold in enumerate(folds))

    @property
    def whole(self) -> Fold:
        """All development rows to train on, none to look at."""
        return Fold(self.development, self.development[:0], "whole")

    @property
    def hold_out(self) -> Fold:
        """The train part to fit on, the validation part to look at."""
        return Fold(self.train, self.validation, "hold out")

    def fold_of(self, origin: str) -> Fold:
        """Return the fold that an equal problem has named so (`Fold.origin`)."""
        if origin == "whole":
            return self.whole
        if origin == "hold out":
            return self.hold_out
        _, seed, number = origin.split()
        return self.refold(int(seed))[int(number)]

    def arrays(self, fold: Fold, dtype: type[np.floating] = np.float64, order: Literal["C", "F"] = "C") -> FoldArrays:
        """Return the scaled arrays of `fold` as contiguous copies of `dtype` (class numbers stay int64).

        With `order` F the columns of the inputs are contiguous, not the rows.
        """
        kind = np.int64 if self.task.has_classes else dtype

        def x(rows: IntArray) -> NDArray[np.floating]:
            # Not out of all rows scaled: a large table is held once, not twice.
            return np.asarray(self.input_scaler.transform(self.table.X[rows]), dtype=dtype, order=order)

        def y(rows: IntArray) -> NDArray[np.generic]:
            return np.ascontiguousarray(self.scaled_targets[rows], dtype=kind)

        return FoldArrays(x(fold.train), y(fold.train), x(fold.validation), y(fold.validation))
