"""Equations: the paper's network against a plain tanh network with the same optimiser and points, and SciPy's solvers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from evokan.arrays import FloatArray
from evokan.datasets import load_dataset
from evokan.problem.equations import LaneEmden
from evokan.problem.problem import Problem
from evokan.spaces.threads import single_threaded_math
from evokan.training.least_squares import levenberg_marquardt
from experiments.fkan.rivals_scipy import by_bvp, by_ivp
from experiments.fkan.solutions import lane_emden
from experiments.fkan.tanh_network import TanhSystem
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, Row, number, table, write_page
from search_spaces.fkan import FKAN
from search_spaces.fkan.flat import spread_values
from search_spaces.fkan.system import JetSystem, System

ITERATIONS = 150
"""Of Levenberg and Marquardt, for both networks."""
NEURONS = 66
"""Of the tanh network: 199 values, as the paper's network has."""
INDICES = (0, 1, 3, 5)
NETWORKS = ("fkan", "tanh")
SOLVERS: dict[str, Callable[[int, FloatArray], FloatArray]] = {"solve_ivp": by_ivp, "solve_bvp": by_bvp}
METHODS = (*NETWORKS, *SOLVERS)


def run(context: Context) -> Sequence[Path]:
    """Solve what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "rivals.csv", ("m", "method", "seed"))
    seeds = 1 if context.quick else context.seeds or 3
    indices, iterations = (INDICES[:1], 10) if context.quick else (INDICES, ITERATIONS)
    wanted = [
        (m, method, seed) for m in indices for method in METHODS for seed in range(seeds if method in NETWORKS else 1)
    ]
    missing = rows.missing(wanted)
    if missing:
        # What is compiled and imported is so before the clock begins.
        for method in METHODS:
            solve(indices[0], method, 0, 1)
    for m, method, seed in context.each("rivals", missing):
        began = time.process_time()
        with single_threaded_math():
            x, values = solve(m, method, seed, iterations)
        seconds = time.process_time() - began
        error = float(np.abs(values - reference(m, x)).max())
        rows.add({"m": m, "method": method, "seed": seed, "error": error, "cpu_seconds": round(seconds, 3)})
    page = folder / "rivals.md"
    write_page(page, "Networks against solvers", rows.values(), "one thread", report(rows.values()), folder="fkan")
    return [rows.path, page]


def reference(m: int, x: FloatArray) -> FloatArray:
    """Return the closed form, or a solution to about 1e-12."""
    exact = LaneEmden(m).exact(x[:, None])
    return lane_emden(m, x) if exact is None else exact


def solve(m: int, method: str, seed: int, iterations: int) -> tuple[FloatArray, FloatArray]:
    """Return the points of a Lane-Emden equation and what a method has there, shapes (N,)."""
    problem = Problem.from_table(load_dataset(f"lane-emden-{m}"))
    points = problem.table.X
    if method in SOLVERS:
        return points[:, 0], SOLVERS[method](m, points[:, 0])
    system, theta = beginning(problem, method, seed)
    *_, (found, _, _) = islice(levenberg_marquardt(system.at, theta), iterations)
    return points[:, 0], system.jets(found, problem.input_scaler.transform(points))[:, 0, 0]


def beginning(problem: Problem, method: str, seed: int) -> tuple[JetSystem, FloatArray]:
    """Return the misfits of a network for the equation of a problem, and the values that it begins with."""
    equation, points = problem.table.equation, problem.table.X[problem.train]
    assert equation is not None
    if method == "tanh":
        system = TanhSystem(equation, (NEURONS,), problem.input_scaler, points)
        return system, system.begin(seed)
    space = FKAN()
    (architecture,) = space.reference_architectures(problem).values()
    begin = spread_values(architecture, space.options, seed)
    return System(equation, architecture, problem.input_scaler, points), begin


def report(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the page."""
    lines: list[Sequence[str | float]] = []
    for m in sorted({row["m"] for row in rows}):
        for method in METHODS:
            part = [row for row in rows if (row["m"], row["method"]) == (m, method)]
            if part:
                errors = [row["error"] for row in part]
                seconds = float(np.median([row["cpu_seconds"] for row in part]))
                spread = f"{min(errors):.1e} to {max(errors):.1e}" if len(errors) > 1 else ""
                lines.append((f"m = {m}", method, len(part), f"{np.median(errors):.1e}", spread, number(seconds)))
    return [
        "Lane-Emden equations, the largest error over the 1,500 points: against the closed form, or for m = 3 against DOP853 "
        "with rtol 1e-13. `fkan`: the paper's network for these equations, six parallel blocks of ten neurons, 199 values. "
        f"`tanh`: one layer of {NEURONS} tanh neurons, 199 values. Both: the same points, the same loss, {ITERATIONS} iterations "
        "of the same Levenberg-Marquardt method, weights of the first map three times as wide as usual. The derivatives of "
        "`fkan` are compiled, those of `tanh` written by hand in NumPy. `solve_ivp`: DOP853, rtol 1e-12; `solve_bvp`: tolerance "
        "1e-9; both begin with a power series at 0.01. Seconds include what is made before the first step.",
        table(("equation", "method", "seeds", "median error", "range", "median CPU s"), lines),
        *_verdict(rows),
        "Problems with unknown coefficients, data, or several coordinates are measured in `pays.md`.",
    ]


def _verdict(rows: Sequence[Row]) -> list[str]:
    """Return how the two networks compare, and the solvers with them, from the medians over the seeds."""
    errors, seconds = ({one: _medians(rows, one, figure) for one in METHODS} for figure in ("error", "cpu_seconds"))
    both = [m for m in errors["fkan"] if m in errors["tanh"]]
    solved = [m for m in both if all(m in errors[one] for one in SOLVERS)]
    told = []
    if both:
        better = sum(errors["fkan"][m] < errors["tanh"][m] for m in both)
        share = float(np.median([seconds["tanh"][m] / seconds["fkan"][m] for m in both]))
        told.append(
            f"The paper's network has the lower median error on {better} of {len(both)} equations; the tanh network takes "
            f"{number(share)} times as long, in the median over the equations."
        )
    if solved:
        ahead = sum(
            all(
                figures[one][m] < figures[other][m]
                for figures in (errors, seconds)
                for one in SOLVERS
                for other in NETWORKS
            )
            for m in solved
        )
        told.append(
            f"Both solvers are faster and more exact than either network on {ahead} of {len(solved)} equations."
        )
    return told


def _medians(rows: Sequence[Row], method: str, figure: str) -> dict[int, float]:
    """Return the median of a figure over the seeds, by the equation's index."""
    indices = sorted({row["m"] for row in rows if row["method"] == method})
    return {
        m: float(np.median([row[figure] for row in rows if (row["m"], row["method"]) == (m, method)])) for m in indices
    }


EXPERIMENT = Experiment("fkan-rivals", "Lane-Emden: the paper's network, a tanh network, SciPy's solvers", run)
