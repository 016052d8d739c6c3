"""Columns may be called as they like: functions, constants, keywords, names that the sources need themselves."""

from __future__ import annotations

import builtins
import ctypes
import keyword
import re
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

from evokan.explain import Formula, SplineTable, library
from evokan.explain.formulas.constants import Constants, Tuner
from evokan.explain.formulas.expression import columns
from evokan.explain.formulas.identifiers import identifiers
from evokan.explain.formulas.values import numeric
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.rows import Rows

TABLES = {"spline1": SplineTable(-2.0, 0.5, 0.3 * np.arange(10) - 1, 0.3, 0.2)}
C99 = """
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Bool _Complex
_Imaginary
"""
MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin
fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter
nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc j0 j1 jn y0 y1 yn gamma
fpclassify isfinite isinf isnan isnormal signbit isgreater isgreaterequal isless islessequal islessgreater isunordered
INFINITY NAN HUGE_VAL HUGE_VALF HUGE_VALL FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL FP_FAST_FMA FP_ILOGB0
FP_ILOGBNAN MATH_ERRNO MATH_ERREXCEPT math_errhandling float_t double_t signgam M_PI M_PI_2 M_E M_SQRT2 M_LN2 M_LOG2E
"""
LONGEST_CALL = 1000
"""Arguments that ctypes can pass."""
OWN = "x0 x1 x2 _c0 _c1 _s0 _x0 c0 c1 t0 t1 f0 b0 numpy np values spline1 spline2 maximum linux unix"


def wild(names):
    """Every part that a formula may have, over columns of these names; two classes."""
    first, second, *others = columns(names)
    parts = [function.expression(1 + sp.Abs(first)) for function in library()]
    parts += [sp.Min(sp.Max(second, 0), 1), sp.Function("spline1")(first / 2), sp.pi * second / 3, sp.exp(first) ** 2]
    rest = sp.Add(*(sp.Rational(k + 1, 7) * column for k, column in enumerate(others)))
    outputs = (sp.Add(*parts) + rest, sp.sin(first * second) + sp.cos(first * second) * sp.exp(1) - rest)
    return Formula(outputs, tuple(names), ("one", "two"), "classification", TABLES, 9, 0.1, 0.2)


def control(names):
    return wild([f"column_{k}" for k in range(len(names))])


def written_names():
    """Every identifier that the written code itself uses."""
    formula = control(("a", "b"))
    return set(re.findall(r"[A-Za-z_]\w*", formula.python() + formula.c())) | set(OWN.split())


def all_names():
    found = set(keyword.kwlist) | set(keyword.softkwlist) | set(dir(builtins)) | set(dir(sp)) | set(dir(np))
    found |= set(C99.split()) | set(MATH.split()) | {f"{name}{twin}" for name in MATH.split() for twin in "fl"}
    return sorted(found | written_names() - {"column_0", "column_1"})


NAMES = all_names()


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).uniform(-1, 2, (5, len(NAMES)))


@pytest.fixture(scope="module")
def expected(rows):
    found = control(NAMES).predict(rows)
    assert np.isfinite(found).all()
    return found


def compiled(source, name, folder, standard="c99"):
    (folder / f"{name}.c").write_text(source, encoding="utf-8")
    flags = [f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, f"{name}.c", "-o", f"{name}.so", "-lm"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / f"{name}.so"))


def c_values(made, row):
    out = (ctypes.c_double * 2)()
    found = []
    for function in (made.formula, made.probabilities):
        function.argtypes = [ctypes.c_double] * len(row) + [ctypes.POINTER(ctypes.c_double)]
        function(*row, out)
        found.append(list(out))
    return found


def python_values(source, row):
    made: dict[str, object] = {}
    exec(source, made)
    return made["formula"](*row), made["probabilities"](*row)


def test_values_do_not_depend_on_names(rows, expected):
    assert wild(NAMES).predict(rows) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("first", sorted(written_names() | {"pi", "e", "E", "I", "exp", "sum", "max", "abs"}))
def test_every_name_that_is_needed_may_be_the_argument(first):
    names = (first, "other")
    row = np.array([0.3, -0.4])
    values = control(names).predict(row[None])[0]
    formula = wild(names)
    assert formula.predict(row[None])[0] == pytest.approx(values, rel=1e-12)
    scores, shares = python_values(formula.python(), row)
    assert scores == pytest.approx(values, rel=1e-12)
    assert shares == pytest.approx(formula.probabilities(row[None])[0], rel=1e-12)


def test_shared_parts_are_not_taken_for_columns():
    """SymPy calls what it computes once x0, x1, ..."""
    x0, x1 = symbols = columns(("x0", "x1"))
    outputs = [sp.sin(x0 * x1) + sp.cos(x0 * x1) + x0, sp.exp(x0 * x1) * x1]
    values = numeric(outputs, symbols, {})(np.array([0.3]), np.array([0.7]))
    assert values[0] == pytest.approx(np.sin(0.21) + np.cos(0.21) + 0.3)
    assert values[1] == pytest.approx(np.exp(0.21) * 0.7)


@pytest.mark.parametrize("names", [("_c0", "_c1"), ("_s0", "_c0"), ("_c", "_s"), ("exp", "pi"), ("spline1", "x0")])
def test_constants_are_fitted_whatever_columns_are_called(names):
    a, b = symbols = columns(names)
    x = np.random.default_rng(0).uniform(0.5, 2, (200, 2))
    spline = sp.Function("spline1")(a)
    outputs = (1.9 * sp.exp(a) + 0.7 * b + 1.1 * spline,)
    y = 2 * np.exp(x[:, 0]) + x[:, 1] / 2 + TABLES["spline1"](x[:, 0])
    tuner = Tuner(outputs, symbols, TABLES, Rows(x, y[:, None], "regression"), 0.0, Effort())
    (found,) = tuner.simplify()
    assert sp.simplify(found - (2 * sp.exp(a) + b / 2 + spline)) == 0
    taken = Constants.of(outputs, symbols)
    assert not {place.name for place in taken.places} & set(names)
    assert taken.filled([sp.Float(value) for value in taken.values]) == outputs


def test_python_source_runs_with_every_name(rows, expected):
    formula = wild(NAMES)
    source = formula.python()
    for row, scores in zip(rows, expected, strict=True):
        found, shares = python_values(source, row)
        assert found == pytest.approx(scores, rel=1e-12)
        assert shares == pytest.approx(formula.probabilities(row[None])[0], rel=1e-9)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here to compile the C source with")
@pytest.mark.parametrize("standard", ["c99", "gnu99"])
def test_c_source_compiles_with_every_name(tmp_path, standard):
    for number, start in enumerate(range(0, len(NAMES), LONGEST_CALL)):
        names = NAMES[start : start + LONGEST_CALL]
        row = np.random.default_rng(number).uniform(-1, 2, len(names))
        formula = wild(names)
        found, shares = c_values(compiled(formula.c(), f"made{number}", tmp_path, standard), row)
        assert found == pytest.approx(control(names).predict(row[None])[0], rel=1e-12)
        assert shares == pytest.approx(formula.probabilities(row[None])[0], rel=1e-9)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here to compile the C source with")
@pytest.mark.parametrize(("first", "second"), [("k", "top"), ("sum", "NAN"), ("INFINITY", "M_PI"), ("shares", "k")])
def test_names_of_the_c_source_itself(first, second, tmp_path):
    formula = wild((first, second))
    values = formula.predict(np.array([[0.3, -0.4]]))[0]
    found, _ = c_values(compiled(formula.c(), "made", tmp_path), (0.3, -0.4))
    assert found == pytest.approx(values, rel=1e-12)


def test_text_and_latex_tell_a_constant_from_a_column():
    pi, e, number, exp = columns(("pi", "e", "12", "exp"))
    outputs = (sp.sin(sp.pi * pi) + sp.E * e + 12 * number + sp.exp(exp),)
    formula = Formula(outputs, ("pi", "e", "12", "exp"), ("y",), "regression", {}, 9, 0.1, 0.2)
    assert formula.text == "y = 12*'12' + E*e + exp(exp) + sin(pi*'pi')"
    assert formula.to_json()["outputs"] == {"y": formula.text.removeprefix("y = ")}
    assert r"\pi \mathrm{pi}" in formula.latex
    assert r"e \mathrm{e}" in formula.latex
    assert r"12 \mathit{12}" in formula.latex
    assert {symbol.name for symbol in formula.outputs[0].free_symbols} == {"pi", "e", "12", "exp"}
    plain = Formula((sp.pi * columns("a")[0],), ("a",), ("y",), "regression", {}, 3, 0.1, 0.2)
    assert (plain.text, plain.latex) == ("y = pi*a", r"y = \pi a")


def test_identifiers_are_readable_distinct_and_plain():
    names = [
        "température °C",
        "湿度",
        "温度",
        "😀",
        "שלום",
        "Δt",
        "δt",
        "µ",
        "x²",
        "x",
        "한국",
        "a b",
        "a_b",
        "y0",
        "%",
        "_",
    ]
    found = identifiers(names)
    assert len(set(found)) == len(names)
    assert all(name.isascii() and name.isidentifier() for name in found)
    assert found[:3] == ["temperature_C", "u6e7f_u5ea6", "u6e29_u5ea6"]
    assert found[5:10] == ["Delta_t", "delta_t", "mu", "x2", "x"]
    assert identifiers(["petal width (cm)", "a__b", "2nd", "for", "y"]) == [
        "petal_width_cm",
        "a__b",
        "x_2nd",
        "for_",
        "y",
    ]


def test_sources_say_which_column_is_which():
    formula = wild(("湿度", "sum"))
    for source in (formula.python(), formula.c()):
        assert "u6e7f_u5ea6 is '湿度', sum_ is 'sum'" in source


def test_order_of_terms_is_that_of_the_names():
    names = ("b", "a", "zeta", "x")
    formula = Formula((sp.Add(*columns(names)),), names, ("y",), "regression", {}, 3, 0.1, 0.2)
    places = [formula.python().rindex(f"{name} ") for name in ("a", "b", "x")]
    assert all(a < b for a, b in pairwise(places))
    assert formula.text == "y = a + b + x + zeta"
