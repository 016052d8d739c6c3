"""Networks per second of the batched trainer, on a CUDA GPU where there is one, beside the kernel on one core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
import torch

from evokan.datasets import load_dataset
from evokan.datasets.tables import make_table
from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.seeding import derive_seed, generator
from evokan.spaces.training import Budget, Trained, TrainingJob
from experiments import pages as report
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row
from search_spaces.gakan import GAKAN, GAKANOptions
from search_spaces.gakan.batched.trainer import train_batched

NAME = "batched_trainer"
COHORTS = (25, 100, 400)
PRECISIONS = ("float64", "float32")
KERNEL = "kernel, one core"
RICE_ROWS, RICE_COLUMNS, RICE_CLASSES = 3_000, 7, ("first", "second")
MILLION = 1e6


def rice_size() -> Problem:
    """Return two overlapping classes in 7 columns, with 3,000 rows to train and to validate on."""
    rng = generator("rice size")
    rows = RICE_ROWS * 5 // 4  # a fifth of them is for tests
    labels = rng.integers(0, 2, rows)
    mixing = rng.standard_normal((RICE_COLUMNS, RICE_COLUMNS))
    x = (rng.standard_normal((rows, RICE_COLUMNS)) + 0.8 * labels[:, None]) @ mixing
    names = [f"x{column}" for column in range(RICE_COLUMNS)]
    return Problem.from_table(
        make_table(
            "rice size", "classification", x, labels, feature_names=names, target_name="class", class_names=RICE_CLASSES
        )
    )


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "Rice size": rice_size,
    "Wine": lambda: Problem.from_table(load_dataset("wine")),
}


def random_jobs(space: GAKAN, problem: Problem, count: int) -> list[TrainingJob]:
    """Return random networks as a first generation has them."""
    layout, rng = space.layout(problem), generator("batched trainer", problem.name)
    jobs: list[TrainingJob] = []
    while len(jobs) < count:
        try:
            architecture = space.decode(layout.random(rng), problem)
        except InvalidArchitecture:
            continue
        jobs.append(TrainingJob(architecture, problem.folds[0], derive_seed(architecture.key)))
    return jobs


def measure(data: str, precision: str, networks: int, engine: str, steps: int) -> Row:
    """Train one cohort, after a small one that loads what has to be loaded, and return what it took."""
    problem = PROBLEMS[data]()
    options = GAKANOptions(precision=precision)
    space = GAKAN(options)
    jobs = random_jobs(space, problem, networks)
    device = engine.rpartition(" ")[2] if engine != KERNEL else "cpu"

    def train(cohort: Sequence[TrainingJob], budget: Budget) -> list[Trained]:
        if engine == KERNEL:
            return space.train(cohort, problem, budget)
        return train_batched(cohort, problem, options, budget)

    train(jobs[:4], Budget(1, device))
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    results = train(jobs, Budget(steps, device))
    seconds = time.perf_counter() - began
    losses = [result.val_loss for result in results if not result.reason]
    return {
        "hardware": torch.cuda.get_device_name() if device == "cuda" else report.processor(),
        "features": problem.n_features,
        "rows": len(problem.development),
        "seconds": seconds,
        "networks_per_second": networks / seconds,
        "evaluations": sum(result.evaluations for result in results),
        "edges": sum(job.architecture.n_edges for job in jobs),
        "failed": networks - len(losses),
        "median_val_loss": median(losses),
        "peak_megabytes": torch.cuda.max_memory_allocated() / MILLION if device == "cuda" else 0.0,
    }


def run(context: Context) -> Sequence[Path]:
    """Measure every case once in each repeat. Without a GPU only the smallest cohort is worth the time."""
    torch.set_num_threads(1)
    cuda = torch.cuda.is_available()
    cohorts = (8,) if context.quick else COHORTS if cuda else COHORTS[:1]
    table = Measurements(
        context.folder("benchmarks") / f"{NAME}.csv", ("repeat", "data", "precision", "networks", "engine")
    )
    pieces = list(
        product(
            range(1 if context.quick else context.seeds or 3),
            PROBLEMS,
            PRECISIONS,
            cohorts,
            (KERNEL, f"batched, {'cuda' if cuda else 'cpu'}"),
        )
    )
    for piece in context.each("cohorts", table.missing(pieces)):
        repeat, data, precision, networks, engine = piece
        row = measure(data, precision, networks, engine, 1 if context.quick else Budget().steps)
        table.add(
            {"repeat": repeat, "data": data, "precision": precision, "networks": networks, "engine": engine, **row}
        )
    page = table.path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def middle(rows: Sequence[Row], column: str) -> float:
    """Return the median of one column."""
    return float(np.median([row[column] for row in rows]))


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page."""
    cases: dict[tuple[str, str, int], dict[str, list[Row]]] = {}
    for row in rows:
        case = cases.setdefault((row["data"], row["precision"], row["networks"]), {})
        case.setdefault(row["engine"], []).append(row)
    lines = []
    for (data, precision, networks), engines in cases.items():
        kernel = engines.get(KERNEL, [])
        for engine, own in engines.items():
            if engine == KERNEL or not kernel:
                continue
            ours, theirs = middle(own, "networks_per_second"), middle(kernel, "networks_per_second")
            size = f"{data}, {own[0]['rows']:,} x {own[0]['features']}"
            lines.append(
                (
                    size,
                    precision,
                    str(networks),
                    engine,
                    theirs,
                    ours,
                    ours / theirs,
                    f"{middle(kernel, 'median_val_loss'):.4f}",
                    f"{middle(own, 'median_val_loss'):.4f}",
                    middle(own, "peak_megabytes"),
                )
            )
    hardware = ", ".join(dict.fromkeys(row["hardware"] for row in rows if row["engine"] == "batched, cuda"))
    report.write_page(
        path,
        "The batched trainer beside the compiled kernel",
        rows,
        "one thread",
        [
            f"GPU: {hardware}."
            if hardware
            else "**No CUDA GPU was at hand:** the batched program ran on one processor core, which it is not made for, and "
            "with the smallest cohort only. Nothing follows for a GPU but that the results agree.",
            "Random networks as a first generation has them, whole trainings with the default options; medians over the "
            f"repeats ({len({row['repeat'] for row in rows})}). The kernel trains one network after the other on one core: "
            "the batched trainer pays where fewer cores are free than its ratio to the kernel says.",
            "## Networks per second",
            report.table(
                (
                    "data, rows x columns",
                    "precision",
                    "networks",
                    "engine",
                    "kernel",
                    "batched",
                    "batched / kernel",
                    "median loss, kernel",
                    "median loss, batched",
                    "peak MB on the GPU",
                ),
                lines,
            ),
        ],
    )


EXPERIMENT = Experiment("batched-trainer", "networks per second of the batched (GPU) trainer beside the kernel", run)

if __name__ == "__main__":
    report.main(NAME, run)
