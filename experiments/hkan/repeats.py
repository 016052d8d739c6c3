"""The published hyperparameters, fitted again and again with other centres."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from experiments.hkan.laws import Sample, published_rows, rows_as_they_are
from experiments.hkan.published import PUBLISHED
from search_spaces.hkan import HKANRegressor

REPEATS = 20
TEXT = " (text)"
"""Ends the name of a function drawn as the paper's text has it, where the authors' file differs in more than rows."""
WITH_TEXT = ("tf1", "tf4", "tf5")
STEADY, STEADY_REPEATS = " (steady)", 5
"""Ends the name of a data set that is fitted by steady least squares, the default, and how often that is done."""


class Repeat(NamedTuple):
    """One fit: the data set (with `TEXT` or `STEADY` behind it or not) and the seed of the centres."""

    dataset: str
    seed: int


def run_repeat(piece: Repeat) -> dict[str, Any]:
    """Fit once, and return the test error and the processor time of the fit."""
    name, steady = piece.dataset.removesuffix(STEADY), piece.dataset.endswith(STEADY)
    rows = rows_of(name)
    # Values are on [0, 1] already (TF1 of the text on [-1, 1]): as in the paper, nothing is scaled again.
    layers = PUBLISHED[name.removesuffix(TEXT)].layers
    model = HKANRegressor(layers, random_state=piece.seed, steady=steady, scaler="none")
    with threadpool_limits(limits=1):
        began = time.process_time()
        model.fit(rows.x, rows.y)
        seconds = time.process_time() - began
        error = float(np.sqrt(np.mean((model.predict(rows.x_test) - rows.y_test) ** 2)))
    return {"dataset": piece.dataset, "seed": piece.seed, "rmse": error, "fit_cpu_seconds": round(seconds, 4)}


def rows_of(dataset: str) -> Sample:
    """Return the rows of a data set, or of the text's variant of a function."""
    return rows_as_they_are(dataset.removesuffix(TEXT)) if dataset.endswith(TEXT) else published_rows(dataset)
