"""The functions of arXiv 2501.18199 as its authors' own files have them, drawn anew.

Where those files (repository rodakt/hkan, folder ``data``) differ from the paper's text, which `evokan.datasets`
follows: TF1's values fill [0, 1] instead of [-1, 1]; TF5 stands on [-pi, pi]^2 scaled to [0, 1], of which the quarter
[0, pi]^2 (inputs from 0.5 on) is used; and the test rows of two-argument functions are a 100 x 100 grid. TF4 adds 0.1 r
there where the text takes it away, and its scale (values from 0.206 to 2.947) is that of rows which cannot be drawn
again: it decides the error, of which nearly all is the cosine that no network here follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from evokan.arrays import FloatArray
from evokan.datasets import load_dataset, register_dataset
from evokan.datasets.catalogue import DatasetInfo
from evokan.datasets.laws import tf1, tf3, tf4, tf5
from evokan.datasets.tables import make_table
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.seeding import generator


class Sample(NamedTuple):
    """Rows to fit on and rows to test on, as they are."""

    x: FloatArray
    y: FloatArray
    x_test: FloatArray
    y_test: FloatArray


class _Variant(NamedTuple):
    """Values of inputs in [0, 1], least input, number of inputs, rows to fit on, test rows (0: the grid).

    `range` is what is scaled to [0, 1]; by default that of all rows.
    """

    function: Callable[[FloatArray], FloatArray]
    low: float
    inputs: int
    rows: int
    test_rows: int
    range: tuple[float, float] | None = None


def _tf4(place: FloatArray) -> FloatArray:
    x = 8 * place - 4
    values: FloatArray = tf4(x) + 0.2 * np.sqrt((x**2).sum(axis=1))
    return values


_VARIANTS = {
    "tf1": _Variant(tf1, 0.0, 2, 5000, 0),
    "tf3": _Variant(lambda place: tf3(1000 * place - 500), 0.0, 2, 5000, 0),
    "tf4": _Variant(_tf4, 0.0, 10, 3750, 1250, (0.206, 2.947)),
    "tf5": _Variant(lambda place: tf5(np.pi * (2 * place - 1)), 0.5, 2, 5000, 0),
    "tf5-5": _Variant(lambda place: tf5(np.pi * place), 0.0, 5, 7500, 2500),
}


def published_rows(name: str) -> Sample:
    """Return the rows to compare with Table V: the paper's own files, or its functions drawn as they are there."""
    if name not in _VARIANTS:
        return rows_as_they_are(name)
    variant = _VARIANTS[name]
    rng = generator("authors' law", name)
    x = variant.low + (1 - variant.low) * rng.random((variant.rows, variant.inputs))
    if variant.test_rows:
        x_test = variant.low + (1 - variant.low) * rng.random((variant.test_rows, variant.inputs))
    else:
        axis = np.linspace(variant.low, 1.0, 100)
        x_test = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    y, y_test = variant.function(x), variant.function(x_test)
    low, high = variant.range or (min(y.min(), y_test.min()), max(y.max(), y_test.max()))
    return Sample(x, (y - low) / (high - low), x_test, (y_test - low) / (high - low))


def rows_as_they_are(name: str) -> Sample:
    """Return the rows of a data set of evokan, in their own units."""
    problem = Problem.from_table(load_dataset(name), scaler="none")
    x, y = problem.table.X, np.asarray(problem.table.y, dtype=np.float64)
    return Sample(x[problem.development], y[problem.development], x[problem.test], y[problem.test])


def register_laws(name: str) -> str:
    """Return the name under which evokan finds the rows of `published_rows`: the functions drawn anew are added.

    Raises
    ------
    InputError
        There is no data set called `name`.
    """
    if name not in _VARIANTS:
        return name
    variant, own = _VARIANTS[name], f"{name}-authors"
    # A grid of 100 x 100 stands in the place of test rows.
    rows = variant.rows + (variant.test_rows or 100**variant.inputs)
    info = DatasetInfo(own, "regression", rows, variant.inputs, f"{name} as in the authors' file", "arXiv 2501.18199")
    register_dataset(info, lambda seed: _table(name, own))
    return own


def _table(name: str, own: str) -> Table:
    rows = published_rows(name)
    count = len(rows.x)
    return make_table(
        own,
        "regression",
        np.vstack([rows.x, rows.x_test]),
        np.concatenate([rows.y, rows.y_test]),
        feature_names=[f"x{number}" for number in range(1, rows.x.shape[1] + 1)],
        target_name="y",
        test_rows=np.arange(count, count + len(rows.x_test)),
    )
