"""What a trained network shows: importance of the inputs, and the fit of every level to the target."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import softmax

from evokan.arrays import IntArray
from evokan.problem.problem import Problem
from evokan.problem.scaling import Scaler
from evokan.spaces.explanation import Explanation
from search_spaces.hkan.basis import Array
from search_spaces.hkan.fitting import FittedLayer
from search_spaces.hkan.importance import block_r2, r2, with_constants
from search_spaces.hkan.network import HKANModule

POINTS = 300
"""Points at most in each scatter plot."""
_ROWS = 2000
"""Rows at most that R^2 is computed on."""


def explain(model: HKANModule, problem: Problem) -> Explanation:
    """Return importances and the fit of every level, over the development rows (2,000 of them at most).

    The importance of input p is the mean over the nodes q of the first layer of R^2(y, phi_{q,p}) (arXiv 2501.18199,
    its measure I_p), divided by the sum over the inputs; for classes y is the one-hot column that node q was fitted
    to, of a trajectory the concept. Of an identity block, whose constants are those of the node, R^2 is the squared
    correlation.

    Returns
    -------
    Explanation
        Without edges: a layer may have 10^5 blocks. In `data`: ``input_r2``, for each input the mean I_p and five
        quantiles (0, 1/4, 1/2, 3/4, 1) over q; ``levels``, for each layer ``blocks`` and ``nodes`` with the quantiles
        of their R^2 and the values of the member with the median R^2 (``predicted``) beside ``target``.
    """
    rows = _spread(problem.development, _ROWS)
    shown = _spread(np.arange(len(rows)), POINTS)
    z = problem.input_scaler.transform(problem.table.X[rows]).T
    if problem.task.has_classes:
        targets = np.eye(problem.n_outputs)[np.asarray(problem.table.y[rows], dtype=np.int64)].T
        own = Scaler(np.zeros(problem.n_outputs), np.ones(problem.n_outputs))
    else:
        own = model.scaler("output")
        targets = own.transform(np.asarray(problem.table.y[rows], dtype=np.float64).reshape(len(rows), -1)).T
    levels = []
    input_r2: Array = np.zeros((0, 0))
    for number, layer in enumerate(model.fitted()):
        number_of = np.arange(layer.layer.nodes) % len(targets)
        wanted = targets[number_of]
        shares, block, at = _blocks(layer, z, wanted)
        z = layer.outputs(z)
        if problem.task.has_classes and number == model.architecture.depth - 1:
            z = softmax(z, axis=0)  # logits by now
        node_r2 = np.array([r2(h[None], t)[0] for h, t in zip(z, wanted, strict=True)])
        middle = _median_place(node_r2)
        if number == 0:
            input_r2 = shares
        levels.append(
            {
                "blocks": _level(shares, *(_in_units(one[shown], own, number_of[at]) for one in (block, wanted[at]))),
                "nodes": _level(
                    node_r2, *(_in_units(one[middle][shown], own, number_of[middle]) for one in (z, wanted))
                ),
            }
        )
    importances = input_r2.mean(axis=0)
    total = float(importances.sum())
    data = {
        "target": problem.table.target_name,
        "levels": levels,
        "input_r2": [{"mean": _round(column.mean()), "quantiles": _quantiles(column)} for column in input_r2.T],
    }
    return Explanation(
        model.architecture.widths,
        problem.table.feature_names,
        problem.table.output_names,
        (),
        importances / total if total > 0 else np.zeros_like(importances),
        data,
    )


def _in_units(values: Array, scaler: Scaler, target: int) -> Array:
    """Return values of a block or node in the units of the target that it was fitted to."""
    found: Array = values * scaler.scale[target] + scaler.shift[target]
    return found


def _blocks(layer: FittedLayer, z: Array, wanted: Array) -> tuple[Array, Array, int]:
    """Return R^2 of all blocks (nodes, columns); and of the block with the median R^2 its values and its node."""
    shares = block_r2(layer, z, wanted)
    node, column = divmod(_median_place(shares.ravel()), len(z))
    phi = next(blocks[[column]] for q, blocks in enumerate(layer.blocks(z)) if q == node)
    return shares, with_constants(layer, phi, wanted[node])[0], node


def _level(r2: Array, predicted: Array, target: Array) -> dict[str, Any]:
    return {
        "count": int(r2.size),
        "quantiles": _quantiles(r2.ravel()),
        "predicted": [_round(value) for value in predicted],
        "target": [_round(value) for value in target],
    }


def _quantiles(values: Array) -> list[float]:
    return [_round(value) for value in np.quantile(values, [0.0, 0.25, 0.5, 0.75, 1.0])]


def _median_place(values: Array) -> int:
    """Return where the (lower) median stands."""
    return int(np.argsort(values, kind="stable")[(len(values) - 1) // 2])


def _round(value: float) -> float:
    return float(f"{value:.6g}") if np.isfinite(value) else 0.0


def _spread(rows: IntArray, count: int) -> IntArray:
    """Return at most `count` of `rows`, evenly spread."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), count)).astype(np.int64)]
