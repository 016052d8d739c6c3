"""Predictions for new rows in which columns no longer depend on one another as in the training rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LinearRegression
from threadpoolctl import threadpool_limits

from evokan.arrays import FloatArray
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row, aims_table, number, table, write_page
from experiments.parallel import in_order
from search_spaces.hkan import HKANLayer, HKANRegressor

ROWS, COLUMNS, NOISE = 300, 10, 0.1
FAR = 100.0
"""Standard deviations of the target from its mean: a prediction beyond has exploded."""
FIRST_SEED = 1000
"""Seeds below were for the decisions."""
LINEAR_REGRESSION = "linear regression"

Columns = Callable[[np.random.Generator, FloatArray], tuple[FloatArray, FloatArray]]


def no_level(rng: np.random.Generator, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return one-hot columns, which sum to 1 in the training rows, and new rows of no level."""
    level = np.eye(5)[rng.integers(0, 5, len(x))]
    return level, np.zeros_like(level)


def repeated(rng: np.random.Generator, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a column that is another one in the training rows, and its own in new ones."""
    return x[:, [1]], rng.normal(size=(len(x), 1))


def collinear(rng: np.random.Generator, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a weighted sum of the other columns, in the training rows alone."""
    total = x @ rng.normal(size=(x.shape[1], 1))
    return total, rng.normal(size=total.shape) * total.std()


TRIALS: dict[str, tuple[Columns, int]] = {
    "one-hot, no level": (no_level, 30),
    "a column repeated": (repeated, 30),
    "collinear": (collinear, 20),
}
LINEAR, DEFAULT = "linear", "100 sigmoid, sigmoid"
NETWORKS: dict[str, tuple[HKANLayer, ...]] = {
    LINEAR: (HKANLayer(basis="identity"),),
    "one layer, sigmoid": (HKANLayer(1, "sigmoid", 3, 8, "equal", 0.001),),
    DEFAULT: (HKANLayer(100), HKANLayer()),
    "20 tanh, identity": (HKANLayer(20, "tanh", 5, 10, "random", 0.01), HKANLayer(basis="identity")),
    "100 ReLU, softplus": (HKANLayer(100, "relu", 3, 1), HKANLayer(1, "softplus", 5, 10, "data", 0.1)),
    "100 sigmoid, softplus": (HKANLayer(100, "sigmoid", 3, 3), HKANLayer(1, "softplus", 5, 10, "data", 0.1)),
    "100 Gaussian, identity": (HKANLayer(100, "gaussian", 4, 5, "data", 1), HKANLayer(basis="identity")),
}
"""Of one layer and of two, with a ridge in every block."""


class Piece(NamedTuple):
    """One network, plain or steady, over all trials of one kind."""

    network: str
    steady: bool
    kind: str


def rows_of(kind: str, seed: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return training inputs, training targets, and new inputs with the dependence broken."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, COLUMNS))
    known, new = TRIALS[kind][0](rng, x)
    y = x[:, 0] + 0.5 * known[:, 0] + NOISE * rng.normal(size=ROWS)
    return np.hstack([x, known]), y, np.hstack([x, new])


def reach(network: str, steady: bool, kind: str, seed: int) -> float:
    """Return how far from the mean the farthest prediction lies, in standard deviations of the target.

    Infinity where one is not a number.
    """
    x, y, new = rows_of(kind, seed)
    if network == LINEAR_REGRESSION:
        model = LinearRegression()
    else:
        model = HKANRegressor(NETWORKS[network], random_state=seed, steady=steady)
    predicted = model.fit(x, y).predict(new)
    far = float(np.abs(predicted - y.mean()).max() / y.std())
    return math.inf if math.isnan(far) else far


def run_piece(piece: Piece) -> dict[str, Any]:
    """Return how many of the trials exploded, and how far the worst prediction went."""
    with threadpool_limits(limits=1):
        far = [reach(*piece, FIRST_SEED + seed) for seed in range(TRIALS[piece.kind][1])]
    exploded = sum(one > FAR for one in far)
    return {
        **piece._asdict(),
        "trials": len(far),
        "exploded": exploded,
        "median": float(np.median(far)),
        "worst": max(far),
    }


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "explosions.csv", ("network", "steady", "kind"))
    names = (LINEAR, DEFAULT) if context.quick else tuple(NETWORKS)
    pieces = [Piece(name, steady, kind) for name in names for steady in (True, False) for kind in TRIALS]
    pieces += [Piece(LINEAR_REGRESSION, False, kind) for kind in TRIALS]
    missing = measured.missing(pieces)
    results = in_order(run_piece, missing, context.workers)
    for _ in context.each("networks", missing):
        measured.add(next(results))
    path = folder / "explosions.md"
    values = measured.values()
    title = "HKAN: predictions where a dependence between columns is broken"
    write_page(path, title, values, "one thread", report(values), folder="hkan")
    return [measured.path, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return aims and table."""
    steady = {(row["network"], row["kind"]): row for row in rows if str(row["steady"]) == "True"}
    plain = {(row["network"], row["kind"]): row for row in rows if str(row["steady"]) == "False"}
    aims, lines = [], []
    for name in dict.fromkeys(str(row["network"]) for row in rows):
        own = [steady[name, kind] for kind in TRIALS if (name, kind) in steady]
        if own:
            total = sum(row["trials"] for row in own)
            exploded = sum(row["exploded"] for row in own)
            aims.append(Aim(f"{name}: explosions in {total} trials", 0, exploded, at_least=False))
        lines.append((name, *(_cell(found.get((name, kind))) for found in (steady, plain) for kind in TRIALS)))
    text = (
        f"{ROWS} training rows of {COLUMNS} normal columns and some that depend on them or on one another: one-hot "
        "columns of five levels, a column that repeats another, a weighted sum of all. In the new rows there is no "
        "level, the column is one of its own, the sum is drawn anew. A trial has exploded where a prediction lies more "
        f"than {FAR:.0f} standard deviations of the target from its mean, or is not a number. Seeds from {FIRST_SEED}; those below were for "
        "the decisions. `steady` is the default of `HKANRegressor` and of searches; without it the least squares are "
        "the paper's, weak directions being cut off at 4e-15 of the largest alone."
    )
    heads = [f"{way}: {kind}" for way in ("steady", "plain") for kind in TRIALS]
    return [
        text,
        *([aims_table(aims)] if aims else []),
        "Explosions, and the farthest prediction of all trials in standard deviations:",
        table(("network", *heads), lines),
    ]


def _cell(row: Row | None) -> str:
    return "" if row is None else f"{row['exploded']} of {row['trials']} ({number(float(row['worst']))})"


EXPERIMENT = Experiment("hkan-explosions", "HKAN's predictions where columns stop depending on one another", run)
