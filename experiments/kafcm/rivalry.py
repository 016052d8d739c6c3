"""Causal discovery beside other methods on the same rows: maps with a known graph, one thing changed at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.harness import Context, Experiment, Rows
from experiments.kafcm import rivalry_page
from experiments.kafcm.graphs import evolved, get_ready, kinds
from experiments.kafcm.plants import BASE, CELLS, Cell, plant
from experiments.kafcm.rivals import METHODS, SLOW, Method, Outcome, limited

FIRST_SEED = 100
"""Maps of lower seeds were looked at while this was built, and defaults were decided on them."""
SECONDS, SLOW_SECONDS = 120, 600
"""Of one core, for a method and a map."""
SLOW_CELLS, SLOW_MAPS = ("base", "5 concepts"), 3
KEYS = ("cell", "seed", "method")


def scores(found: np.ndarray, true: np.ndarray) -> tuple[float, float, float]:
    """Return precision, recall and F1; with no true edge F1 is 1 where none is found."""
    hits = float((found & true).sum())
    precision, recall = hits / max(float(found.sum()), 1.0), hits / max(float(true.sum()), 1.0)
    if not true.any():
        return precision, recall, float(not found.any())
    return precision, recall, 2.0 * hits / float(found.sum() + true.sum())


def measure(cell: Cell, seed: int, method: str) -> dict[str, Any]:
    """Return the row of one method on one map."""
    made = plant(cell, seed)
    if method in METHODS:
        function: Method = METHODS[method][1]
        outcome = limited(function, made.series, cell.delay, SLOW_SECONDS if method in SLOW else SECONDS)
    else:
        outcome = limited(lambda series, delay: evolved(made, seed, method), made.series, cell.delay, SECONDS)
    return row(cell, seed, method, outcome, made.true)


def row(cell: Cell, seed: int, method: str, outcome: Outcome, true: np.ndarray) -> dict[str, Any]:
    """Return an outcome as a row of the file."""
    figures: dict[str, Any] = dict.fromkeys(("found", "precision", "recall", "f1"), "")
    if outcome.graph is not None:
        precision, recall, f1 = scores(outcome.graph, true)
        figures = {"found": int(outcome.graph.sum()), "precision": precision, "recall": recall, "f1": f1}
    return {
        "cell": cell.name,
        "seed": seed,
        "method": method,
        "true": int(true.sum()),
        **figures,
        "cpu_seconds": round(outcome.seconds, 2),
        "reason": outcome.reason,
    }


def pieces(maps: int, methods: Sequence[str], cells: Sequence[Cell] = CELLS) -> list[tuple[str, int, str]]:
    """Return (cell, seed, method), the first map of every cell first, slow methods at the end."""
    quick = [
        (cell.name, FIRST_SEED + number, method)
        for number in range(maps)
        for cell in cells
        for method in methods
        if method not in SLOW
    ]
    slow = [
        (name, FIRST_SEED + number, method)
        for number in range(min(maps, SLOW_MAPS))
        for name in SLOW_CELLS
        for method in methods
        if method in SLOW and name in [cell.name for cell in cells]
    ]
    return quick + slow


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing; write rows and page."""
    folder = context.results / ("kafcm-quick" if context.quick else "kafcm")
    rows = Rows(folder / "rivalry.csv", KEYS)
    cells = (BASE,) if context.quick else CELLS
    methods = ("spline_f", "kafcm") if context.quick else (*METHODS, *kinds())
    maps = 1 if context.quick else context.seeds or 10
    by_name = {cell.name: cell for cell in CELLS}
    if rows.missing(pieces(maps, methods, cells)):
        get_ready()
    for name, seed, method in context.each("maps", rows.missing(pieces(maps, methods, cells))):
        rows.add(measure(by_name[name], seed, method))
    return [rows.path, *rivalry_page.write(folder, rows.read())]


EXPERIMENT = Experiment("kafcm-rivalry", "causal discovery beside statistics: 12 kinds of maps, 10 of each", run)
"""The experiment."""
