"""Constants of expressions: fitted, dropped, snapped or rounded; SymPy with a time limit; ways to write a formula."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref

import numpy as np
import pytest
import sympy as sp

from evokan.explain.formulas.constants import Constants, Tuner
from evokan.explain.formulas.expression import apply_law, columns, complexity, exponential, expressions
from evokan.explain.formulas.limited import within
from evokan.explain.formulas.shortest import shortest, without_constant
from evokan.explain.laws.law import Law
from evokan.explain.laws.library import library
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import LawForm
from evokan.explain.reading.network import Link, Network
from evokan.explain.reading.rows import Rows
from evokan.problem.scaling import Scaler
from evokan.spaces.graph import FunctionGraph, SplineTable

X, Y = SYMBOLS = columns(("x", "y"))
ROWS = np.random.default_rng(0).uniform(0.5, 2, (200, 2))


def tuned(expression, truth, noise=0.0):
    values = sp.lambdify(SYMBOLS, truth, "numpy")(*ROWS.T) + noise * np.random.default_rng(1).normal(size=len(ROWS))
    tuner = Tuner((sp.sympify(expression),), SYMBOLS, {}, Rows(ROWS, values[:, None], "regression"), 0.0, Effort())
    return tuner.simplify()[0]


@pytest.mark.parametrize(
    ("start", "truth"),
    [
        (1.02 * sp.exp(0.98 * X) + 0.01, sp.exp(X)),
        (0.3 * X + 0.7 * Y, X / 3 + 2 * Y / 3),
        (sp.sin(3.1 * X) + 1e-3 * Y, sp.sin(sp.pi * X)),
        (0.08 * X * Y, X * Y / (4 * sp.pi)),
        (2.7 * X**2.1, sp.E * X**2),
        (1.4 * sp.sqrt(X + 0.02 * Y), sp.sqrt(2) * sp.sqrt(X)),
        (100.0 * X - 7.4 * Y, 98 * X - sp.Rational(15, 2) * Y),
    ],
)
def test_simple_constants_are_found(start, truth):
    assert sp.simplify(tuned(start, truth) - truth) == 0


def test_what_changes_nothing_is_dropped_even_when_the_time_is_up():
    values = 1.2345678 * ROWS[:, 0]
    late = Effort(0.0)
    late.spend(1.0)
    rows = Rows(ROWS, values[:, None], "regression")
    expression = 1.2345678 * X + 4.29e-14 * sp.exp(0.5 * Y)
    assert Tuner((expression,), SYMBOLS, {}, rows, 0.0, late).simplify()[0] == 1.2345678 * X


def test_constants_that_are_not_simple_keep_their_value():
    found = tuned(1.2 * X + 0.7, 1.2345678 * X + 0.7654321)
    assert float(found.subs(X, 1.0)) == pytest.approx(1.9999999, abs=1e-9)
    assert float(found.coeff(X)) == pytest.approx(1.2345678, abs=1e-6)


def test_noise_rounds_and_invents_no_pi():
    found = tuned(3.0 * X + 0.3 * Y, 3.1301 * X + 0.2718 * Y, noise=0.3)
    assert not found.atoms(sp.NumberSymbol)
    assert all(len(str(sp.Float(number, 3)).replace(".", "").strip("0-")) <= 3 for number in found.atoms(sp.Float))
    assert float(found.coeff(X)) == pytest.approx(3.13, abs=0.1)


@pytest.mark.parametrize(("noise", "digits"), [(0.3, 2), (1e-3, 5)])
def test_numbers_inside_of_splines_have_as_few_digits_as_the_loss_allows(noise, digits):
    table = SplineTable(0.0, 0.25, np.array([0.0, 1.0, -1.0, 2.0, 0.0, 1.5, 0.5, -2.0, 1.0, 0.0, 0.0]))
    start = sp.Function("spline1")(0.98765432101234 * X + 0.123456789012345)
    clean = table(0.98765432101234 * ROWS[:, 0] + 0.123456789012345)
    rows = Rows(ROWS, (clean + noise * np.random.default_rng(1).normal(size=len(ROWS)))[:, None], "regression")
    tuner = Tuner((start,), SYMBOLS, {"spline1": table}, rows, 0.0, Effort())
    before = tuner.loss(tuner.params)
    (found,) = tuner.simplify()
    numbers = [float(number) for number in found.atoms(sp.Float)]
    assert len(numbers) == 2
    assert all(float(f"{number:.{digits}g}") == number for number in numbers)
    after = Tuner((found,), SYMBOLS, {"spline1": table}, rows, 0.0, Effort())
    assert after.loss(after.params) <= tuner.allowance(before)


def test_whole_numbers_and_splines_are_no_constants():
    spline = sp.Function("spline1")
    constants = Constants.of((2 * X**3 + 0.5 * spline(0.25 * X) + sp.pi,))
    assert constants.values.tolist() == [0.5]
    assert constants.filled([sp.Rational(1, 3)])[0] == 2 * X**3 + spline(0.25 * X) / 3 + sp.pi


def graph(task="regression", outputs=("f",)):
    return FunctionGraph(
        (2, len(outputs)),
        (),
        ("x", "y"),
        outputs,
        task,
        Scaler(np.array([1.0, -2.0]), np.array([0.5, 3.0])),
        Scaler(np.array([10.0]), np.array([4.0])),
    )


@pytest.mark.parametrize("function", library(), ids=lambda function: function.name)
def test_expressions_have_the_values_of_the_network(function):
    law = Law(function, 0.8 if "a" in function.free else 1.0, 3.1 if function.free else 0.0, 1.7)
    log, exp, square = library(["log(x)", "exp(x)", "x^2"])
    links = (
        Link(0, 2, LawForm(law)),
        Link(1, 2, LawForm(Law(square, 1.0, 0.4, 0.3))),
        Link(2, 4, LawForm(Law(exp, 0.05, 0.0, 2.0))),
        Link(0, 3, LawForm(Law(log, 1.0, 5.0, 0.7))),
        Link(3, 4, LawForm(Law(square, 1.0, 0.2, -0.4))),
    )
    network = Network(2, links, np.array([0, 0, 0.5, 0.25, 1.5]), (4,))
    x = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    (output,), tables = expressions(network, graph())
    assert not tables
    raw = graph().input_scaler.inverse(x)
    written = np.broadcast_to(sp.lambdify(SYMBOLS, output, "numpy")(*raw.T), len(x))
    assert written == pytest.approx(4.0 * network.predict(x)[:, 0] + 10.0, rel=1e-9)


def test_splines_and_bounded_nodes_are_written_too():
    from evokan.explain.formulas.values import numeric
    from evokan.explain.reading.forms import SplineForm

    table = SplineTable(-1.0, 0.5, np.random.default_rng(0).normal(size=7), 0.3, 0.1)
    network = Network(
        2,
        (Link(0, 2, SplineForm(table)), Link(2, 3, SplineForm(table)), Link(1, 4, SplineForm(table))),
        np.array([0, 0, 0.1, 0.2, -0.3]),
        (3, 4),
        ((3, "sigmoid"), (4, "clip")),
    )
    x = np.random.default_rng(1).uniform(-1, 1, (40, 2))
    outputs, tables = expressions(network, graph(outputs=("f", "g")))
    values = numeric(outputs, SYMBOLS, tables)(*graph().input_scaler.inverse(x).T)
    assert np.column_stack(values) == pytest.approx(4.0 * network.predict(x) + 10.0, rel=1e-12)
    assert complexity(outputs, 12) == complexity(outputs, 0) + 36


def test_exponentials_of_logarithms_are_powers():
    assert exponential(2.0 * sp.log(X) - 1.0 * sp.log(Y)) == X**2.0 / Y**1.0
    mixed = exponential(sp.Float(0.5) + 3.0 * sp.log(X) + Y)
    assert float((mixed / (X**3.0 * sp.exp(Y))).evalf()) == pytest.approx(np.exp(0.5))


def test_a_factor_comes_out_of_roots_and_logarithms():
    root, log = library(["sqrt(x)", "log(x)"])
    value = apply_law(Law(root, 1.0, 0.0, 3.0), 4.0 * X + 8.0 * Y)
    assert sp.simplify(value - 6.0 * sp.sqrt(X + 2.0 * Y)) == 0
    value = apply_law(Law(log, 1.0, 0.0, 2.0), 4.0 * X + 8.0 * Y)
    assert float((value - 2.0 * sp.log(X + 2.0 * Y)).subs({X: 1.3, Y: 0.2})) == pytest.approx(2 * np.log(4))


def test_shorter_ways_to_write_are_taken():
    assert shortest(X**2 + 2 * X * Y + Y**2) == (X + Y) ** 2
    assert shortest(X * Y + X * Y**2 - X * Y**2) == X * Y
    assert shortest(1.0 * X + 2.5 * Y + 3.0 * X) == 4.0 * X + 2.5 * Y


def test_scores_are_told_up_to_what_all_share():
    assert without_constant((X + 3.0, sp.Float(3.0), 2 * X), True) == (X, 0, 2 * X - 3.0)
    assert without_constant((X, sp.Float(3.0)), False) == (X, sp.Float(3.0))


def test_a_time_limit_holds_in_any_thread_and_leaves_nothing_behind():
    def endless():
        while True:
            try:
                sp.expand((X + Y) ** 8)
            except Exception:
                continue

    outcome = []
    before = threading.active_count()
    thread = threading.Thread(target=lambda: outcome.append(within(0.2, endless, "otherwise")))
    began = time.monotonic()
    thread.start()
    thread.join(20)
    assert outcome == ["otherwise"]
    assert time.monotonic() - began < 20
    assert threading.active_count() == before
    assert within(5.0, lambda: 42, 0) == 42
    assert within(0.0, lambda: 42, 0) == 0
    with pytest.raises(ZeroDivisionError):
        within(5.0, lambda: 1 / 0, 0)


def linger(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_a_late_call_is_not_stopped_inside_of_the_garbage_collector(monkeypatch):
    broken = []

    def callback(phase, info):
        try:
            linger(0.03)
        except BaseException as error:
            broken.append(error)
            raise

    def endless():
        while True:
            gc.collect(0)
            linger(0.01)

    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    gc.callbacks.append(callback)
    try:
        # At several moments, of which six in seven are inside.
        assert [within(0.01 * moment, endless, "otherwise") for moment in range(1, 8)] == 7 * ["otherwise"]
    finally:
        gc.callbacks.remove(callback)
    assert not broken
    assert not lost


class Dying:
    def __init__(self, last):
        self.last = last

    def __del__(self):
        self.last()


class Watched:
    pass


def die_watched(last):
    watched = Watched()
    reference = weakref.ref(watched, lambda _: last())
    del watched, reference


@pytest.mark.parametrize("die", [Dying, die_watched])
def test_a_late_call_is_stopped_where_a_finalizer_swallows_it_and_other_errors_are_told(die, monkeypatch):
    swallowed, told = [], []

    def last():
        try:
            linger(0.03)
        except BaseException as error:
            swallowed.append(error)
            raise

    def fail():
        raise ArithmeticError

    def endless():
        while True:
            die(last)
            die(fail)
            linger(0.01)

    before = threading.active_count()
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: told.append(unraisable.exc_type))
    hook = sys.unraisablehook
    # At several moments, of which three in four are inside.
    assert [within(0.01 * moment, endless, "otherwise") for moment in range(1, 8)] == 7 * ["otherwise"]
    assert swallowed
    assert set(told) == {ArithmeticError}
    assert threading.active_count() == before
    assert sys.unraisablehook is hook


def test_a_hook_that_the_call_itself_has_set_stays(monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    own = [].append

    def endless():
        while True:
            sys.unraisablehook = own
            linger(0.01)

    assert within(0.05, endless, "otherwise") == "otherwise"
    assert sys.unraisablehook is own
