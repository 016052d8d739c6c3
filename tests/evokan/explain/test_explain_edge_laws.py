"""Edge laws: known curves are named with their constants, whatever their amplitude; domains; the user's functions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.explain import Law, fit_edges, library, register_function, sample_points
from evokan.explain.laws.library import TWINS

CURVES = {
    "x": lambda x: 4 * x - 1,
    "x^2": lambda x: 5 * (x - 0.2) ** 2,
    "x^3": lambda x: (x + 0.5) ** 3,
    "x^4": lambda x: -2 * (x - 0.1) ** 4,
    "sqrt(x)": lambda x: np.sqrt(3.1 + x),
    "1/x": lambda x: 1 / (4 - x),
    "1/x^2": lambda x: 3 / (x + 3.5) ** 2,
    "abs(x)": lambda x: np.abs(x - 0.1),
    "exp(x)": lambda x: 3 * np.exp(-1.2 * x),
    "log(x)": lambda x: np.log(3.5 + 1.0 * x),
    "sin(x)": lambda x: 2 * np.sin(3 * x + 1) + 0.3,
    "tanh(x)": lambda x: np.tanh(2 * x - 1),
    "arctan(x)": lambda x: np.arctan(3 * x),
    "gaussian(x)": lambda x: np.exp(-((1.3 * x + 0.2) ** 2)),
}


def edge(curve, low=-3.0, high=3.0, seed=0):
    x = sample_points(np.random.default_rng(seed).uniform(low, high, 500))
    return x, curve(x)


def test_known_curves_are_named_all_at_once():
    x, y = (np.array(part) for part in zip(*(edge(curve) for curve in CURVES.values()), strict=True))
    for name, points, values, laws in zip(CURVES, x, y, fit_edges(x, y), strict=True):
        assert laws[0].law.function.name == name
        assert laws[0].law(points) == pytest.approx(values, abs=1e-6 * np.ptp(values))
        assert all(law.r2 <= 1 for law in laws)


def test_constants_come_out():
    x, y = edge(CURVES["sin(x)"])
    law = fit_edges(x[None], y[None])[0][0].law
    assert (abs(law.a), abs(law.c), law.d) == pytest.approx((3.0, 2.0, 0.3), abs=1e-8)
    x, y = edge(CURVES["log(x)"])
    law = fit_edges(x[None], y[None])[0][0].law
    assert (law.a, law.b, law.c, law.d) == pytest.approx((1.0, 3.5, 1.0, 0.0), abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(-6, 6), st.floats(-50, 50), st.floats(-4, 4))
def test_the_choice_depends_on_no_amplitude_and_no_unit(decades, offset, unit):
    x, y = edge(CURVES["tanh(x)"])
    plain = fit_edges(x[None], y[None])[0]
    scaled = fit_edges(x[None] * 10**unit + offset, (10**decades * y + offset * 10**decades)[None])[0]
    assert scaled[0].law.function == plain[0].law.function
    assert scaled[0].r2 == pytest.approx(plain[0].r2, abs=1e-6)
    assert scaled[0].score == pytest.approx(plain[0].score, abs=0.2)


def test_the_data_weigh_the_fit_not_the_range():
    def curve(x):
        return np.where(x < 1, x, 30 * (x - 1) + 1)

    rng = np.random.default_rng(0)
    few = sample_points(np.concatenate([rng.uniform(-1, 1, 995), rng.uniform(1, 1.1, 5)]))
    many = sample_points(np.concatenate([rng.uniform(-1, 1, 500), rng.uniform(1, 1.1, 500)]))
    line = library(["x"])
    slopes = [fit_edges(x[None], curve(x)[None], line)[0][0].law.c for x in (few, many)]
    assert slopes[0] < 1.5 < slopes[1]


def test_laws_keep_to_their_domains():
    rng = np.random.default_rng(1)
    x = np.array([sample_points(rng.normal(size=300)) for _ in range(20)])
    y = np.array([np.interp(points, np.linspace(-4, 4, 9), rng.normal(size=9)) for points in x])
    for points, laws in zip(x, fit_edges(x, y), strict=True):
        for found in laws:
            assert np.isfinite(found.law(points)).all(), found
            if found.law.function.positive:
                assert (found.law.a * points + found.law.b > 0).all()


def test_r2_is_that_of_the_law():
    x, y = edge(lambda x: np.sin(2 * x) + 0.3 * x**2)
    for found in fit_edges(x[None], y[None])[0]:
        assert found.r2 == pytest.approx(1 - np.mean((found.law(x) - y) ** 2) / np.var(y), abs=1e-9)


def test_simple_functions_win_where_they_are_as_good():
    x, y = edge(lambda x: 2 * x)
    assert fit_edges(x[None], y[None])[0][0].law.function.name == "x"
    rough = y + 0.05 * np.random.default_rng(0).normal(size=len(y))
    assert fit_edges(x[None], rough[None])[0][0].law.function.name == "x"


def test_a_column_of_few_values_is_sampled_where_it_has_rows_and_joined_by_the_simplest_law():
    kinds = np.repeat([0.0, 1.0], [30, 70])
    x = sample_points(kinds)
    assert set(x) == {0.0, 1.0}
    assert np.mean(x) == pytest.approx(0.7, abs=0.01)
    assert set(sample_points(np.arange(300.0) % 7)) == set(range(7))
    best = fit_edges(x[None], np.where(x > 0, 2.5, -1.0)[None])[0][0]
    assert best.law.function.name == "x"
    assert len(set(sample_points(np.linspace(0, 1, 50)))) == len(x)  # a measured column keeps its even quantiles


def test_a_constant_edge_is_a_constant():
    x = sample_points(np.linspace(0, 1, 50))
    (laws,) = fit_edges(x[None], np.full((1, len(x)), 2.5))
    assert laws[0].law(np.array([0.0, 9.0])) == pytest.approx([2.5, 2.5])


def test_values_that_are_not_finite_name_the_edge():
    x = np.array([sample_points(np.linspace(0, 1, 50))] * 2)
    y = x.copy()
    y[1, 3] = np.nan
    with pytest.raises(ValueError, match="edge 1 has points or values that are not finite"):
        fit_edges(x, y)


def test_twins_are_fitted_once_but_may_be_asked_for():
    x, y = edge(CURVES["sin(x)"])
    names = {law.law.function.name for law in fit_edges(x[None], y[None])[0]}
    assert not names & set(TWINS)
    asked = fit_edges(x[None], y[None], library(["cos(x)", "x"]))[0]
    assert asked[0].law.function.name == "cos(x)"
    assert asked[0].r2 == pytest.approx(1)


def test_users_add_functions(monkeypatch):
    import sympy

    monkeypatch.setattr("evokan.explain.laws.library._library", {function.name: function for function in library()})
    register_function("sinc(x)", np.sinc, lambda x: sympy.sinc(sympy.pi * x))
    x, y = edge(lambda x: 3 * np.sinc(1.5 * x - 0.4))
    best = fit_edges(x[None], y[None])[0][0]
    assert best.law.function.name == "sinc(x)"
    assert (abs(best.law.a), best.law.c) == pytest.approx((1.5, 3.0), abs=1e-4)
    with pytest.raises(InputError, match="in the library already"):
        register_function("sinc(x)", np.sinc, sympy.sinc)
    with pytest.raises(InputError, match="must be at least 1"):
        register_function("other(x)", np.sinc, sympy.sinc, complexity=0)


def test_unknown_functions_are_refused():
    with pytest.raises(InputError, match=r"unknown function 'ex\(x\)': did you mean 'exp\(x\)'"):
        library(["ex(x)"])


@pytest.mark.parametrize("function", library(), ids=lambda function: function.name)
def test_slopes_and_expressions_belong_to_the_values(function):
    import sympy

    x = np.linspace(0.2, 2.0, 40)
    step = 1e-6
    difference = (function.value(x + step) - function.value(x - step)) / (2 * step)
    assert function.slope(x) == pytest.approx(difference, rel=1e-6, abs=1e-6)
    symbol = sympy.Symbol("x", real=True)
    written = sympy.lambdify(symbol, function.expression(symbol), "numpy")
    assert np.broadcast_to(written(x), x.shape) == pytest.approx(function.value(x), rel=1e-12)


@pytest.mark.parametrize("function", library(), ids=lambda function: function.name)
def test_another_unit_of_the_argument_is_another_law(function):
    law = Law(function, 1.3 if "a" in function.free else 1.0, 0.7 if function.free else 0.0, 2.0, -0.5)
    x = np.linspace(0.2, 2.0, 30)
    assert law.moved(-3.0, 0.25)(x) == pytest.approx(law((x + 3.0) / 0.25), rel=1e-9)
    assert law.normal()(x) == pytest.approx(law(x), rel=1e-12)
