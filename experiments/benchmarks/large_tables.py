"""Tables by formula and seed: many rows with columns that interact, and many columns of which five matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TARGET = "target"
INFORMATIVE = ("c7", "c311", "c642", "c1203", "c1888")
"""Of the wide table's 2,000 columns."""
ACTIVE = tuple(f"c{number}" for number in range(8))
"""Of the long table's 20 columns."""


def many_rows(rows: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return a table of 20 standard normal columns and two classes, of which eight columns tell.

    Two pairs of them act together, one by a step. No model can have a lower mean cross-entropy than
    `best_log_loss` has on the same rows.

    Returns
    -------
    tuple
        Inputs, shape (rows, 20), and class numbers, shape (rows,).
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 20))
    return x, (rng.random(rows) < probability(x)).astype(np.int64)


def probability(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of class 1 for rows of `many_rows`."""
    score = (
        1.5 * x[:, 0] * x[:, 1]
        + 2.0 * np.sin(2.0 * x[:, 2])
        + 1.2 * np.abs(x[:, 3])
        + 1.5 * np.exp(-(x[:, 4] ** 2)) * x[:, 5]
        + 0.8 * np.tanh(3.0 * x[:, 6])
        + 0.8 * (x[:, 7] > 0.5)
        - 1.2
    )
    return np.asarray(1.0 / (1.0 + np.exp(-score)))


def best_log_loss(x: NDArray[np.float64], y: NDArray[np.int64]) -> float:
    """Return the mean cross-entropy of the probabilities that the classes were drawn with."""
    p = probability(x)
    return float(-np.mean(np.log(np.where(y == 1, p, 1.0 - p))))


def many_columns(
    rows: int = 300, columns: int = 2000, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a table of standard normal columns and a number, which follows from `INFORMATIVE` and a little noise.

    Each of the five has a shape of its own and a fifth of the variance; noise has 5 % of the sum's.
    """
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, columns))
    a, b, c, d, e = (x[:, int(name[1:])] for name in INFORMATIVE)
    parts = [a, np.sin(2 * b), c * c, np.tanh(3 * d), np.abs(e)]
    total = np.sum([(part - part.mean()) / part.std() for part in parts], axis=0)
    return x, np.asarray(total + 0.05**0.5 * total.std() * rng.standard_normal(rows))


def write(path: Path, x: NDArray[np.float64], y: NDArray[np.generic]) -> Path:
    """Write a table as CSV with five digits, columns ``c0``, ``c1``, ..., and return its path; classes as no and yes."""
    names = ",".join([*(f"c{number}" for number in range(x.shape[1])), TARGET])
    texts = np.where(y == 1, "yes", "no") if y.dtype.kind == "i" else np.array([f"{value:.5g}" for value in y])
    with path.open("w", encoding="utf-8") as file:
        file.write(names + "\n")
        line = ",".join(["%.5g"] * x.shape[1]) + ",%s\n"
        for row, text in zip(x.tolist(), texts.tolist(), strict=True):
            file.write(line % (*row, text))
    return path
