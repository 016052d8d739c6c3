"""Settings of glass boxes, compared by the folds that searches have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV

from evokan.problem.problem import Problem
from evokan.seeding import derive_seed

Settings = dict[str, Any]


def seed_of(split: int) -> int:
    """Return the seed of models on a split."""
    return int(derive_seed("glass boxes", split) % 2**32)


def best_settings(
    make: Callable[[Settings], Any], settings: Sequence[Settings], problem: Problem, scoring: str | None = None
) -> Settings:
    """Return the settings whose model, by `make`, does best over the folds; the first where all fail.

    Parameters
    ----------
    scoring
        As scikit-learn names it; log-loss or squared error by default.
    """
    scoring = scoring or ("neg_log_loss" if problem.task.has_classes else "neg_mean_squared_error")
    place = {row: number for number, row in enumerate(problem.development.tolist())}
    folds = [
        tuple(np.array([place[row] for row in part.tolist()]) for part in (fold.train, fold.validation))
        for fold in problem.folds
    ]
    X, y = problem.table.X[problem.development], problem.table.y[problem.development]
    best, lowest = settings[0], -np.inf
    for one in settings:
        search = GridSearchCV(make(one), {}, scoring=scoring, cv=folds, refit=False, error_score=np.nan)
        try:
            score = float(search.fit(X, y).best_score_)
        except ValueError:  # all folds have failed
            continue
        if score > lowest:
            best, lowest = one, score
    return best
