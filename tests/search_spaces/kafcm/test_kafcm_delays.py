"""Delays in maps: rollouts against a hand-written loop, gradients against autograd, known graphs found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from evokan.datasets.lagged import with_lags
from evokan.datasets.tables import make_table
from evokan.problem.problem import Problem
from evokan.testing.problems import small_problem
from search_spaces.kafcm import KAFCM, CausalMap, KAFCMOptions, kernel
from search_spaces.kafcm.beginning import FALSE_SHARE, certain, first_look, paths
from search_spaces.kafcm.confidence import q_values
from search_spaces.kafcm.flat import compile_map, initial_values, kernel_data, state_dict, state_grid
from search_spaces.kafcm.rules import edge_rules
from search_spaces.kafcm.screening import Causes, Fit, _log_f, common_level, fit, score_logs
from search_spaces.kafcm.states import CODES, cut_rollouts
from search_spaces.kafcm.training import fold_data

LAGS = (1, 3)
MAP = CausalMap(8, 4, ((0, 0), (0, 2), (2, 3), (4, 1), (5, 0), (5, 2), (7, 3)), 4)
"""Columns 0 to 3 are the concepts a step back, 4 to 7 three steps back."""


def delayed(rows: int = 150) -> Problem:
    return Problem.from_table(with_lags(small_problem("trajectory", rows=rows).table, LAGS))


def made(problem: Problem, options: KAFCMOptions):
    arrays = fold_data(problem.folds[0], problem, options)
    theta = initial_values(MAP, options, 3) + np.random.default_rng(0).normal(scale=0.2, size=MAP.n_edges * 9)
    bias, grid = np.where(MAP.driven, 0.0, arrays.rest("tanh")), state_grid(options, 4)
    model = KAFCM(options).model(MAP, problem, state_dict(MAP, theta, bias, grid, arrays.states))
    return arrays, theta, bias, grid, model


def test_a_rollout_is_the_step_again_and_again():
    problem = delayed()
    *_, model = made(problem, KAFCMOptions())
    history = np.random.default_rng(1).normal(size=(3, 4)) * problem.table.y.std(axis=0) + problem.table.y.mean(axis=0)
    path = [*history]
    for _ in range(5):
        causes = np.concatenate([path[-lag] for lag in LAGS])
        path.append(model(torch.from_numpy(causes[None, :])).detach().numpy()[0])
    found = model.rollout(torch.from_numpy(history[None]), 5).detach().numpy()[0]
    np.testing.assert_allclose(found, path[2:], rtol=1e-12)
    with pytest.raises(ValueError, match="2 moments are too few for delays of 3 steps"):
        model.rollout(torch.from_numpy(history[None, :2]), 5)


def test_what_is_forced_is_there_and_what_follows_from_it_too():
    problem = delayed()
    *_, model = made(problem, KAFCMOptions())
    start = problem.table.y.mean(axis=0)
    forced = np.full((6, 4), np.nan)
    forced[2:4, 1] = start[1] + 1.0
    base, found = (
        model.rollout(torch.from_numpy(start[None]), 5, forced=what).detach().numpy()[0]
        for what in (None, torch.from_numpy(forced))
    )
    assert found[2:4, 1] == pytest.approx(start[1] + 1.0)
    np.testing.assert_array_equal(found[:2], base[:2])
    assert abs(found[5, 0] - base[5, 0]) > 1e-9, "column 5 is concept 1 three steps back, a cause of concept 0"
    np.testing.assert_array_equal(found[3:5, 0], base[3:5, 0])


@pytest.mark.parametrize("rollout", [1, 5])
def test_loss_and_gradient_with_delays_are_those_of_autograd(rollout):
    problem = delayed()
    options = KAFCMOptions(rollout=rollout, ridge=0.0)
    arrays, theta, bias, grid, model = made(problem, options)
    net = compile_map(MAP, bias, LAGS)
    data = kernel_data(arrays.train, net, grid, arrays.states.weights)
    work = kernel.workspace(len(net[2]), 4, len(arrays.train.running))
    c, gc, g = np.zeros((7, 13)), np.zeros((7, 13)), np.zeros((4, kernel.BLOCK))
    grad = np.zeros_like(theta)
    code = CODES["tanh"]
    loss = kernel.loss_and_gradient(theta, grad, c, gc, net, code, grid, data, work, g, 0.0, 0.0)
    cut = cut_rollouts(problem.train, problem.table.series, rollout)
    scale, errors = torch.from_numpy(problem.target_scaler.scale), []
    for number, first in enumerate(cut.first.tolist()):
        steps, said = int((cut.running > number).sum()), []
        for t in range(steps):
            known = torch.from_numpy(problem.table.X[first + t])
            causes = [said[t - lag] if t >= lag else known[4 * k : 4 * k + 4] for k, lag in enumerate(LAGS)]
            said.append(model(torch.cat(causes)[None])[0])
            errors.append(((said[-1] - torch.from_numpy(problem.table.y[first + t])) / scale) ** 2)
    bare = torch.cat(errors).mean()
    bare.backward()
    edges = model.step_edges
    wanted = torch.cat([part.grad.reshape(-1) for part in (edges.coefficients, edges.w_b, edges.w_s)]).numpy()
    assert loss == pytest.approx(float(bare.detach()), rel=1e-10)
    np.testing.assert_allclose(grad, wanted, rtol=1e-8, atol=1e-10 * np.abs(wanted).max())


def plant(steps: int = 400, seed: int = 0) -> np.ndarray:
    """x drives itself; y follows x three steps later by a hill; z follows y two steps later."""
    rng = np.random.default_rng(seed)
    path = rng.uniform(-1, 1, (steps, 3))
    for t in range(3, steps):
        x, y = path[t - 1, 0], path[t - 2, 1]
        path[t] = [np.cos(3 * x), np.exp(-4 * path[t - 3, 0] ** 2), np.tanh(2 * y)]
        path[t] += 0.05 * rng.normal(size=3)
    return path


def table_of(path: np.ndarray):
    return make_table(
        "plant",
        "trajectory",
        path[:-1],
        path[1:],
        feature_names=("x", "y", "z"),
        target_name="",
        series=np.zeros(len(path) - 1, np.int64),
    )


def test_a_simulated_map_is_found_again_with_its_delays():
    problem = Problem.from_table(with_lags(table_of(plant(900)), (1, 2, 3, 4)))
    first = KAFCM().seeds(problem)[0]
    names = problem.table.feature_names
    found = {f"{names[source]}>{problem.table.output_names[target]}" for source, target in first.edges}
    assert found == {"x(t-1)>x", "x(t-3)>y", "y(t-2)>z"}


def test_shuffled_series_have_no_causes():
    rng = np.random.default_rng(5)
    maps, wrong, options = 40, 0, KAFCMOptions()
    for _ in range(maps):
        path = plant(250)
        for column in path.T:
            rng.shuffle(column)
        problem = Problem.from_table(with_lags(table_of(path), (1, 2)))
        found = paths(problem, options, problem.development)
        wrong += any(path.at(common_level(found, FALSE_SHARE)) for path in found)
    assert wrong <= maps * 0.05


def test_the_joint_loss_is_the_sum_of_the_effects():
    """One-step losses separate: each effect's part of the map has the loss that it has in the whole."""
    problem = small_problem("trajectory", rows=150)
    options = KAFCMOptions(ridge=0.0)
    arrays = fold_data(problem.folds[0], problem, options)
    whole = CausalMap(4, 4, ((0, 0), (0, 3), (1, 0), (1, 2), (2, 1), (3, 0), (3, 3)), 4)
    grid, code, theta = state_grid(options, 4), CODES["tanh"], initial_values(whole, options, 1)

    def loss(architecture: CausalMap, values: np.ndarray) -> float:
        net = compile_map(architecture, rest)
        data = kernel_data(arrays.train, net, grid, arrays.states.weights)
        work = kernel.workspace(len(net[2]), 4, 1)
        return kernel.data_loss(values, np.zeros((architecture.n_edges, 13)), net, code, grid, data, work)

    # An effect without causes has the loss of its own constant.
    rest = arrays.rest("tanh")
    residual = np.tanh(rest)[:, None] - arrays.train.wanted
    empty = arrays.states.weights * (residual**2).mean(axis=1) / 4
    parts = 0.0
    for effect in range(4):
        own = [place for place, edge in enumerate(whole.edges) if edge[1] == effect]
        values = np.concatenate(
            [theta.reshape(-1)[: 7 * 7].reshape(7, 7)[own].ravel(), theta[49:56][own], theta[56:][own]]
        )
        part = CausalMap(4, 4, tuple(whole.edges[place] for place in own), 4)
        parts += loss(part, values) - (empty.sum() - empty[effect])
    assert loss(whole, theta) == pytest.approx(parts, rel=1e-10)


def test_wildcards_arrows_and_delays_of_rules():
    problem = delayed()

    def rules(**options) -> np.ndarray:
        return edge_rules(problem, KAFCMOptions(**options))

    found = rules(forbidden="*>d", required="a->d")
    assert found[3].tolist() == [1, -1, -1, -1] * 2, "what names more wins, at every delay"
    found = rules(forbidden="b(t-3)>*")
    assert (found == -1).sum() == 4
    assert (found[:, 5] == -1).all()
    assert (rules(forbidden="*(t-3)>a")[0] == [0] * 4 + [-1] * 4).all()


def test_q_values_are_those_of_benjamini_and_hochberg():
    p = np.array([0.01, 0.0005, 0.04])
    assert q_values(p, 10) == pytest.approx([0.05, 0.005, 0.4 / 3])
    assert q_values(np.zeros(0), 4).shape == (0,)


def test_no_move_drops_an_edge_that_the_tests_are_certain_of():
    problem = Problem.from_table(table_of(plant(600)))
    space, rng = KAFCM(), np.random.default_rng(0)
    sure = certain(problem, space.options)
    assert sure.any()
    assert first_look(problem, space.options) is first_look(problem, space.options), "looked up once"
    dense = space.encode(CausalMap(3, 3, tuple((i, j) for i in range(3) for j in range(3)), 5), problem)
    for _ in range(9 - int(sure.sum())):
        dense = space.neighbour(dense, "prune", problem, None, rng)
    found = space.decode(dense, problem)
    other = space.decode(space.neighbour(dense, "prune", problem, None, rng), problem)
    assert other.edges == found.edges, "what is left is certain"
    assert other.intervals != found.intervals
    assert {(cause, effect) for effect, cause in np.argwhere(sure).tolist()} == set(found.edges)
    assert not certain(problem, KAFCMOptions(rollout=3)).any(), "of rollouts the tests know nothing"


def test_of_causes_beyond_doubt_the_better_one_is_told():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (900, 2))
    x[:, 0] = x[:, 1] + 0.02 * rng.normal(size=900)
    y = np.sin(2 * x[:, 1]) + 0.001 * rng.normal(size=900)
    causes = Causes.of(x)
    logs = score_logs(fit(y, causes.of_some([]), 0.0), causes.of_some([]), causes.basis)
    assert np.exp(logs).tolist() == [0.0, 0.0], "no number is that small"
    assert logs[1] < logs[0] - 100
    design = causes.of_some([])
    weak = 0.5 * x[:, 1] + rng.normal(size=900)
    slope, residual = np.ones(900), weak - weak.mean()
    q, _ = np.linalg.qr(causes.basis[:, 1])
    gain = float(np.sum((q.T @ residual) ** 2))
    free = 900 - 1 - causes.width
    value = gain / causes.width / ((residual @ residual - gain) / free)
    assert _log_f(np.array([gain / (residual @ residual)]), causes.width, free) == pytest.approx(
        np.log(stats.f.sf(value, causes.width, free))
    )
    assert score_logs(Fit(slope, residual), design, causes.basis)[1] <= 0.0
