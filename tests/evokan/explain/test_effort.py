"""Effort is counted work: it adds up, parts count in the whole, and the clock has no say."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evokan.datasets import make_table
from evokan.explain import EdgeFunction, FunctionGraph, SplineTable, Split, find_formulas
from evokan.explain.reading.effort import Effort
from evokan.problem.problem import Problem


@given(st.lists(st.floats(0, 10), max_size=8), st.floats(0, 40))
def test_it_is_over_once_more_is_spent_than_allowed(parts, allowed):
    effort = Effort(allowed)
    for part in parts:
        effort.spend(part)
    assert effort.over == (sum(parts) > allowed)


def test_a_part_without_limit_counts_and_is_never_over():
    effort = Effort(1.0)
    part = effort.unlimited()
    part.unlimited().spend(5.0)
    assert effort.over
    assert not part.over
    assert effort.spent == part.spent == 5.0


def test_a_larger_step_costs_more():
    def cost(values: int, parameters: int) -> float:
        effort = Effort()
        effort.spend_step(values, parameters)
        return effort.spent

    assert cost(100, 10) < cost(200, 10) < cost(200, 40)


def test_a_search_that_is_cut_off_ends_at_the_same_place_on_a_slow_machine(monkeypatch):
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (120, 3))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + 0.3 * rng.normal(size=120)
    table = make_table("noisy", "regression", x, y, feature_names=("a", "b", "c"), target_name="y")
    problem = Problem.from_table(table)
    edges = tuple(EdgeFunction(0, i, 0, SplineTable(-2.5, 1.0, 0.1 * rng.normal(size=8), 0.0, 1.0)) for i in range(3))
    graph = FunctionGraph(
        (3, 1), edges, ("a", "b", "c"), ("y",), "regression", problem.input_scaler, problem.target_scaler
    )
    quick = find_formulas(graph, Split.of(problem, graph), time_limit=0.3)
    assert not quick.complete
    real = time.thread_time
    monkeypatch.setattr(time, "thread_time", lambda: 50 * real())
    slow = find_formulas(graph, Split.of(problem, graph), time_limit=0.3)
    assert [formula.text for formula in slow] == [formula.text for formula in quick]
