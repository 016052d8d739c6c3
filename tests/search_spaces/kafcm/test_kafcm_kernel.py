"""The compiled loss and its gradient through time, against the torch module and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.problems import small_problem
from search_spaces.kafcm import KAFCM, KAFCMOptions, kernel
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.flat import compile_map, initial_values, kernel_data, state_dict, state_grid
from search_spaces.kafcm.states import CODES, cut_rollouts
from search_spaces.kafcm.training import fold_data, train

EDGES = ((0, 0), (0, 3), (1, 0), (1, 2), (3, 0), (3, 3))
MAP = CausalMap(4, 4, EDGES, 4)
"""Concept 1 has no cause, concept 2 is none; self-loops and a cycle between 0 and 3."""


def evaluate(problem: Problem, options: KAFCMOptions, theta: np.ndarray, architecture: CausalMap = MAP):
    """Loss and gradient of the kernel for the training rows."""
    arrays = fold_data(problem.folds[0], problem, options)
    net = compile_map(architecture, np.where(architecture.driven, 0.0, arrays.rest(architecture.bounded_by(options))))
    grid = state_grid(options, architecture.intervals)
    data = kernel_data(arrays.train, net, grid, arrays.states.weights)
    size, targets = architecture.intervals + 9, architecture.n_targets
    work = kernel.workspace(len(net[2]), targets, len(arrays.train.running))
    c, gc, g = (
        np.zeros((architecture.n_edges, size)),
        np.zeros((architecture.n_edges, size)),
        np.zeros((targets, kernel.BLOCK)),
    )
    grad = np.zeros_like(theta)
    loss = kernel.loss_and_gradient(
        theta, grad, c, gc, net, CODES[architecture.bounded_by(options)], grid, data, work, g, options.ridge, options.l1
    )
    return loss, grad, kernel.data_loss(theta, c, net, CODES[architecture.bounded_by(options)], grid, data, work)


def by_torch(problem: Problem, options: KAFCMOptions, theta: np.ndarray, architecture: CausalMap = MAP):
    """The same by autograd through the module's own rollouts, one by one."""
    arrays = fold_data(problem.folds[0], problem, options)
    bias = np.where(architecture.driven, 0.0, arrays.rest(architecture.bounded_by(options)))
    weights = state_dict(architecture, theta, bias, state_grid(options, architecture.intervals), arrays.states)
    model = KAFCM(options).model(architecture, problem, weights)
    length = options.rollout if problem.task == "trajectory" else 1
    cut = cut_rollouts(problem.train, problem.table.series, length)
    scale = torch.from_numpy(problem.target_scaler.scale)
    errors = []
    for number, first in enumerate(cut.first):
        steps = int((cut.running > number).sum())
        x = torch.from_numpy(problem.table.X[first : first + 1])
        path = model.rollout(x, steps)[0, 1:] if model.recurrent else model(x)
        y = np.asarray(problem.table.y[first : first + steps], dtype=np.float64).reshape(steps, -1)
        errors.append(((path - torch.from_numpy(y)) / scale) ** 2)
    bare = torch.cat(errors).mean()
    edges = model.step_edges
    c = edges.w_s[:, None] * edges.coefficients
    smooth = (torch.sqrt(c**2 + kernel.SMOOTH**2) - kernel.SMOOTH).sum()
    loss = bare + options.ridge * ((c**2).sum() + (edges.w_b**2).sum()) + options.l1 * smooth
    loss.backward()
    grad = torch.cat([part.grad.reshape(-1) for part in (edges.coefficients, edges.w_b, edges.w_s)])
    return float(loss.detach()), grad.numpy(), float(bare.detach())


@pytest.mark.parametrize("bounding", ["tanh", "sigmoid", "clip", "identity"])
@pytest.mark.parametrize("rollout", [1, 4, 0])
def test_loss_and_gradient_are_those_of_autograd(bounding, rollout):
    problem = small_problem("trajectory", rows=190)  # more rollouts of one step than a block holds
    options = KAFCMOptions(bounding=bounding, rollout=rollout, ridge=0.01, l1=0.02)
    theta = initial_values(MAP, options, 3) + np.random.default_rng(0).normal(scale=0.2, size=len(EDGES) * 9)
    loss, grad, bare = evaluate(problem, options, theta)
    loss_, grad_, bare_ = by_torch(problem, options, theta)
    assert loss == pytest.approx(loss_, rel=1e-10)
    assert bare == pytest.approx(bare_, rel=1e-10)
    np.testing.assert_allclose(grad, grad_, rtol=1e-8, atol=1e-10 * np.abs(grad_).max())


def test_an_input_table_is_one_step_to_the_target():
    problem = small_problem("regression", rows=200)
    options = KAFCMOptions(rollout=5, states="raw", bounding="identity")
    two_level = CausalMap(4, 1, ((1, 0), (2, 0)), 6)
    theta = np.random.default_rng(1).normal(size=2 * 11)
    ours, torchs = evaluate(problem, options, theta, two_level), by_torch(problem, options, theta, two_level)
    assert ours[0] == pytest.approx(torchs[0], rel=1e-10)
    np.testing.assert_allclose(ours[1], torchs[1], rtol=1e-8, atol=1e-9)


def test_penalties_go_to_zero_with_the_coefficients():
    problem = small_problem("trajectory")
    for l1 in (0.0, 10.0):
        loss, grad, bare = evaluate(problem, KAFCMOptions(l1=l1, ridge=l1), np.zeros(len(EDGES) * 9))
        assert loss == pytest.approx(bare, rel=1e-12)
        assert np.isfinite(grad).all()


def test_without_bounding_training_ends_at_the_ridge_solution():
    """Linear in its effective coefficients, one step of a map without bounding has a closed form."""
    problem = small_problem("trajectory", rows=160)
    options = KAFCMOptions(bounding="identity", ridge=1e-3, patience=0)
    space = KAFCM(options)
    fold = Fold(problem.train, problem.validation[:0])
    job = TrainingJob(MAP, fold, 1, iterations=2000, keep_weights=True)
    arrays = fold_data(fold, problem, options)
    result = train(job, arrays, problem, options, Budget(100))
    assert result.weights is not None
    model = space.model(MAP, problem, result.weights)
    states = model.states(torch.from_numpy(problem.table.X[problem.train]))
    graph = space.graph(model, problem)
    best = 0.0
    for target in range(4):
        causes = [edge for edge in graph.edges if edge.target == target]
        wanted = arrays.train.wanted[target]
        if not causes:
            continue
        basis = np.hstack([edge.function.basis(states[:, edge.source].numpy())[:, :-1] for edge in causes])
        weight = np.sqrt(arrays.states.weights[target] / (4 * len(wanted)))
        root = np.sqrt(options.ridge) * np.eye(basis.shape[1])
        solution, *_ = np.linalg.lstsq(
            np.vstack([weight * basis, root]), np.concatenate([weight * wanted, np.zeros(len(root))]), rcond=None
        )
        best += (((basis @ solution - wanted) * weight) ** 2).sum() + options.ridge * (solution**2).sum()
    rest = arrays.states.weights[1] * ((arrays.train.wanted[1] - arrays.train.wanted[1].mean()) ** 2).mean() / 4
    edges = model.step_edges.requires_grad_(False)
    c = edges.w_s[:, None] * edges.coefficients
    reached = result.train_loss + options.ridge * float((c**2).sum() + (edges.w_b**2).sum())
    assert reached == pytest.approx(best + rest, rel=1e-6)
