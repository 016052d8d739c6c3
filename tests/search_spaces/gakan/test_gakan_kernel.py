"""Loss and gradient of the compiled kernel against automatic differentiation of the torch module."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from gakan_reference import Case, random_case
from torch.nn.functional import cross_entropy

from search_spaces.gakan.kernel import data_loss, first_level, loss_and_gradient, workspace
from search_spaces.splines.dense import BLOCK
from search_spaces.splines.kernels import PADDING

ROWS = (1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 2)
WIDTHS = {1: (4, 3), 2: (4, 5, 3), 3: (4, 3, 5, 2), 4: (3, 4, 2, 4, 3)}
NOTHING = (0.0, 0.0, 0.0, 0.0)


class Kernel:
    """The kernel's arrays for one network and one table; calls may follow one another."""

    def __init__(self, case: Case, x: np.ndarray, y: np.ndarray, dtype: type = np.float64) -> None:
        self.case = case
        intervals = case.architecture.intervals
        shape = (case.architecture.n_edges, intervals + 3 + 2 * PADDING)
        nodes = int(case.flat.level_start[-1])
        self.theta = case.theta.astype(dtype)
        self.c, self.gc = np.zeros(shape, dtype), np.zeros(shape, dtype)
        self.upstream = np.zeros((nodes, BLOCK), dtype)
        self.work = workspace(nodes, intervals, self.theta)
        lo, h = (values.astype(dtype) for values in case.hidden_grid)
        self.lo, self.inv_h = lo, 1 / h
        self.rows(x, y)

    def rows(self, x: np.ndarray, y: np.ndarray) -> None:
        """Take other rows into the same arrays."""
        dtype = self.theta.dtype
        lo0, h0 = (values.astype(dtype) for values in self.case.input_grid)
        columns = np.ascontiguousarray(x[:, self.case.flat.columns].T, dtype=dtype)
        self.level0 = first_level(columns, lo0, 1 / h0, self.case.architecture.intervals)
        whole = y.dtype == np.int64
        self.labels = y if whole else np.zeros(0, np.int64)
        self.targets = np.zeros(0, dtype) if whole else y.astype(dtype)

    def loss_and_gradient(self, penalties: tuple[float, ...] = NOTHING) -> tuple[float, np.ndarray]:
        grad = np.full_like(self.theta, np.nan)  # every place has to be written
        loss = loss_and_gradient(
            self.theta,
            grad,
            self.c,
            self.gc,
            self.case.flat.arrays,
            self.lo,
            self.inv_h,
            self.case.architecture.intervals,
            self.level0,
            self.labels,
            self.targets,
            self.work,
            self.upstream,
            np.array(penalties),
        )
        return float(loss), grad

    def loss(self) -> float:
        return float(
            data_loss(
                self.theta,
                self.c,
                self.case.flat.arrays,
                self.lo,
                self.inv_h,
                self.case.architecture.intervals,
                self.level0,
                self.labels,
                self.targets,
                self.work,
                self.upstream,
            )
        )


def labels(rng: np.random.Generator, case: Case, rows: int, task: str) -> np.ndarray:
    if task == "classification":
        return rng.integers(0, case.architecture.widths[-1], rows)
    return rng.normal(size=rows)


def torch_loss(model, x: np.ndarray, y: np.ndarray) -> torch.Tensor:
    outputs = model(torch.from_numpy(x))
    if y.dtype == np.int64:
        return cross_entropy(outputs, torch.from_numpy(y))
    return ((outputs[:, 0] - torch.from_numpy(y)) ** 2).mean()


def check(case: Case, x: np.ndarray, y: np.ndarray, penalties=NOTHING, penalty=lambda model: 0.0) -> None:
    """Compare with automatic differentiation to ten digits of the largest component."""
    model = case.module()
    expected = torch_loss(model, x, y) + penalty(model)
    expected.backward()
    gradient = case.gradient(model)
    loss, found = Kernel(case, x, y).loss_and_gradient(penalties)
    assert loss == pytest.approx(float(expected.detach()), rel=1e-11)
    assert np.isfinite(found).all()
    assert np.abs(found - gradient).max() <= 1e-10 * max(np.abs(gradient).max(), 1e-3)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("intervals", [1, 2, 5, 16, 17, 64])
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_loss_and_gradient_are_those_of_the_module(depth, intervals, task):
    rng = np.random.default_rng([depth, intervals, task == "regression"])
    widths = WIDTHS[depth] if task == "classification" else (*WIDTHS[depth][:-1], 1)
    for rows in ROWS:
        case = random_case(rng, widths, intervals)
        check(case, case.points(rng, rows), labels(rng, case, rows, task))


@pytest.mark.parametrize("share", [0.25, 0.4, 1.0])
def test_sparse_and_full_networks(share):
    rng = np.random.default_rng(int(100 * share))
    for _ in range(15):
        depth = int(rng.integers(1, 5))
        widths = (int(rng.integers(1, 7)), *rng.integers(1, 6, depth - 1).tolist(), int(rng.integers(2, 5)))
        case = random_case(rng, widths, int(rng.integers(1, 12)), share)
        rows = int(rng.integers(1, 140))
        check(case, case.points(rng, rows), labels(rng, case, rows, "classification"))


def test_a_class_without_edges_has_a_logit_of_0():
    rng = np.random.default_rng(5)
    while True:
        case = random_case(rng, (3, 3, 4), 4, 0.3)
        reached = {target for _, target in case.architecture.edges[-1]}
        if len(reached) < 4:
            break
    x, y = case.points(rng, 80), rng.integers(0, 4, 80)
    check(case, x, y)
    outputs = case.module()(torch.from_numpy(x)).detach().numpy()
    for number in range(4):
        assert outputs[:, number].any() == (number in reached)


# ---------------------------------------------------------------- penalties


def penalty(model, ridge: float, base_ridge: float, roughness: float, l1: float) -> torch.Tensor:
    """The formula, on the effective coefficients of every edge."""
    total = torch.zeros((), dtype=torch.float64)
    for layer in model.layers:
        c = layer.w_s[:, None] * layer.coefficients
        bend = c[:, :-2] - 2 * c[:, 1:-1] + c[:, 2:]
        total = total + ridge * (c**2).sum() + base_ridge * (layer.w_b**2).sum()
        total = total + roughness * (bend**2).sum() + l1 * c.abs().sum()
    return total


@pytest.mark.parametrize(
    "weights",
    [(0.1, 0.0, 0.0, 0.0), (0.0, 0.3, 0.0, 0.0), (0.0, 0.0, 0.03, 0.0), (0.0, 0.0, 0.0, 0.2), (0.1, 0.3, 0.03, 0.2)],
)
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_penalties(weights, task):
    rng = np.random.default_rng(7)
    for intervals in (1, 5, 17):
        case = random_case(rng, (4, 3, 3 if task == "classification" else 1), intervals)
        x = case.points(rng, 70)
        y = labels(rng, case, 70, task)
        check(case, x, y, weights, lambda model: penalty(model, *weights))
        kernel = Kernel(case, x, y)
        assert kernel.loss() == pytest.approx(kernel.loss_and_gradient()[0], rel=1e-13)
        added = kernel.loss_and_gradient(weights)[0] - kernel.loss()
        assert added == pytest.approx(penalty(case.module(), *weights).item(), rel=1e-9)


def test_a_straight_spline_is_not_rough():
    rng = np.random.default_rng(8)
    case = random_case(rng, (1, 1), 6)
    case.theta[:9] = 0.5 - 0.25 * np.arange(9)
    kernel = Kernel(case, case.points(rng, 10), rng.normal(size=10))
    assert kernel.loss_and_gradient((0.0, 0.0, 1e3, 0.0))[0] == pytest.approx(kernel.loss(), rel=1e-12)


# ---------------------------------------------------------------- arrays that are used again


def test_nothing_is_left_over_from_other_rows():
    rng = np.random.default_rng(9)
    case = random_case(rng, (4, 5, 3), 5)
    many, few = case.points(rng, 130), case.points(rng, 3)
    y = labels(rng, case, 130, "classification")
    kernel = Kernel(case, many, y)
    first = kernel.loss_and_gradient()
    kernel.rows(few, y[:3])
    fresh = Kernel(case, few, y[:3]).loss_and_gradient()
    found = kernel.loss_and_gradient()
    assert found[0] == fresh[0]
    assert np.array_equal(found[1], fresh[1])
    kernel.rows(many, y)
    again = kernel.loss_and_gradient()
    assert again[0] == first[0]
    assert np.array_equal(again[1], first[1])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_row_counts_the_same_in_every_place(task):
    rng = np.random.default_rng(10)
    case = random_case(rng, (4, 5, 3 if task == "classification" else 1), 5)
    x = case.points(rng, 130)
    y = labels(rng, case, 130, task)
    loss, gradient = Kernel(case, x, y).loss_and_gradient()
    single = [Kernel(case, x[i : i + 1], y[i : i + 1]).loss_and_gradient() for i in range(130)]
    assert loss == pytest.approx(np.mean([one for one, _ in single]), rel=1e-12)
    assert np.allclose(
        gradient, np.mean([one for _, one in single], axis=0), rtol=0, atol=1e-12 * np.abs(gradient).max()
    )


# ---------------------------------------------------------------- single precision, and numbers that are none


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_single_precision_is_close_to_double(task):
    rng = np.random.default_rng(11)
    for depth, widths in WIDTHS.items():
        case = random_case(rng, widths if task == "classification" else (*widths[:-1], 1), 5)
        x = case.points(rng, 100)
        y = labels(rng, case, 100, task)
        loss, gradient = Kernel(case, x, y).loss_and_gradient((0.01, 0.01, 0.01))
        near, gradient32 = Kernel(case, x, y, np.float32).loss_and_gradient((0.01, 0.01, 0.01))
        assert gradient32.dtype == np.float32
        assert near == pytest.approx(loss, rel=1e-5 * 4**depth)
        assert np.abs(gradient32 - gradient).max() <= 1e-5 * 4**depth * np.abs(gradient).max()


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_what_is_no_number_gives_no_finite_loss(task, value):
    rng = np.random.default_rng(12)
    case = random_case(rng, (2, 3, 2 if task == "classification" else 1), 5, 1.0)
    x = case.points(rng, 70)
    x[66, 0] = value
    case.theta[case.architecture.n_edges * 8 :] = 3.0
    kernel = Kernel(case, x, labels(rng, case, 70, task))
    for loss in (kernel.loss(), kernel.loss_and_gradient()[0]):
        # A huge but finite logit is a huge but finite cross-entropy.
        assert not np.isfinite(loss) or (value == 1e308 and task == "classification" and loss >= 0)
