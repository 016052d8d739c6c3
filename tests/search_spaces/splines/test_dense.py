"""Small grids: basis functions as columns, against SciPy's, and sums by vectors, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy.interpolate import BSpline

from search_spaces.splines import dense
from search_spaces.splines.dense import BLOCK, add_edge, add_products, add_slope

TOLERANCE = {np.float64: 1e-14, np.float32: 1e-5}
DTYPES = sorted(TOLERANCE, key=str)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("intervals", [1, 5, dense.MOST_INTERVALS])
def test_columns_are_cubic_b_splines_and_nothing_beyond_the_knots(intervals, dtype):
    lo, h = dtype(-1.0), dtype(0.5)
    knots = -1.0 + 0.5 * np.arange(-3, intervals + 4)
    x = np.linspace(knots[0] - 1, knots[-1] + 1, 997).astype(dtype)
    b, d, again = (np.full((intervals + 3, len(x)), np.nan, dtype) for _ in range(3))
    dense.columns(x, lo, 1 / h, b, len(x))
    dense.columns_and_slopes(x, lo, 1 / h, again, d, len(x))
    for k in range(intervals + 3):
        inside = (x >= knots[k]) & (x <= knots[k + 4])
        one = BSpline.basis_element(knots[k : k + 5])
        for found, wanted in ((b, one), (again, one), (d, one.derivative())):
            expected = np.where(inside, wanted(np.clip(x.astype(float), knots[k], knots[k + 4])), 0.0)
            np.testing.assert_allclose(found[k], expected, atol=TOLERANCE[dtype] * 10)


@njit
def all_sums(out, gx, sums, b, c, w_b, silu, g):
    size = b.shape[1]
    add_edge(out, BLOCK, b, size * BLOCK, BLOCK, size, c, 2, w_b, silu, BLOCK)
    add_slope(gx, BLOCK, b, size * BLOCK, BLOCK, size, c, 2, w_b, silu, BLOCK, g, 0)
    add_products(sums, 0, b, size * BLOCK, BLOCK, size, g, 0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 4, 19])
def test_sums_of_a_block_go_where_they_belong(size, dtype):
    rng = np.random.default_rng(size)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    out, gx, silu, b, c, g = (
        draw(3, BLOCK),
        draw(3, BLOCK),
        draw(2, BLOCK),
        draw(2, size, BLOCK),
        draw(size + 4),
        draw(BLOCK),
    )
    lanes = dense.lanes(b)
    sums = draw(size, lanes)
    before = [array.astype(float) for array in (out, gx, sums)]
    w_b = dtype(0.7)
    all_sums(out, gx, sums, b, c, w_b, silu, g)
    edge = float(w_b) * silu[1] + c[2 : 2 + size].astype(float) @ b[1]
    wanted = [before[0].copy(), before[1].copy()]
    wanted[0][1] += edge
    wanted[1][1] += g * edge
    close = {"rtol": 0, "atol": TOLERANCE[dtype] * 100}
    np.testing.assert_allclose(out, wanted[0], **close)
    np.testing.assert_allclose(gx, wanted[1], **close)
    np.testing.assert_allclose(sums.sum(axis=1), before[2].sum(axis=1) + b[1].astype(float) @ g, **close)
