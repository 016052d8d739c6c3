"""The six usual models, tuned by five folds, two of them once more for as long as a search takes, and how large each is."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid

from evokan.problem.baselines import GRIDS, Settings, fit_baseline
from evokan.problem.problem import Problem
from evokan.settings.job import prepare, resolve
from experiments.comparison.products import Product

NAMES = {
    "linear": ("logistic_regression", "ridge"),
    "svm": ("svm", "svr"),
    "forest": ("random_forest", "random_forest"),
    "knn": ("knn", "knn"),
    "mlp": ("mlp", "mlp"),
    "boosting": ("hist_gradient_boosting", "hist_gradient_boosting"),
}
"""Of the baselines: the one for classes and the one for numbers."""
SETTINGS = {"linear": 5, "svm": 12, "forest": 3, "knn": 6, "mlp": 3, "boosting": 4}
"""Settings in the grid of each."""
LONGER = {"boosting": 100, "svm": 1000}
"""Those that go on with settings drawn at random for as long as a search, and how many at most: with their grids alone they are
done long before it."""


def problem_of(table: str, split: int) -> Problem:
    """Return a table with the split that searches have."""
    return prepare(resolve({"space": "gakan", "dataset": table, "split_seed": split, "seed": split})).problem


def usual(name: str, table: str, split: int, steps: int) -> Product:
    """Return a usual model, the best of so many settings by five folds; with fewer than two it has those of scikit-learn."""
    return _product(name, problem_of(table, split), split, steps)


def longer(name: str, table: str, split: int, steps: int) -> Product:
    """Return a usual model that goes on after its grid: the best of so many settings of `drawn` by five folds.

    Without time for more than the grid it is `usual`.
    """
    problem = problem_of(table, split)
    more = steps > SETTINGS[name]
    return _product(name, problem, split, drawn(name, problem.task.has_classes)[:steps] if more else steps)


def drawn(name: str, classes: bool) -> list[dict[str, Any]]:
    """Return the settings that `longer` compares, the same for all tables: the model's own, its grid, then random ones.

    The model's own are in its grid as well, and compared twice.
    """
    rng = np.random.default_rng(0)

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    def one() -> dict[str, Any]:
        if name == "svm":
            tube = {} if classes else {"epsilon": between(0.01, 0.3)}
            return {"C": between(0.1, 100), "gamma": between(0.001, 1), **tube}
        return {
            "learning_rate": between(0.01, 0.3),
            "max_iter": round(between(50, 300)),
            "max_leaf_nodes": round(between(3, 64)),
            "min_samples_leaf": round(between(2, 50)),
            "l2_regularization": between(0.001, 10),
            "max_features": between(0.3, 1.0),
        }

    first = [{}, *ParameterGrid(GRIDS[NAMES[name][not classes]])]
    return first + [one() for _ in range(LONGER[name] - len(first))]


def _product(name: str, problem: Problem, split: int, settings: Settings) -> Product:
    fitted = fit_baseline(NAMES[name][not problem.task.has_classes], problem, split, settings=settings)
    parameters, columns = size(_inner(fitted.model), problem.n_features)
    terms = columns if name == "linear" else None
    return Product(problem, fitted.scores, parameters, terms, columns, rows=fitted.rows)


def _inner(model: Any) -> Any:
    """Return the model behind scalers and calibration."""
    while True:
        if hasattr(model, "calibrated_classifiers_"):
            model = model.calibrated_classifiers_[0].estimator
        elif hasattr(model, "regressor_"):
            model = model.regressor_
        elif hasattr(model, "steps"):
            model = model.steps[-1][1]
        else:
            return model


def size(model: Any, columns: int) -> tuple[int, int]:
    """Return the numbers that a prediction of a fitted model of scikit-learn needs, and the columns it depends on.

    A tree needs column and threshold for each split, and the value of each leaf; neighbours and support vectors are
    their rows.

    Parameters
    ----------
    columns
        Those of the table.

    Raises
    ------
    TypeError
        It is of another kind.
    """
    if hasattr(model, "support_vectors_"):
        return model.support_vectors_.size + model.dual_coef_.size + model.intercept_.size, columns
    if hasattr(model, "coefs_"):
        return sum(part.size for part in [*model.coefs_, *model.intercepts_]), columns
    if hasattr(model, "coef_"):
        used = np.atleast_2d(model.coef_) != 0
        return int(used.sum()) + np.size(model.intercept_), int(used.any(axis=0).sum())
    if hasattr(model, "n_samples_fit_"):
        return model.n_samples_fit_ * (columns + 1), columns
    # Trees of boosting have no public face.
    boosted = [tree.nodes for stage in getattr(model, "_predictors", ()) for tree in stage]
    if boosted:
        inner = [nodes[nodes["is_leaf"] == 0] for nodes in boosted]
        splits = sum(map(len, inner))
        used = np.unique(np.concatenate([nodes["feature_idx"] for nodes in inner]))
        return 2 * splits + sum(map(len, boosted)) - splits, len(used)
    trees = [tree.tree_ for tree in getattr(model, "estimators_", [model]) if hasattr(tree, "tree_")]
    if not trees:
        raise TypeError(f"{type(model).__name__}: nobody has said how large it is")
    parameters, seen = 0, set[int]()
    for tree in trees:
        splits = tree.feature >= 0
        parameters += 2 * int(splits.sum()) + int((~splits).sum()) * tree.value.shape[2]
        seen.update(tree.feature[splits].tolist())
    return parameters, len(seen)
