"""Explainable boosting machines (interpret-core) with a budget: a step is one of the fits that their mean is made of.

With pairs of columns one of these fits takes as long as other models with all their tuning, so a budget decides how many
there are (`outer_bags`, 14 as they come), and only after those whether settings are compared.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from evokan.problem.baselines import evenly
from experiments.comparison.products import Product
from experiments.comparison.tuning import Settings, best_settings, seed_of
from experiments.comparison.usual import problem_of

BAGS, FOLDS = 14, 5
GRID: list[Settings] = [{}, {"interactions": 0}, {"max_leaves": 3}, {"min_samples_leaf": 20}]
"""Settings to compare, as it comes the first: pairs of columns or none, larger trees, larger leaves."""
SETTING = (FOLDS - 1) * BAGS
"""Steps that one setting takes: four fifths of the rows, five times."""
MOST = BAGS + len(GRID) * SETTING


def boosted(table: str, split: int, steps: int) -> Product:
    """Return the machine that is the mean of so many fits, 14 at most; what is left compares settings by five folds.

    More than two classes have no pairs of columns: interpret cannot show them there, and they take minutes on 150 rows.
    """
    problem = problem_of(table, split)
    rows, classes = problem.development, problem.task.has_classes
    seed = seed_of(split)
    plain = {"interactions": 0} if classes and problem.n_outputs > 2 else {}
    settings = [one | plain for one in GRID if not (plain and one == plain)]
    count = (steps - BAGS) // SETTING

    def make(chosen: Settings, bags: int = BAGS) -> Any:
        from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

        kind = ExplainableBoostingClassifier if classes else ExplainableBoostingRegressor
        return kind(**chosen, outer_bags=bags, n_jobs=1, random_state=seed)

    began = time.process_time()
    chosen = best_settings(make, evenly(settings, count), problem) if count > 1 else settings[0]
    model = make(chosen, min(steps, BAGS)).fit(problem.table.X[rows], problem.table.y[rows])
    step = (time.process_time() - began) / steps
    new = problem.table.X[problem.test]
    scores = np.asarray(model.predict_proba(new) if classes else model.predict(new), dtype=np.float64)
    used = {column for term in model.term_features_ for column in term}
    parameters = sum(part.size for part in model.term_scores_)
    parameters += sum(np.size(cuts) for levels in model.bins_ for cuts in levels)
    return Product(problem, scores, parameters, len(model.term_features_), len(used), step)
