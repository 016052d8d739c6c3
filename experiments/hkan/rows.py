"""How long `HKANRegressor` takes over very many rows, and how much memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from evokan.arrays import FloatArray
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row, aims_table, number, table, write_page
from search_spaces.hkan import HKANLayer, HKANRegressor

BOOSTING = "gradient boosting"
MODELS = ("default", "relu", BOOSTING)
STEADY = "steady"
"""Least squares of a row: rows of before these were the default have none."""
SIZES = (10_000, 100_000, 1_000_000)
COLUMNS = 20
WIDE = 500
NEW_ROWS = 20_000
NOISE = 0.1


def table_of(rows: int, columns: int) -> tuple[FloatArray, FloatArray]:
    """Return inputs uniform on [0, 1] and a target of four of them with noise of standard deviation 0.1."""
    rng = np.random.default_rng(0)
    x = rng.random((rows, columns))
    y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2] + 2 * (x[:, 3] - 0.5) ** 2 + NOISE * rng.normal(size=rows)
    return x, y


def measure(model: str, rows: int, columns: int) -> dict[str, Any]:
    """Fit once (with many columns on 1,000 rows), predict 20,000 new rows: processor seconds, error, peak memory."""
    x, y = table_of(rows + NEW_ROWS, columns)
    known = rows if columns == COLUMNS else 1000
    estimators = {
        "default": HKANRegressor(),
        "relu": HKANRegressor([HKANLayer(100, "relu"), HKANLayer(1, "softplus")]),
        BOOSTING: HistGradientBoostingRegressor(random_state=0),
    }
    began = time.process_time()
    estimator = estimators[model].fit(x[:known], y[:known])
    fitted = time.process_time()
    predicted = estimator.predict(x[rows:])
    ended = time.process_time()
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return {
        "model": model,
        "rows": rows,
        "columns": columns,
        "fit_cpu_seconds": round(fitted - began, 3),
        "predict_cpu_seconds": round(ended - fitted, 3),
        "rmse": float(np.sqrt(np.mean((predicted - y[rows:]) ** 2))),
        "peak_gb": round(1024e-9 * int(peak[1]), 3) if peak else "",
        "squares": "" if model == BOOSTING else STEADY,
    }


def run(context: Context) -> Sequence[Path]:
    """Measure what is missing, each in a process of its own with one thread, and write CSV file and page."""
    folder = context.folder("hkan")
    measured = Measurements(folder / "rows.csv", ("model", "rows", "columns", "squares"), ("squares",))
    sizes = SIZES[:1] if context.quick else SIZES
    pieces = [(model, rows, COLUMNS, "" if model == BOOSTING else STEADY) for rows in sizes for model in MODELS]
    pieces.append(("default", NEW_ROWS, WIDE, STEADY))
    missing = measured.missing(pieces)
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    for model, rows, columns, _ in context.each("fits", missing):
        code = f"import json; from experiments.hkan.rows import measure; print(json.dumps(measure({model!r}, {rows}, {columns})))"
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        measured.add(json.loads(done.stdout.splitlines()[-1]))
    path = folder / "rows.md"
    values = measured.values()
    threads = "one thread, process CPU time, with the peak memory of the whole process (table included)"
    write_page(path, "HKANRegressor over very many rows", values, threads, report(values), folder="hkan")
    return [measured.path, path]


def report(rows: Sequence[Row]) -> list[str]:
    """Return aims and table, of each measurement the newest."""
    seconds = {(row["model"], row["rows"], row["columns"]): row for row in rows}
    before = [key for key, row in seconds.items() if key[0] != BOOSTING and row["squares"] != STEADY]
    aims = []
    for size, limit in ((100_000, 2.0), (1_000_000, 20.0)):
        found = seconds.get(("default", size, COLUMNS))
        if found:
            aims.append(Aim(f"{size:,} x {COLUMNS}: fit", limit, found["fit_cpu_seconds"], at_least=False, unit=" s"))
    largest = seconds.get(("default", 1_000_000, COLUMNS))
    if largest:
        aims.append(Aim("1,000,000 x 20: memory", 4.0, largest["peak_gb"], at_least=False, unit=" GB"))
    lines = [
        (
            row["model"],
            number(row["rows"]),
            row["columns"],
            number(row["fit_cpu_seconds"]),
            number(row["predict_cpu_seconds"]),
            number(row["rmse"]),
            number(row["peak_gb"]),
        )
        for row in sorted(seconds.values(), key=lambda row: (row["columns"], row["rows"]))
    ]
    text = (
        "A target of four columns with noise of standard deviation 0.1, the least error that can be reached. `default` "
        "is `HKANRegressor()`: 100 nodes of sigmoids, then one; from 20,000 rows on it sums moments of Chebyshev "
        "polynomials (`search_spaces/hkan/moments.py`). `relu` has 100 nodes of ReLU instead, which no polynomial "
        "replaces, and softplus above. Gradient boosting is scikit-learn's with its defaults. The table of 500 columns "
        "is for `predict` alone: fitted on 1,000 rows."
    )
    if before:
        text += " **Fitted by plain least squares**, before steady ones were the default: "
        text += ", ".join(f"{model} {rows_:,} x {columns}" for model, rows_, columns in before) + "."
    header = ("model", "rows", "columns", "fit, s", "predict 20,000 rows, s", "RMSE", "peak, GB")
    return [text, *([aims_table(aims)] if aims else []), table(header, lines)]


EXPERIMENT = Experiment("hkan-rows", "HKANRegressor over 10^4 to 10^6 rows: seconds, error and memory", run)
