"""Equations as data sets: those that come with evokan, and a user's own."""

from __future__ import annotations

import json
import pickle
from math import gamma

import numpy as np
import pytest
import torch

import evokan
from evokan.datasets import list_datasets, load_dataset
from evokan.datasets.equations import EQUATIONS, equation_table, remembered_table
from evokan.datasets.registry import register_equation
from evokan.errors import InputError
from evokan.problem.equations import (
    Burgers,
    Equation,
    FractionalDelay,
    LaneEmden,
    caputo,
    caputo_matrix,
    derivative,
    misfits,
    residual_loss,
)
from evokan.problem.equations.jets import local_polynomial
from evokan.problem.equations.lane_emden import ENDS, ROOTS
from evokan.problem.equations.remembered import to_json
from evokan.problem.problem import Problem
from evokan.problem.solutions import as_unknown, evaluate_solution


class DampedOscillator(Equation):
    """The example of the documentation: an own equation in some 20 lines."""

    name = "damped-oscillator"
    summary = "u'' + 0.4 u' + 4 u = 0, u(0) = 1, u'(0) = 0 on [0, 6]"
    coordinates = ("t",)

    def points(self, seed):
        return np.linspace(0.0, 6.0, 300)[:, None]

    def residual(self, u, x):
        y = u(x)
        slope = derivative(y, x)
        return derivative(slope, x) + 0.4 * slope + 4.0 * y

    def conditions(self, u):
        start = self.at(0.0)
        y = u(start)
        return [y - 1.0, derivative(y, start)]

    def exact(self, x):
        rate = np.sqrt(4.0 - 0.04)
        return np.exp(-0.2 * x[:, 0]) * (np.cos(rate * x[:, 0]) + 0.2 / rate * np.sin(rate * x[:, 0]))


def damped(x):
    rate = (4.0 - 0.04) ** 0.5
    t = x[:, 0]
    return torch.exp(-0.2 * t) * (torch.cos(rate * t) + 0.2 / rate * torch.sin(rate * t))


SOLUTIONS = {
    "lane-emden-0": lambda x: 1 - x[:, 0] ** 2 / 6,
    "lane-emden-1": lambda x: torch.sin(x[:, 0] + 1e-30) / (x[:, 0] + 1e-30),
    "lane-emden-5": lambda x: (1 + x[:, 0] ** 2 / 3) ** -0.5,
    "burgers-1": lambda x: 0.1 - 0.02 * torch.tanh(x[:, 0] - 0.1 * x[:, 1]),
    "burgers-2": lambda x: 5.0 - 0.002 * torch.tanh(x[:, 0] - 0.5 * x[:, 1]),
    "delay-fde": lambda x: x[:, 0] ** 3,
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_known_solutions_solve_their_equations(name):
    equation = next(one for one in EQUATIONS if one.name == name)
    inside = equation.points(0)[1:]  # sin(x) / x has no derivatives that torch could take at 0
    parts = misfits(equation, SOLUTIONS[name], inside)
    assert parts[0].abs().max() < (1e-4 if name == "delay-fde" else 1e-12)
    values = SOLUTIONS[name](torch.from_numpy(inside)).numpy()
    assert np.allclose(equation.exact(inside), values, rtol=0, atol=1e-12)
    if name != "lane-emden-1":
        assert all(part.abs().max() < 1e-12 for part in parts[1:])


@pytest.mark.parametrize("case", [1, 2])
def test_the_published_burgers_solution_has_the_wrong_sign(case):
    equation = Burgers(case)

    def plus(x):
        wave = torch.tanh(x[:, 0] - equation.m2 * x[:, 1])
        return equation.m2 / equation.m0 + 2 * equation.m1 / equation.m0 * wave

    wrong = misfits(equation, plus, equation.points(0))[0].square().mean().item()
    right = misfits(equation, SOLUTIONS[equation.name], equation.points(0))[0].square().mean().item()
    assert wrong > 1e-14
    assert right < 1e-20


@pytest.mark.parametrize("m", range(5))
def test_roots_are_found_by_bracketing(m):
    from scipy.integrate import solve_ivp

    def right_side(x, state):
        return [state[1], -2 / x * state[1] - state[0] ** m]

    start = [1 - 1e-6 / 6, -1e-3 / 3]
    path = solve_ivp(right_side, (1e-3, ENDS[m]), start, rtol=1e-11, atol=1e-13, dense_output=True, method="DOP853")
    equation = LaneEmden(m)
    figures = equation.check(lambda x: path.sol(np.maximum(x[:, 0], 1e-3))[0])
    assert figures["root"] == pytest.approx(ROOTS[m], abs=2e-5)
    assert figures["root_error"] == pytest.approx(abs(figures["root"] - ROOTS[m]))
    assert np.isnan(equation.check(lambda x: np.ones(len(x)))["root_error"])


@pytest.mark.parametrize("order", [0.3, 0.8])
def test_caputo_of_a_power(order):
    nodes = np.linspace(0, 1, 801)
    x = np.array([0.0, 0.11, 0.5, 1.0])
    assert np.allclose(caputo_matrix(x, nodes, order) @ nodes, x ** (1 - order) / gamma(2 - order), atol=1e-13)
    found = caputo_matrix(x, nodes, order) @ nodes**2
    assert np.allclose(found, 2 * x ** (2 - order) / gamma(3 - order), atol=20 * (1 / 800) ** (2 - order))


@pytest.mark.parametrize("order", [1.3, 1.9])
def test_caputo_above_one(order):
    nodes = np.linspace(0, 1, 401)
    x = Equation.at(np.array([0.0, 0.11, 0.5, 1.0]))
    square = caputo(lambda x: x[:, 0] ** 2, x, order, nodes)  # exact: its first derivative is linear
    t = x.detach().numpy()[:, 0]
    assert np.allclose(square.detach(), 2 * t ** (2 - order) / gamma(3 - order), atol=1e-12)
    cube = caputo(lambda x: torch.stack([x[:, 0], x[:, 0] ** 3], 1), x, order, nodes, unknown=1)
    assert np.allclose(cube.detach(), 6 * t ** (3 - order) / gamma(4 - order), atol=20 * (1 / 400) ** (3 - order))


@pytest.mark.parametrize("order", [0.0, 1.0, 2.0, 2.5, float("nan")])
def test_orders_that_caputo_does_not_take(order):
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        caputo(lambda x: x[:, 0], Equation.at(0.5), order, np.linspace(0, 1, 5))
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        caputo_matrix(np.array([0.5]), np.linspace(0, 1, 5), order)


def test_nodes_that_caputo_does_not_take():
    with pytest.raises(InputError, match="nodes must be at least two numbers that ascend"):
        caputo_matrix(np.array([0.5]), np.array([0.0, 0.0, 1.0]), 0.5)
    with pytest.raises(InputError, match=r"points from 0.5 to 1.5 lie beyond the nodes"):
        caputo_matrix(np.array([0.5, 1.5]), np.linspace(0, 1, 5), 0.5)


def test_lane_emden_has_six_indices():
    with pytest.raises(InputError, match="index 6 must be a whole number from 0 to 5"):
        LaneEmden(6)
    assert LaneEmden(5).check(lambda x: np.ones(len(x))) == {}


def test_what_is_remembered_of_an_equation():
    table = load_dataset("burgers-1")
    told = json.loads(json.dumps(to_json(table.equation)))
    again = remembered_table(told, table.X, table.y)
    assert again.sha256 == table.sha256
    assert (again.feature_names, again.output_names) == (("x", "t"), ("u",))
    with pytest.raises(InputError, match="a run keeps its points and names, and no code"):
        residual_loss(again.equation, SOLUTIONS["burgers-1"], table.X)


def test_equations_are_data_sets():
    cards = {info.name: info for info in list_datasets() if info.task == "residual"}
    assert {f"lane-emden-{m}" for m in range(6)} | {"burgers-1", "burgers-2", "delay-fde"} <= set(cards)
    table = load_dataset("burgers-1")
    assert (table.task, table.X.shape, table.feature_names) == ("residual", (10000, 2), ("x", "t"))
    assert cards["burgers-1"].rows == 10000
    assert table.sha256 != load_dataset("burgers-2").sha256


def test_an_equation_travels():
    table = pickle.loads(pickle.dumps(load_dataset("delay-fde")))
    assert isinstance(table.equation, FractionalDelay)
    loss = residual_loss(table.equation, SOLUTIONS["delay-fde"], table.X)
    assert loss == residual_loss(FractionalDelay(), SOLUTIONS["delay-fde"], table.X)


def test_an_equation_has_one_hold_out():
    table = load_dataset("lane-emden-0")
    problem = Problem.from_table(table)
    assert [len(part) for part in (problem.train, problem.validation, problem.test)] == [1215, 135, 150]
    assert problem.target_scaler.scale.tolist() == [1.0]
    with pytest.raises(InputError, match="--folds 5: an equation has one hold-out"):
        Problem.from_table(table, folds=5)


def test_an_own_equation_is_registered_and_searched(tmp_path):
    register_equation(DampedOscillator())
    table = load_dataset("damped-oscillator")
    assert residual_loss(table.equation, damped, table.X) < 1e-25
    run = evokan.search(
        space="fkan",
        dataset="damped-oscillator",
        population=4,
        generations=1,
        steps=6,
        workers=1,
        out=tmp_path / "run",
        space_options={"max_depth": 2, "max_width": 8, "min_degree": 3},
    )
    metrics = run.best.metrics
    assert set(metrics["test"]) == {"residual_loss", "rmse", "mae", "max_error"}
    assert metrics["test"]["max_error"] < 0.1
    assert metrics["baselines"] == {}


def test_a_family_without_equations_refuses_in_one_line():
    with pytest.raises(InputError, match="search space 'gakan' has no residual") as refusal:
        evokan.search(space="gakan", dataset="lane-emden-0", folds=1)
    assert len(refusal.value.faults) == 1


class Broken(DampedOscillator):
    name = "broken"

    def __init__(self, fault):
        self.fault = fault

    def points(self, seed):
        return np.zeros((5, 2)) if self.fault == "points" else super().points(seed)

    def residual(self, u, x):
        y = u(x)
        if self.fault == "order":
            for _ in range(5):
                y = derivative(y, x)
        return y[:7] if self.fault == "residual" else y


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("points", r"equation 'broken': points\(\) must return finite numbers .* \(\.\.\., 1\), got shape \(5, 2\)"),
        ("residual", r"equation 'broken': residual\(u, x\) must return one number for each of the 300 points"),
        ("order", "equation 'broken': the equation takes a fifth derivative .* fourth ones at most"),
    ],
)
def test_faults_of_an_equation_are_told(fault, message):
    with pytest.raises(InputError, match=message):
        equation_table(Broken(fault))


def test_names_that_are_taken_are_refused():
    class Taken(DampedOscillator):
        name = "lane-emden-3"

    class Nowhere(DampedOscillator):
        name, coordinates = "nowhere", ()

    with pytest.raises(InputError, match="comes with evokan"):
        register_equation(Taken())
    with pytest.raises(InputError, match="name at least one coordinate"):
        register_equation(Nowhere())


def test_a_local_polynomial_has_its_jets():
    x = torch.tensor([[0.3, -1.0], [2.0, 0.5]], dtype=torch.float64, requires_grad=True)
    jets = torch.arange(12, dtype=torch.float64).reshape(2, 6)
    y = local_polynomial(x, jets)
    first = [derivative(y, x, a) for a in range(2)]
    second = [derivative(first[0], x, 0), derivative(first[0], x, 1), derivative(first[1], x, 1)]
    assert torch.equal(torch.stack([y, *first, *second], dim=1), jets)
    with pytest.raises(InputError, match="third derivative"):
        derivative(second[0], x)


def test_a_local_polynomial_of_many_functions_to_the_fourth_order():
    x = torch.tensor([[0.3], [2.0]], dtype=torch.float64, requires_grad=True)
    jets = torch.arange(20, dtype=torch.float64).reshape(2, 2, 5)
    y = local_polynomial(x, jets, 4)
    for function in range(2):
        values = y[:, function]
        for order in range(5):
            assert torch.equal(values, jets[:, function, order])
            values = derivative(values, x) if order < 4 else values


def test_figures_that_are_not_finite_are_none():
    model = torch.nn.Linear(1, 1).double()
    torch.nn.init.constant_(model.weight, 0.0)
    torch.nn.init.constant_(model.bias, 1.0)

    class Squared(torch.nn.Module):
        def forward(self, x):
            return model(x) + 0 * x**3

    figures = evaluate_solution(LaneEmden(1), Squared(), np.linspace(0, 4, 9)[:, None])
    assert figures["root_error"] is None
    assert figures["max_error"] == pytest.approx(1 - np.sin(4) / 4)
    assert figures["residual_loss"] == pytest.approx(
        residual_loss(LaneEmden(1), as_unknown(LaneEmden(1), Squared()), np.linspace(0, 4, 9)[:, None])
    )
