"""What Ray costs: its start, and the driver's work per cohort while workers only sleep."""

from __future__ import annotations

import logging
import math
import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from evokan.datasets import load_dataset
from evokan.errors import InvalidArchitecture
from evokan.evaluation.cohorts import NETWORKS_PER_COHORT, Cohort, cut, train_cohort
from evokan.evaluation.folds import Evaluation
from evokan.evaluation.ray.executor import RayExecutor, prepare_space
from evokan.evaluation.ray.messages import Folds, dumps_task
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.problem.task import Task
from evokan.seeding import derive_seed, generator
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import Budget, TrainingJob
from experiments import pages as report
from experiments.harness import Context, Experiment
from experiments.pages import Aim, Measurements, Row
from search_spaces.gakan import GAKAN

NAME = "ray_overhead"
SLEEP_SECONDS = 0.5
SHORT_SECONDS = 0.02
"""So short that the driver, not the workers, is what all wait for."""
COHORTS_PER_WORKER = 30
SIMULATED, QUICK_SIMULATED = (2, 8, 32), (2, 4)
REFERENCES = (32, 128, 512)
STARTED = (1, 2)
LIMIT_MS = 5.0
RICE, WINE, LARGE = "as large as Rice", "Wine", "100,000 x 20, its first rung of 8,000 rows"
TRAINED = ((WINE, 1), (WINE, 5), (RICE, 5), (LARGE, 1))
"""Data and folds of which the page says how long a cohort takes."""
CORES = 1000
"""Of the cluster that the page plans for."""


def problem(name: str, folds: int) -> Problem:
    """Return Wine, or random rows in Rice's shape (3,810 rows, 7 features, 2 classes) or with the 20 of a large table."""
    if name == WINE:
        return Problem.from_table(load_dataset("wine"), folds=folds)
    rng = generator(NAME)
    rows, columns = (3810, 7) if name == RICE else (10_000, 20)
    inputs = rng.normal(size=(rows, columns))
    classes = (inputs.sum(axis=1) + rng.normal(size=rows) > 0).astype(np.int64)
    names = tuple(f"x{column}" for column in range(columns))
    table = Table(name, Task.CLASSIFICATION, inputs, classes, names, "class", ("no", "yes"))
    return Problem.from_table(table, folds=folds)


def cohorts(space: SearchSpace, of: Problem, count: int) -> list[Cohort]:
    """Return `count` cohorts of random networks."""
    layout, rng = space.layout(of), generator(NAME, "networks")
    networks: dict[int, tuple[TrainingJob, ...]] = {}
    while len(networks) < count * NETWORKS_PER_COHORT:
        try:
            network = space.decode(layout.random(rng), of)
        except InvalidArchitecture:
            continue
        networks[len(networks)] = tuple(
            TrainingJob(network, fold, derive_seed(network.key, number)) for number, fold in enumerate(of.folds)
        )
    return cut(networks)


def sleep(space: SearchSpace, of: Problem, budget: Budget, cohort: Cohort) -> list[Evaluation]:
    """Take the place of `train_cohort`: same arguments, same kind of result, no work."""
    time.sleep(SLEEP_SECONDS)
    return [Evaluation(0.1, 0.1, 0.0, 10, 100, SLEEP_SECONDS) for _ in cohort.members]


def doze(space: SearchSpace, of: Problem, budget: Budget, cohort: Cohort) -> list[Evaluation]:
    """Do as `sleep` does, for a moment alone."""
    time.sleep(SHORT_SECONDS)
    return [Evaluation(0.1, 0.1, 0.0, 10, 100, SHORT_SECONDS) for _ in cohort.members]


def start(workers: int) -> Row:
    """Measure from nothing to workers that have unpacked a problem and loaded the kernel."""
    ready: list[float] = []
    began = time.perf_counter()
    import ray  # noqa: F401 - its import is part of the start

    imported = time.perf_counter()
    with RayExecutor(workers, set_up=prepare_space, on_status=lambda there: ready.append(len(there))) as executor:
        first = time.perf_counter()
        shared = (GAKAN(), problem(RICE, 5), Budget())
        items = cohorts(*shared[:2], 1) * workers
        rounds = 0
        while max(ready) < workers or not rounds:
            list(executor.map_unordered(sleep, shared, items))
            rounds += 1
        end = time.perf_counter() - rounds * SLEEP_SECONDS
    return {
        "import_seconds": imported - began,
        "first_worker_seconds": first - imported,
        "all_set_up_seconds": end - first,
    }


def simulate(workers: int) -> Row:
    """Measure the driver while `workers` actors sleep: its CPU time, all its threads, per cohort."""
    return feed(workers, sleep, SLEEP_SECONDS, COHORTS_PER_WORKER)


def saturate(workers: int) -> Row:
    """Measure how many cohorts a second the driver hands out where `workers` actors are done at once."""
    figures = feed(workers, doze, SHORT_SECONDS, 4 * COHORTS_PER_WORKER)
    return {"cohorts_a_second": figures["cohorts"] / figures["seconds"], "of_ideal": figures["of_ideal"]}


def feed(workers: int, work: Callable[..., list[Evaluation]], seconds: float, each: int) -> dict[str, float]:
    """Hand out `each` cohorts a worker, which are `seconds` of `work`."""
    ready: list[int] = []
    shared = (GAKAN(), problem(RICE, 5), Budget())
    with RayExecutor(workers, on_status=lambda there: ready.append(len(there))) as executor:
        few = cohorts(*shared[:2], 2)
        while max(ready) < workers:
            list(executor.map_unordered(work, shared, few * workers))
        items = few * (workers * each // len(few))
        cpu, wall, own = time.process_time(), time.perf_counter(), time.thread_time()
        results = list(executor.map_unordered(work, shared, items))
        wall, cpu, own = time.perf_counter() - wall, time.process_time() - cpu, time.thread_time() - own
    assert all(isinstance(result, list) for _, result in results)
    ideal = seconds * len(items) / workers
    task = dumps_task(work, items[0], Folds(shared))
    return {
        "cohorts": len(items),
        "task_bytes": len(task),
        "cpu_ms": 1000 * cpu / len(items),
        "loop_ms": 1000 * own / len(items),
        "seconds": wall,
        "of_ideal": ideal / wall,
    }


def wait(references: int) -> Row:
    """Measure what asking after so many unfinished calls takes; the driver does it once or twice per cohort."""
    import ray

    cluster: Any = ray
    cluster.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    nap = cluster.remote(num_cpus=1)(lambda: time.sleep(600))
    pending = [nap.remote() for _ in range(references)]
    times = []
    for _ in range(50):
        began = time.perf_counter()
        cluster.wait(pending, num_returns=references, timeout=0)
        times.append(time.perf_counter() - began)
    cluster.shutdown()
    return {"wait_ms": 1000 * median(times)}


def train(name: str, folds: int, count: int) -> Row:
    """Measure how long a cohort takes on one core."""
    space, of = GAKAN(), problem(name, folds)
    space.prepare(of)
    times = []
    for cohort in cohorts(space, of, count):
        began = time.process_time()
        train_cohort(space, of, Budget(), cohort)
        times.append(time.process_time() - began)
    return {"cohort_seconds": float(np.mean(times))}


def run(context: Context) -> Sequence[Path]:
    """Measure every piece in a process of its own, once in each repeat."""
    table = Measurements(context.folder("benchmarks") / f"{NAME}.csv", ("what", "size", "repeat"))
    simulated = QUICK_SIMULATED if context.quick else SIMULATED
    few = 3 if context.quick else 20
    pieces: dict[tuple[str, int], tuple[Callable[..., Row], tuple[Any, ...]]] = {
        **{("start", workers): (start, (workers,)) for workers in STARTED},
        **{("simulate", workers): (simulate, (workers,)) for workers in simulated},
        ("saturate", simulated[-1]): (saturate, (simulated[-1],)),
        **{("wait", references): (wait, (references,)) for references in REFERENCES},
        **{(f"train {name}", folds): (train, (name, folds, few)) for name, folds in TRAINED},
    }
    repeats = range(1 if context.quick else context.seeds or 3)
    missing = table.missing([(*key, repeat) for repeat in repeats for key in pieces])
    spawn = multiprocessing.get_context("spawn")
    for what, size, repeat in context.each("pieces", missing):
        function, arguments = pieces[what, size]
        with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
            figures = fresh.submit(function, *arguments).result()
        table.add(
            *(
                {"what": what, "size": size, "repeat": repeat, "figure": name, "value": float(value)}
                for name, value in figures.items()
            )
        )
    page = table.path.with_suffix(".md")
    write(table.values(), page)
    return [table.path, page]


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the page: medians over the repeats."""
    found: dict[tuple[str, int, str], list[float]] = {}
    for row in rows:
        found.setdefault((str(row["what"]), int(row["size"]), str(row["figure"])), []).append(row["value"])
    figures = {key: median(values) for key, values in found.items()}

    def lines(what: str, *names: str) -> list[tuple[str | float, ...]]:
        sizes = sorted({size for kind, size, _ in figures if kind == what})
        return [(size, *(figures[what, size, name] for name in names)) for size in sizes]

    largest = max(size for kind, size, _ in figures if kind == "simulate")
    cost = figures["simulate", largest, "cpu_ms"]
    trained = [
        (f"{kind.removeprefix('train ')}, {'1 fold' if folds == 1 else f'{folds} folds'}", seconds)
        for (kind, folds, name), seconds in figures.items()
        if name == "cohort_seconds"
    ]
    report.write_page(
        path,
        "Ray: its start and the driver's cost",
        rows,
        "nothing else running",
        [
            f"A cohort is {NETWORKS_PER_COHORT} networks. In the simulation it is sent, answered and recorded as ever, but "
            f"the worker sleeps {SLEEP_SECONDS:g} s over it: {largest} such actors need next to no processor time, so one "
            "machine can stand for many. Medians over the repeats, each in a fresh process.",
            report.aims_table(
                [Aim(f"driver's CPU time per cohort, {largest} workers", LIMIT_MS, cost, at_least=False, unit=" ms")]
            ),
            "## The driver",
            report.table(
                (
                    "workers",
                    "cohorts",
                    "bytes of a task",
                    "CPU ms a cohort, all threads",
                    "of these the loop's own",
                    "share of the ideal throughput",
                ),
                lines("simulate", "cohorts", "task_bytes", "cpu_ms", "loop_ms", "of_ideal"),
            ),
            "The cohorts have 5 folds on a table as large as Rice.",
            report.table(("calls in flight", "ms to ask after all of them"), lines("wait", "wait_ms")),
            "## How many workers one driver feeds",
            f"At {report.number(cost)} ms a cohort the driver hands out at most {report.number(1000 / cost)} cohorts a "
            f"second from one core. A worker that takes T seconds over a cohort asks for 1 / T a second, so one driver "
            f"feeds T / {report.number(cost)} ms workers; at half load, for room to record:",
            report.table(
                ("data", "T: seconds a cohort on one core", "workers at half load"),
                [(label, seconds, round(1000 * seconds / cost / 2)) for label, seconds in trained],
            ),
            *_thousand(figures, trained, cost),
            "## Start",
            report.table(
                ("workers", "import of Ray, s", "to the first worker, s", "until all are set up, s"),
                lines("start", "import_seconds", "first_worker_seconds", "all_set_up_seconds"),
            ),
            "To the first worker: Ray's own processes on this machine, and a worker with evokan loaded. Set up: every "
            "worker has unpacked the problem and loaded the compiled kernel. Neither is part of the simulation.",
        ],
    )


def _thousand(
    figures: Mapping[tuple[str, int, str], float], trained: Sequence[tuple[str, float]], cost: float
) -> list[str]:
    """Return what the constants say of a cluster of `CORES` cores."""
    rate = next((value for (kind, _, name), value in figures.items() if name == "cohorts_a_second"), 1000 / cost)
    return [
        f"## A plan for {CORES:,} cores",
        f"Where every cohort is over in {1000 * SHORT_SECONDS:g} ms, the driver handed out {report.number(rate)} cohorts a second, "
        "the workers on the same two cores included: no cluster gets more than that from one driver. A generation has to "
        f"have {NETWORKS_PER_COHORT * CORES:,} networks to give each core one cohort (`--population {NETWORKS_PER_COHORT * CORES}`, or several "
        "searches with seeds of their own side by side). Then, by these constants, and with all cohorts of a generation alike:",
        report.table(
            (
                "data",
                "driver: s a generation",
                "workers: s a generation",
                "cores at work, %",
                "searches side by side that fill them",
            ),
            [
                (
                    label,
                    CORES / rate,
                    seconds,
                    100 * seconds / max(seconds, CORES / rate),
                    math.ceil(CORES / (seconds * rate)),
                )
                for label, seconds in trained
            ],
        ),
        "So small tables are not what a cluster is for: several searches, each with a driver of its own, fill it; from rungs of "
        "some thousand rows on one driver does. Data travel once to each node (a table of 100,000 x 20 is 16 MB), a task "
        "is seeds and bits. Written from constants: a cluster of that size has not been at hand.",
    ]


EXPERIMENT = Experiment("ray-overhead", "the start of Ray, and the driver's cost per cohort", run)

if __name__ == "__main__":
    # Under its own name, by which workers can import what is here.
    report.main(NAME, import_module("experiments.benchmarks.ray_overhead").run)
