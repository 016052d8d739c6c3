"""Classes: the logistic regression in the last layer's place against one factor to logits, on the same networks."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from evokan.arrays import FloatArray, IntArray
from evokan.datasets import load_dataset
from evokan.problem.metrics import prediction_loss
from evokan.problem.scaling import Scaler
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from experiments.parallel import in_order
from search_spaces.hkan import HKANLayer
from search_spaces.hkan.fitting import fit, predict
from search_spaces.hkan.head import with_logits
from search_spaces.hkan.options import CUTOFF

DATASETS = ("wine", "wdbc", "rice", "raisin", "digits")
FIRST_SEED, SEEDS = 300, 5
"""Seeds of the splits below 300 were for the decisions."""
TEST = 0.3
LOGISTIC = "logistic regression"
_loss = partial(prediction_loss, "classification")


def networks(classes: int) -> dict[str, tuple[HKANLayer, ...]]:
    """Return networks without a search, from linear to wide, by name."""
    last = HKANLayer(classes, "identity")
    return {
        "linear": (last,),
        "one layer, sigmoid": (HKANLayer(classes, "sigmoid", 3, 8, "data", 0.1),),
        "10 softplus, identity": (HKANLayer(10, "softplus", 2, 5, "data", 1), last),
        "20 tanh, identity": (HKANLayer(20, "tanh", 5, 10, "random", 1), last),
        "50 sigmoid, identity": (HKANLayer(50, "sigmoid", 3, 6, "data", 0.1), last),
        "100 ReLU, sigmoid": (
            HKANLayer(100, "relu", 2, 5, "data", 0.01),
            HKANLayer(classes, "sigmoid", 2, 5, "random", 0.1),
        ),
        "300 Gaussian, identity": (HKANLayer(300, "gaussian", 4, 5, "data", 1), last),
    }


class Piece(NamedTuple):
    """One split of one data set."""

    dataset: str
    seed: int


def run_split(piece: Piece) -> list[dict[str, Any]]:
    """Return a row for each network, and one for the logistic regression on the inputs."""
    x, y = _rows(piece.dataset)
    known, new = train_test_split(np.arange(len(y)), test_size=TEST, stratify=y, random_state=piece.seed)
    classes = int(y.max()) + 1
    scaler = Scaler.fit(x[known], "minmax")
    z, z_new, own = scaler.transform(x[known]), scaler.transform(x[new]), y[known]
    rows = []
    with threadpool_limits(limits=1):
        for name, layers in networks(classes).items():
            found = fit(layers, z, np.eye(classes)[own], piece.seed, CUTOFF, steady=True)
            head = with_logits(found.layers[-1], found.below, own, piece.seed, None)
            logits = predict((*found.layers[:-1], head), z_new)
            factor = logit_factor(found.outputs.T, own)
            plain = factor * predict(found.layers, z_new)
            rows.append(_row(piece, name, _loss(y[new], logits), _loss(y[new], plain), logits, y[new]))
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)).fit(x[known], own)
        logs = model.predict_log_proba(x[new])
        rows.append(_row(piece, LOGISTIC, _loss(y[new], logs), "", logs, y[new]))
    return rows


def logit_factor(outputs: FloatArray, labels: IntArray) -> float:
    """Return the factor in [1/1000, 1000] of lowest cross-entropy on the training rows: what came before the head."""
    found = scipy.optimize.minimize_scalar(
        lambda s: _loss(labels, np.exp(s) * outputs), bounds=(-np.log(1e3), np.log(1e3)), method="bounded"
    )
    return float(np.exp(found.x))


def _rows(dataset: str) -> tuple[FloatArray, IntArray]:
    if dataset == "digits":
        x, y = load_digits(return_X_y=True)
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.int64)
    loaded = load_dataset(dataset)
    return loaded.X, np.asarray(loaded.y, dtype=np.int64)


def _row(
    piece: Piece, name: str, head: float, factor: float | str, logits: FloatArray, labels: IntArray
) -> dict[str, Any]:
    accuracy = float((logits.argmax(axis=1) == labels).mean())
    return {**piece._asdict(), "network": name, "log_loss": head, "factor_log_loss": factor, "accuracy": accuracy}


def run(context: Context) -> Sequence[Path]:
    """Do what is missing, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "classes.csv", ("dataset", "seed", "network"))
    done = {(str(row["dataset"]), int(row["seed"])) for row in measured.values()}
    names, count = (("wine",), 1) if context.quick else (DATASETS, context.seeds or SEEDS)
    pieces = [Piece(name, FIRST_SEED + seed) for name in names for seed in range(count)]
    missing = [piece for piece in pieces if (piece.dataset, piece.seed) not in done]
    results = in_order(run_split, missing, context.workers)
    for _ in context.each("splits", missing):
        measured.add(*next(results))
    path = folder / "classes.md"
    values = measured.values()
    write_page(path, "HKAN: the output layer for classes", values, "one thread", report(values), folder="hkan")
    return [measured.path, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return text and tables."""
    names = list(dict.fromkeys(str(row["dataset"]) for row in rows))
    lines, better, compared = [], 0, 0
    for network in dict.fromkeys(str(row["network"]) for row in rows):
        cells = []
        for name in names:
            own = [row for row in rows if (row["dataset"], row["network"]) == (name, network)]
            loss = statistics.mean(float(row["log_loss"]) for row in own)
            if network == LOGISTIC:
                cells.append(f"**{number(loss)}**")
                continue
            factor = statistics.mean(float(row["factor_log_loss"]) for row in own)
            better, compared = better + (loss < factor), compared + 1
            cells.append(f"**{number(loss)}** ({number(factor)})")
        lines.append((network, *cells))
    accuracies = [
        (network, *(number(_mean_accuracy(rows, name, network)) for name in names))
        for network in dict.fromkeys(str(row["network"]) for row in rows)
    ]
    splits = len({row["seed"] for row in rows})
    return [
        "Networks without a search, fitted to one-hot classes by steady least squares, the default of searches and "
        "`HKANClassifier`; then the last layer's weights are those of a penalised "
        "multinomial logistic regression on the same blocks, the penalty chosen by four folds of the training rows "
        "(`search_spaces/hkan/head.py`). In brackets what came before: the outputs of least squares, times the factor "
        f"of lowest cross-entropy on the training rows. Mean over {splits} stratified splits (70 % training rows, "
        f"seeds from {FIRST_SEED}; the head was decided on seeds below). The logistic regression is scikit-learn's, C "
        "1, on standardised inputs.",
        "Cross-entropy of the test rows, lower is better:",
        table(("network", *names), lines),
        f"Lower with the logistic regression as last layer: {better} of {compared}.",
        "Accuracy on the test rows:",
        table(("network", *names), accuracies),
    ]


def _mean_accuracy(rows: Sequence[Row], dataset: str, network: str) -> float:
    return statistics.mean(
        float(row["accuracy"]) for row in rows if (row["dataset"], row["network"]) == (dataset, network)
    )


EXPERIMENT = Experiment("hkan-classes", "HKAN's output layer for classes, against one factor to logits", run)
