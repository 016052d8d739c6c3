"""Spline kernels against SciPy's B-splines, and the torch twin against both."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from search_spaces.splines.kernels import (
    PADDING,
    basis,
    edge_backward,
    edge_forward,
    edge_gradients,
    exp,
    regrid,
    spline_value,
)
from search_spaces.splines.torch_edges import SplineEdges

GRIDS = [(1, -1.0, 2.0), (2, 0.0, 0.5), (5, -3.0, 1.2), (17, 10.0, 0.01), (64, -8.0, 0.25)]
"""(intervals, left end, interval width)"""


def spline(coefficients: np.ndarray, lo: float, h: float) -> BSpline:
    """The cubic spline of G + 3 coefficients on knots that go on three intervals beyond the grid, 0 outside.

    SciPy evaluates between the fourth knot from either end, so three more knots with coefficients 0 go around.
    """
    knots = lo + h * np.arange(-6, len(coefficients) + 4)
    return BSpline(knots, np.pad(coefficients, 3), 3, extrapolate=False)


def points(intervals: int, lo: float, h: float, count: int = 150) -> np.ndarray:
    """Points inside of the grid, beyond it, beyond the knots, and on every knot."""
    rng = np.random.default_rng(intervals)
    hi = lo + intervals * h
    knots = lo + h * np.arange(-3, intervals + 4)
    scattered = rng.uniform(lo - 5 * h, hi + 5 * h, count)
    return np.concatenate([scattered, knots, [lo, hi, lo - 3.5 * h, hi + 3.5 * h, lo - 1e6, hi + 1e6]])


def evaluate(x: np.ndarray, lo: float, h: float, intervals: int):
    """Index, basis values, derivatives, silu and its derivative, as the kernel fills them."""
    n = len(x)
    index = np.zeros(n, np.uint32)
    b, d = np.zeros((2, 4, n), x.dtype)
    silu, dsilu = np.zeros((2, n), x.dtype)
    basis(x, x.dtype.type(lo), x.dtype.type(1 / h), intervals, index, b, d, silu, dsilu, n)
    return index, b, d, silu, dsilu


def dense(index: np.ndarray, b: np.ndarray, intervals: int) -> np.ndarray:
    """The kernel's four values a point as a full row of G + 3 basis functions."""
    rows = np.zeros((len(index), intervals + 3 + 2 * PADDING))
    for k in range(4):
        rows[np.arange(len(index)), index + k] = b[k]
    return rows[:, PADDING:-PADDING]


def reference(x: np.ndarray, lo: float, h: float, intervals: int, derivative: int = 0) -> np.ndarray:
    columns = [np.nan_to_num(spline(row, lo, h)(x, derivative)) for row in np.eye(intervals + 3)]
    return np.stack(columns, axis=1)


# ---------------------------------------------------------------- basis functions


@pytest.mark.parametrize("grid", GRIDS)
def test_basis_values_and_derivatives_are_those_of_scipy(grid):
    intervals, lo, h = grid
    x = points(intervals, lo, h)
    index, b, d, _, _ = evaluate(x, lo, h, intervals)
    assert index.max() <= intervals + 5  # the four coefficients exist in the padded array
    # (x - lo) / h carries the rounding of x: a few ulps of x, divided by h.
    error = 1e-14 * max(1.0, abs(lo) / h)
    assert np.allclose(dense(index, b, intervals), reference(x, lo, h, intervals), rtol=0, atol=error)
    assert np.allclose(dense(index, d, intervals) * h, reference(x, lo, h, intervals, 1) * h, rtol=0, atol=10 * error)


@pytest.mark.parametrize("grid", GRIDS)
def test_basis_functions_sum_to_one_on_the_grid_and_vanish_beyond_the_knots(grid):
    intervals, lo, h = grid
    inside = np.linspace(lo, lo + intervals * h, 200)
    index, b, d, _, _ = evaluate(inside, lo, h, intervals)
    assert np.allclose(b.sum(axis=0), 1.0, rtol=0, atol=1e-14)
    assert np.allclose(d.sum(axis=0) * h, 0.0, rtol=0, atol=1e-13)
    assert dense(index, b, intervals).min() >= 0.0
    beyond = np.array([lo - 3.001 * h, lo - 1e9, lo + (intervals + 3.001) * h, 1e300, -1e300])
    _, b, d, _, _ = evaluate(beyond, lo, h, intervals)
    assert not b.any()
    assert not d.any()


def test_silu_and_its_derivative():
    x = np.concatenate([np.linspace(-40, 40, 401), [-800.0, 800.0, 0.0, -1e-300, 1e30]])
    _, _, _, silu, dsilu = evaluate(x, -1.0, 0.5, 4)
    sigmoid = 1 / (1 + np.exp(np.clip(-x, -700, 700)))
    assert np.allclose(silu, x * sigmoid, rtol=1e-14, atol=1e-300)
    assert np.allclose(dsilu, sigmoid * (1 + x * (1 - sigmoid)), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rows", [1, 7, 64, 130])
def test_what_is_no_number_stays_none_and_reaches_no_foreign_memory(rows):
    # Long arrays take the vectorised path, which treats NaN in its own way.
    for value in (np.nan, np.inf, -np.inf):
        index, b, d, silu, _ = evaluate(np.full(rows, value), -1.0, 0.4, 5)
        assert index.max() <= 10
        if np.isnan(value):
            assert np.isnan(b).all()
            assert np.isnan(silu).all()
        else:
            assert not b.any()
            assert not d.any()
            assert not np.isfinite(silu).any()


def test_single_precision_is_close():
    x = points(5, -3.0, 1.2)
    exact = evaluate(x, -3.0, 1.2, 5)
    single = evaluate(x.astype(np.float32), -3.0, 1.2, 5)
    assert all(array.dtype == np.float32 for array in single[1:])
    for wide, narrow in ((exact[1], single[1]), (exact[2], single[2])):
        assert np.allclose(dense(exact[0], wide, 5), dense(single[0], narrow, 5), rtol=0, atol=2e-5)
    assert np.allclose(exact[3], single[3], rtol=1e-5, atol=1e-6)


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("grid", GRIDS)
def test_one_edge_forwards_and_backwards(grid):
    intervals, lo, h = grid
    x = points(intervals, lo, h)
    rng = np.random.default_rng(1)
    coefficients, w_b, upstream = rng.normal(size=intervals + 3), 0.7, rng.normal(size=len(x))
    padded = np.pad(coefficients, PADDING)
    index, b, d, silu, dsilu = evaluate(x, lo, h, intervals)
    curve = spline(coefficients, lo, h)
    error = 1e-12 * max(1.0, abs(lo) / h)

    out = np.full(len(x), 2.0)  # what other edges have added already
    edge_forward(padded, w_b, index, b, silu, out, len(x))
    assert np.allclose(out, 2.0 + w_b * silu + np.nan_to_num(curve(x)), rtol=0, atol=error * 10)

    gx = np.full(len(x), -1.0)
    edge_backward(padded, w_b, index, d, dsilu, upstream, gx, len(x))
    slope = w_b * dsilu + np.nan_to_num(curve(x, 1))
    assert np.allclose(gx * h, (-1.0 + upstream * slope) * h, rtol=0, atol=error * 100)


def test_coefficient_gradients_of_several_edges_from_one_node():
    intervals, lo, h = 5, -3.0, 1.2
    x = points(intervals, lo, h)
    rows = len(x)
    index, b, _, silu, _ = evaluate(x, lo, h, intervals)
    upstream = np.random.default_rng(2).normal(size=(4, rows))
    target = np.array([9, 3, 0, 3], np.int32)  # edges 1 to 3 leave the node; edge 0 is another's
    gc, gw = np.ones((4, intervals + 3 + 2 * PADDING)), np.ones(4)
    edge_gradients(gc, gw, 1, 4, target, index, b, silu, upstream, rows)
    values = dense(index, b, intervals)
    assert (gc[0] == 1).all()
    assert gw[0] == 1
    for edge in (1, 2, 3):
        g = upstream[target[edge]]
        assert np.allclose(gc[edge, PADDING:-PADDING], 1 + g @ values, rtol=0, atol=1e-12)
        assert np.isclose(gw[edge], 1 + g @ silu, rtol=1e-12)


def test_rows_beyond_the_block_are_left_alone():
    intervals, lo, h = 5, -3.0, 1.2
    x = np.linspace(-3, 3, 10)
    index, b, _, silu, _ = evaluate(x, lo, h, intervals)
    out = np.zeros(10)
    edge_forward(np.ones(intervals + 9), 1.0, index, b, silu, out, 4)
    assert out[:4].all()
    assert not out[4:].any()


# ---------------------------------------------------------------- whole splines


@pytest.mark.parametrize("grid", GRIDS)
def test_spline_values(grid):
    intervals, lo, h = grid
    coefficients = np.random.default_rng(3).normal(size=intervals + 3)
    x = points(intervals, lo, h)
    found = [spline_value(np.pad(coefficients, PADDING), (value - lo) / h, intervals) for value in x]
    expected = np.nan_to_num(spline(coefficients, lo, h)(x))
    assert np.allclose(found, expected, rtol=0, atol=1e-13 * max(1.0, abs(lo) / h))
    assert spline_value(np.ones(intervals + 9), np.nan, intervals) == 0.0


def regridded(coefficients, lo, h, new_lo, new_h):
    out = np.empty_like(coefficients)
    regrid(np.pad(coefficients, PADDING), out, lo, h, new_lo, new_h, len(coefficients) - 3)
    return out


@pytest.mark.parametrize("intervals", [5, 17, 64])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_new_grid_inside_keeps_cubic_polynomials(intervals, degree):
    polynomial = np.polynomial.Polynomial(np.random.default_rng(degree).normal(size=degree + 1))
    lo, h = -4.0, 8.0 / intervals
    knots = lo + h * np.arange(-3, intervals + 4)
    sites = np.linspace(lo - 3 * h, lo + (intervals + 3) * h, 400)
    design = BSpline.design_matrix(sites[(sites >= lo) & (sites <= lo + intervals * h)], knots, 3).toarray()
    inside = sites[(sites >= lo) & (sites <= lo + intervals * h)]
    coefficients = np.linalg.lstsq(design, polynomial(inside), rcond=None)[0]
    new_lo, new_h = -0.7, 1.5 / intervals
    found = spline(regridded(coefficients, lo, h, new_lo, new_h), new_lo, new_h)
    x = np.linspace(new_lo, new_lo + intervals * new_h, 100)
    assert np.allclose(found(x), polynomial(x), rtol=0, atol=1e-11)


def test_the_same_grid_keeps_a_polynomial_and_nearly_any_smooth_spline():
    intervals, lo, h = 64, -3.0, 6 / 64
    x = np.linspace(lo + 4 * h, lo + (intervals - 4) * h, 300)
    centres = lo + h * (np.arange(intervals + 3) - 1)
    coefficients = np.sin(2 * centres)
    before, after = spline(coefficients, lo, h), spline(regridded(coefficients, lo, h, lo, h), lo, h)
    assert np.abs(after(x) - before(x)).max() < 1e-4  # fourth order in h = 0.09


def test_a_finer_grid_follows_ever_closer():
    lo, width, new_lo, new_width = -3.0, 6.0, -2.0, 4.0
    x = np.linspace(new_lo, new_lo + new_width, 300)
    errors = []
    for intervals in (8, 16, 32):
        h, new_h = width / intervals, new_width / intervals
        coefficients = np.sin(lo + h * (np.arange(intervals + 3) - 1))
        before = spline(coefficients, lo, h)(x)
        errors.append(np.abs(spline(regridded(coefficients, lo, h, new_lo, new_h), new_lo, new_h)(x) - before).max())
    assert errors[1] < errors[0] / 8
    assert errors[2] < errors[1] / 8


# ---------------------------------------------------------------- the exponential


def test_exp_is_accurate_to_a_few_units_in_the_last_place():
    x = np.concatenate([np.linspace(-708, 708, 20001), np.linspace(-1, 1, 2001), [0.0, 1e-300, -1e-17]])
    found = np.array([exp(value) for value in x])
    assert np.abs(found / np.exp(x) - 1).max() < 1e-15
    assert exp(0.0) == 1.0


@pytest.mark.parametrize(("x", "held"), [(1e4, 708.0), (-1e4, -708.0), (np.inf, 708.0), (-np.inf, -708.0)])
def test_exp_never_overflows_and_its_reciprocal_neither(x, held):
    assert exp(x) == exp(held)
    assert np.isfinite(exp(x))
    assert np.isfinite(1 / exp(x))


def test_exp_of_no_number_is_none():
    assert np.isnan(exp(np.nan))


# ---------------------------------------------------------------- the torch twin


@pytest.mark.parametrize("grid", GRIDS)
def test_torch_edges_are_the_formula(grid):
    intervals, lo, h = grid
    x = points(intervals, lo, h)
    rng = np.random.default_rng(4)
    layer = SplineEdges(((0, 1), (1, 0), (1, 1)), 2, 3, intervals)
    with torch.no_grad():
        layer.lo[:] = torch.tensor([lo, lo - h], dtype=torch.float64)
        layer.h[:] = torch.tensor([h, 1.5 * h], dtype=torch.float64)
        layer.coefficients[:] = torch.from_numpy(rng.normal(size=(3, intervals + 3)))
        layer.w_b[:] = torch.from_numpy(rng.normal(size=3))
        layer.w_s[:] = torch.from_numpy(rng.normal(size=3))
        inputs = np.stack([x, x[::-1]], axis=1)
        values = layer.edge_values(torch.from_numpy(inputs)).numpy()
        levels = layer(torch.from_numpy(inputs)).numpy()
    c, w_b, w_s = (tensor.detach().numpy() for tensor in (layer.coefficients, layer.w_b, layer.w_s))
    grids = [(lo, h), (lo - h, 1.5 * h)]
    for edge, (source, _) in enumerate(((0, 1), (1, 0), (1, 1))):
        u = inputs[:, source]
        silu = u / (1 + np.exp(np.clip(-u, -700, 700)))
        expected = w_b[edge] * silu + w_s[edge] * np.nan_to_num(spline(c[edge], *grids[source])(u))
        assert np.allclose(values[:, edge], expected, rtol=1e-12, atol=1e-12 * max(1.0, abs(lo) / h))
    assert np.allclose(levels, np.stack([values[:, 1], values[:, 0] + values[:, 2], 0 * x], axis=1), atol=1e-12)
