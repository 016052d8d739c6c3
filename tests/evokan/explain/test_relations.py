"""Laws on data: sums of products, ratios, outer functions; rewritten by symmetries and units."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.explain import Units, library
from evokan.explain.formulas.expression import columns
from evokan.explain.reading.effort import Effort
from evokan.explain.relations.engine import relations
from evokan.explain.relations.factors import without_scalings
from evokan.explain.relations.implicit import ratios
from evokan.explain.relations.oracle import Oracle
from evokan.explain.relations.outer import OUTER
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.separability import separations
from evokan.explain.relations.sparse import Sparse
from evokan.explain.relations.symmetries import (
    Differentiated,
    Scaling,
    independent,
    rescaled,
    scalings,
    translated,
)
from evokan.explain.relations.terms import FUNCTIONS, Term, functions, products
from evokan.explain.relations.units import parse
from evokan.problem.scaling import Scaler

ROWS = 500


class Known:
    """A network that knows the law, on scaled columns, but for a wave of one part in ten thousand."""

    def __init__(self, function, inputs):
        self._function, self._inputs = function, inputs

    def predict(self, x):
        raw = self._inputs.inverse(x)
        exact = self._function(*raw.T)
        return (exact * (1 + 1e-4 * np.sin(3 * raw.sum(axis=1))))[:, None]


def posed(law, names, low=1.0, high=3.0, noise=0.0):
    symbols = columns(tuple(names))
    x = np.random.default_rng(0).uniform(low, high, (ROWS, len(names)))
    function = sp.lambdify(symbols, law(*symbols), "numpy")
    y = function(*x.T) + noise * np.random.default_rng(1).normal(size=ROWS)
    inputs = Scaler(x.mean(axis=0), x.std(axis=0))
    oracle = Oracle(Known(function, inputs), inputs, Scaler(np.zeros(1), np.ones(1)), tuple(range(len(names))))
    return x, y, symbols, oracle


def left_by(law, names, *, asked=False, known=(), effort=30.0, **options):
    x, y, symbols, oracle = posed(law, names, **options)
    found = relations(x, y, symbols, library(), Effort(effort), oracle=oracle if asked else None, known=known)
    assert found, "nothing was found"
    fresh = np.random.default_rng(7).uniform(options.get("low", 1.0), options.get("high", 3.0), (200, len(names)))
    wanted, got = (sp.lambdify(symbols, e, "numpy")(*fresh.T) for e in (law(*symbols), found[0].expression))
    return float(np.mean((got - wanted) ** 2) / np.var(wanted))


@pytest.mark.parametrize(
    ("names", "law"),
    [
        ("abc", lambda a, b, c: a * b**2 / c),
        ("abc", lambda a, b, c: a * b + 3 * b / c - 2),
        ("abc", lambda a, b, c: sp.sqrt(a**2 + b**2 + c**2)),
        ("abc", lambda a, b, c: a / sp.sqrt(1 + b**2 / c**2)),
        ("ab", lambda a, b: sp.exp(-(a**2) / (2 * b**2)) / b),
        ("abc", lambda a, b, c: a**0.37 * b**-1.61 * sp.sqrt(c)),
        ("abc", lambda a, b, c: a * (b + c * sp.sin(b))),
        ("abcd", lambda a, b, c, d: (a * c + b * d) / (a + b)),
        ("abc", lambda a, b, c: c * (a + b) / (c**2 + a * b)),
        ("ab", lambda a, b: sp.asin(a * sp.sin(b) / 4)),
        ("ab", lambda a, b: sp.log(1 + a * b**2)),
        ("abc", lambda a, b, c: -a * (1 - sp.cos(b * c)) / (1 - sp.cos(b))),
        # powers that come out, ratios and products, seen in the logarithms of the data
        ("abcdefg", lambda a, b, c, d, e, f, g: a * b / ((c - d) ** 2 + (e - f) ** 2 + g)),
        ("abcde", lambda a, b, c, d, e: a / (sp.exp(b * c / (d * e)) + sp.exp(-b * c / (d * e)))),
        ("abcd", lambda a, b, c, d: a**2 / (sp.exp(b * c / d) - 1)),
    ],
)
def test_a_law_is_found_without_any_network(names, law):
    assert left_by(law, names) < 1e-20


@pytest.mark.parametrize(
    ("names", "law"),
    [
        # translations
        ("abc", lambda a, b, c: sp.exp(-((a - b) ** 2) / (2 * c**2)) / c),
        ("abcd", lambda a, b, c, d: sp.sqrt(a**2 + a * b * sp.cos(c - d) / 2)),
        ("abc", lambda a, b, c: c * sp.cos(a + b) + sp.exp(a + b)),
        # powers that come out, ratios and products: a curve of one variable is left
        ("abcd", lambda a, b, c, d: a**2 / (sp.exp(b * c / d) - 1)),
        ("abcd", lambda a, b, c, d: a * b * sp.tanh(0.7 * c / d)),
        ("abc", lambda a, b, c: b * sp.atan(2 * a * c)),
        # homogeneous
        ("abc", lambda a, b, c: (a + b) ** 2 / sp.sqrt(a**2 + 2 * c**2)),
    ],
)
def test_a_law_is_found_where_the_network_says_how_to_rewrite_it(names, law):
    assert left_by(law, names, asked=True) < 1e-18


def test_a_law_of_two_parts_is_read_part_by_part():
    assert left_by(lambda a, b: sp.sqrt(1 + a**2) * (2 + sp.cos(b)), "ab", asked=True) < 1e-18


@pytest.mark.parametrize(
    ("law", "way", "groups"),
    [
        (lambda a, b, c, d: 3 * sp.atan(a * b) + sp.exp(-c / d), "sum", {(0, 1), (2, 3)}),
        (lambda a, b, c, d: sp.atan(a * d) / (sp.exp(b - c) + 1), "product", {(0, 3), (1, 2)}),
        (lambda a, b, c, d: sp.tanh(a * b * c) * sp.exp(d), "product", {(0, 1, 2), (3,)}),
    ],
)
def test_groups_of_columns_that_have_nothing_to_do_with_each_other_are_told(law, way, groups):
    x, _, _, oracle = posed(law, "abcd")
    found = next(separations(x, oracle))
    assert (found.way, set(found.groups)) == (way, groups)


def test_columns_that_belong_together_are_not_taken_apart():
    x, _, _, oracle = posed(lambda a, b, c: sp.sin(a * b + b * c + a * c), "abc")
    assert list(separations(x, oracle)) == []


def test_columns_that_can_change_places_are_rewritten_as_sum_and_product():
    x, y, symbols, oracle = posed(lambda a, b, c: sp.tanh(c * a * b) * sp.exp(a + b), "abc")
    from evokan.explain.relations.symmetries import exchanged

    start = Posed.of(x, y, symbols)
    pairs = [(0, 1, oracle.swapped(x, 0, 1)), (0, 2, oracle.swapped(x, 0, 2))]
    (found,) = exchanged(start, oracle.values(x), pairs, 0.1)
    assert found.variables == (symbols[0] + symbols[1], symbols[0] * symbols[1], symbols[2])
    np.testing.assert_allclose(found.x[:, 1], x[:, 0] * x[:, 1])


def test_derivatives_of_the_oracle_are_those_of_its_values():
    x, _, _, oracle = posed(lambda a, b, c: a * b**2 / c, "abc")
    exact = np.column_stack(
        [x[:, 1] ** 2 / x[:, 2], 2 * x[:, 0] * x[:, 1] / x[:, 2], -x[:, 0] * x[:, 1] ** 2 / x[:, 2] ** 2]
    )
    assert np.abs(oracle.gradients(x) / exact - 1).max() < 0.05
    np.testing.assert_allclose(oracle.swapped(x, 0, 2), oracle.values(x[:, [2, 1, 0]]))


def test_a_rewritten_problem_goes_back_to_the_target():
    x, y, symbols, _ = posed(lambda a, b, c, d: a**2 * b / c * sp.sin(c * d), "abcd")
    found = rescaled(
        Posed.of(x, y, symbols), [Scaling((1, 0, 0, 0), 2), Scaling((0, 1, 0, 0), 1), Scaling((0, 0, 1, -1), -1)]
    )
    assert found.count == 1
    values = sp.lambdify(symbols, [found.factor, *found.variables], "numpy")(*x.T)
    np.testing.assert_allclose(values[0] * found.y, y)
    np.testing.assert_allclose(values[1], found.x[:, 0])
    order = np.argsort(found.x[:, 0])
    assert np.abs(np.diff(found.y[order])).max() < 0.2 * np.ptp(found.y)  # a function of the one variable


def test_scalings_and_translations_are_read_from_derivatives():
    x = np.random.default_rng(0).uniform(1, 3, (300, 3))
    a, b, c = x.T
    values = np.sin(a - b) * c**2 + 5 * c**2
    slope = np.cos(a - b) * c**2
    found = Differentiated(
        Posed.of(x, values, columns(("a", "b", "c"))), values, np.column_stack([slope, -slope, 2 * values / c])
    )
    moved = translated(found, 0.05)
    assert moved is not None
    assert moved.posed.variables == (columns("a")[0] - columns("b")[0], columns("c")[0])
    np.testing.assert_allclose(moved.gradients[:, 0], slope)
    assert Scaling((0.0, 1.0), 2.0) in scalings(moved.logarithmic(), 0.05)
    assert translated(Differentiated(found.posed, values, np.column_stack([slope, 3 * slope, slope**2])), 0.05) is None


def test_sets_of_scalings_are_independent():
    one, two, both = Scaling((1, 0, 0), 1), Scaling((0, 1, 0), 0), Scaling((1, 1, 0), 1)
    sets = list(independent([one, two, both], 10))
    assert sets == [(one, two), (one,), (two,), (both,)]  # with both, the first two would say the same again
    assert next(independent([one, two, Scaling((1, 1, 0), 2)], 10)) == (one, two)
    assert list(independent([], 10)) == []


def test_pairs_of_terms_are_found_that_greedy_pursuit_misses():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    decoy = a + b + 0.3 * rng.normal(size=400)
    values = np.column_stack([decoy, a, b, *rng.normal(size=(30, 400))])
    best = min(Sparse(values, Effort()).sums(a + 0.9 * b), key=lambda one: one.left)
    assert best.places == (1, 2)
    assert best.coefficients == pytest.approx([1, 0.9])


def test_a_ratio_is_a_null_vector():
    x = np.random.default_rng(0).uniform(1, 3, (400, 2))
    a, b = x.T
    (found,) = ratios(x, (a - 2 * b) / (1 + 3 * a * b), FUNCTIONS, Effort())
    unit = next(c for term, c in found.under if not any(term.powers))
    assert {term.powers: round(c / unit, 6) for term, c in found.over} == {(1.0, 0.0): 1.0, (0.0, 1.0): -2.0}
    assert {term.powers: round(c / unit, 6) for term, c in found.under} == {(0.0, 0.0): 1.0, (1.0, 1.0): 3.0}
    assert list(ratios(x, np.random.default_rng(1).normal(size=400), FUNCTIONS, Effort())) == []


@pytest.mark.parametrize("outer", OUTER, ids=lambda outer: outer.name)
def test_outer_functions_undo_their_inverse(outer):
    y = np.linspace(0.05, 0.95, 50)
    assert outer.inside(y)
    np.testing.assert_allclose(outer.value(outer.inverse(y)), y)
    t = sp.Symbol("t", positive=True)
    values = sp.lambdify(t, outer.expression(t), "numpy")(outer.inverse(y))
    np.testing.assert_allclose(values, y)


def test_terms_have_a_value_wherever_the_variables_lie():
    near_zero = np.column_stack([np.linspace(-1, 1, 101), np.linspace(1, 2, 101)])
    assert all(term.powers[0] >= 0 and term.powers[0] == int(term.powers[0]) for term in products(near_zero))
    assert any(term.powers[1] < 0 for term in products(near_zero))
    assert all(p == int(p) for term in products(near_zero + 3, roots=False) for p in term.powers)
    for count in (1, 2, 5, 9, 13):
        x = np.random.default_rng(0).uniform(1, 2, (50, count))
        terms = products(x)
        assert Term((0.0,) * count) in terms
        assert len(terms) == len(set(terms)) <= 1801
        assert len(functions(x)) <= 1801


@settings(deadline=None, max_examples=15, derandomize=True)
@given(st.sampled_from((-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)), st.integers(0, 2), st.sampled_from((0.0, 0.02)))
def test_a_factor_is_seen_in_logarithms_and_what_is_none_is_not(power, place, noise):
    rng = np.random.default_rng(place)
    x = rng.uniform(1, 3, (ROWS, 3))
    others = [i for i in range(3) if i != place]
    y = x[:, place] ** power * (2 + np.sin(x[:, others].sum(axis=1)) * x[:, others[0]] ** 2 / 9)
    rest = without_scalings(Posed.of(x, y * np.exp(noise * rng.normal(size=ROWS)), columns(("a", "b", "c"))))
    factor = columns(("a", "b", "c"))[place]
    assert rest is not None
    assert rest.factor == factor ** sp.nsimplify(power)
    assert not any(variable.has(factor) for variable in rest.variables)
    np.testing.assert_allclose(rest.y * rest.weights, y * 1.0, rtol=0.15)
    assert without_scalings(Posed.of(x, x.sum(axis=1), columns(("a", "b", "c")))) is None


def test_noise_gives_a_short_law():
    x, y, symbols, _ = posed(lambda a, b: 2 * a / b, "ab", noise=0.05)
    found = relations(x, y, symbols, library(), Effort(20))
    best = min(found, key=lambda one: one.left)
    assert best.left < 2 * 0.05**2 / y.var()


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(1, 2), st.floats(1e-17, 1e-11), st.sampled_from((-4.0, 1.0, 1e6)))
def test_of_a_target_that_varies_by_rounding_alone_nothing_is_said(count, rounding, value):
    rng = np.random.default_rng(count)
    y = value * (1.0 + rounding * rng.normal(size=ROWS))
    assert relations(rng.uniform(1, 2, (ROWS, count)), y, columns("ab"[:count]), library(), Effort(20)) == []


def test_no_function_is_used_that_was_not_asked_for():
    x, y, symbols, _ = posed(lambda a, b: sp.exp(a) * sp.sqrt(b), "ab")
    found = relations(x, y, symbols, library(["x", "x^2"]), Effort(20))
    assert not any(one.expression.atoms(sp.exp, sp.sin, sp.log) for one in found)
    assert all(e.is_Integer for one in found for power in one.expression.atoms(sp.Pow) for e in [power.exp])


def test_units_give_dimensionless_groups(tmp_path):
    path = tmp_path / "units.txt"
    path.write_text("# a pendulum with friction\nlength: m\ng : m/s^2\nmass: kg\ntime: s\n\nangle: 1\nf: m*s**-1\n")
    units = Units.read(path, ("length", "g", "mass", "time", "angle", "f"))
    assert units["g"] == parse("m s^-2".replace(" ", "*")) == {"m": 1, "s": -2}
    found = units.scalings(("length", "g", "time", "angle"), "f")
    assert found == [Scaling((1.0, 1.0, 0.0, 0.0), 1.0), Scaling((0.0, -2.0, 1.0, 0.0), -1.0)]

    def law(length, g, time, angle):
        return sp.sqrt(length * g) * sp.tanh(time * sp.sqrt(g / length)) * sp.cos(angle)

    x, _, symbols, _ = posed(law, ("length", "g", "time", "angle"), high=1.5)
    y = sp.lambdify(symbols, law(*symbols), "numpy")(*x.T)
    assert rescaled(Posed.of(x, y, symbols), found).count == 2

    def one_group(length, g, time):
        return g * time * sp.tanh(length / (g * time**2))

    units = Units({"length": parse("m"), "g": parse("m/s^2"), "time": parse("s"), "f": parse("m/s")})
    assert left_by(one_group, ("length", "g", "time"), known=units.scalings(("length", "g", "time"), "f")) < 1e-18


def test_units_that_are_none_are_named_with_their_lines(tmp_path):
    path = tmp_path / "units.txt"
    path.write_text("speed m/s\nlenth: m\nmass: kg^\n")
    with pytest.raises(InputError) as caught:
        Units.read(path, ("speed", "length", "mass"))
    assert len(caught.value.faults) == 3
    assert "line 1" in caught.value.faults[0]
    assert "did you mean 'length'" in caught.value.faults[1]
    assert "is no unit such as kg*m/s^2" in caught.value.faults[2]
    with pytest.raises(InputError, match="cannot be read"):
        Units.read(tmp_path / "none.txt")
