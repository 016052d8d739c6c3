"""The compiled L-BFGS, driven from Python: against torch and SciPy, on hand-made cases, and by its laws."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lbfgs_losses import Loss, Vector, quadratic, rosenbrock, wavy
from scipy.optimize import minimize

from evokan.training import lbfgs, vectors, wolfe

TORCH = (1e-7, 1e-9, 1e-10)
STRICT = (1e-32, 1e-32, 1e-32)


@dataclass
class Run:
    x: Vector
    loss: float
    command: int
    evaluated: list[tuple[float, Vector]] = field(default_factory=list)
    accepted: list[tuple[float, Vector]] = field(default_factory=list)
    steps: list[tuple[int, int]] = field(default_factory=list)  # accepted iterates and evaluations up to its end
    state: lbfgs.State | None = None


def minimise(
    f: Loss,
    x0: Any,
    *,
    steps: int = 100,
    history: int = 10,
    iterations: int = 20,
    evaluations: int = 25,
    tolerances: tuple[float, float, float] = TORCH,
    dtype: Any = np.float64,
    state: lbfgs.State | None = None,
) -> Run:
    """Drive to the end, checking after every command that x, loss and gradient belong together."""
    x = np.array(x0, dtype=dtype)
    g = np.empty_like(x)
    state = lbfgs.allocate(x, history) if state is None else state
    lbfgs.start(state, iterations, evaluations, tolerances)
    loss = f(x, g)
    run = Run(x, loss, -1, [(loss, x.copy())], state=state)
    while True:
        run.command, loss = lbfgs.advance(x, loss, g, state)
        if run.command == lbfgs.EVALUATE:
            loss = f(x, g)
            run.evaluated.append((loss, x.copy()))
            continue
        run.loss = loss
        fresh = np.empty_like(x)
        np.testing.assert_equal(f(x, fresh), loss)
        np.testing.assert_array_equal(fresh, g)
        if run.command == lbfgs.ITERATION:
            run.accepted.append((loss, x.copy()))
        elif run.command == lbfgs.STEP_END:
            run.steps.append((len(run.accepted), len(run.evaluated)))
            if len(run.steps) == steps:
                break
        else:
            break
    assert state[0][lbfgs.ITERATIONS] == len(run.accepted)
    assert state[0][lbfgs.EVALUATIONS] == len(run.evaluated)
    return run


def torch_points(
    f: Loss,
    x0: Any,
    steps: int,
    history: int,
    tolerances: tuple[float, float, float],
    iterations: int = 20,
    evaluations: int = 25,
) -> list[tuple[float, Vector]]:
    """All points that torch evaluates, in order, without the second look at the start of each further step."""
    x = torch.tensor(np.array(x0, dtype=np.float64), requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [x],
        max_iter=iterations,
        max_eval=evaluations,
        history_size=history,
        tolerance_grad=tolerances[0],
        tolerance_change=tolerances[1],
        line_search_fn="strong_wolfe",
    )
    points: list[tuple[float, Vector]] = []
    seen = False

    def closure() -> torch.Tensor:
        nonlocal seen
        g = np.empty(len(x0))
        point = x.detach().numpy().copy()
        loss = f(point, g)
        x.grad = torch.tensor(g)
        if not seen:
            points.append((loss, point))
        seen = False
        return torch.tensor(loss, dtype=torch.float64)

    for step in range(steps):
        seen = step > 0
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    return points


def logistic_regression() -> Loss:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 8))
    label = np.where(X @ rng.normal(size=8) + rng.normal(size=100) > 0, 1.0, -1.0)

    def f(w: Vector, g: Vector) -> float:
        margin = label * (X @ w)
        g[:] = -X.T @ (label / (1 + np.exp(margin))) / 100 + 1e-3 * w
        return float(np.logaddexp(0, -margin).mean() + 5e-4 * w @ w)

    return f


PROBLEMS: dict[str, tuple[Loss, list[float]]] = {
    "quadratic": (quadratic(30), [0.0] * 30),
    "rosenbrock 2": (rosenbrock, [-1.2, 1.0]),
    "rosenbrock 10": (rosenbrock, [-1.2, 1.0] * 5),
    "logistic regression": (logistic_regression(), [0.0] * 8),
}


@pytest.mark.parametrize("history", [1, 3, 10])
@pytest.mark.parametrize("tolerances", [TORCH, STRICT], ids=["torch", "strict"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_evaluates_the_points_that_torch_evaluates(
    name: str, tolerances: tuple[float, float, float], history: int
) -> None:
    f, x0 = PROBLEMS[name]
    ours = minimise(f, x0, steps=3, history=history, tolerances=tolerances).evaluated
    reference = torch_points(f, x0, 3, history, tolerances)
    count = min(len(ours), len(reference), 26)  # later, rounding grows
    assert count > 10
    np.testing.assert_allclose([p[0] for p in ours[:count]], [p[0] for p in reference[:count]], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose([p[1] for p in ours[:count]], [p[1] for p in reference[:count]], atol=1e-4)


@pytest.mark.parametrize(
    ("name", "history"),
    [("quadratic", 10), ("rosenbrock 2", 10), ("rosenbrock 2", 3), ("rosenbrock 10", 10), ("logistic regression", 10)],
)
def test_spends_as_many_evaluations_as_torch_up_to_the_same_end(name: str, history: int) -> None:
    f, x0 = (quadratic(30, 50), [0.0] * 30) if name == "quadratic" else PROBLEMS[name]
    run = minimise(f, x0, history=history)
    reference = torch_points(f, x0, len(run.steps) + 2, history, TORCH)
    assert run.command == lbfgs.CONVERGED
    assert len(run.evaluated) == len(reference)
    assert run.loss == pytest.approx(reference[-1][0], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_follows_torch_through_hard_line_searches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    f, x0 = wavy(seed, n, amplitude=[1.0, 20.0][seed % 2]), rng.normal(size=n) * 3
    limits = [(20, 25), (5, 7)][seed // 2 % 2]
    run = minimise(f, x0, steps=2, iterations=limits[0], evaluations=limits[1])
    reference = torch_points(f, x0, 2, 10, TORCH, *limits)
    count = min(len(run.evaluated), len(reference), 15)
    np.testing.assert_allclose(
        [p[0] for p in run.evaluated[:count]], [p[0] for p in reference[:count]], rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("name", PROBLEMS)
def test_reaches_the_optimum_that_scipy_finds(name: str) -> None:
    f, x0 = PROBLEMS[name]

    def with_gradient(x: Vector) -> tuple[float, Vector]:
        g = np.empty_like(x)
        return f(x, g), g

    reference = minimize(
        with_gradient, x0, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9}
    )
    run = minimise(f, x0, tolerances=STRICT)
    assert run.loss <= reference.fun + 1e-9
    assert run.loss == pytest.approx(reference.fun, abs=1e-8)


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 9),
    amplitude=st.sampled_from([0.0, 1.0, 20.0]),
    history=st.integers(1, 6),
    iterations=st.integers(1, 6),
    evaluations=st.integers(2, 8),
    tolerances=st.sampled_from([TORCH, STRICT]),
)
@settings(max_examples=60, deadline=None)
def test_losses_fall_and_limits_hold(
    seed: int,
    n: int,
    amplitude: float,
    history: int,
    iterations: int,
    evaluations: int,
    tolerances: tuple[float, float, float],
) -> None:
    run = minimise(
        wavy(seed, n, amplitude),
        np.random.default_rng(seed).normal(size=n) * 3,
        steps=12,
        history=history,
        iterations=iterations,
        evaluations=evaluations,
        tolerances=tolerances,
    )
    losses = [run.evaluated[0][0]] + [loss for loss, _ in run.accepted]
    assert all(after <= before for before, after in pairwise(losses))
    assert run.command in (lbfgs.STEP_END, lbfgs.CONVERGED)
    begin = (0, 0)
    for end in run.steps:
        assert end[0] - begin[0] <= iterations
        assert end[1] - begin[1] <= evaluations + (begin == (0, 0))  # later steps: less the one torch repeats
        begin = end


def test_a_line_search_cut_short_takes_its_best_point() -> None:
    def f(x: Vector, g: Vector) -> float:  # falls up to 1, then rises steeply: the second trial is too far
        g[:] = -1.0 if x[0] <= 1 else 100.0
        return float(-x[0] if x[0] <= 1 else 100 * x[0] - 101)

    run = minimise(f, [0.0], steps=1, evaluations=2)
    first, second, third = (float(x[0]) for _, x in run.evaluated)
    assert (first, second) == (0.0, 1.0)
    assert third > 2.0
    assert [(loss, float(x[0])) for loss, x in run.accepted] == [(-1.0, 1.0)]


def line_search(*trials: tuple[float, float]) -> tuple[list[float], list[bool]]:
    """Lengths tried and verdicts for these losses and slopes, from loss 0 and slope -1, first length 1."""
    ints, floats = np.zeros(wolfe.INTS, np.int64), np.zeros(wolfe.FLOATS)
    wolfe.begin(1.0, 0.0, -1.0, ints, floats)
    lengths, verdicts = [], []
    for loss, slope in trials:
        lengths.append(float(floats[wolfe.LENGTH]))
        verdicts.append(wolfe.accept(loss, slope, ints, floats))
    return [*lengths, float(floats[wolfe.LENGTH])], verdicts


def test_line_search_accepts_by_the_strong_wolfe_conditions() -> None:
    accepted = [
        line_search(trial)[1][0]
        for trial in [
            (-1e-4, 0.9),
            (-1e-4, -0.9),
            (-0.99e-4, 0.0),
            (-1.0, 0.91),
            (-1.0, -0.91),
            (math.nan, 0.0),
            (-1.0, math.nan),
        ]
    ]
    assert accepted == [True, True, False, False, False, False, False]


def test_line_search_finds_the_minimum_of_a_cubic_at_once() -> None:
    def cubic(t: float) -> tuple[float, float]:  # slope -1 at 0, minimum at (sqrt(52) - 4) / 18
        return 3 * t**3 + 2 * t**2 - t, 9 * t**2 + 4 * t - 1

    assert line_search(cubic(1.0))[0][1] == pytest.approx((math.sqrt(52) - 4) / 18)


def test_line_search_does_not_stay_close_to_one_end() -> None:
    lengths, _ = line_search((1e6, 1.0), (1e6, 1.0))
    assert lengths[1] < 0.1
    assert lengths[2] == pytest.approx(0.1 * lengths[1])


def test_line_search_goes_on_growing_until_the_third_trial_is_no_better() -> None:
    lengths, verdicts = line_search((-1.0, -1.0), (-0.9, -1.0), (-0.8, -1.0))
    assert lengths[0] < lengths[1] < lengths[2]
    assert lengths[1] < lengths[3] < lengths[2]
    assert not any(verdicts)


def test_line_search_halves_an_interval_that_ends_in_nothing() -> None:
    assert line_search((math.nan, 1.0), (math.inf, 1.0), (-5.0, math.nan))[0] == [1.0, 0.5, 0.25, 0.125]


def test_a_line_search_that_has_become_tiny_is_over() -> None:
    def f(x: Vector, g: Vector) -> float:  # a gradient that lies: there is no way down
        g[:] = -1e-8
        return float(x[0])

    run = minimise(f, [0.0], tolerances=STRICT)
    assert (run.command, run.x[0], run.accepted) == (lbfgs.CONVERGED, 0.0, [])
    assert len(run.evaluated) < 10


def test_a_direction_that_is_not_finite_starts_afresh() -> None:
    run = minimise(rosenbrock, [-1.2, 1.0], steps=1)
    state, x, loss, g = run.state, run.x, run.loss, np.empty(2)
    assert state is not None
    rosenbrock(x, g)
    state[1][lbfgs.SCALE] = math.inf
    command = lbfgs.STEP_END
    while command in (lbfgs.EVALUATE, lbfgs.ITERATION, lbfgs.STEP_END):
        command, loss = lbfgs.advance(x, loss, g, state)
        if command == lbfgs.EVALUATE:
            loss = rosenbrock(x, g)
    assert command == lbfgs.CONVERGED
    np.testing.assert_allclose(x, 1.0, atol=1e-3)


@pytest.mark.parametrize("outside", ["nan", "inf", "-inf", "nan gradient"])
def test_points_that_are_not_finite_are_never_accepted(outside: str) -> None:
    hits = 0

    def f(x: Vector, g: Vector) -> float:  # x - log x, minimum 1 at 1, defined above 0
        nonlocal hits
        if (x > 0).all():
            g[:] = 1 - 1 / x
            return float((x - np.log(x)).sum())
        hits += 1
        g[:] = 1.0 if outside.endswith("inf") else math.nan
        return -5.0 if outside == "nan gradient" else float(outside)

    run = minimise(f, [12.0, 9.0, 0.004, 3.0], steps=20)
    assert hits > 0
    assert all((x > 0).all() and math.isfinite(loss) for loss, x in run.accepted)
    assert run.command == lbfgs.CONVERGED
    np.testing.assert_allclose(run.x, 1.0, atol=1e-4)


def test_fails_at_the_start_where_nothing_else_is_finite() -> None:
    run = minimise(nowhere_else, [3.0, 4.0])
    assert (run.command, run.loss, run.accepted) == (lbfgs.FAILED, 7.0, [])
    assert run.x.tolist() == [3.0, 4.0]
    assert len(run.evaluated) == 26  # the start and a whole line search


@pytest.mark.parametrize(("loss", "slope"), [(math.nan, 1.0), (math.inf, 1.0), (0.0, math.nan), (0.0, math.inf)])
def test_fails_when_the_first_point_is_not_finite(loss: float, slope: float) -> None:
    def f(x: Vector, g: Vector) -> float:
        g[:] = slope
        return loss

    run = minimise(f, [1.0, 2.0])
    assert run.command == lbfgs.FAILED
    assert len(run.evaluated) == 1
    assert run.x.tolist() == [1.0, 2.0]


def test_an_optimum_given_as_start_is_left_alone() -> None:
    run = minimise(rosenbrock, [1.0, 1.0, 1.0])
    assert (run.command, run.accepted, len(run.evaluated)) == (lbfgs.CONVERGED, [], 1)


def nowhere_else(x: Vector, g: Vector) -> float:
    g[:] = [1.0, 2.0]
    return 7.0 if (x == [3.0, 4.0]).all() else math.nan


@pytest.mark.parametrize(("f", "x0"), [(rosenbrock, [-1.2, 1.0]), (nowhere_else, [3.0, 4.0])])
def test_a_finished_minimisation_stays_finished(f: Loss, x0: list[float]) -> None:
    run = minimise(f, x0)
    assert run.state is not None
    x, g = run.x.copy(), np.array([1.0, 2.0])
    assert lbfgs.advance(x, run.loss, g, run.state) == (run.command, run.loss)
    np.testing.assert_array_equal(x, run.x)


def test_a_search_that_the_step_cut_short_is_tried_again_in_the_next_one() -> None:
    script = [(0.0, -1.0), (-1.0, -0.5), (5.0, 5.0), (5.0, 5.0), (5.0, 5.0), (5.0, 5.0), (-1.5, 0.0)]
    x, g = np.zeros(1), np.zeros(1)
    state = lbfgs.allocate(x, 2)
    lbfgs.start(state, 20, 3, TORCH)
    loss, g[0] = script[0]
    e, i, s = lbfgs.EVALUATE, lbfgs.ITERATION, lbfgs.STEP_END
    expected, heard, evaluated = [e, i, e, e, s, e, e, e, i], [], 1
    for _ in expected:
        command, loss = lbfgs.advance(x, loss, g, state)
        heard.append(command)
        if command == lbfgs.EVALUATE:
            loss, g[0] = script[evaluated]
            evaluated += 1
        elif command == lbfgs.STEP_END:
            assert (x[0], loss, g[0]) == (1.0, -1.0, -0.5)  # back at the accepted point
    assert heard == expected


def test_pairs_of_little_curvature_are_not_kept() -> None:
    f = quadratic(5, 10)
    run = minimise(f, [1.0] * 5, steps=1, tolerances=(1e-7, 1e-9, 1e30))
    assert len(run.accepted) > 3
    points = [x for _, x in run.accepted]
    for x, following in pairwise(points):
        g = np.empty(5)
        f(x, g)
        move = following - x  # along steepest descent each time
        assert -move @ g == pytest.approx(np.linalg.norm(move) * np.linalg.norm(g))


def test_a_rejected_pair_leaves_a_full_history_as_it_is() -> None:
    f, x0 = quadratic(12), np.zeros(12)
    run = minimise(f, x0, steps=1, history=2, iterations=8)
    state = run.state
    assert state is not None
    x, g, loss = run.x, np.empty(12), run.loss
    f(x, g)
    assert state[0][lbfgs.PAIRS] == 2
    state[1][lbfgs.TOLERANCE_CURVATURE] = 1e30  # from now on nothing is kept
    pairs = state[1][lbfgs.FLOATS : lbfgs.FLOATS + 3].copy(), int(state[0][lbfgs.NEWEST])
    rows = [lbfgs.ROWS + (pairs[1] + k) % 3 + half for k in (0, 2) for half in (0, 3)]
    kept = state[2][rows].copy()
    for _ in range(30):
        command, loss = lbfgs.advance(x, loss, g, state)
        if command == lbfgs.EVALUATE:
            loss = f(x, g)
    assert state[0][lbfgs.ITERATIONS] > 11
    np.testing.assert_array_equal(state[2][rows], kept)
    np.testing.assert_array_equal(state[1][lbfgs.FLOATS : lbfgs.FLOATS + 3], pairs[0])


def test_float32_stays_float32_and_comes_close() -> None:
    f, x0 = PROBLEMS["logistic regression"]
    run = minimise(f, x0, dtype=np.float32)
    assert run.x.dtype == np.float32
    assert all(x.dtype == np.float32 for _, x in run.evaluated)
    assert run.state is not None
    assert run.state[2].dtype == np.float32
    assert run.loss == pytest.approx(minimise(f, x0, tolerances=STRICT).loss, abs=1e-5)


def test_arrays_can_be_used_again_whatever_they_held() -> None:
    x0 = np.random.default_rng(1).normal(size=12)
    fresh = minimise(rosenbrock, x0, steps=4)
    used = lbfgs.allocate(x0, 10)
    for array in used:
        array[:] = np.array(-3 if array.dtype == np.int64 else math.nan)
    minimise(wavy(5, 12, 20.0), x0, state=used)
    again = minimise(rosenbrock, x0, steps=4, state=used)
    assert [loss for loss, _ in fresh.evaluated] == [loss for loss, _ in again.evaluated]
    np.testing.assert_array_equal(fresh.x, again.x)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [0, 1, 7, 8, 31, 32, 33, 64, 65, 200, 1000])
def test_dot_at_every_alignment(n: int, dtype: Any) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=n + 3).astype(dtype), rng.normal(size=n + 3).astype(dtype)
    for i, j in [(0, 0), (1, 0), (1, 2), (3, 3)]:
        u, v = a[i : i + n], b[j : j + n]
        exact = math.fsum(np.float64(p) * np.float64(q) for p, q in zip(u, v, strict=True))
        bound = n * float(np.finfo(dtype).eps) * float(np.abs(u.astype(np.float64) * v).sum())
        assert vectors.dot(u, v) == pytest.approx(exact, rel=0, abs=bound)
        np.testing.assert_equal(vectors.dot(u, v), vectors.dot(u.copy(), v.copy()))


@pytest.mark.parametrize("place", [0, 40, 69])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_vectors_do_not_lose_what_is_not_finite(value: float, place: int) -> None:
    a = np.ones(70)
    a[place] = value
    np.testing.assert_equal(vectors.dot(a, np.ones(70)), value)
    assert not vectors.within(a, 1.0, sys.float_info.max)


DRIVER = """
import numpy as np
from evokan.training import lbfgs
from evokan.training.compiled import Compiler, is_cached

jit = Compiler(__file__, lbfgs.jit)

@jit
def drive(x, g, weights):
    state = lbfgs.allocate(x, 10)
    lbfgs.start(state, 20, 25, (0.0, 0.0, 1e-32))
    loss = 0.0
    command = lbfgs.EVALUATE
    first = True
    while state[0][lbfgs.ITERATIONS] < 60:
        if command == lbfgs.EVALUATE:
            loss = 0.0
            for k in range(x.size):
                square = x[k] * x[k]
                loss += weights[k] * (square * square * 0.5 + square * 0.5)
                g[k] = weights[k] * x[k] * (square * 2.0 + 1.0)
        command, loss = lbfgs.advance(x, loss, g, state)
    return loss

x = np.cos(np.arange(333.0))
arguments = x, np.empty_like(x), np.geomspace(1.0, 1000.0, 333)
print(is_cached(drive, *arguments))
print(drive(*arguments).hex(), x.tobytes().hex())
"""


def test_the_same_bits_when_just_compiled_and_when_loaded_from_disk(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    outputs = [
        subprocess.run(
            [sys.executable, str(script)],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "EVOKAN_CACHE_DIR": str(tmp_path / "cache")},
        ).stdout.split()
        for _ in range(2)
    ]
    assert [output[0] for output in outputs] == ["False", "True"]
    assert outputs[0][1:] == outputs[1][1:]
