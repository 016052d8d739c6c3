"""Which rows a formula is fitted to, which judge it, and which nothing has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from evokan.arrays import FloatArray, IntArray
from evokan.explain.reading.rows import Rows
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.task import Task
from evokan.spaces.graph import FunctionGraph

FEW_ROWS, FEW_FOLDS = 400, 5
"""Up to so many rows are judged by cross-validation: a hold-out of them would decide by luck."""


@dataclass(frozen=True, eq=False)
class Split:
    """Raw rows and targets, and which of them judge.

    Attributes
    ----------
    x
        Raw inputs, shape (N, columns).
    y
        Class numbers, shape (N,), or targets in their own units, shape (N, targets).
    folds
        Row numbers to fit on and to judge by: one pair is a hold-out, several are cross-validation.
    test
        Row numbers that neither fit nor judge: what a formula is worth there is told, and decides nothing.
    """

    x: FloatArray
    y: NDArray[np.float64] | NDArray[np.int64]
    folds: tuple[Fold, ...]
    test: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def of(cls, problem: Problem, graph: FunctionGraph) -> Split:
        """Return a hold-out of `problem`, of very many rows some thousands; folds where there are at most 400 rows.

        Where its targets are not those of the graph (a recurrent map, say), or there are none, as for an equation, the
        network's own values take their place: the formula then explains the network, not the data.
        """
        x = problem.table.X
        y: NDArray[np.float64] | NDArray[np.int64]
        if graph.task.has_classes:
            y = np.asarray(problem.table.y, dtype=np.int64)
        else:
            measured = has_targets(problem, graph)
            y = np.asarray(problem.table.y, dtype=np.float64).reshape(len(x), -1) if measured else graph.predict(x)
        folds: tuple[Fold, ...] = (problem.read,)
        rows = problem.development
        # Rows of a trajectory stand in time: to judge by what came before would be too easy.
        if FEW_FOLDS <= len(rows) <= FEW_ROWS and problem.task.has_independent_rows:
            y_rows = problem.table.y[rows]
            # A class rarer than the folds cannot be in each of them.
            stratified = graph.task.has_classes and np.bincount(y_rows).min() >= FEW_FOLDS
            kind = StratifiedKFold if stratified else KFold
            cuts = kind(FEW_FOLDS, shuffle=True, random_state=problem.split_seed).split(rows, y_rows)
            folds = tuple(Fold(rows[np.sort(a)], rows[np.sort(b)]) for a, b in cuts)
        return cls(x, y, folds, problem.test)

    def rows(self, numbers: IntArray, task: Task) -> Rows:
        """Return some of the rows, raw."""
        return Rows(self.x[numbers], self.y[numbers], task)

    @property
    def fitted(self) -> IntArray:
        """Row numbers that the formula is fitted to: of a hold-out the first part, otherwise all."""
        return self.folds[0].train if len(self.folds) == 1 else np.unique(np.concatenate([f.train for f in self.folds]))


def has_targets(problem: Problem, graph: FunctionGraph) -> bool:
    """Return whether what the network is to say of a row was measured: it is not for an equation, say."""
    width = 1 if problem.table.y.ndim == 1 else problem.table.y.shape[1]
    return graph.task.has_classes or (width == len(graph.output_names) and not problem.task.is_equation)
