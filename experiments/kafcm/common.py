"""What the experiments share: a whole search in memory, tuned perceptrons, and pages."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from evokan.arrays import FloatArray
from evokan.evaluation.executors import ThreadExecutor
from evokan.plots.style import BLUE, GREEN, ORANGE, VERMILLION
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.searching import engine
from evokan.searching.finalists import choose_finalist
from evokan.settings.job import Job, resolve
from evokan.spaces.training import Budget
from experiments import pages
from experiments.pages import Row, number
from search_spaces.kafcm import KAFCM, CausalMap, CognitiveMap, KAFCMOptions
from search_spaces.kafcm.baselines import two_layers


@dataclass(frozen=True, eq=False)
class Found:
    """What a search gave.

    Attributes
    ----------
    model, architecture
        The chosen map, trained by the final fit.
    problem
        What it was searched for.
    networks, seconds
        Networks trained by the evolution, and processor time of the whole search with the final fit.
    """

    model: CognitiveMap
    architecture: CausalMap
    problem: Problem
    networks: int
    seconds: float

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the values one step after `X`, shape (N, targets)."""
        return predict(self.model, X)


def search(table: Table, seed: int, settings: Mapping[str, Any], options: Mapping[str, Any]) -> Found:
    """Search `table` as `evokan search --space kafcm` would, on one thread and in memory.

    Parameters
    ----------
    seed
        Of the search; the split is that of seed 0.
    settings, options
        Of `evokan.search` and of the family, beside those.
    """
    config = resolve({"space": "kafcm", "seed": seed, "space_options": options, **settings}, table=table)
    space = KAFCM(KAFCMOptions(**config.space_options))
    problem = Problem.from_table(
        table,
        test_size=config.test_size,
        validation_size=config.val_size,
        split_seed=config.split_seed,
        scaler=config.scaler,
        folds=config.folds,
    )
    job = Job(config, space, problem, Budget(config.steps))
    space.prepare(problem)
    began = time.process_time()
    with ThreadExecutor(1) as executor, threadpool_limits(1):
        evolution = engine.evolve(job, executor)
        trainer = engine.finalizer(job, executor)
        finalist = choose_finalist(engine.retrain(job, evolution, trainer), config.choose)
        weights = trainer.fit([finalist])[0].weights
    if weights is None:
        raise RuntimeError("the final fit of the chosen map failed")
    architecture = cast(CausalMap, finalist.architecture)
    model = space.model(architecture, problem, weights)
    networks = sum(record.status == "ok" for record in evolution.records)
    return Found(model, architecture, problem, networks, time.process_time() - began)


MODELS = {
    "kafcm": ("KA-FCM", BLUE),
    "fcm": ("FCM, scalar weights", VERMILLION),
    "mlp_adam": ("MLP, Adam", ORANGE),
    "mlp": ("MLP, Adam or L-BFGS", GREEN),
}
"""What the pages call the models, and their colours."""
MLP_WIDTHS = (8, 16, 32)
MLP_WAYS: tuple[dict[str, Any], ...] = (
    {"solver": "adam", "learning_rate_init": 1e-3},
    {"solver": "adam", "learning_rate_init": 1e-2},
    {"solver": "lbfgs"},
)
MLP_ITERATIONS = 2000
SOLVERS = {"mlp_adam": ("adam",), "mlp": ("adam", "lbfgs")}
"""What the perceptrons of a table may be trained by."""


@dataclass(frozen=True)
class Tuned:
    """A perceptron with two equal hidden layers, chosen among several.

    Attributes
    ----------
    model
        Fitted on train and validation rows.
    tried, seconds
        Networks among which it was chosen, and processor time of them and of the last fit.
    """

    model: Any
    tried: int
    seconds: float

    @property
    def n_params(self) -> int:
        """Number of trained values."""
        network = self.model.regressor_[-1]
        return sum(part.size for part in (*network.coefs_, *network.intercepts_))

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the values of one target, shape (N,)."""
        return np.asarray(self.model.predict(X), dtype=np.float64).reshape(-1)


def tuned_mlps(problem: Problem, seed: int) -> dict[str, Tuned]:
    """Return the best perceptron trained by Adam, and the best of all, under the keys of `SOLVERS`.

    Widths 8 to 32; Adam with two rates and ReLU, or L-BFGS, by which ours is trained, with tanh: the one with the
    lowest squared error on the validation rows is fitted again on train and validation rows.
    """
    x, y = problem.table.X, np.asarray(problem.table.y, dtype=np.float64)
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    found = {}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        tries = []
        for width, way in product(MLP_WIDTHS, MLP_WAYS):
            began = time.process_time()
            model = _mlp(width, way, seed).fit(x[problem.train], y[problem.train])
            loss = float(np.mean((model.predict(x[problem.validation]) - y[problem.validation]) ** 2))
            tries.append((loss, width, way, time.process_time() - began))
        for label, solvers in SOLVERS.items():
            own = [entry for entry in tries if entry[2]["solver"] in solvers]
            _, width, way, _ = min(own, key=lambda entry: entry[0])
            began = time.process_time()
            model = _mlp(width, way, seed).fit(x[problem.development], y[problem.development])
            found[label] = Tuned(model, len(own), time.process_time() - began + sum(entry[3] for entry in own))
    return found


def _mlp(width: int, way: Mapping[str, Any], seed: int) -> BaseEstimator:
    activation = "tanh" if way["solver"] == "lbfgs" else "relu"
    return two_layers(
        (width, width),
        seed,
        activation=activation,
        max_iter=MLP_ITERATIONS,
        max_fun=100_000,
        tol=1e-7,
        n_iter_no_change=50,
        **way,
    )


def write_page(
    path: Path, title: str, frame: pd.DataFrame, parts: Sequence[str], seeds: int, of: int | None = None
) -> Path:
    """Write a Markdown page of the family: title, parts, the number of seeds, and where its numbers come from.

    Parameters
    ----------
    of
        Rows of the file, where `frame` has only some.
    """
    parts = [*parts, f"Seeds: {seeds}."]
    rows = cast(list[Row], frame.to_dict("records"))
    pages.write_page(path, title, rows, "one thread and one process", parts, folder="kafcm", of=of)
    return path


def two_panels(width: float) -> tuple[Figure, Axes, Axes]:
    """Return a figure of `width` inches: models above, and below, on a logarithmic scale, how far off they are."""
    figure = Figure(figsize=(width, 6.0), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    bottom.set_yscale("log")
    return figure, top, bottom


def middle(values: Sequence[float]) -> str:
    """Return ``median [lowest, highest]``, or the one value where all are equal."""
    median, low, high = (number(float(function(values))) for function in (np.median, np.min, np.max))
    return median if low == high else f"{median} [{low}, {high}]"
