"""Trainings on tables and on equations, and what a trained network shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from evokan.datasets import load_dataset
from evokan.problem.problem import Problem
from evokan.problem.solutions import evaluate_solution
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, TrainingJob
from evokan.testing.checks import check_result
from evokan.testing.problems import small_problem
from search_spaces.fkan import FKAN, FKANOptions
from search_spaces.fkan.encoding import PARALLEL, SEQUENTIAL, network
from search_spaces.fkan.flat import initial_values, state_dict
from search_spaces.fkan.training import train

ONE = network(1, 1, (0,), SEQUENTIAL, (5, 5), (5, 3))


@pytest.fixture(scope="module")
def law():
    return Problem.from_table(load_dataset("fkan-1d"))


def test_the_law_of_the_paper_has_its_formula_and_rows():
    table = load_dataset("fkan-1d", seed=3)
    assert table.X.shape == (50, 1)
    assert (table.X[0, 0], table.X[-1, 0], len(table.test_rows)) == (-2.0, 1.0, 17)
    noise = 100 * (table.y - np.sin(np.pi * table.X[:, 0]) - 10 * np.exp(table.X[:, 0] / 5))
    assert 0.7 < noise.std() < 1.3
    assert not np.array_equal(table.y, load_dataset("fkan-1d").y)


def test_lbfgs_learns_the_law(law):
    space = FKAN()
    result = space.train([TrainingJob(ONE, law.folds[0], 0, keep_weights=True)], law, Budget(20))[0]
    model = space.model(ONE, law, result.weights)
    with torch.no_grad():
        found = model(torch.from_numpy(law.table.X[law.test]))[:, 0].numpy()
    assert np.abs(found - law.table.y[law.test]).mean() < 0.05
    assert result.evaluations <= 501


def test_adam_goes_where_torch_goes(law):
    space = FKAN(FKANOptions(optimizer="adam", learning_rate=0.02, ridge=0.0))
    job = TrainingJob(ONE, Fold(law.train, law.train[:0]), 5, iterations=40, keep_weights=True)
    result = space.train([job], law, Budget(20))[0]
    model = FKAN().model(ONE, law, state_dict(ONE, initial_values(ONE, FKANOptions(), 5)))
    x, y = torch.from_numpy(law.table.X[law.train]), torch.from_numpy(law.scaled_targets[law.train])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        (model.levels(x)[-1][:, 0] - y).square().mean().backward()
        optimizer.step()
    for name, value in model.named_parameters():
        assert np.allclose(result.weights[name], value.detach().numpy(), rtol=1e-7, atol=1e-9)
    assert (result.iterations, result.evaluations) == (40, 41)


def test_every_parameter_is_trained(law):
    before = state_dict(ONE, initial_values(ONE, FKANOptions(), 0))
    after = FKAN().train([TrainingJob(ONE, law.folds[0], 0, keep_weights=True)], law, Budget(2))[0].weights
    assert all((before[name] != after[name]).all() for name in before)


def test_the_trace_ends_with_the_kept_values(law):
    trace = np.zeros((30, 6))
    job = TrainingJob(ONE, law.folds[0], 0, iterations=30, keep_weights=True)
    result = train(job, law.arrays(job.fold), law, FKANOptions(), Budget(20), trace)
    kept = np.concatenate([result.weights[name] for name in ("alpha", "beta", "gamma")])
    assert np.array_equal(trace[result.iterations - 1], kept)
    assert np.abs(np.diff(trace, axis=0)).max() > 0


def test_patience_ends_a_training_early(law):
    job = TrainingJob(ONE, law.folds[0], 0)
    short, long = (FKAN(FKANOptions(patience=p)).train([job], law, Budget(20))[0] for p in (1, 0))
    assert short.evaluations < long.evaluations
    assert long.val_loss <= short.val_loss
    assert short.looks == long.looks[: len(short.looks)]
    assert (len(short.looks), short.looks[-2]) == (short.iterations + 1, short.val_loss)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_loss_after_every_iteration_is_reported(law, optimizer):
    space = FKAN(FKANOptions(optimizer=optimizer))
    job = TrainingJob(ONE, law.folds[0], 0)
    looks = space.train([job], law, Budget(3))[0].looks
    for iteration in (1, 5, len(looks)):
        known = space.train([replace(job, iterations=iteration)], law, Budget(3))[0]
        assert (known.val_loss, known.looks) == (looks[iteration - 1], ())


def test_a_training_that_overflows_reports_what_was_looked_at(law):
    space = FKAN(FKANOptions(optimizer="adam", learning_rate=1e16, ridge=0.0, patience=0))
    deep = network(1, 1, (0,), SEQUENTIAL, (2, 2), (5, 5))
    job = TrainingJob(deep, law.folds[0], 0)
    result = space.train([job], law, Budget(4))[0]
    assert result.evaluations == len(result.looks) + 2  # one at the start, one that overflowed
    check_result(job, result)


@pytest.mark.parametrize(("optimizer", "steps", "limit"), [("auto", 12, 1e-6), ("lbfgs", 12, 1e-3), ("adam", 4, 1.0)])
def test_every_method_lowers_the_loss_of_an_equation(optimizer, steps, limit):
    problem = small_problem("residual")
    space = FKAN(FKANOptions(optimizer=optimizer))
    architecture = network(1, 1, (0,), PARALLEL, (4, 4), (2, 4))
    results = [space.train([TrainingJob(architecture, problem.folds[0], 0)], problem, Budget(s))[0] for s in (1, steps)]
    assert results[1].val_loss < min(results[0].val_loss, limit)
    assert results[1].evaluations > results[0].evaluations


def test_the_root_of_lane_emden_without_being_told():
    problem = Problem.from_table(load_dataset("lane-emden-1"))
    space = FKAN()
    architecture = network(1, 1, (0,), PARALLEL, (6, 6), (3, 5))
    result = space.train([TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)], problem, Budget(12))[0]
    figures = evaluate_solution(
        problem.table.equation, space.model(architecture, problem, result.weights), problem.table.X
    )
    assert figures["root_error"] < 1e-4
    assert figures["max_error"] < 1e-4


def test_a_non_local_equation_is_solved():
    problem = Problem.from_table(load_dataset("delay-fde"))
    space = FKAN()
    architecture = network(1, 1, (0,), PARALLEL, (3, 3), (2, 4))
    result = space.train([TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)], problem, Budget(6))[0]
    figures = evaluate_solution(
        problem.table.equation, space.model(architecture, problem, result.weights), problem.table.X
    )
    assert figures["max_error"] < 1e-3


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("wiring", [SEQUENTIAL, PARALLEL])
def test_curves_add_up_and_the_graph_predicts(wiring, shared):
    problem = small_problem("classification")
    architecture = network(4, 3, (0, 1, 3), wiring, (3, 2), (4, 2), shared)
    space = FKAN()
    result = space.train([TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)], problem, Budget(2))[0]
    model = space.model(architecture, problem, result.weights)
    explanation = space.explain(model, problem)
    assert len(explanation.edges) == architecture.n_edges
    assert explanation.importances[2] == 0
    levels = [level.detach().numpy() for level in model.levels(torch.from_numpy(problem.table.X[problem.development]))]
    last = len(levels) - 2
    into = [edge for edge in explanation.edges if (edge.layer, edge.target) == (last, 1)]
    added = sum(np.interp(levels[last][:, edge.source], edge.x, edge.y) for edge in into)
    assert np.allclose(added + model.biases[last][1].item(), levels[-1][:, 1], atol=0.05 * np.ptp(levels[-1]))
    with torch.no_grad():
        wanted = model(torch.from_numpy(problem.table.X)).numpy()
    assert np.allclose(space.graph(model, problem).predict(problem.table.X), wanted, rtol=1e-9, atol=1e-9)
    assert len(explanation.data["blocks"]) == architecture.n_triples
    axes = space.plots(replace(explanation))["bases.png"]()
    assert len(axes.lines) == architecture.n_triples


@pytest.mark.parametrize("name", ["delay-fde", "burgers-1"])
def test_the_networks_of_the_paper_and_a_picture_of_their_solution(name):
    problem = Problem.from_table(load_dataset(name))
    space = FKAN()
    ((label, architecture),) = space.reference_architectures(problem).items()
    width, dense = (10, (10,) * 4) if name == "delay-fde" else (2, ())
    assert (architecture.widths, architecture.degrees, architecture.dense) == ((width,) * 6, (1, 2, 3, 4, 5, 6), dense)
    assert label == f"six parallel blocks of {width}" + (", 4 dense maps" if dense else "")
    result = space.train([TrainingJob(architecture, problem.folds[0], 0, keep_weights=True)], problem, Budget(1))[0]
    model = space.model(architecture, problem, result.weights)
    explanation = space.explain(model, problem)
    told = explanation.data["solution"]
    points = np.array(told["x"]).T
    assert len(points) <= 900
    assert np.allclose(np.array(told["exact"])[0], problem.table.equation.exact(points), atol=1e-5)
    with torch.no_grad():
        assert np.allclose(np.array(told["u"])[0], model(torch.from_numpy(points))[:, 0], rtol=1e-3, atol=1e-4)
    axes = space.plots(explanation)["solution.png"]()
    assert len(axes.get_figure().axes) >= 2
