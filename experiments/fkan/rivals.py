"""Equations: the paper's network against a plain tanh network with the same optimiser and points, and SciPy's solvers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy.integrate import solve_bvp, solve_ivp

from evokan.arrays import FloatArray
from evokan.datasets import load_dataset
from evokan.problem.equations import LaneEmden
from evokan.problem.problem import Problem
from evokan.seeding import generator
from evokan.spaces.threads import single_threaded_math
from evokan.training.least_squares import levenberg_marquardt
from experiments.fkan.solutions import START, lane_emden
from experiments.harness import Context, Experiment
from experiments.pages import Measurements, number, table, write_page
from search_spaces.fkan import FKAN
from search_spaces.fkan.flat import spread_values, state_dict
from search_spaces.fkan.system import System

ITERATIONS = 150
"""Of Levenberg and Marquardt, for both networks."""
NEURONS = 66
"""Of the tanh network: 199 values, as the paper's network has."""
INDICES = (0, 1, 3, 5)
METHODS = ("fkan", "tanh", "solve_ivp", "solve_bvp")


def run(context: Context) -> Sequence[Path]:
    """Solve what is missing, and write the page."""
    folder = context.folder("fkan")
    rows = Measurements(folder / "rivals.csv", ("m", "method", "seed"))
    seeds = 1 if context.quick else context.seeds or 3
    indices, iterations = (INDICES[:1], 10) if context.quick else (INDICES, ITERATIONS)
    wanted = [
        (m, method, seed)
        for m in indices
        for method in METHODS
        for seed in range(seeds if method in ("fkan", "tanh") else 1)
    ]
    for m, method, seed in context.each("rivals", rows.missing(wanted)):
        began = time.process_time()
        with single_threaded_math():
            solution = SOLVERS[method](m, seed, iterations)
        seconds = time.process_time() - began
        x = load_dataset(f"lane-emden-{m}").X[:, 0]
        error = float(np.abs(solution(x) - reference(m, x)).max())
        rows.add({"m": m, "method": method, "seed": seed, "error": error, "cpu_seconds": round(seconds, 3)})
    page = folder / "rivals.md"
    write_page(page, "Networks against solvers", rows.values(), "one thread", report(rows.values()), folder="fkan")
    return [rows.path, page]


def reference(m: int, x: FloatArray) -> FloatArray:
    """Return the closed form, or a solution to about 1e-12."""
    exact = LaneEmden(m).exact(x[:, None])
    return lane_emden(m, x) if exact is None else exact


Curve = Callable[[FloatArray], FloatArray]


def by_fkan(m: int, seed: int, iterations: int) -> Curve:
    """Return the paper's network, trained."""
    problem = Problem.from_table(load_dataset(f"lane-emden-{m}"))
    space = FKAN()
    (architecture,) = space.reference_architectures(problem).values()
    assert problem.table.equation is not None
    system = System(problem.table.equation, architecture, problem.input_scaler, problem.table.X[problem.train])
    theta = _trained(system.at, spread_values(architecture, space.options, seed), iterations)
    graph = space.graph(space.model(architecture, problem, state_dict(architecture, theta)), problem)
    return lambda x: graph.predict(x[:, None])[:, 0]


@dataclass(eq=False)
class TanhMisfits:
    """Residual and conditions of a Lane-Emden equation for u = c + sum_j a_j tanh(w_j x + b_j)."""

    m: int
    x: FloatArray
    theta: FloatArray

    def __post_init__(self) -> None:
        y, slope, bend, *_ = tanh_jet(self.theta, self.x)
        y0, slope0, *_ = tanh_jet(self.theta, np.zeros(1))
        residual = self.x * bend + 2.0 * slope + self.x * y**self.m
        self.values = np.concatenate([residual / len(self.x) ** 0.5, y0 - 1.0, slope0])

    def jacobian(self) -> FloatArray:
        """Return the derivatives of `values` in the parameters."""
        y, _, _, in_y, in_slope, in_bend = tanh_jet(self.theta, self.x)
        *_, in_y0, in_slope0, _ = tanh_jet(self.theta, np.zeros(1))
        power = self.m * y ** (self.m - 1) if self.m else np.zeros_like(y)
        rows = self.x[:, None] * in_bend + 2.0 * in_slope + (self.x * power)[:, None] * in_y
        return np.concatenate([rows / len(self.x) ** 0.5, in_y0, in_slope0])


def tanh_jet(theta: FloatArray, x: FloatArray) -> Iterator[Any]:
    """Return value, first and second derivative of the tanh network at `x`, and their derivatives in the parameters."""
    a, w, b = np.split(theta[:-1], 3)
    t = np.tanh(x[:, None] * w + b)
    t1 = 1.0 - t * t
    t2 = -2.0 * t * t1
    t3 = -2.0 * t1 * (1.0 - 3.0 * t * t)
    z = x[:, None]
    ones, zeros = np.ones_like(z), np.zeros_like(z)
    return iter(
        (
            t @ a + theta[-1],
            t1 @ (a * w),
            t2 @ (a * w * w),
            np.hstack([t, a * t1 * z, a * t1, ones]),
            np.hstack([w * t1, a * (t1 + w * t2 * z), a * w * t2, zeros]),
            np.hstack([w * w * t2, a * (2.0 * w * t2 + w * w * t3 * z), a * w * w * t3, zeros]),
        )
    )


def by_tanh(m: int, seed: int, iterations: int) -> Curve:
    """Return a tanh network of one layer, trained in the same way on the same points."""
    problem = Problem.from_table(load_dataset(f"lane-emden-{m}"))
    x = problem.table.X[problem.train][:, 0]
    rng, width = generator("tanh", seed), float(problem.input_scaler.scale[0])
    w = 3.0 * rng.uniform(-1.0, 1.0, NEURONS) / width
    theta = np.concatenate([rng.uniform(-0.12, 0.12, NEURONS), w, -w * rng.uniform(0.0, x.max(), NEURONS), [0.0]])
    found = _trained(lambda t: TanhMisfits(m, x, t), theta, iterations)
    return lambda points: next(tanh_jet(found, points))


def _trained(evaluate: Callable[[FloatArray], Any], theta: FloatArray, iterations: int) -> FloatArray:
    *_, (found, _, _) = islice(levenberg_marquardt(evaluate, theta), iterations)
    return found


def _field(m: int) -> Callable[[FloatArray, FloatArray], FloatArray]:
    return lambda x, y: np.array([y[1], -2.0 / x * y[1] - y[0] ** m])


def _beginning(m: int) -> FloatArray:
    series = 1.0 - START**2 / 6.0 + m * START**4 / 120.0
    return np.array([series, -START / 3.0 + m * START**3 / 30.0])


def by_ivp(m: int, seed: int, iterations: int) -> Curve:
    """Return the solution by a Runge-Kutta method of order 8 from a power series about 0."""
    end = float(load_dataset(f"lane-emden-{m}").X[-1, 0])
    path = solve_ivp(_field(m), (START, end), _beginning(m), method="DOP853", rtol=1e-12, atol=1e-14, dense_output=True)
    return _from_start(lambda x: np.asarray(path.sol(x)[0]), m)


def by_bvp(m: int, seed: int, iterations: int) -> Curve:
    """Return the solution by collocation of order 4."""
    end = float(load_dataset(f"lane-emden-{m}").X[-1, 0])
    mesh = np.linspace(START, end, 200)
    begin = _beginning(m)
    path = solve_bvp(
        _field(m),
        lambda left, right: left - begin,
        mesh,
        np.vstack([(1.0 + mesh**2 / 3.0) ** -0.5, np.zeros_like(mesh)]),
        tol=1e-9,
        max_nodes=100_000,
    )
    return _from_start(lambda x: np.asarray(path.sol(x)[0]), m)


def _from_start(curve: Curve, m: int) -> Curve:
    def whole(x: FloatArray) -> FloatArray:
        near = 1.0 - x**2 / 6.0 + m * x**4 / 120.0
        return np.where(x > START, curve(np.maximum(x, START)), near)

    return whole


SOLVERS: dict[str, Callable[[int, int, int], Curve]] = {
    "fkan": by_fkan,
    "tanh": by_tanh,
    "solve_ivp": by_ivp,
    "solve_bvp": by_bvp,
}


def report(rows: Sequence[dict[str, Any]]) -> list[str]:
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
        "Lane-Emden equations, the largest error over the 1,500 points against the closed form, or for m = 3 a Runge-Kutta "
        f"solution to 1e-12. `fkan`: the paper's network for these equations, six parallel blocks of ten neurons, 199 values. "
        f"`tanh`: one layer of {NEURONS} tanh neurons, 199 values. Both: the same points, the same loss, {ITERATIONS} iterations of the same Levenberg-Marquardt method, "
        "weights of the first map three times as wide as usual. `solve_ivp`: DOP853, rtol 1e-12; `solve_bvp`: tolerance "
        "1e-9; both begin with a power series at 0.01. Seconds include what is made before the first step.",
        table(("equation", "method", "seeds", "median error", "range", "median CPU s"), lines),
        _verdict(rows),
        "For one ordinary differential equation a solver is faster and more exact than any network. Where a network may pay, "
        "with unknown coefficients, data, or several coordinates, is measured in `pays.md`.",
    ]


def _verdict(rows: Sequence[dict[str, Any]]) -> str:
    """Return how the two networks compare, from the medians over the seeds."""

    def medians(method: str, figure: str) -> dict[int, float]:
        indices = {row["m"] for row in rows if row["method"] == method}
        return {
            m: float(np.median([row[figure] for row in rows if (row["m"], row["method"]) == (m, method)]))
            for m in indices
        }

    ours, theirs = medians("fkan", "error"), medians("tanh", "error")
    both = sorted(set(ours) & set(theirs))
    times = [medians("tanh", "cpu_seconds")[m] / medians("fkan", "cpu_seconds")[m] for m in both]
    better = sum(ours[m] < theirs[m] for m in both)
    share = f" in {np.median(times):.2g} of the time" if times else ""
    return (
        f"The paper's network has the lower median error on {better} of {len(both)} equations; the tanh network comes to its "
        f"errors{share}."
    )


EXPERIMENT = Experiment("fkan-rivals", "Lane-Emden: the paper's network, a tanh network, SciPy's solvers", run)
