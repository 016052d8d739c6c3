"""The usual models of scikit-learn on the same split, to compare a network with."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import BaseCrossValidator, GridSearchCV, KFold, ParameterGrid, StratifiedKFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from evokan.errors import unknown_name
from evokan.problem.metrics import evaluate_predictions, small_exponents
from evokan.problem.problem import Problem
from evokan.seeding import derive_seed, generator

Which = Literal["none", "fast", "all"]
Figures = dict[str, Any]
Item = TypeVar("Item")

MOST_ROWS = {"svm": 4000, "svr": 4000, "mlp": 20_000, "random_forest": 50_000, "knn": 50_000}
"""Rows that a model is fitted on at most. Support vector machines take time with the square of them; each of these
takes half a minute of one core at most then, with some tens of columns."""
FAST = ("persistence", "logistic_regression", "ridge", "knn", "hist_gradient_boosting")
"""Those of ``--baselines fast``: a second or less up to some thousand rows."""


class Persistence(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """The forecast that nothing changes: what every forecast of a trajectory has to beat."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.float64]) -> Persistence:
        """Return itself: all there is to know is how many concepts there are."""
        self.concepts_ = y.shape[1]
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the last known states in `X`, its first columns, shape (rows, concepts), as the next ones."""
        return X[:, : self.concepts_]


Settings = int | Sequence[Mapping[str, Any]] | None
"""What to compare: see `fit_baseline`."""
GRIDS: dict[str, dict[str, list[Any]]] = {
    "logistic_regression": {"C": [0.01, 0.1, 1.0, 10.0, 100.0]},
    "ridge": {"alpha": [0.01, 0.1, 1.0, 10.0, 100.0]},
    "svm": {"C": [0.1, 1.0, 10.0, 100.0], "gamma": ["scale", 0.01, 0.1]},
    "svr": {"C": [0.1, 1.0, 10.0, 100.0], "gamma": ["scale", 0.01, 0.1]},
    "random_forest": {"max_features": ["sqrt", 0.5, 1.0]},
    "knn": {"n_neighbors": [1, 3, 5, 9, 15, 25]},
    "mlp": {"alpha": [1e-4, 1e-2, 1.0]},
    "hist_gradient_boosting": {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [7, 31]},
}


def fit_baselines(problem: Problem, seed: int = 0, *, tune: bool = False, which: Which = "all") -> dict[str, Figures]:
    """Fit the baselines of the problem's task and score them on the test part.

    They are fitted on the train and validation rows together, as a user of scikit-learn would do: none of
    them needs a validation part of its own. Inputs are the raw columns; models that depend on scale
    standardise them by what they are fitted on.

    Parameters
    ----------
    seed
        Decides everything random.
    tune
        Choose the main settings of each by 5-fold cross-validation on those rows, instead of fixed ones.
    which
        All of them, those of `FAST`, or none.

    Returns
    -------
    dict
        By name: the test figures of `evokan.problem.metrics.evaluate_predictions`, and ``warnings`` (a list of
        texts) where there were some; or ``error`` (a text) for a baseline that failed, which does not
        stop the others. Empty for a residual problem: nothing to compare with.
    """
    state = np.random.get_state()  # noqa: NPY002 - SVR draws from the global generator, and takes no seed
    try:
        return dict(each_baseline(problem, seed, tune=tune, which=which))
    finally:
        np.random.set_state(state)  # noqa: NPY002


def each_baseline(
    problem: Problem, seed: int = 0, *, tune: bool = False, which: Which = "all"
) -> Iterator[tuple[str, Figures]]:
    """Yield name and figures of each baseline as it is done; NumPy's global state may change: see `fit_baselines`."""
    random_state = derive_seed("baselines", seed) % 2**32
    make = _classifiers if problem.task.has_classes else _regressors
    for name in baseline_names(problem, which):
        yield name, _fit_and_score(name, make(problem, random_state)[name], problem, random_state, tune)


class Fitted(NamedTuple):
    """A baseline fitted to the rows outside of the test part.

    Attributes
    ----------
    model
        Scikit-learn's.
    scores
        Of the test rows: probabilities, shape (rows, classes), or values in the units of `Table.y`, shaped as targets.
    rows
        That it was fitted to, at most `MOST_ROWS`.
    """

    model: BaseEstimator
    scores: NDArray[np.float64]
    rows: int


def fit_baseline(name: str, problem: Problem, seed: int = 0, *, settings: Settings = None) -> Fitted:
    """Return one baseline itself; with equal settings it is the one that `fit_baselines` has figures of.

    Parameters
    ----------
    name
        One of `baseline_names`.
    settings
        How many settings of its grid five folds compare, its own ones and others evenly spread; None all of them, fewer
        than 2 none. Or the settings themselves, by the names that the model itself has in scikit-learn, such as ``C``.

    Raises
    ------
    InputError
        There is no such baseline for such a target, or a setting is unknown.
    Exception
        Whatever the model raises. NumPy's global state may change: see `fit_baselines`.
    """
    random_state = derive_seed("baselines", seed) % 2**32
    if name not in (known := baseline_names(problem, "all")):
        raise unknown_name("baseline", name, known)
    models = (_classifiers if problem.task.has_classes else _regressors)(problem, random_state)
    return _fit(name, models[name], problem, random_state, settings)[0]


def baseline_names(problem: Problem, which: Which) -> list[str]:
    """Return the names that `fit_baselines` has figures for, in order."""
    if problem.task.is_equation or which == "none":
        return []
    make = _classifiers if problem.task.has_classes else _regressors
    return [name for name in make(problem, 0) if which == "all" or name in FAST]


def _classifiers(problem: Problem, random_state: int) -> Mapping[str, BaseEstimator]:
    return {
        "logistic_regression": _scaled(LogisticRegression(max_iter=2000, random_state=random_state)),
        "svm": _scaled(SVC(random_state=random_state)),
        "random_forest": RandomForestClassifier(200, n_jobs=1, random_state=random_state),
        "knn": _scaled(KNeighborsClassifier(_neighbours(problem), n_jobs=1)),
        "mlp": _scaled(MLPClassifier(hidden_layer_sizes=(64,), max_iter=1000, random_state=random_state)),
        "hist_gradient_boosting": HistGradientBoostingClassifier(random_state=random_state),
    }


def _regressors(problem: Problem, random_state: int) -> Mapping[str, BaseEstimator]:
    several = problem.n_outputs > 1

    def scaled_target(model: BaseEstimator) -> BaseEstimator:
        return TransformedTargetRegressor(_scaled(model), transformer=StandardScaler())

    def each(model: BaseEstimator) -> BaseEstimator:
        return MultiOutputRegressor(model) if several else model

    persistence = {"persistence": Persistence()} if problem.task.in_time else {}
    return persistence | {
        "ridge": _scaled(Ridge()),
        "svr": scaled_target(each(SVR())),
        "random_forest": RandomForestRegressor(100, n_jobs=1, random_state=random_state),
        "knn": _scaled(KNeighborsRegressor(_neighbours(problem), n_jobs=1)),
        "mlp": scaled_target(MLPRegressor(hidden_layer_sizes=(64,), max_iter=1000, random_state=random_state)),
        "hist_gradient_boosting": each(HistGradientBoostingRegressor(random_state=random_state)),
    }


def _scaled(model: BaseEstimator) -> BaseEstimator:
    return make_pipeline(StandardScaler(), model)


def _neighbours(problem: Problem) -> int:
    return min(5, len(problem.development))


def _fit_and_score(name: str, model: BaseEstimator, problem: Problem, random_state: int, tune: bool) -> Figures:
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fitted, notes = _fit(name, model, problem, random_state, None if tune else 0)
            figures: Figures = dict(
                evaluate_predictions(
                    problem.task,
                    problem.table.in_units(problem.table.y[problem.test]),
                    problem.table.in_units(fitted.scores),
                    kind="probabilities",
                )
            )
        except Exception as error:  # a baseline that fails is a record, not the end of a run
            figures = {"error": f"{type(error).__name__}: {error}"}
    notes += sorted(
        {
            str(entry.message).splitlines()[0]
            for entry in caught
            if not issubclass(entry.category, (DeprecationWarning, FutureWarning))
        }
    )
    return {**figures, "warnings": notes} if notes else figures


def _fit(
    name: str, model: BaseEstimator, problem: Problem, random_state: int, settings: Settings
) -> tuple[Fitted, list[str]]:
    """Return the model, fitted, and what the user should know of its rows."""
    (X, _), (y, unit) = in_units(problem)
    rows = problem.development
    notes: list[str] = []
    most = MOST_ROWS.get(name, len(rows))
    if len(rows) > most:
        notes.append(f"fitted on {most} of {len(rows)} rows, drawn at random")
        rows = np.sort(generator("baseline rows", random_state).choice(rows, most, replace=False))
    points = _points(name, model, settings)
    if len(points) > 1:
        folds = _folds(problem, y[rows], random_state)
        search = GridSearchCV(model, points, cv=folds, refit=False, n_jobs=1).fit(X[rows], y[rows])
        model = model.set_params(**search.best_params_)
    elif points:
        model = model.set_params(**{key: value for key, (value,) in points[0].items()})
    if name == "svm":
        # A support vector machine has no probabilities of its own: Platt's sigmoid on held-out folds.
        folds = _folds(problem, y[rows], random_state)
        model = CalibratedClassifierCV(model, cv=folds, ensemble=False)
    model.fit(X[rows], y[rows])
    return Fitted(model, np.ldexp(_scores(model, problem, X[problem.test]), unit), len(rows)), notes


def in_units(problem: Problem) -> tuple[tuple[NDArray[np.float64], Any], tuple[NDArray[Any], Any]]:
    """Return inputs and targets in units whose squares do not vanish, each with the exponents of 2 of these units."""
    X, y = problem.table.X, problem.table.y
    small = small_exponents(X)
    inputs = np.ldexp(X, -small), small
    if problem.task.has_classes:
        return inputs, (y, 0)
    unit = small[: problem.n_outputs] if problem.task.in_time else small_exponents(y)
    return inputs, (np.ldexp(np.asarray(y, dtype=np.float64), -unit), unit)


def _folds(problem: Problem, y: NDArray[np.generic], random_state: int) -> BaseCrossValidator:
    if not problem.task.has_classes:
        return KFold(5, shuffle=True, random_state=random_state)
    smallest = int(np.unique(y, return_counts=True)[1].min())
    return StratifiedKFold(max(2, min(5, smallest)), shuffle=True, random_state=random_state)


def _points(name: str, model: BaseEstimator, settings: Settings) -> list[dict[str, list[Any]]]:
    """Return the settings to compare, as grids of one point each; at most one where there is nothing to compare."""
    own = model.get_params()
    # The innermost names are the model's own; what wraps and scales it has no settings here.
    deepest = max((key.count("__") for key in own), default=0)
    inner = [key for key in own if key.count("__") == deepest and "standardscaler__" not in key]
    keys = {key.rpartition("__")[2]: key for key in inner}
    if not (settings is None or isinstance(settings, int)):
        for short in (short for point in settings for short in point if short not in keys):
            raise unknown_name(f"setting of {name}", short, keys)
        return [{keys[short]: [value] for short, value in point.items()} for point in settings]
    grid = {keys[short]: values for short, values in GRIDS.get(name, {}).items() if short in keys}
    if not grid or (settings is not None and settings < 2):
        return []
    points = list(ParameterGrid(grid))
    plain = {key: own[key] for key in grid}
    if settings is not None and plain in points:  # who can try a few only tries that first
        points = [plain, *evenly([point for point in points if point != plain], settings - 1)]
    return [{key: [value] for key, value in point.items()} for point in evenly(points, settings)]


def evenly(items: Sequence[Item], count: int | None) -> list[Item]:
    """Return `count` of the items, at least 1, evenly spread from the first to the last; all with None."""
    if count is None or count >= len(items):
        return list(items)
    if count < 2:
        return [items[len(items) // 2]]
    return [items[round(place * (len(items) - 1) / (count - 1))] for place in range(count)]


def _scores(model: BaseEstimator, problem: Problem, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities (rows, classes), 0 for a class that the model never saw; or values, shaped as targets."""
    if not problem.task.has_classes:
        return np.asarray(model.predict(X), dtype=np.float64)
    scores = np.zeros((len(X), problem.n_outputs))
    scores[:, np.asarray(model.classes_, dtype=np.int64)] = model.predict_proba(X)
    return scores
