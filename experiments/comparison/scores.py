"""Figures of predictions on test rows: those of evokan, and how far probabilities are from what happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evokan.arrays import FloatArray
from evokan.problem.metrics import evaluate_predictions
from evokan.problem.problem import Problem

BINS = 10
FIGURES = ("accuracy", "rmse", "log_loss", "calibration_error")
BINS_COLUMN = "calibration_bins"
"""The excess of every bin, added up over the rows: so several splits can be one sample."""


def calibration_error(y: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Return the expected calibration error of the class predicted, in [0, 1].

    Rows fall into `bins` of equal width by the probability of their likeliest class; the error is the mean over the rows
    of the distance between mean probability and share of right ones in their bin (Guo et al., "On calibration of modern
    neural networks", 2017).

    Parameters
    ----------
    y
        Class numbers, shape (rows,), at least one.
    probabilities
        Shape (rows, classes), rows sum to 1.
    """
    return float(np.abs(excesses(y, probabilities, bins)).sum() / len(np.asarray(y)))


def excesses(y: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> FloatArray:
    """Return by how much the probabilities of the likeliest classes are above what happens, summed in each bin."""
    p = np.asarray(probabilities, dtype=np.float64)
    sure = p.max(axis=1)
    right = p.argmax(axis=1) == np.asarray(y)
    bin_of = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    return np.asarray(np.bincount(bin_of, sure - right, minlength=bins), dtype=np.float64)


def figures(problem: Problem, scores: ArrayLike) -> dict[str, float | str]:
    """Return the figures of `scores` on the test rows as they stand in a row; nothing for those of the other task.

    Parameters
    ----------
    scores
        Probabilities, shape (rows, classes), or values in the target's own units, shape (rows,) or (rows, 1).

    Raises
    ------
    ValueError
        A score is not finite.
    """
    found = np.asarray(scores, dtype=np.float64)
    if not np.isfinite(found).all():
        raise ValueError("a prediction is not a finite number")
    y = problem.table.y[problem.test]
    measured = dict(evaluate_predictions(problem.task, y, found, kind="probabilities"))
    if problem.task.has_classes:
        measured["calibration_error"] = calibration_error(y, found)
    named = {name: measured.get(name) for name in FIGURES}
    found_bins = " ".join(f"{one:.6g}" for one in excesses(y, found)) if problem.task.has_classes else ""
    return {name: "" if value is None else value for name, value in named.items()} | {BINS_COLUMN: found_bins}
