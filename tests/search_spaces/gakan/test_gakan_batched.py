"""The batched trainer: its loss against autograd, its trainings against the compiled trainer, and its batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from gakan_reference import Case, random_case
from torch.nn import functional

from evokan.errors import InvalidArchitecture
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.problem.task import Task
from evokan.seeding import generator
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.testing import small_problem
from evokan.testing.checks import check_result, check_same
from search_spaces.gakan import GAKAN, GAKANOptions
from search_spaces.gakan.batched import trainer as batched
from search_spaces.gakan.batched.layout import Data, Member
from search_spaces.gakan.batched.loss import CohortLoss
from search_spaces.gakan.batched.trainer import train_batched
from search_spaces.gakan.encoding import from_masks, full_network

TASKS: list[Task] = ["classification", "regression"]
WIDTHS = [(3, 2), (3, 4, 2), (3, 5, 1, 2), (3, 2, 4, 3, 2), (3, 2)]
GRIDS = [1, 5, 64, 3, 17]


def random_jobs(problem: Problem, count: int, seed: int = 0, **values: Any) -> list[TrainingJob]:
    """Random chromosomes of the search, each on one of the folds in turn."""
    space = GAKAN()
    layout, rng = space.layout(problem), generator("batched", seed)
    jobs: list[TrainingJob] = []
    while len(jobs) < count:
        try:
            architecture = space.decode(layout.random(rng), problem)
        except InvalidArchitecture:
            continue
        fold = problem.folds[len(jobs) % len(problem.folds)]
        jobs.append(TrainingJob(architecture, fold, seed=len(jobs), keep_weights=True, **values))
    return jobs


def train_compiled(
    jobs: Sequence[TrainingJob], problem: Problem, options: GAKANOptions, budget: Budget
) -> list[Trained]:
    return GAKAN(options).train(jobs, problem, replace(budget, device="cpu"))


def assert_close(left: Trained, right: Trained, rtol: float) -> None:
    """The same results but for rounding."""
    assert (left.iterations, left.evaluations, left.reason) == (right.iterations, right.evaluations, right.reason)
    assert left.val_loss == pytest.approx(right.val_loss, rel=rtol)
    assert left.train_loss == pytest.approx(right.train_loss, rel=rtol)
    assert left.looks == pytest.approx(right.looks, rel=rtol)
    if left.weights is None or right.weights is None:
        assert left.weights is right.weights
        return
    assert list(left.weights) == list(right.weights)
    for name, values in left.weights.items():
        np.testing.assert_allclose(values, right.weights[name], rtol=1e3 * rtol, atol=1e3 * rtol)


def cohort(rng: np.random.Generator, outputs: int) -> tuple[list[Case], list[Member], Data]:
    """Networks of all shapes with grids and rows of their own, on one table."""
    cases = [random_case(rng, (*widths[:-1], outputs), grid) for widths, grid in zip(WIDTHS, GRIDS, strict=True)]
    rows = 40
    inputs = np.concatenate([case.points(rng, rows // 4) for case in cases[:4]])
    targets = rng.integers(0, outputs, rows) if outputs > 1 else rng.normal(size=rows)
    members = []
    for number, case in enumerate(cases):
        order = rng.permutation(rows)
        fold = Fold(np.sort(order[: 20 + number]), np.sort(order[30 + 2 * number :]))  # 8 rows less each time
        grid = np.full((2, 3), 1.0)
        grid[:, case.flat.columns] = case.input_grid
        members.append(Member(case.architecture, case.flat, fold, (grid[0], grid[1]), case.hidden_grid))
    data = Data(torch.as_tensor(inputs.T.copy()), torch.as_tensor(targets), outputs)
    return cases, members, data


def reference(case: Case, member: Member, data: Data, penalties: Sequence[float]) -> tuple[Any, ...]:
    """Loss, gradient, validation loss and training loss by autograd through the module."""
    model = case.module()

    def bare(rows: np.ndarray) -> torch.Tensor:
        values = model.levels(data.inputs.T[rows].double())[-1]
        if data.n_outputs > 1:
            return functional.cross_entropy(values, data.targets[rows])
        return functional.mse_loss(values[:, 0], data.targets[rows])

    ridge, base_ridge, roughness, l1 = penalties
    train = bare(member.fold.train)
    loss = train
    for layer in model.layers:
        c = layer.w_s[:, None] * layer.coefficients
        bend = c[:, :-2] - 2 * c[:, 1:-1] + c[:, 2:]
        loss = loss + ridge * (c * c).sum() + base_ridge * (layer.w_b**2).sum()
        loss = loss + roughness * (bend * bend).sum() + l1 * c.abs().sum()
    loss.backward()
    with torch.no_grad():
        validation = bare(member.fold.validation) if len(member.fold.validation) else torch.zeros(())
    return loss.item(), case.gradient(model), validation.item(), train.item()


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("penalties", [(0.0, 0.0, 0.0, 0.0), (0.3, 0.0, 0.0, 0.0), (0.02, 0.5, 0.3, 0.1)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_loss_and_gradient_are_those_of_autograd(
    outputs: int, penalties: tuple[float, ...], dtype: type[np.floating]
) -> None:
    cases, members, data = cohort(np.random.default_rng(outputs), outputs)
    rtol, atol = (1e-10, 1e-12) if dtype == np.float64 else (1e-3, 1e-4)
    single = torch.float64 if dtype == np.float64 else torch.float32
    given = [
        replace(
            m,
            input_grid=tuple(part.astype(dtype) for part in m.input_grid),
            hidden_grid=tuple(part.astype(dtype) for part in m.hidden_grid),
        )
        for m in members
    ]
    function = CohortLoss(given, replace(data, inputs=data.inputs.to(single)), penalties)
    theta = torch.zeros(len(cases), max(len(case.theta) for case in cases), dtype=single)
    for row, case in zip(theta, cases, strict=True):
        row[: len(case.theta)] = torch.as_tensor(case.theta)
    loss, gradient, bare = function(theta)
    assert gradient.dtype == single
    for number, (case, member) in enumerate(zip(cases, members, strict=True)):
        wanted_loss, wanted_gradient, validation, train = reference(case, member, data, penalties)
        n = len(case.theta)
        assert loss[number].item() == pytest.approx(wanted_loss, rel=rtol)
        assert bare[number].tolist() == pytest.approx([validation, train], rel=rtol)
        if dtype == np.float64:  # in float32 a point next to a knot can fall on its other side
            np.testing.assert_allclose(gradient[number, :n].numpy(), wanted_gradient, rtol=1e-8, atol=atol)
        np.testing.assert_array_equal(gradient[number, n:].numpy(), 0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_breaks_its_own_network_only(value: float) -> None:
    cases, members, data = cohort(np.random.default_rng(3), 3)
    theta = torch.zeros(len(cases), max(len(case.theta) for case in cases), dtype=torch.float64)
    for row, case in zip(theta, cases, strict=True):
        row[: len(case.theta)] = torch.as_tensor(case.theta)
    function = CohortLoss(members, data, (0.1, 0.1, 0.1, 0.1))
    whole = function(theta)
    first = cases[2].architecture
    theta[2, first.n_edges * (first.intervals + 3)] = value  # w_b of an edge that leaves an input
    broken = function(theta)
    assert not broken[0][2].isfinite()
    others = [0, 1, 3, 4]
    for left, right in zip(whole, broken, strict=True):
        np.testing.assert_array_equal(left[others].numpy(), right[others].numpy())


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("folds", "options"),
    [
        (1, {}),
        (3, {"look": "step", "ridge": 1e-4, "roughness": 1e-3, "l1": 1e-4}),
        (3, {"ridge": 0.0, "base_ridge": 0.0, "hidden_range": 2.0, "input_margin": 0.0, "base_scale": 1.0}),
    ],
)
def test_the_first_iterations_are_those_of_the_compiled_trainer(
    task: Task, folds: int, options: dict[str, Any]
) -> None:
    problem = small_problem(task, folds=folds)
    jobs = random_jobs(problem, 24, iterations=10)
    assert {job.architecture.depth for job in jobs} == {1, 2, 3, 4}
    settings = GAKANOptions(**options)
    pairs = list(
        zip(
            train_batched(jobs, problem, settings, Budget()),
            train_compiled(jobs, problem, settings, Budget()),
            strict=True,
        )
    )
    for job, (left, right) in zip(jobs, pairs, strict=True):
        check_result(job, left)
        assert left.iterations == 10
        assert left.val_loss == pytest.approx(right.val_loss, rel=1e-2)
    # A hard line search multiplies a last digit by a million.
    close = [pair for pair in pairs if pair[0].val_loss == pytest.approx(pair[1].val_loss, rel=1e-8)]
    assert len(close) >= 0.9 * len(pairs)
    for left, right in close:
        assert_close(left, right, 1e-7)


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("classification", {}),
        ("regression", {"look": "step", "patience": 2}),
    ],
)
def test_whole_trainings_end_as_those_of_the_compiled_trainer(task: Task, options: dict[str, Any]) -> None:
    problem = small_problem(task, folds=2)
    jobs = random_jobs(problem, 40)
    settings, budget = GAKANOptions(**options), Budget(steps=4)
    ours = train_batched(jobs, problem, settings, budget)
    theirs = train_compiled(jobs, problem, settings, budget)
    left, right = (np.array([trained.val_loss for trained in results]) for results in (ours, theirs))
    assert np.mean(np.abs(left / right - 1) < 1e-6) > 0.5
    for job, trained in zip(jobs, ours, strict=True):
        check_result(job, trained)
    assert {bool(trained.looks) for trained in (*ours, *theirs)} == {settings.look == "iteration"}
    np.testing.assert_allclose(
        np.quantile(left, [0.1, 0.25, 0.5, 0.75, 0.9]), np.quantile(right, [0.1, 0.25, 0.5, 0.75, 0.9]), rtol=0.1
    )
    assert sum(trained.evaluations for trained in ours) == pytest.approx(
        sum(trained.evaluations for trained in theirs), rel=0.1
    )


def test_float32_stays_close() -> None:
    problem = small_problem("classification")
    jobs = random_jobs(problem, 12, iterations=5)
    options = GAKANOptions(precision="float32")
    ours, theirs = (train(jobs, problem, options, Budget()) for train in (train_batched, train_compiled))
    near = [left.val_loss == pytest.approx(right.val_loss, rel=1e-3) for left, right in zip(ours, theirs, strict=True)]
    assert sum(near) >= 0.9 * len(near)  # a hard line search multiplies a last digit here, too
    for left in ours:
        assert left.weights is not None
        assert all(values.dtype == np.float64 for name, values in left.weights.items() if name.endswith("w_b"))


def test_jobs_of_all_kinds_in_one_batch() -> None:
    problem = small_problem("regression", folds=3)
    jobs = random_jobs(problem, 6)
    whole = Fold(problem.development, problem.development[:0])
    jobs = [
        replace(jobs[0], iterations=7),
        jobs[1],
        replace(jobs[2], fold=whole, iterations=12),
        jobs[1],
        replace(jobs[3], fold=whole),
        replace(jobs[4], keep_weights=False),
        jobs[5],
    ]
    settings, budget = GAKANOptions(patience=2), Budget(steps=1)
    ours = train_batched(jobs, problem, settings, budget)
    for job, left, right in zip(jobs, ours, train_compiled(jobs, problem, settings, budget), strict=True):
        check_result(job, left)
        assert_close(left, right, 1e-5)
    assert (ours[0].iterations, ours[2].iterations) == (7, 12)
    assert ours[2].val_loss == ours[2].train_loss
    assert ours[5].weights is None
    assert_close(ours[1], ours[3], 1e-12)
    assert all(trained.seconds > 0 for trained in ours)


def test_the_losses_are_those_of_the_model_with_the_weights() -> None:
    problem, space = small_problem("classification"), GAKAN()
    jobs = random_jobs(problem, 5)
    rows = problem.folds[0].validation
    labels = torch.as_tensor(problem.table.y[rows])
    for job, trained in zip(jobs, train_batched(jobs, problem, GAKANOptions(), Budget(steps=1)), strict=True):
        assert trained.weights is not None
        model = space.model(job.architecture, problem, trained.weights)
        with torch.no_grad():
            loss = functional.cross_entropy(model(torch.as_tensor(problem.table.X[rows])), labels)
        assert loss.item() == pytest.approx(trained.val_loss, rel=1e-9)


def test_order_and_neighbours_do_not_matter() -> None:
    problem = small_problem("classification", folds=2)
    jobs = random_jobs(problem, 10, iterations=8)
    together = train_batched(jobs, problem, GAKANOptions(), Budget())
    for left, right in zip(together, train_batched(jobs[::-1], problem, GAKANOptions(), Budget())[::-1], strict=True):
        assert_close(left, right, 1e-9)
    for number in (0, 7):
        assert_close(together[number], train_batched([jobs[number]], problem, GAKANOptions(), Budget())[0], 1e-9)
    for left, right in zip(together, train_batched(jobs, problem, GAKANOptions(), Budget()), strict=True):
        check_same(left, right)
    assert train_batched([], problem, GAKANOptions(), Budget()) == []


def test_numerical_trouble_fails_its_own_network_only() -> None:
    def columns(x: np.ndarray) -> np.ndarray:
        return x * [1.0, 0.01, 1.0, -1e200]  # the last one is positive, and its square overflows

    problem = small_problem("regression", scaler="none", columns=columns)
    masks = [
        [np.array([[True, True, False, False]])],
        [np.array([[False, False, True, True]])],
        [np.array([[True, False, False, False]] * 2), np.array([[True, True]])],
    ]
    jobs = [TrainingJob(from_masks(layers, 5), problem.folds[0], seed=1, keep_weights=True) for layers in masks]
    options, budget = GAKANOptions(), Budget(steps=1)
    ours = train_batched(jobs, problem, options, budget)
    assert [trained.reason for trained in ours] == ["", "the loss is not finite", ""]
    assert ours[1].val_loss == np.inf
    for job, left, right in zip(jobs, ours, train_compiled(jobs, problem, options, budget), strict=True):
        check_result(job, left)
        assert left.reason == right.reason
        assert left.val_loss == pytest.approx(right.val_loss, rel=1e-6)


def test_rows_of_others_do_no_harm() -> None:
    def columns(x: np.ndarray) -> np.ndarray:
        return np.where(np.arange(len(x))[:, None] == 0, 1e200, x)

    problem = small_problem("regression", scaler="none", columns=columns)
    rows = np.arange(60)
    folds = [Fold(rows[1:40], rows[40:]), Fold(rows[1:20], rows[20:30]), Fold(rows[:40], rows[40:])]
    network = full_network((4, 1), 5)
    jobs = [TrainingJob(network, fold, seed=1) for fold in folds]
    ours = train_batched(jobs, problem, GAKANOptions(), Budget(steps=1))
    assert [trained.reason for trained in ours] == ["", "", "the loss is not finite"]
    for left, right in zip(ours, train_compiled(jobs, problem, GAKANOptions(), Budget(steps=1)), strict=True):
        assert left.val_loss == pytest.approx(right.val_loss, rel=1e-6)


def test_a_grid_that_overflows_fails_its_network() -> None:
    def columns(x: np.ndarray) -> np.ndarray:
        return np.column_stack([x[:, :3], 3e38 * np.sign(x[:, 0])])

    problem = small_problem("classification", scaler="none", columns=columns)
    options = GAKANOptions(precision="float32")  # whose largest number is 3.4e38
    masks = [np.ones((3, 4), bool), np.array([[True, False, True, False]] * 3)]
    jobs = [TrainingJob(from_masks([layer], 5), problem.folds[0], seed=1) for layer in masks]
    ours = train_batched(jobs, problem, options, Budget(steps=1))
    assert [trained.reason for trained in ours] == ["the loss is not finite", ""]
    theirs = train_compiled(jobs, problem, options, Budget(steps=1))
    assert [trained.reason for trained in theirs] == [trained.reason for trained in ours]


def batches_seen(monkeypatch: pytest.MonkeyPatch, limit: int) -> list[int]:
    """Let the loss of more than `limit` networks run out of memory; return the sizes of all that are set up."""
    sizes: list[int] = []
    setup = CohortLoss.__init__

    def remember(self: CohortLoss, members: Sequence[Member], *rest: Any) -> None:
        sizes.append(len(members))
        if len(members) > limit:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        setup(self, members, *rest)

    monkeypatch.setattr(CohortLoss, "__init__", remember)
    return sizes


def test_a_batch_that_does_not_fit_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem("classification")
    jobs = random_jobs(problem, 7, iterations=5)
    wanted = train_batched(jobs, problem, GAKANOptions(), Budget())
    sizes = batches_seen(monkeypatch, limit=3)
    for left, right in zip(train_batched(jobs, problem, GAKANOptions(), Budget()), wanted, strict=True):
        assert_close(left, right, 1e-9)
    assert [size for size in sizes if size > 1] == [7, 4, 2, 2, 3]  # one may be left when others are finished


def test_a_network_that_fits_nowhere_is_trained_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem("classification")
    jobs = random_jobs(problem, 2)
    batches_seen(monkeypatch, limit=0)
    ours = train_batched(jobs, problem, GAKANOptions(), Budget(steps=1))
    for left, right in zip(ours, train_compiled(jobs, problem, GAKANOptions(), Budget(steps=1)), strict=True):
        check_same(left, right)


def test_a_cohort_is_cut_to_the_memory_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem("classification")
    network = full_network((4, 3, 3), 5)
    jobs = [TrainingJob(network, problem.folds[0], seed, iterations=3) for seed in range(7)]
    wanted = train_batched(jobs, problem, GAKANOptions(), Budget())
    rows = len(problem.development)
    of_three = batched.bytes_needed(3 * rows * network.n_edges, 3, network.n_params, GAKANOptions())
    monkeypatch.setattr(batched, "CPU_MEMORY", of_three)
    sizes = batches_seen(monkeypatch, limit=3)
    for left, right in zip(train_batched(jobs, problem, GAKANOptions(), Budget()), wanted, strict=True):
        assert_close(left, right, 1e-9)
    assert (max(sizes), sizes.count(3)) == (3, 2)
    monkeypatch.setattr(batched, "CPU_MEMORY", 1)
    assert len(train_batched(jobs[:2], problem, GAKANOptions(), Budget())) == 2
    assert sizes[-2:] == [1, 1]


def test_finished_networks_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = small_problem("classification")
    iterations = [2, 2, 2, 20, 20, 60]  # so far apart that the evaluations of each do not matter
    jobs = [replace(job, iterations=last) for job, last in zip(random_jobs(problem, 6), iterations, strict=True)]
    sizes = batches_seen(monkeypatch, limit=6)
    ours = train_batched(jobs, problem, GAKANOptions(), Budget())
    assert [trained.iterations for trained in ours] == iterations
    assert sizes == [6, 3, 1]


def test_grids_that_move_are_left_to_the_kernel() -> None:
    problem = small_problem("classification")
    jobs = random_jobs(problem, 2)
    options = GAKANOptions(grid_steps=(0, 1))
    assert not batched.supports(options)
    assert batched.supports(GAKANOptions())
    ours = train_batched(jobs, problem, options, Budget(steps=2))
    for left, right in zip(ours, train_compiled(jobs, problem, options, Budget(steps=2)), strict=True):
        check_same(left, right)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_gpu_gives_the_same_results_but_for_rounding(precision: str) -> None:
    problem = small_problem("classification", folds=2)
    jobs = random_jobs(problem, 24, iterations=8)
    options = GAKANOptions(precision=precision)
    ours = train_batched(jobs, problem, options, Budget(device="cuda"))
    for left, right in zip(ours, train_compiled(jobs, problem, options, Budget()), strict=True):
        assert left.val_loss == pytest.approx(right.val_loss, rel=1e-6 if precision == "float64" else 3e-2)
