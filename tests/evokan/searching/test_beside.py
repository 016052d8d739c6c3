"""Baselines in a process of their own."""

from __future__ import annotations

import time
from collections import UserList

import numpy as np
import pytest

from evokan.problem.baselines import FAST, fit_baselines
from evokan.problem.problem import Problem
from evokan.problem.table import Table
from evokan.searching import beside
from evokan.searching.beside import Baselines, baselines_of
from evokan.searching.clock import Clock


def problem(rows=200) -> Problem:
    x = np.random.default_rng(0).normal(size=(rows, 3))
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    return Problem.from_table(Table("two", "classification", x, y, ("a", "b", "c"), "y", ("no", "yes")))


def test_another_process_finds_the_same_figures():
    one = problem()
    with Baselines(one, 3) as at_work:
        found, complete = at_work.wait()
    assert complete
    assert found == fit_baselines(one, 3)


def test_it_is_ended_with_what_it_has_found():
    began = time.perf_counter()
    with Baselines(problem(), 0) as at_work:
        found, complete = at_work.wait(0.0)
        process = at_work._process
    assert (found, complete) == ({}, False)
    assert process.poll() is not None
    assert time.perf_counter() - began < 60


def test_few_rows_are_left_to_this_process_and_many_to_another(monkeypatch):
    begun = UserList()

    class Noted(Baselines):
        def __init__(self, *arguments):
            begun.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(beside, "Baselines", Noted)
    one = problem()
    with baselines_of(one, 0, "fast", Clock()) as few:
        here = few()
    assert not begun
    monkeypatch.setattr(beside, "FEW_ROWS", 100)
    with baselines_of(one, 0, "fast", Clock()) as many:
        there = many()
    assert len(begun) == 1
    assert here == there
    assert set(here) == {"logistic_regression", "knn", "hist_gradient_boosting"} <= set(FAST)
    with baselines_of(one, 0, "none", Clock()) as nothing:
        assert nothing() == {}
    assert len(begun) == 1


def test_a_process_that_dies_is_made_up_for(monkeypatch):
    monkeypatch.setattr(beside, "FEW_ROWS", 100)
    monkeypatch.setattr(beside, "_START", "raise SystemExit(1)")
    one = problem()
    with baselines_of(one, 0, "fast", Clock()) as find:
        assert find() == fit_baselines(one, 0, which="fast")


def test_what_is_not_done_in_time_says_so():
    clock = Clock(0.001)
    with baselines_of(problem(), 0, "all", clock) as find:
        found = find()
    assert found["mlp"] == {"error": "not done within the time limit"}
    assert clock.parts["baselines"]["of"] == len(found) == 6


@pytest.mark.parametrize("which", ["none", "fast"])
def test_fewer_are_fitted_on_demand(which):
    assert set(fit_baselines(problem(), which=which)) == (
        set() if which == "none" else {"logistic_regression", "knn", "hist_gradient_boosting"}
    )
