"""HKAN keeps the promises that the framework relies on."""

from __future__ import annotations

import math

import pytest

from evokan.arrays import IntArray
from evokan.problem.problem import Problem
from evokan.problem.task import Task
from evokan.settings.job import prepare, resolve
from evokan.testing import SearchSpaceContract, small_problem
from search_spaces.hkan import HKAN, HKANOptions

pytestmark = pytest.mark.smoke


class TestHKAN(SearchSpaceContract):
    def make_space(self) -> HKAN:
        return HKAN()

    def make_problem(self, task: Task, **changes) -> Problem:
        return small_problem(task, **{"scaler": "minmax", **changes})

    def loss(self, outputs, problem: Problem, rows: IntArray) -> float:
        """Root mean squared error for numbers, cross-entropy for classes."""
        loss = super().loss(outputs, problem, rows)
        return loss if problem.task.has_classes else math.sqrt(loss)


class TestMixedAndSmall(TestHKAN):
    """Several functions in a layer, few layers, noise cut off."""

    def make_space(self) -> HKAN:
        return HKAN(HKANOptions(mixed=True, max_layers=2, max_nodes=9, max_basis=6, cutoff=1e-6))


class TestEachFunctionAsSharp(TestHKAN):
    """A sharpness of its own for every function of a layer."""

    def make_space(self) -> HKAN:
        return HKAN(HKANOptions(mixed=True, mixed_sigma=True, max_layers=2, max_nodes=9, max_basis=6))


class TestStandardScaler(TestHKAN):
    """Inputs far outside of [0, 1] are no reason to break down."""

    def make_problem(self, task: Task, **changes) -> Problem:
        return small_problem(task, **changes)


def test_the_paper_preset_fits_by_the_papers_least_squares():
    paper, default = (
        prepare(resolve({"space": "hkan", "dataset": "exp-sin", "preset": preset})) for preset in ("paper", "default")
    )
    assert (paper.space.options.steady, default.space.options.steady) == (False, True)
    assert paper.space.allowance == 1e6
    assert (paper.config.parsimony, paper.config.initial) == ("none", "random")
