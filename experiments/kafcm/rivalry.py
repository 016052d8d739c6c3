"""Causal discovery beside other methods on the same rows: maps with a known graph, one thing changed at a time.

Beside them series without any cause, and classical systems. What matters most is measured first, and what takes long
last: `timeout -s INT SECONDS evokan experiment kafcm-rivalry` leaves a page of what it came to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.harness import Context, Experiment, Rows
from experiments.kafcm import rivalry_page
from experiments.kafcm.graphs import evolved, get_ready, kinds
from experiments.kafcm.plants import BASE, CELLS, NULLS, SYSTEMS, Cell, plant
from experiments.kafcm.rivals import METHODS, SLOW, UNFINISHED, Method, Outcome, limited
from experiments.pages import Measurements
from experiments.parallel import as_done

FIRST_SEED = 100
"""Maps of lower seeds were looked at while this was built, and defaults were decided on them."""
OWN_FIRST, OWN_MAPS = rivalry_page.OWN_FIRST, 5
"""Maps that the whole search is run on."""
RIVAL_MAPS, NULL_MAPS, SYSTEM_MAPS = 10, 20, 5
SECONDS, SLOW_SECONDS = 120, 600
"""Of one core, for a method and a map."""
SLOW_CELLS, SLOW_MAPS = ("base", "5 concepts"), 3
RANDOM_CELLS = ("base", "5 concepts", "20 concepts")
KEYS = ("cell", "seed", "method")
OURS, WITHOUT, RANDOM = kinds()
BY_NAME = {cell.name: cell for cell in (*CELLS, *NULLS, *SYSTEMS)}

Piece = tuple[str, int, str]
"""Cell, seed, method."""


def scores(found: np.ndarray, true: np.ndarray) -> tuple[float, float, float]:
    """Return precision, recall and F1; with no true edge F1 is 1 where none is found."""
    hits = float((found & true).sum())
    precision, recall = hits / max(float(found.sum()), 1.0), hits / max(float(true.sum()), 1.0)
    if not true.any():
        return precision, recall, float(not found.any())
    return precision, recall, 2.0 * hits / float(found.sum() + true.sum())


def measure(piece: Piece) -> dict[str, Any]:
    """Return the row of one method on one map."""
    name, seed, method = piece
    cell = BY_NAME[name]
    made = plant(cell, seed)
    if method in METHODS:
        function: Method = METHODS[method][1]
        outcome = limited(function, made.series, cell.delay, SLOW_SECONDS if method in SLOW else SECONDS)
    else:
        get_ready()
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


def pieces(seeds: int | None = None) -> list[Piece]:
    """Return what is measured, in this order: whole searches, rivals, no causes, systems; then what takes long.

    Parameters
    ----------
    seeds
        Largest number of maps of a kind.
    """

    def some(first: int, count: int, cells: Sequence[str], methods: Sequence[str]) -> list[Piece]:
        """Return pieces, the first map of every cell first."""
        maps = range(first, first + min(count, seeds or count))
        return [(cell, seed, method) for seed in maps for cell in cells for method in methods]

    quick = [name for name in METHODS if name not in SLOW]
    names, nulls, systems = ([cell.name for cell in cells] for cells in (CELLS, NULLS, SYSTEMS))
    return [
        *some(OWN_FIRST, OWN_MAPS, names, [OURS]),
        *some(FIRST_SEED, RIVAL_MAPS, names, [WITHOUT, *quick]),
        *some(FIRST_SEED, NULL_MAPS, nulls, [OURS, *quick]),
        *some(FIRST_SEED, SYSTEM_MAPS, systems, [OURS, WITHOUT, *quick]),
        *some(FIRST_SEED, SLOW_MAPS, SLOW_CELLS[1:], SLOW),
        *some(OWN_FIRST, SLOW_MAPS, RANDOM_CELLS, [RANDOM]),
        *some(FIRST_SEED, SLOW_MAPS, SLOW_CELLS[:1], SLOW),
        *some(FIRST_SEED, 1, systems, SLOW),
    ]


def measured(missing: Sequence[Piece], rows: Rows, workers: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of what is missing; what takes long map by map, and not where a smaller one was too much for it."""
    waves: dict[Any, list[Piece]] = {}
    for piece in missing:
        waves.setdefault(piece[:2] if piece[2] in SLOW else None, []).append(piece)
    for wave in waves.values():
        limits: dict[str, int] = {}
        for before in rows.read():
            method, concepts = before["method"], BY_NAME[before["cell"]].concepts
            if method in SLOW and before["reason"] == UNFINISHED:
                limits[method] = min(limits.get(method, concepts), concepts)
        able = []
        for name, seed, method in wave:
            cell = BY_NAME[name]
            if cell.concepts < limits.get(method, np.inf):
                able.append((name, seed, method))
                continue
            reason = f"not run: {UNFINISHED} with {limits[method]} concepts"
            yield row(cell, seed, method, Outcome(None, 0.0, reason), plant(cell, seed).true)
        yield from map(measure, able) if workers == 1 else as_done(measure, able, workers)


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing; write rows and page, the page also where it is stopped."""
    folder = context.folder("kafcm")
    rows = Measurements(folder / "rivalry.csv", KEYS)
    wanted = [(BASE.name, OWN_FIRST, name) for name in ("spline_f", OURS)] if context.quick else pieces(context.seeds)
    missing = rows.missing(wanted)
    found = measured(missing, rows, context.workers)
    try:
        for _ in context.each("maps", missing):
            rows.add(next(found))
    finally:
        written = rivalry_page.write(folder, rows.read()) if rows.path.exists() else []
    return [rows.path, *written]


EXPERIMENT = Experiment("kafcm-rivalry", "causal discovery beside statistics: maps, no causes, classical systems", run)
"""The experiment."""
