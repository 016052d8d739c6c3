"""CPU time of one loss-and-gradient evaluation: ours beside pykan's speed mode, and how ours grows."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evokan.errors import InvalidArchitecture
from evokan.seeding import generator
from experiments import pages as report
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row
from search_spaces.gakan import kernel
from search_spaces.gakan.encoding import KANArchitecture, Mask, from_masks
from search_spaces.gakan.flat import flatten
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.training import initial_values, input_grid
from search_spaces.splines.dense import BLOCK
from search_spaces.splines.kernels import PADDING

NAME = "pykan_evaluation"
WIDTHS, GRID, CLASSES = (13, 5, 5, 5, 3), 5, 3
PYKAN, DOUBLE, SINGLE = "pykan, speed mode", "ours, float64", "ours, float32"
ROWS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
AIMS = {100: 60.0, 10_000: 25.0}
"""Times less than pykan, by rows."""
NANOSECONDS = {DOUBLE: 330.0, SINGLE: 180.0}
"""A row, of 10,000: those of dense C for the same work are 219 to 266 and 114 to 118."""
FRACTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
DRAWS, ROWS_FOR_EDGES = 3, 1_000
LARGEST_DEVIATION = 0.2
SAMPLE_SECONDS = 0.05

Call = Callable[[], Any]


def draw_masks(fraction: float, draw: int) -> list[Mask]:
    """Return masks of [13, 5, 5, 5, 3] in which every edge is kept with probability `fraction`."""
    rng = generator("edges", fraction, draw)
    return [rng.random((upper, lower)) < fraction for lower, upper in pairwise(WIDTHS)]


def table_of(rows: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return standard normal inputs, shape (rows, 13), and random labels."""
    rng = generator("rows", rows)
    return rng.standard_normal((rows, WIDTHS[0])), rng.integers(0, CLASSES, rows)


def our_call(architecture: KANArchitecture, rows: int, dtype: type[np.floating]) -> Call:
    """Return a call of our kernel; the input bases are made once, as in a training."""
    flat = flatten(architecture)
    inputs, labels = table_of(rows)
    x = np.ascontiguousarray(inputs[:, flat.columns].T, dtype=dtype)
    theta = initial_values(architecture, flat, GAKANOptions(), seed=0).astype(dtype)
    lo0, h0 = input_grid(x, GRID, 0.1)
    nodes = int(flat.level_start[-1])
    lo, inv_h = np.full(nodes, -8, dtype), np.full(nodes, GRID / 16, dtype)
    size = GRID + 3 + 2 * PADDING
    c, gradient_c = np.zeros((architecture.n_edges, size), dtype), np.zeros((architecture.n_edges, size), dtype)
    arguments = (
        theta,
        np.zeros_like(theta),
        c,
        gradient_c,
        flat.arrays,
        lo,
        inv_h,
        GRID,
        kernel.first_level(x, lo0, 1 / h0, GRID),
        labels,
        np.zeros(0, dtype),
        kernel.workspace(nodes, GRID, theta),
        np.zeros((nodes, BLOCK), dtype),
        np.zeros(4),
    )
    return lambda: kernel.loss_and_gradient(*arguments)


def pykan_call(rows: int) -> Call:
    """Return a call of pykan's forward and backward in speed mode, all edges."""
    from experiments.benchmarks.pykan_engine import build

    model = build(draw_masks(1.0, 0), GRID, speed=True)
    inputs, labels = table_of(rows)
    x, y = torch.tensor(inputs, dtype=torch.float32), torch.from_numpy(labels)
    loss = torch.nn.CrossEntropyLoss()

    def call() -> None:
        model.zero_grad()
        loss(model(x), y).backward()

    return call


def seconds(call: Call) -> float:
    """Return CPU seconds of one call: the mean over as many as fill `SAMPLE_SECONDS`."""
    calls = 0
    began = time.process_time()
    while (spent := time.process_time() - began) < SAMPLE_SECONDS or calls == 0:
        call()
        calls += 1
    return spent / calls


def run(context: Context) -> Sequence[Path]:
    """Time every case once in each repeat, in turn."""
    torch.set_num_threads(1)
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("repeat",))
    missing = table.missing(list(range(3 if context.quick else context.seeds or 15)))
    cases = _cases() if missing else []
    for _, call in cases:
        call()
    for repeat in context.each("repeats", missing):
        table.add(*({"repeat": repeat, **case, "cpu_seconds": seconds(call)} for case, call in cases))
    page = table.path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def _cases() -> list[tuple[Row, Call]]:
    full = from_masks(draw_masks(1.0, 0), GRID)
    cases: list[tuple[Row, Call]] = []
    for rows in ROWS:
        for engine, dtype in ((DOUBLE, np.float64), (SINGLE, np.float32)):
            cases.append((_case("rows", engine, rows, full.n_edges), our_call(full, rows, dtype)))
        if rows in AIMS:
            cases.append((_case("rows", PYKAN, rows, full.n_edges), pykan_call(rows)))
    for fraction in FRACTIONS:
        for draw in range(DRAWS if fraction < 1 else 1):
            try:
                architecture = from_masks(draw_masks(fraction, draw), GRID)
            except InvalidArchitecture:
                continue
            cases.append(
                (
                    _case("edges", DOUBLE, ROWS_FOR_EDGES, architecture.n_edges),
                    our_call(architecture, ROWS_FOR_EDGES, np.float64),
                )
            )
    return cases


def _case(series: str, engine: str, rows: int, edges: int) -> Row:
    return {"series": series, "engine": engine, "rows": rows, "live_edges": edges}


def medians(rows: Sequence[Row], series: str, engine: str, by: str) -> dict[int, float]:
    """Return the median seconds of one series by number of rows or of live edges."""
    found: dict[int, list[float]] = {}
    for row in rows:
        if row["series"] == series and row["engine"] == engine:
            found.setdefault(row[by], []).append(row["cpu_seconds"])
    return {key: float(np.median(values)) for key, values in sorted(found.items())}


def line(points: dict[int, float]) -> tuple[float, float, float]:
    """Return offset and slope of the line with the least relative squares, and its largest relative deviation."""
    x, y = np.array(list(points), dtype=float), np.array(list(points.values()))
    design = np.column_stack([np.ones_like(x), x]) / y[:, None]
    (offset, slope), *_ = np.linalg.lstsq(design, np.ones_like(y), rcond=None)
    return float(offset), float(slope), float(np.max(np.abs((offset + slope * x) / y - 1)))


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page."""
    theirs = medians(rows, "rows", PYKAN, "rows")
    ours = {engine: medians(rows, "rows", engine, "rows") for engine in (DOUBLE, SINGLE)}
    edges = medians(rows, "edges", DOUBLE, "live_edges")
    lines = {"rows": line(ours[DOUBLE]), "live edges": line(edges)}
    aims = [
        Aim(f"{PYKAN} / {engine}, {count:,} rows", AIMS[count], theirs[count] / ours[engine][count], unit=" times")
        for count in theirs
        for engine in ours
    ]
    aims += [
        Aim(
            f"cost against {name}: largest deviation from a straight line, %",
            100 * LARGEST_DEVIATION,
            100 * deviation,
            at_least=False,
        )
        for name, (_, _, deviation) in lines.items()
    ]
    aims += [
        Aim(f"ns a row, {engine}, 10,000 rows", limit, 1e9 * ours[engine][10_000] / 10_000, at_least=False)
        for engine, limit in NANOSECONDS.items()
        if 10_000 in ours[engine]
    ]
    repeats = len({row["repeat"] for row in rows})
    by_rows = [
        (
            f"{count:,}",
            *(1000 * ours[engine][count] for engine in ours),
            *(1e9 * ours[engine][count] / count for engine in ours),
            1000 * theirs.get(count, math.nan) if count in theirs else "",
        )
        for count in ours[DOUBLE]
    ]
    offset, slope, _ = lines["live edges"]
    report.write_page(
        path,
        "One loss-and-gradient evaluation",
        rows,
        "one thread",
        [
            f"The network {list(WIDTHS)} with grid {GRID} and cross-entropy of {CLASSES} classes on standard normal "
            "inputs. Ours: one call of the kernel from Python; the bases of the inputs are made once, as in a training. "
            "pykan: gradients set to zero, forward and backward in speed mode, float32. CPU time; every figure is the "
            f"median of {repeats} samples of at least {1000 * SAMPLE_SECONDS:.0f} ms of calls, taken in turn.",
            "## Aims",
            report.aims_table(aims),
            "## Against rows, all 130 edges",
            report.table(
                ("rows", "float64, ms", "float32, ms", "float64, ns a row", "float32, ns a row", "pykan, ms"), by_rows
            ),
            f"## Against live edges, {ROWS_FOR_EDGES:,} rows, float64",
            report.table(
                ("live edges", "ms", "µs an edge"),
                [(str(count), 1000 * value, 1e6 * value / count) for count, value in edges.items()],
            ),
            f"The straight line is {1e6 * offset:.1f} µs + {1e6 * slope:.2f} µs an edge: edges that evolution leaves out "
            "cost nothing, where a masked edge of pykan costs as much as a live one. The offset is what the nodes cost.",
        ],
    )


EXPERIMENT = Experiment("pykan-evaluation", "CPU time of one loss-and-gradient evaluation, beside pykan", run)

if __name__ == "__main__":
    report.main(NAME, run)
