"""States, rollouts and training: what a map learns, and what it is started from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from kafcm_reference import from_edges, trained

from evokan.datasets import load_dataset, make_table
from evokan.datasets.maps import sine_law, synthetic_map
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.problems import small_problem
from search_spaces.kafcm import KAFCM, CausalMap, KAFCMOptions, kernel
from search_spaces.kafcm.flat import compile_map, initial_values, kernel_data, state_grid
from search_spaces.kafcm.solved import begin_solved
from search_spaces.kafcm.states import CODES, cut_rollouts, fit_states, unbounded
from search_spaces.kafcm.training import fold_data

# ---------------------------------------------------------------- states


@pytest.mark.parametrize(
    ("bounding", "low", "high"),
    [("tanh", -0.8, 0.8), ("sigmoid", 0.1, 0.9), ("clip", -0.8, 0.8), ("identity", -0.8, 0.8)],
)
@pytest.mark.parametrize("task", ["trajectory", "regression"])
def test_the_training_range_fills_the_states_but_for_the_margin(task, bounding, low, high):
    problem = small_problem(task)
    states = fit_states(problem, KAFCMOptions(bounding=bounding))
    y = problem.table.y[problem.train].reshape(len(problem.train), -1)
    if task == "trajectory":
        assert np.array_equal(states.source.shift, states.target.shift)
        assert np.array_equal(states.source.scale, states.target.scale)
        x = states.source.transform(np.concatenate([problem.table.X[problem.train], y]))
    else:
        x = states.source.transform(problem.table.X[problem.train])
        assert np.ptp(states.target.transform(y)) == pytest.approx(high - low)
    assert np.allclose(x.min(axis=0), low)
    assert np.allclose(x.max(axis=0), high)
    scaled = problem.target_scaler.transform(y)
    assert np.allclose(
        ((states.target.transform(y)[1:] - states.target.transform(y)[:-1]) ** 2) * states.weights,
        (scaled[1:] - scaled[:-1]) ** 2,
    )


def test_raw_states_are_the_values():
    states = fit_states(small_problem("trajectory"), KAFCMOptions(states="raw"))
    assert not states.source.shift.any()
    assert (states.source.scale == 1).all()


@pytest.mark.parametrize("bounding", ["tanh", "sigmoid", "clip", "identity"])
def test_unbounded_undoes_the_bounding(bounding):
    from search_spaces.kafcm.network import CognitiveMap

    model = CognitiveMap(CausalMap(1, 1, ((0, 0),), 1), {"task": "trajectory", "bounding": bounding})
    states = np.array([0.1, 0.5, 0.9])
    assert np.allclose(model.bound(torch.from_numpy(unbounded(states, bounding))).numpy(), states)
    assert np.isfinite(unbounded(np.array([-7.0, 7.0]), bounding)).all()


# ---------------------------------------------------------------- rollouts


def test_rollouts_end_with_the_series_the_part_and_the_length():
    rows = np.array([0, 1, 2, 3, 4, 6, 7, 8, 9])
    series = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
    cut = cut_rollouts(rows, series, 3)
    assert cut.first.tolist() == [0, 3, 6, 8]
    assert cut.running.tolist() == [4, 4, 1]
    assert cut.rows.tolist() == [0, 3, 6, 8, 1, 4, 7, 9, 2]
    assert cut_rollouts(rows, series, 0).running.tolist() == [3, 3, 1, 1, 1]
    assert cut_rollouts(rows, None, 3).running.tolist() == [9]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6), st.integers(0, 5), st.data())
def test_every_row_is_wanted_once_and_follows_the_one_before(lengths, length, data):
    series = np.repeat(np.arange(len(lengths)), lengths)
    rows = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(series), max_size=len(series))))
    cut = cut_rollouts(rows, series, length)
    assert sorted(cut.rows.tolist()) == rows.tolist()
    assert (np.diff(cut.running) <= 0).all()
    steps = np.split(cut.rows, np.cumsum(cut.running)[:-1]) if len(rows) else []
    assert not length or len(steps) <= length
    for number, first in enumerate(cut.first):
        path = [step[number] for step in steps if number < len(step)]
        assert path == list(range(first, first + len(path)))
        assert len(set(series[path])) == 1


# ---------------------------------------------------------------- training


def test_a_law_without_noise_is_learned_to_the_end():
    problem = Problem.from_table(load_dataset("sine-law"))
    _, _, model = trained(problem, CausalMap(1, 1, ((0, 0),), 32), bounding="clip", ridge=0.0)
    x = np.linspace(-0.99, 0.99, 99)[:, None]
    assert np.abs(predict(model, x) - sine_law(x)).max() < 1e-4


def test_the_true_graph_explains_a_map_down_to_its_noise():
    data = load_dataset("synthetic-map-5")
    problem = Problem.from_table(data)
    edges = synthetic_map(5, 0).edges
    _, result, model = trained(problem, from_edges(edges, 5, 5, 8))
    error = predict(model, data.X[problem.test]) - data.y[problem.test]
    assert np.sqrt((error**2).mean()) < 1.5 * 0.02
    _, fewer, _ = trained(problem, from_edges(edges[1:], 5, 5, 8))
    assert fewer.val_loss > 5 * result.val_loss


def test_the_loss_after_every_iteration_is_reported():
    problem = small_problem("trajectory")
    job = TrainingJob(from_edges([(0, 1), (1, 0)], 4, 4, 3), problem.folds[0], 0)
    (whole,) = KAFCM().train([job], problem, Budget(2))
    assert min(whole.looks) == whole.looks[whole.iterations - 1] == whole.val_loss
    for iteration in (1, 3, len(whole.looks)):
        (known,) = KAFCM().train([replace(job, iterations=iteration)], problem, Budget(2))
        assert (known.val_loss, known.looks) == (whole.looks[iteration - 1], ())


def test_rollouts_are_what_a_map_trained_on_them_is_good_at():
    rng = np.random.default_rng(0)
    path = np.zeros((300, 2))
    path[0] = 0.3
    for t in range(299):  # a circle, seen through noise that does not stay
        path[t + 1] = np.array([[0.8, -0.6], [0.6, 0.8]]) @ path[t]
    path += 0.2 * rng.normal(size=path.shape)
    table = make_table(
        "circle",
        "trajectory",
        path[:-1],
        path[1:],
        feature_names=("u", "v"),
        target_name="",
        series=np.zeros(299, np.int64),
    )
    problem = Problem.from_table(table)
    full = from_edges([(i, j) for i in range(2) for j in range(2)], 2, 2, 2)
    starts = np.arange(0, len(problem.train) - 9, 10)

    def error(trained_on: int, ahead: int) -> float:
        _, _, model = trained(problem, full, rollout=trained_on, bounding="identity", patience=0)
        with torch.no_grad():
            found = model.rollout(torch.from_numpy(path[starts]), ahead)[:, 1:].numpy()
        return float(np.mean([(found[:, t] - path[starts + 1 + t]) ** 2 for t in range(ahead)]))

    assert error(10, 10) < 0.8 * error(1, 10)
    assert error(1, 1) < 0.97 * error(10, 1)


def test_a_concept_without_causes_goes_to_its_mean():
    problem = small_problem("trajectory")
    for bounding in ("tanh", "sigmoid", "clip", "identity"):
        _, _, model = trained(problem, CausalMap(4, 4, ((0, 1),), 3), bounding=bounding)
        values = predict(model, problem.table.X)
        assert np.allclose(values[:, [0, 2, 3]], problem.table.y[problem.train][:, [0, 2, 3]].mean(axis=0))
        assert np.ptp(values[:, 1]) > 0


def test_a_penalty_on_the_coefficients_takes_a_useless_edge_away():
    problem = Problem.from_table(load_dataset("synthetic-map-5"))
    edges = synthetic_map(5, 0).edges
    spare = next((i, j) for i in range(5) for j in range(5) if (i, j) not in edges)
    architecture = from_edges([*edges, spare], 5, 5, 5)
    place = architecture.edges.index(spare)

    def strength(l1: float) -> float:
        _, _, model = trained(problem, architecture, l1=l1, patience=0)
        return KAFCM().explain(model, problem).edges[place].weight

    assert strength(1e-2) < 0.5 * strength(0.0)


def test_states_beyond_all_bounds_are_a_failure_with_a_reason():
    problem = small_problem("trajectory", columns=lambda x: x * 1e100, scaler="none")
    space = KAFCM(KAFCMOptions(states="raw", bounding="identity", rollout=0))
    job = TrainingJob(from_edges([(0, 1), (1, 0)], 4, 4, 3), Fold(problem.train, problem.validation), 0)
    (result,) = space.train([job], problem, Budget(1))
    assert result.reason == "the loss is not finite" or np.isfinite(result.val_loss)


@pytest.mark.parametrize(("bend", "bounding"), [(np.tanh, "tanh"), (lambda total: 0.5 * total, "clip")])
def test_the_data_tell_whether_anything_bends_a_sum(bend, bounding):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 3))
    y = bend(1.2 * np.sin(3 * x[:, 0]) + 1.2 * x[:, 1]) + 0.02 * rng.normal(size=400)
    table = make_table("bent", "regression", x, y, feature_names="abc", target_name="y")
    problem, space = Problem.from_table(table), KAFCM()
    seed = space.seeds(problem)[0]
    assert (seed.edges, seed.bounding) == (((0, 0), (1, 0)), bounding)
    assert space.decode(space.encode(seed, problem), problem) == seed
    assert CausalMap.from_json(seed.to_json()) == seed
    assert space.spec(seed, problem)["bounding"] == bounding
    own = KAFCM(KAFCMOptions(bounding="sigmoid"))
    assert own.spec(own.seeds(problem)[0], problem)["bounding"] == "sigmoid", "what the options say holds"
    losses = {}
    for other in ("tanh", "clip"):
        losses[other] = trained(problem, replace(seed, bounding=other))[1].val_loss
    assert min(losses, key=losses.__getitem__) == bounding
    with pytest.raises(ValueError, match="bounding: 'tan' is none of"):
        CausalMap.from_json({**seed.to_json(), "bounding": "tan"})


@pytest.mark.parametrize(("noise", "found"), [(0.0, True), (0.1, False)])
def test_a_law_without_noise_begins_at_its_least_squares(noise, found):
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (500, 2))
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2 + noise * rng.normal(size=500)
    problem = Problem.from_table(make_table("sum", "regression", x, y, feature_names="ab", target_name="y"))
    architecture, options = CausalMap(2, 1, ((0, 0), (1, 0)), 12), KAFCMOptions(bounding="clip")
    arrays = fold_data(problem.folds[0], problem, options)
    net, grid = compile_map(architecture, np.zeros(1)), state_grid(options, 12)
    theta = initial_values(architecture, options, 0)
    before = theta.copy()
    data = kernel_data(arrays.train, net, grid, arrays.states.weights)
    ridge = begin_solved(theta, architecture, net, data, options.ridge)
    if not found:
        assert np.array_equal(theta, before)
        assert ridge == options.ridge
        return
    assert ridge < 0.1 * options.ridge, "less of a penalty where it is all that is in the way"
    work = kernel.workspace(2, 1, 1)
    loss = kernel.data_loss(theta, np.zeros((2, 21)), net, CODES["clip"], grid, data, work)
    assert loss < 1e-7
    few = replace(problem.folds[0], train=problem.folds[0].train[:50])
    small = kernel_data(fold_data(few, problem, options).train, net, grid, arrays.states.weights)
    other = before.copy()
    assert begin_solved(other, architecture, net, small, options.ridge) == options.ridge, (
        "more terms than half the rows"
    )
    assert np.array_equal(other, before)
