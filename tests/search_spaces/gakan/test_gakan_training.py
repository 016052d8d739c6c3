"""Trainings: the road that L-BFGS takes, which iterate is kept, grids that move, and awkward data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from gakan_reference import phi
from torch.nn.functional import cross_entropy, mse_loss

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.table import Table
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.testing import small_problem
from evokan.testing.checks import check_result, check_same
from evokan.training import watch
from search_spaces.gakan import GAKAN, GAKANOptions, driver, kernel
from search_spaces.gakan.encoding import KANArchitecture, from_masks, full_network
from search_spaces.gakan.flat import FlatNetwork, flatten, state_dict
from search_spaces.gakan.network import SparseKAN
from search_spaces.gakan.training import initial_values, input_grid
from search_spaces.splines.kernels import PADDING

TRACE = 500


@dataclass
class Run:
    """What one call of the compiled driver left behind."""

    result: np.ndarray
    trace: np.ndarray
    module: SparseKAN
    theta: np.ndarray
    grids: tuple[np.ndarray, np.ndarray]

    @property
    def looks(self) -> np.ndarray:
        """Validation losses, as many as were looked at."""
        return self.trace[~np.isnan(self.trace)]


def module(architecture: KANArchitecture, flat: FlatNetwork, theta, inputs, hidden) -> SparseKAN:
    model = SparseKAN(architecture, {})
    values = state_dict(architecture, flat, theta.astype(np.float64), inputs, hidden)
    model.load_state_dict(
        {**model.state_dict(), **{name: torch.as_tensor(value, dtype=torch.float64) for name, value in values.items()}}
    )
    return model


def drive(
    architecture: KANArchitecture,
    problem: Problem,
    *,
    seed: int = 1,
    steps: int = 20,
    last: int = 0,
    blind: bool = False,
    look: str = "iteration",
    **options,
) -> Run:
    """Call the driver as `search_spaces.gakan.training.train` does, but keep the trace."""
    settings = GAKANOptions(**{"patience": 0, "ridge": 0.0, "base_ridge": 0.0, **options})
    flat = flatten(architecture)
    arrays = problem.arrays(problem.folds[0])
    x = np.ascontiguousarray(arrays.x_train[:, flat.columns].T)
    x_val = np.ascontiguousarray(arrays.x_val[: 0 if blind else None, flat.columns].T)
    inputs = input_grid(x, architecture.intervals, settings.input_margin)
    nodes = int(flat.level_start[-1])
    lo = np.full(nodes, -settings.hidden_range)
    h = np.full(nodes, 2 * settings.hidden_range / architecture.intervals)
    theta = initial_values(architecture, flat, settings, seed)
    none_float, none_int = np.zeros(0), np.zeros(0, np.int64)
    y, y_val = arrays.y_train, arrays.y_val[: 0 if blind else None]
    classes = problem.task == "classification"
    trace = np.full(TRACE, np.nan)
    result = driver.train(
        theta,
        x,
        x_val,
        y if classes else none_int,
        none_float if classes else y,
        y_val if classes else none_int,
        none_float if classes else y_val,
        flat.arrays,
        architecture.intervals,
        *inputs,
        lo,
        h,
        np.array(settings.penalties),
        steps,
        settings.patience,
        look == "iteration",
        last,
        np.array(settings.grid_steps, dtype=np.int64),
        settings.grid_margin,
        trace,
    )
    return Run(result, trace, module(architecture, flat, theta, inputs, (lo, h)), theta, (lo, h))


def loss_of(model: SparseKAN, problem: Problem, rows: np.ndarray) -> torch.Tensor:
    outputs = model(torch.as_tensor(problem.scaled_inputs[rows]))
    targets = torch.as_tensor(problem.scaled_targets[rows])
    return cross_entropy(outputs, targets) if problem.task == "classification" else mse_loss(outputs[:, 0], targets)


def penalty(model: SparseKAN, ridge: float, base_ridge: float, roughness: float, l1: float) -> torch.Tensor:
    parts = []
    for layer in model.layers:
        c = layer.w_s[:, None] * layer.coefficients
        parts.append(
            ridge * (c**2).sum()
            + base_ridge * (layer.w_b**2).sum()
            + roughness * (c.diff(n=2) ** 2).sum()
            + l1 * c.abs().sum()
        )
    return torch.stack(parts).sum()


def sparse(widths: tuple[int, ...], intervals: int, seed: int = 0) -> KANArchitecture:
    rng = np.random.default_rng(seed)
    masks = [rng.random((upper, lower)) < 0.7 for lower, upper in pairwise(widths)]
    return from_masks(masks, intervals)


@pytest.fixture(scope="module")
def wine() -> Problem:
    return Problem.from_table(load_dataset("wine"))


@pytest.fixture(scope="module")
def numbers() -> Problem:
    return small_problem("regression")


def table(x: np.ndarray, y: np.ndarray, task: str) -> Table:
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    classes = tuple(map(str, range(int(y.max()) + 1))) if task == "classification" else ()
    return Table("made", task, x, y.astype(np.int64) if classes else y.astype(np.float64), names, "y", classes)


# ---------------------------------------------------------------- the road


@pytest.mark.parametrize("penalties", [{}, {"ridge": 1e-3, "base_ridge": 2e-3, "roughness": 1e-2}])
@pytest.mark.parametrize("which", ["wine", "numbers"])
def test_the_road_is_that_of_torch(which, penalties, request):
    problem = request.getfixturevalue(which)
    architecture = sparse((problem.n_features, 4, problem.n_outputs), 5)
    found = drive(architecture, problem, blind=True, steps=1, **penalties).looks
    start = drive(architecture, problem, blind=True, steps=0, **penalties)
    model = start.module
    weights = {"ridge": 0.0, "base_ridge": 0.0, "roughness": 0.0, "l1": 0.0, **penalties}
    # One iteration a call, to look at every iterate; 25 evaluations are a limit that no line search meets here.
    optimiser = torch.optim.LBFGS(
        model.parameters(),
        lr=1,
        max_iter=1,
        max_eval=25,
        tolerance_grad=1e-32,
        tolerance_change=1e-32,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = loss_of(model, problem, problem.train) + penalty(model, **weights)
        loss.backward()
        return loss

    expected = []
    for _ in range(12):
        optimiser.step(closure)
        expected.append(closure().item())
    assert found[:10] == pytest.approx(expected[:10], rel=1e-6)
    assert expected[9] < 0.7 * expected[0]  # there was something to do


def test_the_first_loss_is_that_of_the_initial_values(wine):
    architecture = full_network((13, 3), 3)
    run = drive(architecture, wine, blind=True, steps=0)
    flat = flatten(architecture)
    assert np.array_equal(run.theta, initial_values(architecture, flat, GAKANOptions(ridge=0.0), 1))
    assert not np.isfinite(run.result[watch.VAL_LOSS])
    assert run.looks.size == 0


@pytest.mark.parametrize("last", [1, 3, 25])
def test_training_for_so_many_iterations_keeps_the_last(wine, last):
    architecture = full_network((13, 4, 3), 3)
    whole = drive(architecture, wine, blind=True)
    for blind in (True, False):
        run = drive(architecture, wine, blind=blind, last=last)
        assert run.result[watch.BEST_ITERATION] == last
        assert run.result[watch.TRAIN_LOSS] == pytest.approx(whole.looks[last - 1], rel=1e-12)
        assert loss_of(run.module, wine, wine.train).item() == pytest.approx(run.result[watch.TRAIN_LOSS], rel=1e-9)


def test_a_whole_step_is_20_iterations_and_at_most_25_evaluations(wine):
    architecture = full_network((13, 3), 3)
    for steps in (1, 3):
        run = drive(architecture, wine, steps=steps, blind=True)
        assert len(run.looks) <= 20 * steps
        assert run.result[watch.SPENT] <= 26 * steps
    assert (np.diff(run.looks) <= 0).all()  # a line search never accepts a worse point


# ---------------------------------------------------------------- which iterate is kept


@pytest.mark.parametrize("grid_steps", [(), (0, 1, 3)])
@pytest.mark.parametrize("look", ["iteration", "step"])
@pytest.mark.parametrize("which", ["wine", "numbers"])
def test_the_lowest_validation_loss_of_all_looks_is_kept(which, look, grid_steps, request):
    problem = request.getfixturevalue(which)
    for seed in range(3):
        architecture = sparse((problem.n_features, 4, problem.n_outputs), 4, seed)
        run = drive(architecture, problem, look=look, steps=4, seed=seed, grid_steps=grid_steps)
        assert run.result[watch.VAL_LOSS] == run.looks.min()
        assert len(run.looks) == 4 if look == "step" else len(run.looks) > 40
        best = int(run.looks.argmin()) + 1
        assert run.result[watch.BEST_ITERATION] == best if look == "iteration" else best <= 4
        # The values and grids that come out are those of that look, also where grids moved later.
        assert loss_of(run.module, problem, problem.validation).item() == pytest.approx(run.looks.min(), rel=1e-9)
        assert loss_of(run.module, problem, problem.train).item() == pytest.approx(
            run.result[watch.TRAIN_LOSS], rel=1e-9
        )


def test_validation_rows_do_not_steer_the_road(wine):
    architecture = full_network((13, 3), 3)
    seeing = drive(architecture, wine, steps=2)
    last = int(seeing.result[watch.BEST_ITERATION])
    blind = drive(architecture, wine, steps=2, blind=True, last=last)
    assert np.array_equal(blind.theta, seeing.theta)


@pytest.mark.parametrize("patience", [1, 5, 20])
def test_patience_ends_a_training_that_no_longer_gets_better(wine, patience):
    architecture = full_network((13, 5, 3), 5)
    whole = drive(architecture, wine)
    run = drive(architecture, wine, patience=patience)
    looks = run.looks
    assert np.array_equal(looks, whole.looks[: len(looks)])  # up to there it is the same road
    best = int(looks.argmin())
    assert len(looks) == best + 1 + patience
    assert len(looks) < len(whole.looks)
    for stop in range(1, len(looks)):  # and it was not due before
        assert stop - 1 - int(looks[:stop].argmin()) < patience
    assert run.result[watch.VAL_LOSS] == looks.min()


def test_patience_counts_looks_of_any_kind(wine):
    architecture = full_network((13, 5, 3), 5)
    run = drive(architecture, wine, patience=2, look="step")
    assert len(run.looks) == int(run.looks.argmin()) + 3


def test_jobs_see_the_options(wine):
    architecture = full_network((13, 4, 3), 3)
    job = TrainingJob(architecture, wine.folds[0], 1)
    whole = drive(architecture, wine, seed=1)
    for patience in (0, 3):
        (trained,) = GAKAN(GAKANOptions(patience=patience, ridge=0.0, base_ridge=0.0)).train([job], wine, Budget())
        expected = drive(architecture, wine, seed=1, patience=patience).result
        assert (trained.val_loss, trained.train_loss, trained.iterations, trained.evaluations) == (
            expected[0],
            expected[1],
            int(expected[2]),
            int(expected[3]),
        )
        assert trained.looks == tuple(drive(architecture, wine, seed=1, patience=patience).looks)
    assert trained.evaluations < whole.result[watch.SPENT]
    known = replace(job, iterations=30)
    (counted,) = GAKAN(GAKANOptions(patience=1, ridge=0.0, base_ridge=0.0)).train([known], wine, Budget())
    assert counted.iterations == 30  # a known length knows no patience
    assert counted.looks == ()  # and is not judged by looking
    (by_step,) = GAKAN(GAKANOptions(look="step")).train([job], wine, Budget(2))
    assert by_step.looks == ()


def test_other_seeds_start_elsewhere(wine):
    space = GAKAN()
    jobs = [TrainingJob(full_network((13, 3), 3), wine.folds[0], seed) for seed in range(4)]
    losses = [trained.val_loss for trained in space.train(jobs, wine, Budget())]
    assert len(set(losses)) == 4


def test_folds_may_come_in_any_order(wine):
    problem = Problem.from_table(wine.table, folds=4)
    space = GAKAN()
    jobs = [TrainingJob(sparse((13, 4, 3), 3, number % 2), problem.folds[number % 4], number) for number in range(8)]
    straight = space.train(jobs, problem, Budget(2))
    order = np.random.default_rng(0).permutation(8)
    mixed = space.train([jobs[i] for i in order], problem, Budget(2))
    for place, number in enumerate(order):
        check_same(mixed[place], straight[number])


@pytest.mark.parametrize("which", ["wine", "numbers"])
def test_single_precision_goes_nearly_the_same_way(which, request):
    problem = request.getfixturevalue(which)
    architecture = full_network((problem.n_features, 3, problem.n_outputs), 4)
    jobs = [TrainingJob(architecture, problem.folds[0], seed, iterations=5, keep_weights=True) for seed in range(3)]
    double = GAKAN().train(jobs, problem, Budget())
    single = GAKAN(GAKANOptions(precision="float32")).train(jobs, problem, Budget())
    for left, right in zip(double, single, strict=True):
        assert right.train_loss == pytest.approx(left.train_loss, rel=1e-3)
        assert right.train_loss != left.train_loss
        model = GAKAN().model(architecture, problem, right.weights)
        with torch.no_grad():
            assert torch.isfinite(model(torch.as_tensor(problem.table.X))).all()


# ---------------------------------------------------------------- grids that move


def follow(architecture: KANArchitecture, x: np.ndarray, theta: np.ndarray, inputs, hidden, margin: float) -> None:
    """Fit the hidden grids in place, as the driver does before a step."""
    flat = flatten(architecture)
    intervals = architecture.intervals
    size = intervals + 3
    c = np.zeros((architecture.n_edges, size + 2 * PADDING))
    kernel.fold_scale(theta, c, architecture.n_edges, size)
    columns = np.ascontiguousarray(x[:, flat.columns].T)
    level0 = kernel.first_level(columns, inputs[0], 1 / inputs[1], intervals)
    work = kernel.workspace(int(flat.level_start[-1]), intervals, theta)
    driver.follow(theta, c, flat.arrays, *hidden, intervals, level0, work, margin)


def hidden_values(model: SparseKAN, x: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        return [level.numpy() for level in model.levels(torch.from_numpy(x))]


@pytest.mark.parametrize("margin", [0.0, 0.2])
@pytest.mark.parametrize("intervals", [5, 17])
def test_hidden_grids_follow_the_activations_and_keep_cubic_functions(intervals, margin):
    rng = np.random.default_rng(intervals)
    architecture = sparse((3, 4, 3, 2), intervals, seed=1)
    flat = flatten(architecture)
    x = rng.normal(size=(150, 3))
    edges, size = architecture.n_edges, intervals + 3
    inputs = input_grid(np.ascontiguousarray(x[:, flat.columns].T), intervals, 0.1)
    nodes = int(flat.level_start[-1])
    hidden = np.full(nodes, -20.0), np.full(nodes, 40.0 / intervals)
    theta = initial_values(architecture, flat, GAKANOptions(), 1)
    # Hidden edges are parabolas over the whole old grid: its coefficients are those of a quadratic polynomial.
    middle = -20.0 + 40.0 / intervals * (np.arange(size) - 1)
    for edge in range(int(flat.layer_start[1]), edges):
        a, b, c = rng.normal(size=3) * [0.3, 0.5, 0.02]
        theta[edge * size : (edge + 1) * size] = a + b * middle + c * middle**2
    theta[-edges:] = rng.uniform(0.5, 1.5, edges)  # w_s
    before = module(architecture, flat, theta, inputs, hidden)
    w = theta[edges * size :].copy()
    levels = hidden_values(before, x)
    assert all(np.abs(level).max() < 8 for level in levels[1:-1])  # well inside the old grid

    follow(architecture, x, theta, inputs, hidden, margin)

    after = module(architecture, flat, theta, inputs, hidden)
    found = hidden_values(after, x)
    for old, new in zip(levels, found, strict=True):
        assert np.allclose(new, old, rtol=0, atol=1e-10 * max(1.0, np.abs(old).max()))
    assert np.array_equal(theta[edges * size :], w)  # w_b and w_s stay
    for level, values in enumerate(levels[1:-1]):
        where = slice(int(flat.level_start[level]), int(flat.level_start[level + 1]))
        spread = np.ptp(values, axis=0)
        assert np.allclose(hidden[0][where], values.min(axis=0) - margin * spread, atol=1e-9)
        assert np.allclose(hidden[1][where] * intervals, spread * (1 + 2 * margin), rtol=1e-9)


def test_a_smooth_network_is_nearly_the_same_on_its_new_grids():
    rng = np.random.default_rng(4)
    intervals = 20
    architecture = full_network((2, 3, 1), intervals)
    flat = flatten(architecture)
    x = rng.normal(size=(200, 2))
    inputs = input_grid(np.ascontiguousarray(x.T), intervals, 0.1)
    nodes = int(flat.level_start[-1])
    hidden = np.full(nodes, -8.0), np.full(nodes, 16.0 / intervals)
    theta = initial_values(architecture, flat, GAKANOptions(), 2)
    middle = -8.0 + 16.0 / intervals * (np.arange(intervals + 3) - 1)
    for edge in range(6, 9):
        theta[edge * 23 : (edge + 1) * 23] = np.sin(middle + edge)
    old = hidden_values(module(architecture, flat, theta, inputs, hidden), x)[-1]
    follow(architecture, x, theta, inputs, hidden, 0.1)
    new = hidden_values(module(architecture, flat, theta, inputs, hidden), x)[-1]
    assert 0 < np.abs(new - old).max() < 0.02 * np.ptp(old)


def test_a_node_that_does_not_vary_keeps_its_grid_and_its_functions():
    architecture = full_network((2, 2, 1), 5)
    flat = flatten(architecture)
    x = np.random.default_rng(5).normal(size=(70, 2))
    inputs = input_grid(np.ascontiguousarray(x.T), 5, 0.1)
    hidden = np.full(3, -8.0), np.full(3, 3.2)
    theta = initial_values(architecture, flat, GAKANOptions(), 3)
    for edge in (0, 2):  # both edges into hidden neuron 0 are zero
        theta[edge * 8 : (edge + 1) * 8] = 0.0
        theta[6 * 8 + edge] = 0.0
    assert architecture.edges[0] == ((0, 0), (0, 1), (1, 0), (1, 1))
    before = theta.copy()
    follow(architecture, x, theta, inputs, hidden, 0.0)
    assert (hidden[0][0], hidden[1][0]) == (-8.0, 3.2)
    assert hidden[0][1] != -8.0
    assert np.array_equal(theta[4 * 8 : 5 * 8], before[4 * 8 : 5 * 8])
    assert not np.array_equal(theta[5 * 8 : 6 * 8], before[5 * 8 : 6 * 8])


def test_grids_move_before_the_steps_that_are_named(wine):
    architecture = full_network((13, 4, 3), 5)
    still = drive(architecture, wine, steps=2, blind=True)
    first = drive(architecture, wine, steps=2, blind=True, grid_steps=(0,))
    second = drive(architecture, wine, steps=2, blind=True, grid_steps=(1,))
    third = drive(architecture, wine, steps=2, blind=True, grid_steps=(2,))
    hidden = slice(0, 4)
    assert (still.grids[0][hidden] == -8.0).all()
    assert (first.grids[0][hidden] != -8.0).all()
    assert (second.grids[0][hidden] != -8.0).all()
    assert not np.array_equal(first.grids[0], second.grids[0])
    assert np.array_equal(third.theta, still.theta)
    same = int(np.argmax(second.looks[: len(still.looks)] != still.looks[: len(second.looks)]))
    assert 10 < same <= 20  # the same road for the whole first step
    for run in (first, second):
        assert loss_of(run.module, wine, wine.train).item() == pytest.approx(run.result[watch.TRAIN_LOSS], rel=1e-9)


# ---------------------------------------------------------------- input grids


def test_input_grids_cover_the_training_range_with_a_margin():
    x = np.array([[0.0, 4.0, 2.0], [7.0, 7.0, 7.0], [-1e-10, 0.0, 1e-10], [1e30, 2e30, 3e30]])
    lo, h = input_grid(x, 4, 0.25)
    assert lo == pytest.approx([-1.0, 6.0, -1.0, 0.5e30])
    assert h * 4 == pytest.approx([6.0, 2.0, 2.0, 3e30])


# ---------------------------------------------------------------- awkward data


def trained(problem: Problem, **options) -> list[Trained]:
    """Train a handful of networks without a limit, and check every result."""
    n, m = problem.n_features, problem.n_outputs
    networks = [full_network((n, m), 1), full_network((n, 3, m), 5), full_network((n, 5, 5, 5, m), 64)]
    space = GAKAN(GAKANOptions(**options))
    found = []
    for fold in (
        problem.folds[0],
        Fold(problem.train[:1], problem.validation[:1]),
        Fold(problem.train, problem.validation[:0]),
    ):
        jobs = [TrainingJob(network, fold, seed, keep_weights=True) for seed, network in enumerate(networks)]
        results = space.train(jobs, problem, Budget(3))
        for job, result in zip(jobs, results, strict=True):
            check_result(job, result)
        found.extend(results)
    return found


SPREAD = np.random.default_rng(0).normal(size=(60, 3))


@pytest.mark.parametrize("options", [{}, {"grid_steps": (0, 1), "look": "step"}, {"precision": "float32"}])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("factors", [(1, 1e30, 1), (1e30, -1e30, 1e-30), (1, 0, 1), (0, 0, 0), (1, 1e150, 1e300)])
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_huge_tiny_and_constant_columns_give_a_loss_or_a_reason(factors, task, options):
    y = np.arange(60.0) % 3 if task == "classification" else SPREAD[:, 0]
    problem = Problem.from_table(table(SPREAD * factors, y, task), scaler="none")
    results = trained(problem, **options)
    if max(np.abs(factors)) <= 1:
        assert not any(result.reason for result in results)


@pytest.mark.parametrize("factor", [1e30, 1e-30, 0.0])
def test_scaled_columns_of_any_size_train(factor):
    problem = Problem.from_table(table(SPREAD * [1, factor, 1], SPREAD[:, 0], "regression"))
    results = trained(problem)
    assert not any(result.reason for result in results)
    usual = Problem.from_table(table(SPREAD, SPREAD[:, 0], "regression"))
    if factor:
        for left, right in zip(results[:2], trained(usual)[:2], strict=True):
            assert left.train_loss == pytest.approx(right.train_loss, rel=0.3, abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_inputs_that_are_no_numbers_fail_with_a_reason(value, task, precision):
    # Tables hold finite numbers only; a scaler that overflows, say, must still not crash a search.
    x = SPREAD.copy()
    y = np.arange(60.0) % 3 if task == "classification" else SPREAD[:, 0]
    whole = Problem.from_table(table(x, y, task), scaler="none")
    x[whole.train[5:], 1] = value
    broken = replace(whole, table=table(x, y, task))
    space = GAKAN(GAKANOptions(precision=precision))
    job = TrainingJob(full_network((3, 3, broken.n_outputs), 5), broken.folds[0], 1, keep_weights=True)
    (result,) = space.train([job], broken, Budget(2))
    check_result(job, result)
    assert result.reason == "the loss is not finite"


def test_a_constant_target_is_learned():
    problem = Problem.from_table(table(SPREAD, np.full(60, 7.0), "regression"))
    (result,) = GAKAN(GAKANOptions(ridge=0.0, base_ridge=0.0)).train(
        [TrainingJob(full_network((3, 1), 2), problem.folds[0], 1, keep_weights=True)], problem, Budget()
    )
    assert result.val_loss < 1e-6
    model = GAKAN().model(full_network((3, 1), 2), problem, result.weights)
    with torch.no_grad():
        assert torch.allclose(model(torch.from_numpy(SPREAD)), torch.tensor(7.0, dtype=torch.float64), atol=1e-2)


# ---------------------------------------------------------------- laws it should find


def test_it_learns_what_can_be_learned():
    rng = np.random.default_rng(6)
    x = rng.uniform(-1, 1, size=(300, 2))
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2
    problem = Problem.from_table(table(x, y, "regression"))
    (result,) = GAKAN(GAKANOptions(ridge=0.0, base_ridge=0.0)).train(
        [TrainingJob(full_network((2, 1), 8), problem.folds[0], 1, keep_weights=True)], problem, Budget()
    )
    assert result.val_loss < 1e-4  # of a variance of 1
    weights = result.weights
    grid = [weights[f"layers.0.{name}"] for name in ("coefficients", "w_b", "w_s", "lo", "h")]
    z = problem.scaled_inputs[:, 0]
    curve = phi(z, grid[0][0], grid[1][0], grid[2][0], grid[3][0], grid[4][0])
    assert np.corrcoef(curve, np.sin(3 * x[:, 0]))[0, 1] > 0.9999
