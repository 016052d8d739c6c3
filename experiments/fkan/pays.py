"""Where networks pay: several dimensions, an unknown coefficient, data and equation together; beside SciPy and tanh."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import torch

from evokan.arrays import FloatArray
from evokan.datasets.equations import equation_table
from evokan.problem.problem import Problem
from evokan.spaces.threads import single_threaded_math
from evokan.training.least_squares import levenberg_marquardt
from experiments.fkan.pays_page import NETWORKS, WIDTHS, draw, report
from experiments.fkan.pays_problems import PROBLEMS, Ball, Fisher, Friction, Task, problem
from experiments.fkan.pays_scipy import Solved, by_data_alone, by_differences, by_lines, by_shooting
from experiments.fkan.tanh_network import TanhSystem
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, write_page
from search_spaces.fkan import FKANOptions
from search_spaces.fkan.encoding import SEQUENTIAL, network
from search_spaces.fkan.flat import spread_values
from search_spaces.fkan.system import JetSystem, System

SECONDS = {"friction": 2.0, "fisher": 3.0}
MOST_SECONDS = 6.0
"""Processor time that each network has, where `SECONDS` has no other."""
DEGREE = 3
SIDES = {2: (51, 101, 201, 401, 801), 3: (21, 41, 81, 121), 5: (9, 13, 17, 21, 25)}
"""Grid points along an axis, by dimensions; the last grid takes about as long as a network has."""
SEEDS = 3

Found = tuple[int, float, Mapping[str, float], int, float]
"""Iteration or size of a grid, error, coefficients, how many numbers were looked for, and processor seconds so far."""


def run(context: Context) -> Sequence[Path]:
    """Solve what is missing, and write page and picture."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "pays.csv", ("problem", "method", "seed"))
    seeds = 1 if context.quick else context.seeds or SEEDS
    wanted = [
        (name, method, seed)
        for name in PROBLEMS
        for method in methods(name)
        for seed in range(1 if name.startswith("ball-") and method == "scipy" else seeds)
    ]
    for name, method, seed in context.each("solutions", rows.missing(wanted)):
        with single_threaded_math():
            rows.add(*measure(name, method, seed, quick=context.quick))
    page, picture = folder / "pays.md", folder / "pays.png"
    values = rows.values()
    draw(values, picture)
    write_page(page, "Where networks pay", values, "one thread", report(values, picture), folder="fkan")
    return [rows.path, page, picture]


def methods(name: str) -> tuple[str, ...]:
    """Return who solves a problem."""
    return (*NETWORKS, "scipy", *(("data alone",) if name == "fisher" else ()))


def measure(name: str, method: str, seed: int, *, quick: bool = False) -> list[Row]:
    """Return how the error falls with the processor time, a row for each time looked at; the last one counts."""
    task = problem(name, seed)
    seconds = 0.2 if quick else SECONDS.get(name, MOST_SECONDS)
    found = by_network(task, method, seed, seconds) if method in NETWORKS else by_scipy(task, method, quick)
    return [
        {
            "problem": name,
            "method": method,
            "seed": seed,
            "stop": stop,
            "error": error,
            "coefficient_error": max((abs(values[key] / true - 1.0) for key, true in task.truth.items()), default="")
            if values
            else "",
            "numbers": numbers,
            "cpu_seconds": round(spent, 3),
        }
        for stop, error, values, numbers, spent in found
    ]


def by_scipy(task: Task, method: str, quick: bool) -> Iterator[Found]:
    """Solve with SciPy, a ball on finer and finer grids."""
    if isinstance(task, Ball):
        for side in SIDES[task.dimensions][: 1 if quick else None]:
            yield _timed(task, side, partial(by_differences, task, side))
    elif isinstance(task, Friction):
        yield _timed(task, 0, partial(by_shooting, task))
    elif isinstance(task, Fisher):
        yield _timed(task, 0, partial(by_lines if method == "scipy" else by_data_alone, task))


def _timed(task: Task, stop: int, solve: Callable[[], Solved]) -> Found:
    began = time.process_time()
    found = solve()
    spent = time.process_time() - began
    return stop, _error(found.values, task.solution(found.x)), found.coefficients, found.size, spent


def by_network(task: Task, method: str, seed: int, seconds: float) -> Iterator[Found]:
    """Train a network, and look at it after 1, 2, 4, ... iterations and at the end.

    Where measurements are kept back, the iterate is kept that misses them least, else the last one.
    """
    system, begin = beginning(task, method, seed)
    x, names = task.judged(), tuple(task.coefficients)
    truth = task.solution(x)
    kept, least = begin, np.inf
    for number, theta, spent, is_last in _iterates(system, begin, seconds):
        unseen = task.unseen(system.unknown(theta))
        if not unseen >= least:
            kept, least = theta, unseen if np.isfinite(unseen) else np.inf
        if is_last or number & (number - 1) == 0:
            unknown = system.unknown(kept)
            error = _error(unknown(torch.tensor(x, requires_grad=True)).detach().numpy(), truth)
            found = {name: float(unknown.coefficients[name].detach()) for name in names}
            yield number, error, found, len(theta), spent


def beginning(task: Task, method: str, seed: int) -> tuple[JetSystem, FloatArray]:
    """Return the misfits of a network for a task, and the values that it begins with; all is compiled."""
    table = Problem.from_table(equation_table(task))
    points, widths, coefficients = task.points(0), WIDTHS[task.name.partition("-")[0]], [*task.coefficients.values()]
    system: JetSystem
    if method == "tanh":
        system = TanhSystem(task, widths, table.input_scaler, points)
        begin = system.begin(seed)
    else:
        d = points.shape[1]
        degrees = (DEGREE,) * len(widths)
        made = network(d, 1, tuple(range(d)), SEQUENTIAL, widths, degrees, n_coefficients=len(coefficients))
        system = System(task, made, table.input_scaler, points)
        begin = spread_values(made, FKANOptions(), seed)
    theta = np.concatenate([begin, coefficients])
    system.at(theta).jacobian()
    return system, theta


def _iterates(system: JetSystem, theta: FloatArray, seconds: float) -> Iterator[tuple[int, FloatArray, float, bool]]:
    """Yield number, values, processor seconds, and whether it is the last; what happens in between costs nothing."""
    steps, spent = levenberg_marquardt(system.at, theta), 0.0
    for number in count(1):
        began = time.process_time()
        found = next(steps, None)
        spent += time.process_time() - began
        if found is not None:
            theta = found[0]
        is_last = found is None or spent >= seconds
        yield number, theta, spent, is_last
        if is_last:
            return


def _error(values: FloatArray, truth: FloatArray) -> float:
    return float(np.abs(values - truth).max())


EXPERIMENT = Experiment("fkan-pays", "where networks pay: dimensions, coefficients, data; beside SciPy and tanh", run)
