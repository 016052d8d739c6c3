"""The tanh network that fractional ones are compared with: its derivatives are those of torch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from evokan.problem.equations import Burgers, LaneEmden
from evokan.problem.equations.jets import components
from evokan.problem.scaling import Scaler
from experiments.fkan import tanh_network
from experiments.fkan.evolved_equations import EQUATIONS
from experiments.fkan.pays_problems import Ball, Fisher
from experiments.fkan.tanh_network import TanhSystem


def made(equation, widths, count=7):
    rng = np.random.default_rng(len(widths))
    d = equation.points(0).shape[1]
    x = rng.uniform(-1.0, 1.0, (count, d))
    system = TanhSystem(equation, widths, Scaler(rng.normal(size=d), rng.uniform(0.5, 2.0, d)), x)
    network = system.begin(1) + 0.1 * rng.normal(size=system.n_params)
    return system, network, x


def by_torch(system: TanhSystem, network: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the jets, shape (points, outputs, components), differentiated again and again."""
    z, place = (x - torch.from_numpy(system.scaler.shift)) / torch.from_numpy(system.scaler.scale), 0
    for layer, (lower, upper) in enumerate(pairwise(system.levels)):
        weights = network[place : place + lower * upper].reshape(upper, lower)
        z = z @ weights.T + network[place + lower * upper : place + (lower + 1) * upper]
        place += (lower + 1) * upper
        z = torch.tanh(z) if layer < len(system.levels) - 2 else z
    found = []
    for output in z.unbind(1):
        for columns in components(x.shape[1], 2):
            wanted = output
            for column in columns:
                wanted = torch.autograd.grad(wanted.sum(), x, create_graph=True)[0][:, column]
            found.append(wanted)
    return torch.stack(found, dim=1).reshape(len(x), z.shape[1], -1)


@pytest.mark.parametrize("in_runs", [False, True])
@pytest.mark.parametrize(
    ("equation", "widths"), [(LaneEmden(3), (5,)), (Fisher(0), (4, 3)), (Ball(5), (3, 4)), (Burgers(1), (3, 2, 4))]
)
def test_jets_and_their_gradients_are_those_of_torch(equation, widths, in_runs, monkeypatch):
    if in_runs:
        monkeypatch.setattr(tanh_network, "CACHED", 50)
    system, network, x = made(equation, widths)
    scaled = system.scaler.transform(x)
    theta = torch.tensor(network, requires_grad=True)
    wanted = by_torch(system, theta, torch.tensor(x, requires_grad=True))
    found = system.jets(network, scaled)
    assert found.shape == (7, 1, len(components(x.shape[1], 2)))
    np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-10, atol=1e-12)

    seeds = np.random.default_rng(5).normal(size=found.shape)
    pulled = system.pull(network, scaled, seeds)
    sums = (torch.from_numpy(seeds) * wanted).sum(dim=(1, 2))
    for point in range(len(x)):
        (gradient,) = torch.autograd.grad(sums[point], theta, retain_graph=True)
        np.testing.assert_allclose(pulled[:, point], gradient.numpy(), rtol=1e-10, atol=1e-11)


def test_the_jacobian_is_that_of_the_misfits():
    system, network, _ = made(Fisher(0), (4, 3))
    theta = np.concatenate([network, [0.7, 0.4]])
    assert len(network) == 3 * 4 + 5 * 3 + 4
    jacobian = system.at(theta).jacobian()
    for place in range(len(theta)):
        step = np.where(np.arange(len(theta)) == place, 1e-6, 0.0)
        difference = (system.at(theta + step).values - system.at(theta - step).values) / 2e-6
        np.testing.assert_allclose(jacobian[:, place], difference, rtol=1e-5, atol=1e-7)


def test_equations_of_another_order_are_refused():
    with pytest.raises(ValueError, match="of second order, got one of order 1"):
        made(EQUATIONS["prey"], (3,))
