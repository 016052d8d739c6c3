"""The rivals of networks on equations: solvers that solve, networks that are trained alike, and what the page says."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from experiments.fkan.rivals import METHODS, NETWORKS, beginning, reference, report, solve
from experiments.fkan.rivals_scipy import by_bvp, by_ivp


@pytest.mark.parametrize(("solver", "limit"), [(by_ivp, 1e-10), (by_bvp, 1e-6)])
@pytest.mark.parametrize("m", [1, 5])
def test_solvers_solve(solver, limit, m):
    x = np.linspace(0.0, 3.9, 50)
    assert np.abs(solver(m, x) - reference(m, x)).max() < limit


@pytest.mark.parametrize("method", NETWORKS)
def test_networks_of_one_size_come_near_the_solution(method):
    _, theta = beginning(Problem.from_table(load_dataset("lane-emden-1")), method, 0)
    assert len(theta) == 199
    errors = []
    for iterations in (1, 15):
        x, values = solve(1, method, 0, iterations)
        errors.append(np.abs(values - reference(1, x)).max())
    assert len(x) == 1500
    assert errors[1] < 1e-3
    assert errors[1] < 0.1 * errors[0]


def measured(figures):
    return [
        {"m": m, "method": method, "seed": seed, "error": error, "cpu_seconds": seconds}
        for m in (0, 3)
        for method, (error, seconds) in zip(METHODS, figures, strict=True)
        for seed in range(2)
    ]


def test_the_page_has_a_line_for_each_method():
    text = "\n".join(report(measured([(1e-9, 1.0)] * 4)))
    assert all(f"| m = 0 | {method} | 2 |" in text for method in METHODS)


@pytest.mark.parametrize(
    ("figures", "better", "times", "ahead"),
    [
        ([(1e-9, 2.0), (1e-8, 1.0), (1e-12, 0.1), (1e-11, 0.1)], 2, "0.5", 2),
        ([(1e-8, 2.0), (1e-9, 5.0), (1e-12, 0.1), (1e-8, 0.1)], 0, "2.5", 0),
        ([(1e-8, 2.0), (1e-9, 2.0), (1e-12, 0.1), (1e-12, 3.0)], 0, "1", 0),
    ],
)
def test_the_page_says_what_the_rows_say(figures, better, times, ahead):
    text = "\n".join(report(measured(figures)))
    assert f"lower median error on {better} of 2 equations; the tanh network takes {times} times as long" in text
    assert f"more exact than either network on {ahead} of 2 equations." in text
