"""What a network says of rows that it has not seen: trained again as it was, without them.

A formula is fitted to some rows and judged by others; a network that was trained on all of them at last is not to be
compared with it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.split import Split, has_targets
from evokan.problem.problem import Problem
from evokan.spaces.graph import FunctionGraph
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, TrainingJob

MOST_WORK = 2_000_000
"""Edges times rows, a second or so of one core: beyond it a network is told as it stands, which flatters it little."""


@dataclass(frozen=True)
class LastFit:
    """How a network came to its values.

    Attributes
    ----------
    architecture
        Of the family.
    rule
        ``development``: trained on train and validation rows; otherwise on the train rows alone (``--refit``).
    seed, iterations
        Of that training; 0 iterations where the validation rows said when to stop.
    """

    architecture: Any
    rule: str
    seed: int
    iterations: int


def unseen_outputs(
    space: SearchSpace[Any, Any, Any],
    problem: Problem,
    fit: LastFit,
    graph: FunctionGraph,
    split: Split,
    budget: Budget,
) -> FloatArray | None:
    """Return the outputs on the rows that judge, fold after fold, of trainings without them, shape (rows, outputs).

    None where the network has not seen these rows, where it is what there is to explain, or where a training fails or
    would take too long.
    """
    if not has_targets(problem, graph) or (len(split.folds) == 1 and fit.rule != "development"):
        return None
    if len(graph.edges) * sum(len(fold.train) for fold in split.folds) > MOST_WORK:
        return None
    iterations = max(fit.iterations, 1) if fit.rule == "development" else None
    jobs = [
        TrainingJob(fit.architecture, fold, fit.seed, iterations=iterations, keep_weights=True) for fold in split.folds
    ]
    return _outputs(space, problem, jobs, split, budget)


def _outputs(
    space: SearchSpace[Any, Any, Any], problem: Problem, jobs: Sequence[TrainingJob[Any]], split: Split, budget: Budget
) -> FloatArray | None:
    found = []
    for job, trained in zip(jobs, space.train(jobs, problem, budget), strict=True):
        if trained.weights is None:
            return None
        graph = space.graph(space.model(job.architecture, problem, trained.weights), problem)
        found.append(graph.predict(split.x[job.fold.validation]))
    outputs: FloatArray = np.vstack(found)
    return outputs if np.isfinite(outputs).all() else None
