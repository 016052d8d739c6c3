"""Alpha, beta and gamma of three blocks over the iterations of a training; `experiments.fkan.figure_4c` has the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from experiments.fkan.figures import draw_parameters
from experiments.fkan.regression import NEURONS, RIDGE, make_problem
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, table, write_page
from search_spaces.fkan import FKAN, FKANOptions
from search_spaces.fkan.encoding import SEQUENTIAL, network
from search_spaces.fkan.training import train

DEPTH, DEGREE = 3, 6
ITERATIONS = {"adam": 500, "lbfgs": 400}
NAMES = ("alpha", "beta", "gamma")


def run(context: Context) -> Sequence[Path]:
    """Train once by each method, and write values, page and figure."""
    folder = context.folder("fkan")
    # A training may end before its last iteration: its method alone says that it is done.
    rows = Measurements(folder / "parameters.csv", ("method",))
    for method in rows.missing(ITERATIONS):
        rows.add(*follow(method, 20 if context.quick else ITERATIONS[method]))
    page, picture = folder / "parameters.md", folder / "parameters.png"
    write_page(
        page,
        "Parameters of three blocks over a training",
        rows.values(),
        "one thread",
        report(rows.values()),
        folder="fkan",
    )
    draw_parameters(rows.values(), picture)
    return [rows.path, page, picture]


def follow(method: str, iterations: int) -> list[dict[str, Any]]:
    """Return alpha, beta and gamma of every block after every iteration."""
    space = FKAN(FKANOptions(**FKAN.presets["paper"].options) if method == "adam" else FKANOptions(ridge=RIDGE))
    problem = make_problem(0, "none" if method == "adam" else "standard")
    architecture = network(1, 1, (0,), SEQUENTIAL, (NEURONS,) * DEPTH, (DEGREE,) * DEPTH)
    fold = Fold(problem.development, problem.test[:0])
    trace = np.full((iterations, 3 * DEPTH), np.nan)
    job = TrainingJob(architecture, fold, 0, iterations=iterations)
    train(job, problem.arrays(fold), problem, space.options, Budget(1000), trace)
    return [
        {
            "method": method,
            "iteration": number,
            **{
                f"{name}{block + 1}": float(values[DEPTH * place + block])
                for place, name in enumerate(NAMES)
                for block in range(DEPTH)
            },
        }
        for number, values in enumerate(trace, start=1)
        if np.isfinite(values).all()
    ]


def report(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parts of the page."""
    columns = [f"{name}{block}" for name in NAMES for block in range(1, DEPTH + 1)]
    last = {row["method"]: row for row in rows}
    lines: list[Sequence[str | float]] = [
        (method, row["iteration"], *(row[name] for name in columns)) for method, row in last.items()
    ]
    return [
        f"`fkan-1d`, {DEPTH} blocks of {NEURONS} neurons, degree {DEGREE}, data seed 0. All begin at alpha = beta = 1 "
        "and gamma = 0. Adam: raw data, rate 0.01; L-BFGS: our training. Last values:",
        table(("method", "iterations", *columns), lines),
        "![alpha, beta, gamma over the iterations](parameters.png)",
    ]


EXPERIMENT = Experiment(
    "fkan-parameters", "alpha, beta, gamma of three blocks over the iterations, Adam and L-BFGS", run
)
