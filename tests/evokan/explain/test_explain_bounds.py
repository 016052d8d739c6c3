"""Bounds of clipped nodes: gone where no row reaches them, kept where one does."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from evokan.explain.formulas.bounds import without_idle_bounds
from evokan.explain.formulas.expression import columns
from evokan.spaces.graph import SplineTable

A, B = SYMBOLS = columns(("a", "b"))
ROWS = np.random.default_rng(0).uniform(-1, 1, (50, 2))


def clipped(inner, low=-1):
    return sp.Min(sp.Max(inner, low), 1)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (1.25 * clipped(0.8 * sp.sin(sp.pi * A)), 1.25 * 0.8 * sp.sin(sp.pi * A)),
        (clipped(1.5 * A) + B, clipped(1.5 * A) + B),
        (clipped(A, 0), sp.Max(A, 0)),
        (clipped(A**2, 0), A**2),
        (clipped(clipped(0.5 * A) + 0.4 * B), 0.5 * A + 0.4 * B),
        (clipped(clipped(3.0 * A) / 2), clipped(3.0 * A) / 2),
        (sp.Min(A, B), sp.Min(A, B)),
        (sp.Min(1, A), A),
    ],
)
def test_only_what_no_row_reaches_is_left_out(output, expected):
    (found,) = without_idle_bounds([output], SYMBOLS, {}, ROWS)
    assert sp.simplify(found - expected) == 0


def test_splines_inside_are_evaluated():
    table = SplineTable(-1.0, 0.5, np.zeros(7), slope=2.0)
    spline = sp.Function("spline1")
    found = without_idle_bounds([clipped(spline(0.4 * A)), clipped(spline(A))], SYMBOLS, {"spline1": table}, ROWS)
    assert found == (spline(0.4 * A), clipped(spline(A)))
