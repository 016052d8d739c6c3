"""Models that people take because they can be read: additive splines, a pruned tree, few coefficients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from evokan.problem.baselines import evenly
from experiments.comparison.products import Product
from experiments.comparison.tuning import Settings, best_settings, seed_of
from experiments.comparison.usual import problem_of, size

PRUNED = 30
"""Trees between the whole one and its root that are compared at most."""
GRIDS: dict[str, list[Settings]] = {
    "gam": [{"lam": lam, "n_splines": count} for count in (10, 20) for lam in (10.0, 0.1, 1.0, 100.0, 1000.0)],
    "lasso": [{"strength": 10.0**power} for power in (0, -2, 3, -1, 2, 1, -1.5, 2.5, -0.5, 1.5, 0.5)],
}
"""Settings to compare, in this order as far as there is time; the first is used where there is no time to compare. Of `lasso`
the ends of the range come next, so that a strong penalty is always tried."""


class AdditiveSplines(BaseEstimator):  # type: ignore[misc]
    """pyGAM's sum of one penalised spline a column, on standardised columns.

    Attributes
    ----------
    models_
        One; of more than two classes one for each, against the others.
    """

    def __init__(self, lam: float = 10.0, n_splines: int = 10) -> None:
        self.lam = lam
        self.n_splines = n_splines

    def _fitted(self, kind: str, X: NDArray[np.float64], y: NDArray[np.generic]) -> Any:
        import pygam

        return getattr(pygam, kind)(lam=self.lam, n_splines=self.n_splines).fit(X, y)


class SplinesOfClasses(ClassifierMixin, AdditiveSplines):  # type: ignore[misc]
    """`AdditiveSplines` for classes."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.generic]) -> SplinesOfClasses:
        """Fit one model for two classes, or one for each of several."""
        self.classes_ = np.unique(y)
        ones = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.models_ = [self._fitted("LogisticGAM", X, (y == one).astype(np.int64)) for one in ones]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return probabilities, shape (rows, classes)."""
        p = np.stack([model.predict_proba(X) for model in self.models_], axis=1)
        if len(self.classes_) == 2:
            return np.hstack([1 - p, p])
        p = np.clip(p, 1e-12, None)
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.generic]:
        """Return the likeliest class."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class SplinesOfNumbers(RegressorMixin, AdditiveSplines):  # type: ignore[misc]
    """`AdditiveSplines` for numbers."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.generic]) -> SplinesOfNumbers:
        """Fit one model."""
        self.models_ = [self._fitted("LinearGAM", X, y)]
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values, shape (rows,)."""
        return np.asarray(self.models_[0].predict(X), dtype=np.float64)


def glass_box(name: str, table: str, split: int, steps: int) -> Product:
    """Return the glass box called `name`, the best of so many settings by five folds; its first with fewer than two.

    Judged by log-loss or squared error; a tree of classes by accuracy, since pure leaves know no doubt.
    """
    problem = problem_of(table, split)
    rows, classes = problem.development, problem.task.has_classes
    X, y = problem.table.X[rows], problem.table.y[rows]
    seed = seed_of(split)

    def make(one: Settings) -> Any:
        return MAKERS[name](one, classes, seed)

    settings = _alphas(make({}), X, y) if name == "tree" else GRIDS[name]
    if steps > 1:
        settings = evenly(settings, steps) if name == "tree" else settings[:steps]
    scoring = "accuracy" if name == "tree" and classes else None
    chosen = settings[0] if steps < 2 or len(settings) < 2 else best_settings(make, settings, problem, scoring)
    model = make(chosen).fit(X, y)
    new = problem.table.X[problem.test]
    scores = model.predict_proba(new) if classes else model.predict(new)
    return Product(problem, np.asarray(scores, dtype=np.float64), *_size(name, model, problem.n_features))


def _gam(settings: Settings, classes: bool, seed: int) -> Any:
    return make_pipeline(StandardScaler(), (SplinesOfClasses if classes else SplinesOfNumbers)(**settings))


def _tree(settings: Settings, classes: bool, seed: int) -> Any:
    return (DecisionTreeClassifier if classes else DecisionTreeRegressor)(**settings, random_state=seed)


def _lasso(settings: Settings, classes: bool, seed: int) -> Any:
    strength = settings["strength"]
    if classes:
        model: BaseEstimator = LogisticRegression(
            C=strength, l1_ratio=1.0, solver="saga", max_iter=3000, random_state=seed
        )
        return make_pipeline(StandardScaler(), model)
    return make_pipeline(StandardScaler(), _Standardised(strength))


class _Standardised(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A lasso whose penalty is a share of what leaves no coefficient: 0.01 / `strength`."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> _Standardised:
        """Fit it to standardised columns."""
        largest = float(np.abs(X.T @ (y - y.mean())).max()) / len(y)
        self.lasso_ = Lasso(alpha=max(min(0.01 / self.strength, 1.0) * largest, 1e-300), max_iter=20_000).fit(X, y)
        self.coef_, self.intercept_ = self.lasso_.coef_, self.lasso_.intercept_
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values, shape (rows,)."""
        return np.asarray(self.lasso_.predict(X), dtype=np.float64)


MAKERS: dict[str, Callable[[Settings, bool, int], Any]] = {"gam": _gam, "tree": _tree, "lasso": _lasso}


def _alphas(tree: Any, X: NDArray[np.float64], y: NDArray[np.generic]) -> list[Settings]:
    """Return the penalties of cost-complexity pruning (Breiman et al., 1984), from the whole tree to its root."""
    found = np.unique(np.clip(tree.cost_complexity_pruning_path(X, y).ccp_alphas, 0.0, None)).tolist()
    return [{"ccp_alpha": alpha} for alpha in evenly(found, PRUNED)]


def _size(name: str, model: Any, columns: int) -> tuple[int, int, int]:
    """Return parameters, terms and columns."""
    inner = model.steps[-1][1] if hasattr(model, "steps") else model
    if name == "gam":
        parameters = sum(part.coef_.size for part in inner.models_)
        return parameters, columns * len(inner.models_), columns
    parameters, used_columns = size(inner, columns)
    if name == "tree":
        return parameters, int(inner.get_n_leaves()), used_columns
    return parameters, int((inner.coef_ != 0).sum()), used_columns
