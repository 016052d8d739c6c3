"""Compiled losses, gradients and jets against automatic differentiation of the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evokan.problem.equations import Equation, derivative, residual_loss
from evokan.problem.equations.jets import components
from evokan.problem.scaling import Scaler
from evokan.problem.solutions import as_unknown
from evokan.testing.problems import small_problem
from search_spaces.fkan import FKAN, FKANNetwork, FKANOptions, jets, kernel
from search_spaces.fkan.encoding import PARALLEL, SEQUENTIAL, network
from search_spaces.fkan.flat import compile_network, initial_values, spread_values, state_dict
from search_spaces.fkan.system import System
from search_spaces.fkan.taylor import chain_rule

OPTIONS = FKANOptions(alpha=0.4, beta=-0.3, gamma=0.2)
SHAPES = [
    (SEQUENTIAL, (5, 3, 4), (6, 2, 3), True),
    (PARALLEL, (5, 3, 4), (6, 2, 3), True),
    (PARALLEL, (2, 3), (1, 7), False),
    (SEQUENTIAL, (1,), (4,), True),
]
DENSE = [(), (), (3,), (2, 2)]


def gradient_of(model: FKANNetwork) -> np.ndarray:
    maps = [part for pair in zip(model.weights, model.biases, strict=True) for part in pair]
    return np.concatenate([part.grad.reshape(-1).numpy() for part in (*maps, model.alpha, model.beta, model.gamma)])


@pytest.mark.parametrize(("shape", "dense"), zip(SHAPES, DENSE, strict=True))
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_loss_and_gradient(task, shape, dense):
    problem = small_problem(task, rows=2 * kernel.RUN + 30)
    wiring, widths, degrees, shared = shape
    architecture = network(4, problem.n_outputs, (0, 2, 3), wiring, widths, degrees, shared, dense)
    theta = initial_values(architecture, OPTIONS, 3)
    x = np.ascontiguousarray(problem.scaled_inputs[:, [0, 2, 3]].T)
    labels, targets = np.zeros(0, np.int64), np.zeros((1, 0))
    if task == "classification":
        labels = problem.scaled_targets
    else:
        targets = np.ascontiguousarray(problem.scaled_targets.reshape(len(problem.table.X), -1).T)
    net = compile_network(architecture)
    work, gradient = kernel.workspace(net, x.shape[1]), np.empty_like(theta)
    found = kernel.loss_and_gradient(theta, gradient, x, labels, targets, net, work, 0.01)
    model = FKAN().model(architecture, problem, state_dict(architecture, theta))
    outputs = model.levels(torch.from_numpy(problem.table.X))[-1]
    wanted = torch.as_tensor(problem.scaled_targets)
    bare = (
        torch.nn.functional.cross_entropy(outputs, wanted)
        if task == "classification"
        else (outputs - wanted.reshape(outputs.shape)).square().sum() / len(outputs)
    )
    (bare + 0.01 * sum(weight.square().sum() for weight in model.weights)).backward()
    assert found - 0.01 * sum(weight.square().sum().item() for weight in model.weights) == pytest.approx(bare.item())
    assert kernel.data_loss(theta, x, labels, targets, net, work) == pytest.approx(bare.item(), rel=1e-13)
    assert np.allclose(gradient, gradient_of(model), rtol=1e-11, atol=1e-14)


JETS = [
    # coordinates, inputs, order, outputs, shape, dense maps
    (2, (0, 1), 2, 1, SHAPES[0], ()),
    (2, (1,), 2, 1, SHAPES[1], ()),
    (2, (0, 1), 2, 1, SHAPES[2], (3,)),
    (1, (0,), 1, 1, SHAPES[3], ()),
    (1, (0,), 4, 2, SHAPES[1], (3, 2)),
    (2, (0, 1), 4, 1, SHAPES[0], ()),
    (2, (0, 1), 3, 2, SHAPES[2], ()),
]


@pytest.mark.parametrize(("coordinates", "inputs", "order", "outputs", "shape", "dense"), JETS)
def test_jets_and_their_gradients(coordinates, inputs, order, outputs, shape, dense):
    wiring, widths, degrees, shared = shape
    architecture = network(coordinates, outputs, inputs, wiring, widths, degrees, shared, dense)
    theta = spread_values(architecture, OPTIONS, 3)
    model = FKANNetwork(architecture, {})
    model.load_state_dict(
        {name: torch.as_tensor(value) for name, value in state_dict(architecture, theta).items()}, strict=False
    )
    scale, points = np.array([0.5, 2.0])[:coordinates], 2 * jets.RUN + 3
    model.input_scale[:] = torch.from_numpy(scale)
    x = torch.linspace(-1, 1, points * coordinates, dtype=torch.float64).reshape(points, -1).requires_grad_()
    u = model(x)

    def derived(values, places):
        for place in places:
            values = derivative(values, x, place)
        return values

    places = components(coordinates, order)
    wanted = torch.stack([torch.stack([derived(u[:, k], p) for p in places], 1) for k in range(outputs)], 1)
    arguments = (
        theta,
        compile_network(architecture),
        np.array(inputs),
        x.detach().numpy() / scale,
        1.0 / scale,
        chain_rule(coordinates, order),
    )
    found = np.empty(wanted.shape)
    jets.network_jets(*arguments, found)
    assert np.allclose(found, wanted.detach().numpy(), rtol=1e-11, atol=1e-12 * np.abs(found).max())
    seeds = np.random.default_rng(0).normal(size=wanted.shape)
    rows = np.empty((len(theta), points))
    jets.jet_gradients(*arguments, seeds, rows)
    (wanted * torch.from_numpy(seeds)).sum().backward()
    gradient = gradient_of(model)
    assert np.allclose(rows.sum(axis=1), gradient, rtol=1e-10, atol=1e-11 * np.abs(gradient).max())


def test_the_chain_rule_counts_partitions():
    """Bell's numbers: 1, 2, 5, 15 partitions of 1 ... 4 coordinates."""
    for order, count in ((1, 1), (2, 2), (3, 5), (4, 15)):
        numbers, factors, _ = chain_rule(1, order)
        assert factors[numbers[:, 0] == order].sum() == count


@pytest.mark.parametrize("x", [-1e4, -750.0, -40.0, 0.0, 40.0, 1e4])
def test_far_away_every_derivative_is_finite(x):
    architecture = network(1, 1, (0,), SEQUENTIAL, (2,), (6,))
    theta = initial_values(architecture, OPTIONS, 0)
    theta[:2] = 1.0
    table, out, rows = chain_rule(1, 4), np.empty((1, 1, 5)), np.empty((len(theta), 1))
    arguments = theta, compile_network(architecture), np.zeros(1, np.int64), np.array([[x]]), np.ones(1), table
    jets.network_jets(*arguments, out)
    jets.jet_gradients(*arguments, np.ones((1, 1, 5)), rows)
    assert np.isfinite(out).all()
    assert np.isfinite(rows).all()


class Mixed(Equation):
    """Local, non-local and one-point parts, first, second and mixed derivatives, products."""

    name, summary, coordinates = "mixed", "made up", ("x", "t")

    def points(self, seed):
        return np.stack([np.linspace(0, 1, 9), np.linspace(1, 0, 9) ** 2], axis=1)

    def residual(self, u, x):
        y = u(x)
        in_x = derivative(y, x, 0)
        nodes = self.at(np.linspace(0, 1, 5), 0.5)
        weights = torch.linspace(-1, 1, 45, dtype=torch.float64).reshape(9, 5)
        return y * derivative(in_x, x, 1) + in_x**2 - derivative(derivative(y, x, 1), x, 1) + weights @ u(nodes)

    def conditions(self, u):
        start = self.at(0.0, 0.0)
        return [u(start) - 1.0, derivative(u(start), start, 1), torch.ones(2, dtype=torch.float64)]


class Coupled(Mixed):
    """Two unknowns, a third derivative, two coefficients of which one enters a condition alone."""

    name, unknowns, coefficients = "coupled", ("u", "v"), {"k": 0.7, "start": -0.2}

    def residual(self, u, x):
        first, second = u(x).unbind(1)
        k = u.coefficients["k"]
        slope = derivative(first, x, 0)
        return [k**2 * slope + second, derivative(derivative(slope, x, 0), x, 1) - k * first * second]

    def conditions(self, u):
        left, right = self.at(0.0, np.linspace(0, 1, 4)), self.at(1.0, np.linspace(0, 1, 4))
        return [(u(left) - u(right)).reshape(-1), u(left)[:, 0] - u.coefficients["start"]]


@pytest.mark.parametrize("equation", [Mixed(), Coupled()], ids=["one", "system"])
def test_a_system_has_the_loss_of_the_network_and_its_derivatives(equation):
    scaler, outputs, more = Scaler(np.array([0.5, 0.3]), np.array([0.4, 0.2])), len(equation.unknowns), (0.7, -0.2)
    more = more[: len(equation.coefficients)]
    architecture = network(2, outputs, (0, 1), PARALLEL, (3, 2), (4, 2), n_coefficients=len(more))
    theta = np.concatenate([spread_values(architecture, OPTIONS, 1), more])
    assert len(theta) == architecture.n_params
    system = System(equation, architecture, scaler, equation.points(0))
    assert system.order == (2 if outputs == 1 else 3)
    now = system.at(theta)
    model = FKANNetwork(architecture, {})
    state = state_dict(architecture, theta) | {"input_shift": scaler.shift, "input_scale": scaler.scale}
    model.load_state_dict({name: torch.as_tensor(value) for name, value in state.items()}, strict=False)
    assert now.loss == pytest.approx(
        residual_loss(equation, as_unknown(equation, model), equation.points(0)), rel=1e-11
    )
    jacobian = now.jacobian()
    assert np.allclose(now.gradient(), 2 * jacobian.T @ now.values, rtol=1e-9, atol=1e-12)
    h = 1e-6
    for k in range(len(theta)):
        step = np.where(np.arange(len(theta)) == k, h, 0.0)
        difference = (system.at(theta + step).values - system.at(theta - step).values) / (2 * h)
        assert np.allclose(jacobian[:, k], difference, rtol=1e-5, atol=1e-7 * np.abs(jacobian).max())
