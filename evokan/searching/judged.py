"""Figures of merit of trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evokan.arrays import IntArray
from evokan.problem.metrics import Figures, evaluate_predictions
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture, Weights
from evokan.spaces.space import SearchSpace
from evokan.spaces.threads import single_threaded_math


@dataclass(frozen=True, eq=False)
class Judged:
    """A trained network, and the rows that it is judged on."""

    architecture: Architecture
    weights: Weights
    rows: IntArray


def figures_of(space: SearchSpace, problem: Problem, networks: Sequence[Judged]) -> list[Figures]:
    """Return the figures of each network on its rows; each is None where there are none."""
    with single_threaded_math():
        return [_figures(space, problem, one) for one in networks]


def _figures(space: SearchSpace, problem: Problem, one: Judged) -> Figures:
    if not len(one.rows):
        return dict.fromkeys(problem.task.figures)
    table = problem.table
    model = space.model(one.architecture, problem, one.weights)
    if table.equation is not None:
        from evokan.problem.solutions import evaluate_solution

        return evaluate_solution(table.equation, model, table.X[one.rows])
    scores = predict(model, table.X[one.rows])
    return evaluate_predictions(problem.task, table.in_units(table.y[one.rows]), table.in_units(scores))


def mean_figures(found: Sequence[Figures]) -> Figures:
    """Return the mean of each figure over those that have it; nothing where there are none at all."""
    means: Figures = {}
    for name in found[0] if found else ():
        values = [value for figures in found if (value := figures[name]) is not None]
        means[name] = float(np.mean(values)) if values else None
    return means
