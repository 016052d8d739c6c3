"""The rivals of networks on equations: the tanh network's derivatives, and solvers that solve."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.fkan.rivals import METHODS, TanhMisfits, by_bvp, by_ivp, reference, report, tanh_jet


def test_the_tanh_network_has_its_derivatives():
    rng = np.random.default_rng(0)
    theta, x = rng.normal(size=10), np.linspace(0.0, 2.0, 7)
    value, slope, bend, *_ = tanh_jet(theta, x)
    h = 1e-5
    left, right = (next(tanh_jet(theta, x + step)) for step in (-h, h))
    assert np.allclose((right - left) / (2 * h), slope, rtol=1e-8, atol=1e-9)
    assert np.allclose((right - 2 * value + left) / h**2, bend, rtol=1e-4, atol=1e-4)
    jacobian = TanhMisfits(3, x, theta).jacobian()
    for k in range(10):
        step = np.where(np.arange(10) == k, 1e-6, 0.0)
        difference = (TanhMisfits(3, x, theta + step).values - TanhMisfits(3, x, theta - step).values) / 2e-6
        assert np.allclose(jacobian[:, k], difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("solver", "limit"), [(by_ivp, 1e-10), (by_bvp, 1e-6)])
@pytest.mark.parametrize("m", [1, 5])
def test_solvers_solve(solver, limit, m):
    x = np.linspace(0.0, 3.9, 50)
    assert np.abs(solver(m, 0, 0)(x) - reference(m, x)).max() < limit


def test_the_page_has_a_line_for_each_method():
    rows = [
        {"m": 0, "method": method, "seed": seed, "error": 1e-9, "cpu_seconds": 1.0}
        for method in METHODS
        for seed in range(2)
    ]
    text = "\n".join(report(rows))
    assert all(f"| m = 0 | {method} | 2 |" in text for method in METHODS)
