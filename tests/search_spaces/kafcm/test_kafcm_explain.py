"""What a map shows: courses and turns of curves, attribution, formulas' graph, pictures."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from kafcm_reference import from_edges, trained

from evokan.datasets import load_dataset
from evokan.plots import rendered, save
from evokan.problem.prediction import predict
from evokan.problem.problem import Problem
from evokan.spaces.explanation import EdgeCurve, Explanation
from evokan.testing.problems import small_problem
from search_spaces.kafcm import CausalMap
from search_spaces.kafcm.plots import plot_causal_graph, plot_functional_matrix, plot_trajectory
from search_spaces.kafcm.shapes import shape_of

X = np.linspace(-1, 1, 401)


@pytest.fixture(scope="module")
def known():
    """A map of four concepts with a loop, a cycle, and a concept without causes."""
    problem = small_problem("trajectory")
    space, _, model = trained(problem, from_edges([(0, 0), (0, 1), (1, 0), (2, 3)], 4, 4, 4))
    return problem, space, model


# ---------------------------------------------------------------- courses


@pytest.mark.parametrize(
    ("curve", "course", "turns"),
    [
        (X, "rising", []),
        (-(X**3), "falling", []),
        (X * 0 + 3, "flat", []),
        (np.tanh(5 * X), "rising", []),
        (np.exp(-5 * (X - 0.3) ** 2), "not monotonic", [(0.3, "maximum")]),
        ((X + 0.25) ** 2, "not monotonic", [(-0.25, "minimum")]),
        (np.sin(np.pi * X), "not monotonic", [(-0.5, "minimum"), (0.5, "maximum")]),
        (-np.cos(2 * np.pi * X), "not monotonic", [(-0.5, "maximum"), (0, "minimum"), (0.5, "maximum")]),
        (X + 0.01 * np.sin(40 * X), "rising", []),
    ],
)
def test_courses_of_known_curves(curve, course, turns):
    shape = shape_of(X, curve)
    assert shape.course == course
    assert [turn.kind for turn in shape.turns] == [kind for _, kind in turns]
    assert [turn.x for turn in shape.turns] == pytest.approx([x for x, _ in turns], abs=1e-4)
    ends = [-1.0, *(turn.x for turn in shape.turns), 1.0]
    assert [(a, b) for a, b, _ in shape.intervals] == ([] if course == "flat" else list(pairwise(ends)))


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30), st.floats(0.01, 0.5))
def test_the_course_says_what_the_curve_does(values, prominence):
    x, y = np.arange(len(values), dtype=float), np.array(values)
    shape = shape_of(x, y, prominence)
    assert (shape.course == "not monotonic") == bool(shape.turns)
    kinds = [kind for *_, kind in shape.intervals]
    assert all(a != b for a, b in pairwise(kinds))
    mirrored = shape_of(x, -y, prominence)
    assert [turn.x for turn in mirrored.turns] == pytest.approx([turn.x for turn in shape.turns])
    assert {turn.kind for turn in mirrored.turns} == {
        {"maximum": "minimum", "minimum": "maximum"}[turn.kind] for turn in shape.turns
    }
    if prominence < 0.4 and shape.course in ("rising", "falling"):
        sign = 1 if shape.course == "rising" else -1
        highest = np.maximum.accumulate(sign * y)
        inside = slice(1, -1)  # an end may stick out without being a turn
        assert (highest - sign * y)[inside].max(initial=0.0) <= np.ptp(y) * max(prominence, 1.0)


def test_the_optimum_of_a_learned_curve_is_where_the_law_has_it():
    problem = Problem.from_table(load_dataset("yerkes-dodson"))
    space, _, model = trained(problem, CausalMap(1, 1, ((0, 0),), 10))
    (edge,) = space.explain(model, problem).data["edges"]
    assert edge["course"] == "not monotonic"
    ((place, _),) = [turn for turn in edge["turns"] if turn[1] == "maximum" and abs(turn[0]) < 0.5]
    assert abs(place) < 0.02


# ---------------------------------------------------------------- curves, attribution, graph


def test_curves_are_the_parts_of_the_sum_in_own_units(known):
    problem, space, model = known
    explanation = space.explain(model, problem)
    assert [(edge.source, edge.target) for edge in explanation.edges] == list(model.architecture.edges)
    rows = problem.table.X[problem.development]
    total = np.zeros((len(rows), 4)) + model.bias.numpy()
    for edge in explanation.edges:
        assert (edge.x[0], edge.x[-1]) == pytest.approx((rows[:, edge.source].min(), rows[:, edge.source].max()))
        total[:, edge.target] += np.interp(rows[:, edge.source], edge.x, edge.y)
    values = np.tanh(total) * model.target_scale.numpy() + model.target_shift.numpy()
    assert np.allclose(values, predict(model, rows), atol=2e-3 * np.ptp(rows, axis=0))
    assert explanation.importances[3] == 0
    assert explanation.data["recurrent"] is True


def test_an_edge_that_adds_nothing_weighs_nothing():
    problem = small_problem("regression")
    space, _, model = trained(problem, CausalMap(4, 1, ((0, 0), (1, 0)), 4))
    with torch.no_grad():
        model.step_edges.w_s[1], model.step_edges.w_b[1] = 0.0, 0.0
    explanation = space.explain(model, problem)
    assert [edge.weight for edge in explanation.edges] == pytest.approx([1.0, 0.0])
    assert explanation.importances.tolist() == pytest.approx([1.0, 0, 0, 0])
    assert [edge["course"] for edge in explanation.data["edges"]][1] == "flat"


@pytest.mark.parametrize("task", ["trajectory", "regression"])
@pytest.mark.parametrize("bounding", ["tanh", "sigmoid", "clip", "identity"])
def test_the_graph_of_functions_is_the_network(task, bounding):
    problem = small_problem(task)
    edges = ((0, 0), (1, 0), (2, 0)) if task == "regression" else ((0, 1), (1, 1), (3, 2))
    space, _, model = trained(problem, CausalMap(4, problem.n_outputs, edges, 5), bounding=bounding)
    graph = space.graph(model, problem)
    beyond = np.concatenate([problem.table.X, 3 * problem.table.X])  # outside of the grids, too
    np.testing.assert_allclose(graph.predict(beyond), predict(model, beyond), rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- rollouts of the module, pictures


def test_rollouts_apply_the_map_again_and_hold_what_is_held(known):
    problem, _, model = known
    x = torch.from_numpy(problem.table.X[:3])
    with torch.no_grad():
        path = model.rollout(x, 3)
        assert torch.allclose(path[:, 0], x)
        assert torch.allclose(path[:, 1], model(x))
        assert torch.allclose(path[:, 3], model(model(model(x))))
        held = model.rollout(x, 3, [0, 2])
        assert torch.allclose(held[:, :, [0, 2]], x[:, None, [0, 2]].expand(-1, 4, -1))
        first = model(x)
        first[:, [0, 2]] = x[:, [0, 2]]
        assert torch.allclose(held[:, 2, 1], model(first)[:, 1])


def test_a_two_level_map_keeps_its_inputs():
    problem = small_problem("regression")
    _, _, model = trained(problem, CausalMap(4, 1, ((0, 0),), 3))
    x = torch.from_numpy(problem.table.X[:2])
    with torch.no_grad():
        path = model.rollout(x, 2)
        assert path.shape == (2, 3, 5)
        assert torch.isnan(path[:, 0, 4]).all()
        assert torch.allclose(path[:, 2], torch.cat([x, model(x)], dim=1))


@pytest.mark.parametrize(
    ("causes", "effects", "length"), [(1, 1, 1), (4, 1, 11), (1, 1, 500), (2, 30, 40), (25, 2, 40)]
)
def test_the_matrix_has_room_for_names_and_legend(causes, effects, length):
    """Where it has not, matplotlib gives the layout up with a warning, which is an error here."""
    kinds = ("rising", "falling", "not monotonic", "flat")
    x = np.linspace(0.0, 1.0, 5)
    edges = tuple(EdgeCurve(0, cause, effect, x, x, 1.0) for cause in range(causes) for effect in range(effects))
    told = [
        {"cause": edge.source, "effect": edge.target, "course": kinds[number % 4]} for number, edge in enumerate(edges)
    ]
    explanation = Explanation(
        (causes, effects), ("n" * length,) * causes, ("m" * length,) * effects, edges, np.ones(causes), {"edges": told}
    )
    assert rendered(plot_functional_matrix(explanation), ".png").startswith(b"\x89PNG")


def test_pictures_have_a_curve_for_every_edge_and_an_arrow(known, tmp_path):
    problem, space, model = known
    explanation = space.explain(model, problem)
    matrix = plot_functional_matrix(explanation)
    assert len(matrix.lines) == 4
    for edge, line in zip(explanation.edges, matrix.lines, strict=True):
        x, y = line.get_data()
        assert edge.target < x.min() < x.max() < edge.target + 1
        assert edge.source < y.min() < y.max() < edge.source + 1
        assert np.argmax(edge.y) == np.argmin(y)  # cause by cause downwards, values upwards
    graph = plot_causal_graph(explanation)
    assert len(graph.patches) == 4
    assert {text.get_text() for text in graph.texts} >= {"a", "b", "c", "d"}
    assert set(space.plots(explanation)) == {"functional_matrix.png", "causal_graph.png"}
    for name, draw in space.plots(explanation).items():
        assert save(draw(), tmp_path / name).stat().st_size > 5000
    lines = plot_trajectory(["u", "v"], np.arange(8.0).reshape(4, 2), held=[1]).lines
    assert [line.get_linestyle() for line in lines] == ["-", "--"]
