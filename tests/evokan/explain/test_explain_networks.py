"""Graphs and networks of forms: values, derivatives, fits, pruning, merging."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from evokan.explain.laws.law import Law, linear
from evokan.explain.laws.library import library
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import LawForm, SplineForm
from evokan.explain.reading.network import Link, Network
from evokan.explain.reading.refit import Strength, refit
from evokan.explain.reading.rows import Rows
from evokan.explain.reading.simplify import attributions, merge, prune, strongest_columns, thinned
from evokan.problem.scaling import Scaler
from evokan.spaces.graph import EdgeFunction, FunctionGraph, SplineTable

SIN, EXP, SQUARE, LOG = library(["sin(x)", "exp(x)", "x^2", "log(x)"])
NONE = Scaler(np.zeros(2), np.ones(2))
ONE = Scaler(np.zeros(1), np.ones(1))


def table(seed=0, base=0.4, slope=-0.2):
    return SplineTable(-2.0, 0.5, np.random.default_rng(seed).normal(size=11), base, slope)


def graph(edges, widths, **options):
    return FunctionGraph(
        widths,
        tuple(EdgeFunction(*edge) for edge in edges),
        ("a", "b"),
        tuple(f"y{i}" for i in range(widths[-1])),
        options.pop("task", "regression"),
        options.pop("scaler", NONE),
        options.pop("target", ONE),
        **options,
    )


def rows(function, task="regression", count=300, seed=0):
    x = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return Rows(x, function(x), task)


def test_spline_tables_are_b_splines_and_vanish_outside():
    spline = table(base=0.0, slope=0.0)
    # Zero coefficients around it let SciPy's spline reach beyond the grid.
    knots = -2.0 + 0.5 * np.arange(-6, 15)
    x = np.linspace(-3.49, 3.49, 200)
    reference = BSpline(knots, np.pad(spline.coefficients, 3), 3)
    assert spline(x) == pytest.approx(reference(x), abs=1e-12)
    assert spline.basis(x, derivative=True)[:, :-2] @ spline.coefficients == pytest.approx(reference.derivative()(x))
    assert spline(np.array([-3.6, 3.6, 100.0, -100.0])) == pytest.approx(0, abs=1e-15)


def test_base_and_slope_go_on_outside():
    x = np.array([-900.0, -50.0, 0.0, 50.0])
    assert table()(x)[[0, 1, 3]] == pytest.approx([0.2 * 900, 0.2 * 50, 0.4 * 50 - 0.2 * 50])


def test_sampling_keeps_a_smooth_curve():
    spline = SplineTable.sample(np.sin, -3.0, 3.0)
    x = np.linspace(-3, 3, 101)
    assert spline(x) == pytest.approx(np.sin(x), abs=1e-5)
    assert SplineTable.sample(lambda x: x * 0 + 2, 1.0, 1.0)(np.array([1.0])) == pytest.approx(2)


def test_a_graph_is_biases_edges_and_node_functions():
    found = graph(
        [(0, 0, 0, np.sin), (0, 1, 0, np.exp), (1, 0, 0, np.square)],
        (2, 1, 1),
        biases=(np.array([0.5]), np.array([-1.0])),
        node_functions=("tanh", "sigmoid"),
        scaler=Scaler(np.array([1.0, 0.0]), np.array([2.0, 1.0])),
        target=Scaler(np.array([3.0]), np.array([10.0])),
    )
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    hidden = np.tanh(0.5 + np.sin((a - 1) / 2) + np.exp(b))
    expected = 3 + 10 / (1 + np.exp(1 - hidden**2))
    assert found.predict(np.column_stack([a, b]))[:, 0] == pytest.approx(expected)
    network = Network.from_graph(found, found.input_scaler.transform(np.column_stack([a, b])))
    x = found.input_scaler.transform(np.column_stack([a, b]))
    assert 3 + 10 * network.predict(x)[:, 0] == pytest.approx(expected, abs=1e-3)


def test_graphs_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="a node that is not there"):
        graph([(0, 0, 5, np.sin)], (2, 1))
    with pytest.raises(ValueError, match="join the same nodes"):
        graph([(0, 0, 0, np.sin), (0, 0, 0, np.cos)], (2, 1))
    with pytest.raises(ValueError, match="one bias for every node"):
        graph([(0, 0, 0, np.sin)], (2, 1), biases=(np.zeros(3),))
    with pytest.raises(ValueError, match="one node function"):
        graph([(0, 0, 0, np.sin)], (2, 1), node_functions=("tanh", "tanh"))


def test_splines_and_laws_of_a_graph_are_kept_exactly():
    found = graph(
        [
            (0, 0, 0, table(1)),
            (0, 1, 0, Law(EXP, 0.5, 0.0, 2.0, 7.0)),
            (0, 1, 1, table(2)),
            (1, 0, 0, table(3)),
            (1, 1, 0, linear(2.0, 1.0)),
        ],
        (2, 2, 1),
    )
    x = np.random.default_rng(3).normal(size=(50, 2))
    assert Network.from_graph(found, x).predict(x) == pytest.approx(found.predict(x), abs=1e-12)


def mixed(task="regression"):
    links = (
        Link(0, 2, SplineForm(table(1))),
        Link(1, 2, LawForm(Law(SIN, 1.2, 0.3, 0.8))),
        Link(2, 3, LawForm(Law(EXP, 0.3, 0.0, 0.5))),
        Link(0, 3, LawForm(Law(SQUARE, 1.0, -0.4, 0.6))),
        Link(2, 4, SplineForm(table(4))),
        Link(1, 4, LawForm(linear(0.7))),
    )
    functions = ((4, "tanh"), (2, "sigmoid")) if task == "bounded" else ()
    return Network(2, links, np.array([0.0, 0.0, 0.1, -0.2, 0.3]), (3, 4), functions)


@pytest.mark.parametrize("task", ["regression", "bounded"])
def test_jacobian_is_the_derivative_of_the_outputs(task):
    network = mixed(task)
    x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    jacobian = network.jacobian(network.forward(x))
    params = network.params
    assert jacobian.shape == (2, 30, len(params))
    for place in range(len(params)):
        step = np.zeros(len(params))
        step[place] = 1e-6
        above, below = (network.with_params(params + sign * step).predict(x) for sign in (1, -1))
        assert (jacobian[:, :, place].T - (above - below) / 2e-6) == pytest.approx(0, abs=1e-7)


def test_fits_find_the_constants_of_a_law():
    data = rows(lambda x: np.exp(np.sin(2 * x[:, :1]) + 0.5 * x[:, 1:] ** 2))
    start = Network(
        2,
        (
            Link(0, 2, LawForm(Law(SIN, 1.7, 0.1, 0.8))),
            Link(1, 2, LawForm(Law(SQUARE, 1.0, 0.1, 0.3))),
            Link(2, 3, LawForm(Law(EXP, 0.8, 0.0, 1.2))),
        ),
        np.zeros(4),
        (3,),
    )
    found = refit(start, data, Strength(100))
    assert data.loss(found.predict(data.x)) < 1e-24
    assert abs(found.links[0].form.law.a) == pytest.approx(2, abs=1e-9)


def test_cross_entropy_fits_agree_with_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = (x @ [1.0, -2.0] + rng.normal(size=200) > 0).astype(np.int64) + (x[:, 0] > 1)
    links = tuple(Link(i, 2 + k, LawForm(linear(0.0))) for i in range(2) for k in range(3))
    ridge = 1e-3
    network = refit(
        Network(2, links, np.zeros(5), (2, 3, 4)),
        Rows(x, y, "classification"),
        Strength(100, law_ridge=ridge, precision=1e-12),
    )
    reference = LogisticRegression(C=1 / (ridge * 200), tol=1e-10, max_iter=5000).fit(x, y)
    scores = network.predict(x)
    theirs = reference.decision_function(x)
    assert scores - scores.mean(axis=1, keepdims=True) == pytest.approx(
        theirs - theirs.mean(axis=1, keepdims=True), abs=1e-4
    )


def test_a_fit_never_makes_it_worse_and_leaves_undefined_networks_alone():
    data = rows(lambda x: x[:, :1])
    network = Network(2, (Link(0, 2, LawForm(Law(LOG))),), np.zeros(3), (2,))
    assert data.loss(network.predict(data.x)) == np.inf
    assert refit(network, data, Strength(20)).params == pytest.approx(network.params)
    splines = Network(2, (Link(0, 2, SplineForm(table(0))),), np.zeros(3), (2,))
    strength = Strength(1, spline_ridge=0.0)
    assert data.loss(refit(splines, data, strength).predict(data.x)) <= data.loss(splines.predict(data.x))


def test_leaving_out_links_takes_what_hangs_on_them():
    network = Network(
        2,
        (
            Link(0, 2, LawForm(linear(1.0))),
            Link(2, 3, LawForm(Law(EXP, 1.0, 0.0, 2.0))),
            Link(1, 3, LawForm(linear(3.0))),
        ),
        np.array([0, 0, 0.5, 1.0]),
        (3,),
    )
    smaller = network.without([0], [0.25])
    x = np.random.default_rng(0).normal(size=(20, 2))
    assert [(link.source, link.target) for link in smaller.links] == [(1, 2)]
    # The hidden node has become the constant 0.75.
    assert smaller.predict(x)[:, 0] == pytest.approx(1 + 2 * np.exp(0.75) + 3 * x[:, 1])


def test_attributions_share_out_by_spread():
    network = Network(
        2,
        (Link(0, 2, LawForm(linear(3.0))), Link(1, 2, LawForm(linear(1.0))), Link(2, 3, LawForm(linear(2.0)))),
        np.zeros(4),
        (3,),
    )
    x = np.random.default_rng(0).choice([-1.0, 1.0], (4000, 2))
    scores = attributions(network, x)
    assert scores[2] == pytest.approx(1.0)
    assert scores[0] / scores[1] == pytest.approx(3.0, rel=0.05)
    assert strongest_columns(network, x) == [0, 1]


def test_pruning_leaves_what_is_needed():
    data = rows(lambda x: x[:, :1] ** 2)
    links = tuple(Link(i, 2, SplineForm(table(i))) for i in range(2))
    links += (Link(2, 3, SplineForm(table(5))), Link(1, 3, SplineForm(table(6))))
    start = refit(Network(2, links, np.zeros(4), (3,)), data, Strength(80))
    limit = max(1.5 * data.loss(start.predict(data.x)), 1e-6)

    def fit(network):
        found = refit(network, data, Strength(40))
        return found if data.loss(found.predict(data.x)) <= limit else None

    found = prune(start, data.x, fit, Effort())
    assert {link.source for link in found.links} == {0, 2}
    assert data.loss(found.predict(data.x)) <= limit


def test_thinning_keeps_small_networks_and_the_strongest_links_of_large_ones():
    network = mixed()
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    assert thinned(network, x).params == pytest.approx(network.params)
    wide = Network(
        2,
        tuple(Link(i % 2, 2 + i // 2, LawForm(linear(10.0 if i < 4 else 0.001))) for i in range(80)),
        np.zeros(42),
        tuple(range(2, 42)),
    )
    assert len(thinned(wide, x).links) <= 24


def test_merging_changes_no_value():
    links = (
        Link(0, 2, SplineForm(table(1))),
        Link(1, 2, LawForm(Law(SIN, 1.0, 0.2, 0.9))),
        Link(2, 4, LawForm(linear(-1.5))),
        Link(1, 3, LawForm(Law(EXP, 0.5, 0.0, 1.0))),
        Link(3, 4, LawForm(Law(SQUARE, 1.0, 0.3, 0.4))),
    )
    network = Network(2, links, np.array([0, 0, 0.3, 0.2, -1.0]), (4,))
    x = np.random.default_rng(0).uniform(-1, 1, (80, 2))
    merged = merge(network, x)
    assert merged.n_nodes == 3
    assert merged.predict(x) == pytest.approx(network.predict(x), abs=1e-6)
    bounded = Network(2, links, network.biases, (4,), ((2, "tanh"),))
    assert merge(bounded, x).n_nodes == 4
