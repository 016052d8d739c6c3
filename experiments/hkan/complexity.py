"""How the time of a fit grows with rows, columns, nodes and basis functions, beside what Algorithm 1 has to multiply."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from search_spaces.hkan import HKANLayer, HKANRegressor

BASE = {"rows": 3000, "columns": 10, "nodes": 60, "basis functions": 12}
"""Of which one is varied at a time; so few rows are fitted without moments."""
VARIED: Mapping[str, Sequence[int]] = {
    "rows": (1000, 2000, 4000, 8000, 16_000),
    "columns": (5, 10, 20, 40, 80),
    "nodes": (30, 60, 120, 240, 480),
    "basis functions": (5, 10, 20, 40, 80),
}
REPEATS, QUICK = 3, 2
"""Fits of each size, and sizes of the small version."""
SLACK = 0.1
"""By which an exponent may be above the other, for noise of the clock."""
STEADY, PLAIN = "steady", "plain"


class Piece(NamedTuple):
    """One size: what is varied, its value, and the least squares."""

    varied: str
    value: int
    squares: str


def sizes(varied: str, value: int) -> dict[str, int]:
    """Return the sizes of `BASE` with one of them changed."""
    return {**BASE, varied: value}


def products(rows: int, columns: int, nodes: int, functions: int) -> float:
    """Return the multiplications of Algorithm 1 for a hidden layer and an output node, leading terms alone.

    Ridge regressions of the blocks take N m^2 + m^3 each, n (p + 1) of them; nodes take N p^2 + p^3 each, and the last
    one N n^2 + n^3.
    """
    blocks = nodes * (columns + 1) * (rows * functions**2 + functions**3)
    hidden = nodes * (rows * columns**2 + columns**3)
    return float(blocks + hidden + rows * nodes**2 + nodes**3)


def measure(piece: Piece) -> dict[str, Any]:
    """Return the processor seconds of a fit, the median of some."""
    rows, columns, nodes, functions = sizes(piece.varied, piece.value).values()
    rng = np.random.default_rng(0)
    x = rng.random((rows, columns))
    y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=rows)
    layers = [HKANLayer(nodes, "sigmoid", 3, functions), HKANLayer(1, "sigmoid", 3, functions)]
    times = []
    with threadpool_limits(limits=1):
        for seed in range(REPEATS):
            began = time.process_time()
            HKANRegressor(layers, random_state=seed, steady=piece.squares == STEADY).fit(x, y)
            times.append(time.process_time() - began)
    return {**piece._asdict(), "fit_cpu_seconds": statistics.median(times)}


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "complexity.csv", ("varied", "value", "squares"))
    last = QUICK if context.quick else None
    pieces = [
        Piece(varied, value, squares)
        for squares in (STEADY, PLAIN)
        for varied, values in VARIED.items()
        for value in values[:last]
    ]
    for piece in context.each("fits", measured.missing(pieces)):
        measured.add(measure(piece))
    path = folder / "complexity.md"
    values = measured.values()
    write_page(path, "HKAN: how the time of a fit grows", values, "one thread", report(values), folder="hkan")
    return [measured.path, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return text, the exponents, and a table for each of what was varied."""
    exponents: list[tuple[str, ...]] = []
    tables = []
    for varied in dict.fromkeys(str(row["varied"]) for row in rows):
        found = {
            squares: {int(row["value"]): float(row["fit_cpu_seconds"]) for row in rows if _is(row, varied, squares)}
            for squares in (STEADY, PLAIN)
        }
        values = sorted(set[int]().union(*found.values()))
        count = {value: products(*sizes(varied, value).values()) for value in values}
        exponents.append((varied, *(exponent(one) for one in (count, *found.values()))))
        lines = [
            (number(value), f"{count[value]:.1e}", *(number(own.get(value, "")) for own in found.values()))
            for value in values
        ]
        tables.append(table((varied, "multiplications", f"{STEADY}, s", f"{PLAIN}, s"), lines))
    base = ", ".join(f"{number(value)} {name}" for name, value in BASE.items())
    return [
        "Fits by `HKANRegressor` of a hidden layer of sigmoids below one node, one thread; one size is varied, the others are "
        f"{base}; medians of {REPEATS}. Algorithm 1 has a ridge regression for each block, of N rows and m basis functions "
        "N m^2 + m^3 multiplications; each of n nodes over p columns takes N p^2 + p^3, the last one N n^2 + n^3; "
        "counted that way, our reading. An exponent is the slope of the logarithms between the two largest sizes. One above "
        "that of the multiplications would say that something grows faster than the algorithm asks for; one below it, that what "
        "weighs is in proportion to fewer factors, such as the N m values of the basis functions.",
        table(("varied", "of the multiplications", f"{STEADY} least squares", f"{PLAIN} least squares"), exponents),
        _verdict(exponents),
        *tables,
        "From 20,000 rows on moments take over (`rows.md`).",
    ]


def _verdict(exponents: Sequence[tuple[str, ...]]) -> str:
    """Return of which sizes the time of the steady least squares grows no faster than the multiplications."""
    told = [
        f"{varied} {'yes' if float(steady) <= float(asked) + SLACK else '**no**'}"
        for varied, asked, steady, _ in exponents
        if asked and steady
    ]
    return f"No faster than Algorithm 1 asks for, up to {SLACK:g}: {', '.join(told) or 'not measured'}."


def exponent(values: Mapping[int, float]) -> str:
    """Return the slope of the logarithms between the two largest sizes; nothing for fewer than two."""
    *_, before, last = (None, None, *sorted(values))
    if before is None or last is None:
        return ""
    return number(math.log(values[last] / values[before]) / math.log(last / before))


def _is(row: Row, varied: str, squares: str) -> bool:
    return (row["varied"], row["squares"]) == (varied, squares)


EXPERIMENT = Experiment(
    "hkan-complexity", "how the time of an HKAN's fit grows, beside Algorithm 1's multiplications", run
)
