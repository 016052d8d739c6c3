"""Figure 4c: alpha, beta and gamma of one block over the iterations, mean and variance over trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.datasets.laws import fkan_1d
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from experiments.fkan.figures import draw_means
from experiments.fkan.regression import EPOCHS, NEURONS, error, with_raw_targets
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, table, write_page
from search_spaces.fkan import FKAN, FKANOptions
from search_spaces.fkan.encoding import SEQUENTIAL, network
from search_spaces.fkan.training import train

NAMES = ("alpha", "beta", "gamma")
BEGIN = {"alpha": 1.0, "beta": 1.0, "gamma": 0.0}
POINTS, DEGREE, SEEDS, GOOD = 250, 5, 20, 0.10
"""By the notebook ``plot-parameter-evolution``: points of the law, degree of the block, trainings, and the test MAE below
which a training counts."""
EVERY = 5
"""Iterations between two that are kept, behind the first one."""
PUBLISHED = {"alpha": (2.52, 0.14), "beta": (2.68, 0.32), "gamma": (0.15, 0.27)}
"""Mean and standard deviation at the end of the 11 of 20 trainings that count, from the values stored beside the notebook."""


def run(context: Context) -> Sequence[Path]:
    """Train what is missing, and write page and figure."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "figure_4c.csv", ("seed", "iteration"))
    iterations = 20 if context.quick else EPOCHS
    seeds = range(2 if context.quick else context.seeds or SEEDS)
    for seed, _ in context.each("trainings", rows.missing([(seed, iterations) for seed in seeds])):
        rows.add(*follow(seed, iterations))
    page, picture = folder / "figure_4c.md", folder / "figure_4c.png"
    values = rows.values()
    write_page(page, "Parameters of a block (Figure 4c)", values, "one thread", report(values), folder="fkan")
    draw_means(by_name(values), sorted({row["iteration"] for row in values}), picture)
    return [rows.path, page, picture]


def follow(seed: int, iterations: int) -> list[dict[str, Any]]:
    """Return alpha, beta and gamma after the first and every fifth iteration of a training, and the test MAE at its end."""
    space = FKAN(FKANOptions(**FKAN.presets["paper"].options))
    problem = with_raw_targets(Problem.from_table(fkan_1d(0, POINTS), scaler="none", validation_size=0.2))
    architecture = network(1, 1, (0,), SEQUENTIAL, (NEURONS,), (DEGREE,))
    fold = Fold(problem.train, problem.test[:0])
    trace = np.full((iterations, 3), np.nan)
    job = TrainingJob(architecture, fold, seed, iterations=iterations, keep_weights=True)
    trained = train(job, problem.arrays(fold), problem, space.options, Budget(1000), trace)
    mae = error(space, architecture, problem, trained.weights)
    return [
        {"seed": seed, "iteration": number, **dict(zip(NAMES, map(float, values), strict=True)), "mae": mae}
        for number, values in enumerate(trace, start=1)
        if number % EVERY == 0 or number == 1
    ]


def by_name(rows: Sequence[dict[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Return the values of the trainings that count, of all where none does, by name: shape (trainings, iterations)."""
    good = [row for row in rows if row["mae"] < GOOD] or rows
    seeds = list(dict.fromkeys(row["seed"] for row in good))
    return {name: np.array([[row[name] for row in good if row["seed"] == seed] for seed in seeds]) for name in NAMES}


def report(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the parts of the page."""
    good = len({row["seed"] for row in rows if row["mae"] < GOOD})
    ends = {name: (float(found[:, -1].mean()), float(found[:, -1].std())) for name, found in by_name(rows).items()}
    lines: list[Sequence[str | float]] = [(name, BEGIN[name], *ends[name], *PUBLISHED[name]) for name in NAMES]
    return [
        f"{POINTS} points of the law of `regression.md`, one block of {NEURONS} neurons and degree {DEGREE}, Adam 0.01 on four "
        "fifths of the rows that are not for the test; noise and rows are the same in all trainings, initial values are not. "
        f"Of {len({row['seed'] for row in rows})} trainings {good} have a test MAE below {GOOD:g}, and "
        f"{'they alone count' if good else 'since none has, all count'} (the paper's notebook: 11 of 20).",
        table(
            ("", "at first", "mean at the end", "standard deviation", "published mean", "published deviation"), lines
        ),
        _verdict(ends) if good else "None is good, so that nothing can be said of the figure.",
        "![means of alpha, beta and gamma](figure_4c.png)",
    ]


def _verdict(ends: Mapping[str, tuple[float, float]]) -> str:
    """Return of which parameters the figure has our mean: as far from the published one as both deviations, at most."""
    same = {name: abs(mean - PUBLISHED[name][0]) <= sd + PUBLISHED[name][1] for name, (mean, sd) in ends.items()}
    told = ", ".join(f"{name} {'yes' if found else '**no**'}" for name, found in same.items())
    return f"Means at the end no farther apart from the published ones than both deviations together: {told}."


EXPERIMENT = Experiment("fkan-figure-4c", "alpha, beta, gamma of a block over the iterations (fKAN, Figure 4c)", run)
