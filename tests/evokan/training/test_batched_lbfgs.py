"""The batched L-BFGS: each row against the compiled one and against torch, and the rows' independence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lbfgs_losses import Loss, Vector, quadratic, rosenbrock, wavy
from numpy.typing import NDArray

from evokan.training import lbfgs, wolfe
from evokan.training.batched_lbfgs import BatchedLBFGS
from evokan.training.batched_wolfe import BatchedWolfe

Case = tuple[Loss, Sequence[float]]

TORCH = (1e-7, 1e-9, 1e-10)
STRICT = (1e-32, 1e-32, 1e-32)


def barrier(outside: str) -> Loss:
    """x - log x, minimum 1 at 1, defined above 0."""

    def f(x: Vector, g: Vector) -> float:
        if (x > 0).all():
            g[:] = 1 - 1 / x
            return float((x - np.log(x)).sum())
        g[:] = 1.0 if outside.endswith("inf") else math.nan
        return -5.0 if outside == "nan gradient" else float(outside)

    return f


def only_at(point: Sequence[float]) -> Loss:
    """Finite at the start alone."""

    def f(x: Vector, g: Vector) -> float:
        g[:] = 2.0
        return 7.0 if (x == point).all() else math.nan

    return f


BARRIERS: list[Case] = [
    (barrier(outside), [12.0, 9.0, 0.004, 3.0]) for outside in ("nan", "inf", "-inf", "nan gradient")
]
CASES: list[Case] = [
    (quadratic(3, 10, seed=3), [0.0] * 3),
    (rosenbrock, [-1.2, 1.0]),
    (quadratic(30, 1e4, seed=30), [0.0] * 30),
    (rosenbrock, [-1.2, 1.0] * 5),
    (wavy(1, 7, 20.0), [1.0, -2.0, 3.0, 0.0, 0.5, 2.0, -4.0]),
    *BARRIERS,
    (only_at([3.0, 4.0]), [3.0, 4.0]),
    (rosenbrock, [1.0, 1.0, 1.0]),
]
WAVY = 4  # where rounding soon grows


@dataclass
class Road:
    """What one minimisation did: evaluated points with their losses, and accepted iterates, by evaluations."""

    evaluated: list[tuple[float, Vector]] = field(default_factory=list)
    accepted: dict[int, tuple[float, Vector]] = field(default_factory=dict)
    step_ends: list[int] = field(default_factory=list)
    end: str = ""


class Batch:
    """A batched minimisation of functions of different numbers of variables, padded with zeros."""

    def __init__(self, cases: Sequence[Case], *, dtype: torch.dtype = torch.float64, **options: Any) -> None:
        self.functions = [f for f, _ in cases]
        self.sizes = [len(x0) for _, x0 in cases]
        self.names = list(range(len(cases)))
        x = torch.zeros(len(cases), max(self.sizes), dtype=dtype)
        for row, (_, x0) in zip(x, cases, strict=True):
            row[: len(x0)] = torch.tensor(x0, dtype=torch.float64)
        self.minimiser = BatchedLBFGS(x, extras=1, **options)
        self.roads = [Road() for _ in cases]

    def evaluate(self, row: int, x: torch.Tensor) -> tuple[float, Vector]:
        point = x[: self.sizes[row]].numpy().astype(np.float64)
        g = np.zeros(len(x))
        return self.functions[row](point, g[: self.sizes[row]]), g

    def round(self) -> None:
        """Evaluate every row, move on, note what happened, and check that all that is kept belongs together."""
        minimiser = self.minimiser
        running = (~minimiser.finished).tolist()
        found = [self.evaluate(row, x) for row, x in enumerate(minimiser.trial)]
        points = minimiser.trial.numpy().copy()
        loss = torch.tensor([value for value, _ in found], dtype=torch.float64)
        gradient = torch.tensor(np.array([g for _, g in found]), dtype=minimiser.trial.dtype)
        minimiser.advance(loss, gradient, minimiser.trial.double().sum(1, keepdim=True))
        for row, name in enumerate(self.names):
            if not running[row]:
                continue
            road, n = self.roads[name], self.sizes[row]
            road.evaluated.append((found[row][0], points[row, :n]))
            if minimiser.accepted[row]:
                iterate = minimiser.iterate[row, :n].numpy().copy()
                road.accepted[len(road.evaluated)] = float(minimiser.loss[row]), iterate
            if minimiser.step_over[row]:
                road.step_ends.append(len(road.evaluated))
            road.end = "converged" if minimiser.converged[row] else "failed" if minimiser.failed[row] else ""
            np.testing.assert_array_equal(minimiser.trial[row, n:], 0.0)
            np.testing.assert_equal(self.evaluate(row, minimiser.iterate[row])[0], float(minimiser.loss[row]))
            assert float(minimiser.extras[row]) == float(minimiser.iterate[row].double().sum())

    def keep(self, rows: Sequence[int]) -> None:
        self.functions, self.sizes, self.names = (
            [values[row] for row in rows] for values in (self.functions, self.sizes, self.names)
        )
        self.minimiser.keep(torch.tensor(rows), max(self.sizes))

    def run(self, rounds: int) -> list[Road]:
        for _ in range(rounds):
            if self.minimiser.finished.all():
                break
            self.round()
        return self.roads


def compiled(
    case: Case,
    rounds: int,
    *,
    history: int = 10,
    max_iterations: int = 20,
    max_evaluations: int = 25,
    tolerances: tuple[float, float, float] = TORCH,
) -> Road:
    """The same road by `evokan.training.lbfgs`."""
    f, x0 = case
    x = np.array(x0)
    g = np.empty_like(x)
    state = lbfgs.allocate(x, history)
    lbfgs.start(state, max_iterations, max_evaluations, tolerances)
    loss = f(x, g)
    road = Road([(loss, x.copy())])
    while True:
        command, loss = lbfgs.advance(x, loss, g, state)
        if command == lbfgs.EVALUATE:
            if len(road.evaluated) == rounds:
                return road
            loss = f(x, g)
            road.evaluated.append((loss, x.copy()))
        elif command == lbfgs.ITERATION:
            road.accepted[len(road.evaluated)] = loss, x.copy()
        elif command == lbfgs.STEP_END:
            road.step_ends.append(len(road.evaluated))
        else:
            road.end = "converged" if command == lbfgs.CONVERGED else "failed"
            return road


def assert_same_road(ours: Road, reference: Road, first: int, rtol: float = 1e-8) -> None:
    """The first evaluations agree, and what was made of them; all of them and the end, if there are no more."""
    count = min(first, len(reference.evaluated))
    assert len(ours.evaluated) >= count
    for (loss, x), (wanted_loss, wanted_x) in zip(ours.evaluated[:count], reference.evaluated[:count], strict=True):
        np.testing.assert_allclose(loss, wanted_loss, rtol=rtol, atol=1e-11)
        np.testing.assert_allclose(x, wanted_x, rtol=100 * rtol, atol=1e-8)
    assert [at for at in ours.accepted if at <= count] == [at for at in reference.accepted if at <= count]
    assert [at for at in ours.step_ends if at < count] == [at for at in reference.step_ends if at < count]
    for at, (loss, x) in reference.accepted.items():
        if at <= count:
            np.testing.assert_allclose(ours.accepted[at][0], loss, rtol=rtol, atol=1e-11)
            np.testing.assert_allclose(ours.accepted[at][1], x, rtol=100 * rtol, atol=1e-8)
    if count == len(reference.evaluated):
        assert ours.end == reference.end


def until_rounding(road: Road) -> int:
    """Evaluations up to the first accepted one that improved the loss by little more than rounding can."""
    losses = {1: road.evaluated[0][0], **{at: loss for at, (loss, _) in road.accepted.items()}}
    for (before, loss), (_, following) in pairwise(losses.items()):
        if loss - following < 1e-9 * abs(loss):
            return before
    return len(road.evaluated)


@pytest.mark.parametrize("history", [1, 3, 10])
@pytest.mark.parametrize("tolerances", [TORCH, STRICT], ids=["torch", "strict"])
def test_every_row_takes_the_road_of_the_compiled_minimiser(
    tolerances: tuple[float, float, float], history: int
) -> None:
    roads = Batch(CASES, history=history, tolerances=tolerances).run(30)
    for number, (case, road) in enumerate(zip(CASES, roads, strict=True)):
        reference = compiled(case, 30, history=history, tolerances=tolerances)
        assert_same_road(road, reference, min(16 if number == WAVY else 26, until_rounding(reference)))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_evaluates_the_points_that_torch_evaluates(number: int) -> None:
    f, x0 = CASES[number]
    x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    losses = []

    def closure() -> torch.Tensor:
        g = np.empty(len(x0))
        losses.append(f(x.detach().numpy(), g))
        x.grad = torch.tensor(g)
        return torch.tensor(losses[-1], dtype=torch.float64)

    torch.optim.LBFGS([x], max_iter=20, max_eval=25, history_size=10, line_search_fn="strong_wolfe").step(closure)  # type: ignore[no-untyped-call]
    road = Batch(CASES).run(len(losses))[number]
    np.testing.assert_allclose([loss for loss, _ in road.evaluated[:20]], losses[:20], rtol=1e-8, atol=1e-12)


def test_converges_where_the_compiled_minimiser_does() -> None:
    roads = Batch(CASES[:4]).run(400)
    for case, road in zip(CASES, roads, strict=False):
        reference = compiled(case, 400)
        assert road.end == reference.end == "converged"
        assert len(road.evaluated) == pytest.approx(len(reference.evaluated), rel=0.2)
        best, wanted = (list(each.accepted.values())[-1][0] for each in (road, reference))
        assert best == pytest.approx(wanted, rel=1e-3, abs=1e-10)


@given(seed=st.integers(0, 10_000), losses=st.sampled_from([(3, 0.3), (1, 0.0), (6, 1.0)]))
@settings(max_examples=40)
def test_line_searches_on_made_up_values(seed: int, losses: tuple[int, float]) -> None:
    """Few different losses make ties; slopes of any sign and size, infinity and NaN make every branch."""
    rng = np.random.default_rng(seed)
    batch = 12
    search = BatchedWolfe.allocate(batch, torch.device("cpu"))
    ints = [np.zeros(wolfe.INTS, np.int64) for _ in range(batch)]
    floats = [np.zeros(wolfe.FLOATS) for _ in range(batch)]

    def begin(rows: NDArray[np.bool_]) -> None:
        length, slope = 10 ** rng.uniform(-2, 1, (2, batch)) * [[1], [-1]]
        loss = rng.normal(size=batch)
        search.begin(torch.tensor(rows), *map(torch.tensor, (length, loss, slope)))
        for row in np.flatnonzero(rows):
            wolfe.begin(length[row], loss[row], slope[row], ints[row], floats[row])

    begin(np.ones(batch, bool))
    for _ in range(12):
        trial = rng.integers(-losses[0], losses[0] + 1, batch) + losses[1] * rng.normal(size=batch)
        slope = rng.normal(size=batch) * 10 ** rng.uniform(-2, 2, batch)
        for values in (trial, slope):
            values[rng.random(batch) < 0.05] = rng.choice([math.nan, math.inf, -math.inf])
        judged = rng.random(batch) < 0.9
        good = search.accept(torch.tensor(judged), torch.tensor(trial), torch.tensor(slope)).numpy()
        wanted = np.zeros(batch, bool)
        for row in np.flatnonzero(judged):
            wanted[row] = wolfe.accept(float(trial[row]), float(slope[row]), ints[row], floats[row])
        np.testing.assert_array_equal(good, wanted)
        for row in np.flatnonzero(~wanted):
            found = [
                getattr(search, name)[row]
                for name in ("trials", "finite_trials", "bracketed", "second_is_low", "at_low", "hesitant")
            ]
            assert [int(value) for value in found] == ints[row].tolist()
            ends = floats[row][wolfe.ENDS :].reshape(3, 2).T
            np.testing.assert_allclose(search.length[row].item(), floats[row][wolfe.LENGTH], rtol=1e-5)
            if ints[row][wolfe.TRIALS]:  # before, the second end may be that of another search
                np.testing.assert_allclose(search.ends[row].numpy(), ends, rtol=1e-5)
            # In intervals this made up and this small, rounding would grow.
            search.length[row], search.ends[row] = floats[row][wolfe.LENGTH], torch.tensor(ends)
        begin(wanted)


@given(
    seed=st.integers(0, 10_000),
    iterations=st.integers(1, 6),
    evaluations=st.integers(2, 8),
    history=st.integers(1, 4),
    tolerances=st.sampled_from([TORCH, STRICT]),
)
@settings(max_examples=25)
def test_hard_line_searches_and_short_steps(
    seed: int, iterations: int, evaluations: int, history: int, tolerances: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    cases = [
        (wavy(seed + k, n, amplitude), (rng.normal(size=n) * 3).tolist())
        for k, (n, amplitude) in enumerate([(1, 20.0), (2, 20.0), (5, 1.0), (9, 20.0), (4, 0.0)])
    ]
    limits = {
        "max_iterations": iterations,
        "max_evaluations": evaluations,
        "history": history,
        "tolerances": tolerances,
    }
    for case, road in zip(cases, Batch(cases, **limits).run(16), strict=True):
        assert_same_road(road, compiled(case, 16, **limits), 12, rtol=1e-6)


def test_a_line_search_cut_short_takes_its_best_point() -> None:
    def f(x: Vector, g: Vector) -> float:  # falls to 1, then rises; the longer step overshoots
        g[:] = -1.0 if x[0] < 1 else 100.0
        return float(-x[0] if x[0] < 1 else -1 + 100 * (x[0] - 1))

    case = (f, [0.0])
    road = Batch([case, *CASES[:2]], max_evaluations=3).run(5)[0]
    assert_same_road(road, compiled(case, 5, max_evaluations=3), 5)
    assert next(iter(road.accepted.values()))[0] == min(loss for loss, _ in road.evaluated[:4])


@pytest.mark.parametrize("edge", [1.1, 1.3, 1.5])
def test_a_line_search_cut_short_without_a_better_point_ends_the_step(edge: float) -> None:
    def f(x: Vector, g: Vector) -> float:  # nothing is finite from `edge` on
        g[:] = x - 3 if x[0] < edge else math.nan
        return float(0.5 * ((x - 3) ** 2).sum()) if x[0] < edge else math.inf

    case = (f, [0.0])
    road = Batch([case, *CASES[:2]], max_evaluations=4).run(20)[0]
    reference = compiled(case, 20, max_evaluations=4)
    assert set(reference.step_ends) - set(reference.accepted)
    assert reference.end == "failed"
    assert_same_road(road, reference, 20)


def test_points_that_are_not_finite_are_never_accepted() -> None:
    roads = Batch(BARRIERS).run(60)
    for road in roads:
        assert any(not (x > 0).all() for _, x in road.evaluated)
        assert all((x > 0).all() and math.isfinite(loss) for loss, x in road.accepted.values())
        assert road.end == "converged"
        np.testing.assert_allclose(list(road.accepted.values())[-1][1], 1.0, atol=1e-4)


def test_failures_stay_with_their_rows() -> None:
    def nowhere(x: Vector, g: Vector) -> float:
        g[:] = math.nan
        return math.nan

    def steep(x: Vector, g: Vector) -> float:
        g[:] = math.inf
        return 1.0

    cases = [(nowhere, [1.0, 2.0]), CASES[3], (steep, [1.0]), (only_at([3.0, 4.0]), [3.0, 4.0])]
    roads = Batch(cases).run(40)
    assert [road.end for road in roads] == ["failed", "", "failed", "failed"]
    assert [len(road.evaluated) for road in roads] == [1, 40, 1, 26]  # the last: a whole line search
    assert not roads[0].accepted
    assert not roads[3].accepted
    assert_same_road(roads[1], compiled(CASES[3], 40), 26)


def test_a_finished_row_stays_where_it_is() -> None:
    batch = Batch([(rosenbrock, [1.0, 1.0]), CASES[3]])
    batch.round()
    assert batch.minimiser.converged.tolist() == [True, False]
    for _ in range(20):
        batch.round()
        assert batch.minimiser.trial[0].tolist() == batch.minimiser.iterate[0].tolist() == [1.0] * 2 + [0.0] * 8
        assert not batch.minimiser.accepted[0]
    assert len(batch.roads[0].evaluated) == 1


def test_order_and_neighbours_do_not_matter() -> None:
    together = Batch(CASES).run(40)
    for road, other in zip(together, reversed(Batch(CASES[::-1]).run(40)), strict=True):
        assert_same_road(road, other, 40, rtol=1e-12)
    for case, road in zip(CASES, together, strict=True):
        assert_same_road(Batch([case]).run(40)[0], road, 16)


def test_dropping_rows_does_not_disturb_the_others() -> None:
    whole, thinned = Batch(CASES), Batch(CASES)
    for number in range(40):
        whole.round()
        thinned.round()
        if number in (0, 7, 15):
            thinned.keep([row for row, name in enumerate(thinned.names) if name not in (2, number, 6 + number)])
    assert thinned.minimiser.trial.shape == (7, 10)
    for name in thinned.names:
        assert_same_road(thinned.roads[name], whole.roads[name], 16)


def test_float32_stays_float32_and_comes_close() -> None:
    batch = Batch([CASES[0], CASES[2]], dtype=torch.float32)
    roads = batch.run(200)
    assert batch.minimiser.trial.dtype == batch.minimiser.iterate.dtype == torch.float32
    assert batch.minimiser.loss.dtype == torch.float64
    for case, road in zip((CASES[0], CASES[2]), roads, strict=True):
        wanted = list(compiled(case, 400, tolerances=STRICT).accepted.values())[-1][0]
        assert list(road.accepted.values())[-1][0] == pytest.approx(wanted, rel=1e-3)


def test_a_direction_that_is_not_finite_restarts_from_steepest_descent() -> None:
    script = [(0.0, [-1.0, 0.0]), (-0.7, [-0.5, 0.0]), (-2.0, [-0.4, 3e38])]  # y overflows in the two loops
    minimiser = BatchedLBFGS(torch.zeros(1, 2, dtype=torch.float32))
    x, state = np.zeros(2, np.float32), lbfgs.allocate(np.zeros(2, np.float32), 10)
    lbfgs.start(state, 20, 25, TORCH)
    for loss, gradient in script:
        np.testing.assert_allclose(minimiser.trial[0].numpy(), x, rtol=1e-6)
        minimiser.advance(torch.tensor([loss]), torch.tensor([gradient]))
        g = np.array(gradient, np.float32)
        command, kept = lbfgs.advance(x, loss, g, state)
        while command != lbfgs.EVALUATE:
            command, kept = lbfgs.advance(x, kept, g, state)
    assert minimiser.iterate[0].tolist() == [2.0, 0.0]
    assert x.tolist() == pytest.approx([2.0, -1.0])
    assert minimiser._state.pairs.tolist() == [0]
    np.testing.assert_allclose(minimiser.trial[0].numpy(), x, rtol=1e-6)
