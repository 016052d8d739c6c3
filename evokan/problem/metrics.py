"""Figures of merit of predictions, ready to be written as JSON."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn import metrics

from evokan.errors import InputError
from evokan.problem.scaling import Scaler
from evokan.problem.task import Task, TaskName

_TINY = -300
"""Binary exponent below which values are brought to 1 before they are squared."""

Figures = dict[str, float | None]
"""Figures by name; None where a figure does not exist."""


def evaluate_predictions(
    task: Task | TaskName,
    y_true: ArrayLike,
    scores: ArrayLike,
    *,
    kind: Literal["logits", "probabilities"] = "logits",
    target_scaler: Scaler | None = None,
) -> Figures:
    """Return the figures of merit of `scores`.

    Parameters
    ----------
    task
        ``classification`` gives `accuracy`, `auc` and `log_loss`; any other task `rmse`, `mae` and `r2`.
    y_true
        Class numbers 0 ... classes - 1, or targets in their own units, shape (rows,); for several outputs
        (rows, outputs).
    scores
        Shape (rows, classes) for classification; (rows, 1) or (rows,), or that of `y_true`, otherwise.
    kind
        What classification scores are. `log_loss` of logits is exact, as in training; probabilities are
        normalised and kept above the machine precision first.
    target_scaler
        Where given, regression scores are scaled targets, brought back to own units first.

    Returns
    -------
    dict
        `auc` is that of class 1 for two classes, otherwise the plain mean of one class against the rest; None
        where a class is missing from `y_true`. `r2` is None for fewer than two rows. Of several outputs
        `rmse`, `mae` and `r2` are the plain means of the outputs' own. All figures are None where there is
        no row or a score is not finite, and one that overflows is None.

    Raises
    ------
    InputError
        `y_true` and `scores` do not fit together.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if Task(task).has_classes:
        return _classification(np.asarray(y_true, dtype=np.int64), scores, kind)
    if target_scaler is not None:
        scores = target_scaler.inverse(scores.reshape(len(scores), -1))
    return _regression(np.asarray(y_true, dtype=np.float64), scores)


def prediction_loss(task: Task | TaskName, y_true: ArrayLike, logits: ArrayLike) -> float:
    """Return the `log_loss` or `rmse` of `evaluate_predictions` alone, in a fraction of its time.

    Infinity where there is no such figure.
    """
    scores = np.asarray(logits, dtype=np.float64)
    if not len(scores) or not np.isfinite(scores).all():
        return np.inf
    if Task(task).has_classes:
        return _log_loss(np.asarray(y_true, dtype=np.int64), log_softmax(scores, axis=1))
    y = np.asarray(y_true, dtype=np.float64)
    y, predicted, unit = _in_units(y, scores.reshape(y.shape))
    return float((np.sqrt(((y - predicted) ** 2).mean(axis=0)) * unit).mean())


def small_exponents(values: ArrayLike) -> NDArray[np.int64]:
    """Return, for each column, the exponent of 2 that brings its largest value to 1 where its squares vanish; else 0.

    Powers of 2 leave every digit as it is.
    """
    largest = np.abs(np.asarray(values, dtype=np.float64)).max(axis=0, initial=0.0)
    exponents = np.frexp(largest)[1]
    return np.where((largest > 0) & (exponents < _TINY), exponents, 0)


def _log_loss(y: NDArray[np.int64], log_p: NDArray[np.float64]) -> float:
    return abs(float(log_p[np.arange(len(y)), y].mean()))


def _classification(y: NDArray[np.int64], scores: NDArray[np.float64], kind: str) -> Figures:
    if y.ndim != 1 or scores.ndim != 2 or len(y) != len(scores):
        raise InputError(
            f"classification scores need shape (rows, classes): {len(y)} class numbers, scores of shape {scores.shape}"
        )
    classes = scores.shape[1]
    if y.size and not 0 <= y.min() <= y.max() < classes:
        raise InputError(f"class numbers run from {y.min()} to {y.max()}, but the scores have {classes} columns")
    if not y.size or not np.isfinite(scores).all():
        return {"accuracy": None, "auc": None, "log_loss": None}
    if kind == "logits":
        log_p = log_softmax(scores, axis=1)
    else:
        p = scores / scores.sum(axis=1, keepdims=True)
        log_p = np.log(np.clip(p, np.finfo(np.float64).eps, None))
    return {
        "accuracy": float(metrics.accuracy_score(y, scores.argmax(axis=1))),
        "auc": _auc(y, np.exp(log_p)),
        "log_loss": _log_loss(y, log_p),
    }


def _auc(y: NDArray[np.int64], p: NDArray[np.float64]) -> float | None:
    classes = p.shape[1]
    if classes < 2 or len(np.unique(y)) < classes:
        return None
    if classes == 2:
        return float(metrics.roc_auc_score(y, p[:, 1]))
    return float(np.mean([metrics.roc_auc_score(y == k, p[:, k]) for k in range(classes)]))


def _regression(y: NDArray[np.float64], scores: NDArray[np.float64]) -> Figures:
    if y.ndim > 2 or scores.size != y.size or len(scores) != len(y):
        raise InputError(
            f"regression needs one score per row and output: targets of shape {y.shape}, scores of shape {scores.shape}"
        )
    predicted = scores.reshape(y.shape)
    if not y.size or not np.isfinite(predicted).all():
        return {"rmse": None, "mae": None, "r2": None}
    y, predicted, unit = _in_units(y, predicted)
    with np.errstate(over="ignore", invalid="ignore"):
        figures = {
            "rmse": float((metrics.root_mean_squared_error(y, predicted, multioutput="raw_values") * unit).mean()),
            "mae": float((metrics.mean_absolute_error(y, predicted, multioutput="raw_values") * unit).mean()),
            "r2": float(metrics.r2_score(y, predicted)) if len(y) > 1 else np.nan,
        }
    return {name: value if np.isfinite(value) else None for name, value in figures.items()}


def _in_units(
    y: NDArray[np.float64], predicted: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return both in units whose squares do not vanish, and these units, one for each output: 1 but for tiny values."""
    steps = small_exponents(np.stack([np.abs(y), np.abs(predicted)]).max(axis=0))
    return np.ldexp(y, -steps), np.ldexp(predicted, -steps), np.ldexp(1.0, steps)
