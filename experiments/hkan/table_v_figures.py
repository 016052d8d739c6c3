"""The figures of Table V's page, from raw rows; a piece that is missing or has failed (empty) is left out."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from experiments.pages import Row


class Fits(NamedTuple):
    """The repeated fits of one network: their number, median and quartiles of the test error, processor time."""

    repeats: int
    median: float
    low: float
    high: float
    seconds: float


class Searched(NamedTuple):
    """The searches of one method on one data set.

    Attributes
    ----------
    seeds
        Their number.
    median
        Median over the seeds of the medians over the repeated fits of the chosen network.
    low, high
        The lowest first and the highest third quartile of those fits.
    product
        Median over the seeds of the error that a search itself reports; None where it reports none.
    train, val_loss, n_params, seconds
        Medians over the seeds; `train` is the error on the rows that the fits are fitted on.
    sizes
        Each (evaluations, individuals, generations after the first) once; mostly one.
    """

    seeds: int
    median: float
    low: float
    high: float
    product: float | None
    train: float
    val_loss: float
    n_params: float
    seconds: float
    sizes: tuple[tuple[int, int, int], ...]


def fits(rows: Sequence[Row], name: str) -> Fits | None:
    """Return the fits of Table IV's network on the data set `name`."""
    own = [row for row in rows if row["dataset"] == name and is_number(row["rmse"])]
    if not own:
        return None
    low, median, high = np.quantile([row["rmse"] for row in own], [0.25, 0.5, 0.75]).tolist()
    return Fits(len(own), median, low, high, statistics.median(row["fit_cpu_seconds"] for row in own))


def searched(rows: Sequence[Row], name: str, method: str = "evolution") -> Searched | None:
    """Return the searches by `method` on the data set `name`."""
    own = [row for row in rows if (row["dataset"], row["method"]) == (name, method) and is_number(row["rmse_median"])]
    if not own:
        return None
    products = [row["product_rmse"] for row in own if is_number(row["product_rmse"])]
    train, val_loss, n_params, seconds = (
        statistics.median(row[column] for row in own)
        for column in ("train_rmse", "val_loss", "n_params", "cpu_seconds")
    )
    sizes = dict.fromkeys((row["evaluations"], row["population"], row["generations"]) for row in own)
    return Searched(
        len(own),
        statistics.median(row["rmse_median"] for row in own),
        min(row["rmse_q1"] for row in own),
        max(row["rmse_q3"] for row in own),
        statistics.median(products) if products else None,
        train,
        val_loss,
        n_params,
        seconds,
        tuple(sizes),
    )


def best_baseline(rows: Sequence[Row], name: str) -> tuple[str, float] | None:
    """Return name and test error of the scikit-learn model that is best on the data set `name`."""
    errors = {
        str(row["model"]): float(row["rmse"]) for row in rows if row["dataset"] == name and is_number(row["rmse"])
    }
    if not errors:
        return None
    best = min(errors, key=lambda model: errors[model])
    return best, errors[best]


def public_error(rows: Sequence[Row], name: str) -> float | None:
    """Return the median test error of the authors' public code, from the rows of `hkan-fit`."""
    errors = [
        row["rmse"] for row in rows if (row["dataset"], row["code"]) == (name, "public") and is_number(row["rmse"])
    ]
    return statistics.median(errors) if errors else None


def is_number(value: object) -> bool:
    """Return whether a value of a row is a finite number, and not empty."""
    return isinstance(value, int | float) and bool(np.isfinite(value))
