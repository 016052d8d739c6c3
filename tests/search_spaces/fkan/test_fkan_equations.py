"""Trainings on equations that go on from what was learned, and whose points move to where the residual is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from evokan.datasets.equations import equation_table
from evokan.evaluation.evaluator import Evaluator
from evokan.evaluation.executors import ThreadExecutor
from evokan.evolution import Genome
from evokan.problem.equations import Equation, derivative
from evokan.problem.problem import Problem
from evokan.problem.solutions import evaluate_solution
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.problems import small_problem
from search_spaces.fkan import FKAN, FKANOptions
from search_spaces.fkan.encoding import PARALLEL, SEQUENTIAL, network
from search_spaces.fkan.flat import flat_values, state_dict
from search_spaces.fkan.moving import EVERY, MovingPoints
from search_spaces.fkan.system import System

SMALL = network(1, 1, (0,), PARALLEL, (4, 4), (2, 4))


@pytest.mark.parametrize("shared", [True, False])
def test_values_go_into_a_network_and_back(shared):
    made = network(2, 2, (0, 1), SEQUENTIAL, (3, 2), (4, 1), shared, (3,), 2)
    theta = np.random.default_rng(0).normal(size=made.n_params)
    state = state_dict(made, theta)
    assert np.array_equal(flat_values(dict(sorted(state.items()))), theta)


def test_a_training_goes_on_from_what_the_network_has_learned():
    problem = small_problem("residual")
    job = TrainingJob(SMALL, problem.folds[0], 0, keep_weights=True, steps=1)
    (short,) = FKAN().train([job], problem, Budget(20))
    assert short.evaluations < 20
    later = replace(job, parents=((SMALL, short.weights),))
    (further,) = FKAN().train([later], problem, Budget(20))
    assert further.val_loss < short.val_loss
    (again,) = FKAN().train([replace(later, seed=99)], problem, Budget(20))
    assert again.val_loss == further.val_loss  # nothing is left to chance
    assert FKAN().continues(problem)
    assert not FKAN().continues(small_problem("regression"))


def test_a_generation_on_an_equation_climbs():
    whole = small_problem("residual")
    problem = whole.with_rungs(None)
    space = FKAN(FKANOptions(max_width=4, max_depth=2))
    jobs = []
    train = space.train
    space.train = lambda batch, *more: jobs.extend(batch) or train(batch, *more)
    rng = np.random.default_rng(0)
    judge = Evaluator(space, problem, Budget(8), 3, ThreadExecutor(1), cuts=True)
    records = judge.evaluate([Genome(space.sample(problem, rng)) for _ in range(8)], 0)
    fresh = [record for record in records if record.status in ("ok", "raced")]
    through = [record for record in fresh if record.status == "ok"]
    assert len(through) == -(-len(fresh) // 4)
    assert [job.steps for job in jobs] == [2] * len(fresh) + [None] * len(through)
    assert all(len(job.parents) == (job.steps is None) for job in jobs)
    assert {record.rung for record in through} == {1}


class Layer(Equation):
    """0.01 u'' + u' = 0, u(0) = 0, u(1) = 1: all of it happens in the first twentieth."""

    name, summary, coordinates = "layer", "0.01 u'' + u' = 0, u(0) = 0, u(1) = 1", ("x",)

    def points(self, seed):
        return np.linspace(0.0, 1.0, 4000)[:, None]

    def residual(self, u, x):
        slope = derivative(u(x), x)
        return 0.01 * derivative(slope, x) + slope

    def conditions(self, u):
        return [u(self.at(0.0)), u(self.at(1.0)) - 1.0]

    def exact(self, x):
        return (1.0 - np.exp(-100.0 * x[:, 0])) / (1.0 - np.exp(-100.0))


def test_points_move_to_where_the_residual_is():
    problem = Problem.from_table(equation_table(Layer()))
    made = network(1, 1, (0,), SEQUENTIAL, (8,), (3,))
    pool = problem.table.X[problem.train]
    system = System(Layer(), made, problem.input_scaler, pool)
    theta = np.concatenate([np.full(made.n_params, 0.1)])
    moving = MovingPoints(system, 200, 0)
    first = system.points
    assert np.mean(first < 0.05) < 0.15
    system.missed = lambda theta, points: np.where(points[:, 0] < 0.05, 100.0, 0.0)
    assert [moving(theta) for _ in range(EVERY)] == [False] * (EVERY - 1) + [True]
    assert (len(system.points), len(np.unique(system.points))) == (200, 200)
    assert 0.25 < np.mean(system.points < 0.05) <= 0.9
    system.missed = lambda theta, points: np.full(len(points), np.nan)
    kept = system.points
    assert not any(moving(theta) for _ in range(EVERY))
    assert system.points is kept


def test_a_layer_is_solved_on_few_points_that_move():
    problem = Problem.from_table(equation_table(Layer()))
    made = network(1, 1, (0,), SEQUENTIAL, (8, 8), (3, 3))
    errors = {}
    for points in (0, 120):
        space = FKAN(FKANOptions(points=points))
        job = TrainingJob(made, problem.folds[0], 0, keep_weights=True)
        (trained,) = space.train([job], problem, Budget(20))
        model = space.model(made, problem, trained.weights)
        errors[points] = evaluate_solution(Layer(), model, problem.table.X)["max_error"]
    assert errors[120] < 1e-4
    assert errors[120] < 30 * errors[0]


def test_points_move_with_one_method_alone():
    assert FKANOptions(points=100).points == 100
    with pytest.raises(ValidationError, match=r"points \(100\) move with the optimizer auto alone, not with adam"):
        FKANOptions(points=100, optimizer="adam")


class Beam(Equation):
    """A beam of stiffness 1 under the load pi^4 sin(pi x), held at both ends: sin(pi x)."""

    name, summary, coordinates = "beam", "u'''' = pi^4 sin(pi x)", ("x",)

    def points(self, seed):
        return np.linspace(0.0, 1.0, 120)[:, None]

    def residual(self, u, x):
        bent = u(x)
        for _ in range(4):
            bent = derivative(bent, x)
        return (bent - np.pi**4 * torch.sin(np.pi * x[:, 0])) / 100.0

    def conditions(self, u):
        ends = self.at(np.array([0.0, 1.0]))
        value = u(ends)
        return [value, derivative(derivative(value, ends), ends)]

    def exact(self, x):
        return np.sin(np.pi * x[:, 0])


class Third(Equation):
    """u''' + u' = 0, u(0) = 0, u'(0) = 1, u''(0) = 0: sin x."""

    name, summary, coordinates = "third", "u''' + u' = 0", ("x",)

    def points(self, seed):
        return np.linspace(0.0, 3.0, 120)[:, None]

    def residual(self, u, x):
        slope = derivative(u(x), x)
        return derivative(derivative(slope, x), x) + slope

    def conditions(self, u):
        start = self.at(0.0)
        value = u(start)
        slope = derivative(value, start)
        return [value, slope - 1.0, derivative(slope, start)]

    def exact(self, x):
        return np.sin(x[:, 0])


class Circle(Equation):
    """x' = -w y, y' = w x with an unknown w, x(0) = 1, y(0) = 0, and y known at 0.75: cos 2 t and sin 2 t."""

    name, summary, coordinates = "circle", "x' = -w y, y' = w x", ("t",)
    unknowns, coefficients = ("x", "y"), {"w": 1.5}

    def points(self, seed):
        return np.linspace(0.0, 1.5, 90)[:, None]

    def residual(self, u, x):
        one, other = u(x).unbind(1)
        w = u.coefficients["w"]
        return torch.stack([derivative(one, x) + w * other, derivative(other, x) - w * one], dim=1)

    def conditions(self, u):
        start = u(self.at(0.0))[0]
        return [start - torch.tensor([1.0, 0.0], dtype=torch.float64), u(self.at(0.75))[:, 1] - np.sin(1.5)]

    def exact(self, x):
        return np.stack([np.cos(2.0 * x[:, 0]), np.sin(2.0 * x[:, 0])], axis=1)


class Ring(Equation):
    """u_t + u_x = 0 on a ring, u(x, 0) = sin x: sin(x - t); the ends of the ring meet."""

    name, summary, coordinates = "ring", "u_t + u_x = 0", ("x", "t")

    def points(self, seed):
        return np.random.default_rng(seed).uniform([0.0, 0.0], [2.0 * np.pi, 1.0], (200, 2))

    def residual(self, u, x):
        value = u(x)
        return derivative(value, x, 1) + derivative(value, x, 0)

    def conditions(self, u):
        x, t = np.linspace(0.0, 2.0 * np.pi, 30), np.linspace(0.0, 1.0, 20)
        begin = self.at(x, 0.0)
        return [u(begin) - torch.sin(begin[:, 0]), u(self.at(0.0, t)) - u(self.at(2.0 * np.pi, t))]

    def exact(self, x):
        return np.sin(x[:, 0] - x[:, 1])


@pytest.mark.parametrize(("equation", "limit"), [(Beam(), 1e-4), (Third(), 1e-4), (Circle(), 1e-4), (Ring(), 1e-2)])
def test_closed_forms_are_found(equation, limit):
    problem = Problem.from_table(equation_table(equation))
    d = problem.n_features
    made = network(
        d, problem.n_outputs, tuple(range(d)), SEQUENTIAL, (8, 8), (3, 3), n_coefficients=problem.n_coefficients
    )
    space = FKAN()
    (trained,) = space.train([TrainingJob(made, problem.folds[0], 0, keep_weights=True)], problem, Budget(12))
    model = space.model(made, problem, trained.weights)
    figures = evaluate_solution(equation, model, problem.table.X)
    assert figures["max_error"] < limit
    if equation.coefficients:
        assert figures["w"] == pytest.approx(2.0, abs=1e-4)
    told = space.explain(model, problem).data["solution"]
    assert [len(told[name]) for name in ("x", "u", "exact")] == [d, problem.n_outputs, problem.n_outputs]
    assert max(abs(value) for value in told["residual"]) < 1.0
    axes = space.plots(space.explain(model, problem))["solution.png"]()
    assert len(axes.get_figure().axes) >= 2
