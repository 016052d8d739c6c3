"""Expressions as plain values: what comes back is the same, and what a stranger wrote is refused or harmless."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from evokan.explain import Formula, SplineTable
from evokan.explain.formulas.expression import columns
from evokan.explain.formulas.trees import DEPTH, NODES, from_tree, to_tree

A, B, C = SYMBOLS = columns(("a", "b (cm)", "pi"))
X = np.random.default_rng(0).uniform(0.1, 3, (40, 3))

numbers = st.one_of(
    # Products of eight are still doubles: what is smaller than these is 0 when it comes back.
    st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-30).map(sp.Float),
    st.integers(-20, 20).map(sp.Integer),
    st.builds(sp.Rational, st.integers(-9, 9), st.integers(1, 9)),
    st.sampled_from([sp.pi, sp.E]),
)
leaves = st.one_of(st.sampled_from(SYMBOLS), numbers)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(sp.Add, inner, inner),
        st.builds(sp.Mul, inner, inner),
        st.builds(lambda x, y: sp.Mul(x, y, evaluate=False), inner, inner),
        st.builds(lambda x, n: sp.Pow(sp.Abs(x) + 1, n), inner, st.sampled_from([2, -1, sp.Rational(1, 2), 0.3])),
        st.builds(
            lambda f, x: f(x), st.sampled_from([sp.sin, sp.exp, sp.tanh, sp.Abs, sp.asin]), st.sampled_from(SYMBOLS)
        ),
        st.builds(sp.Function("spline1"), st.sampled_from(SYMBOLS)),
        st.builds(lambda x: sp.Max(x, 0), st.sampled_from(SYMBOLS)),
    ),
    max_leaves=8,
)


@given(expressions)
def test_what_is_read_again_is_the_same_expression(expression):
    tree = json.loads(json.dumps(to_tree(expression, SYMBOLS), allow_nan=False))
    again = from_tree(tree, SYMBOLS, {"spline1"})
    assert again == expression
    assert sp.srepr(again) == sp.srepr(expression)


def formula():
    table = SplineTable(-0.3, 0.71, np.random.default_rng(1).normal(size=9), 0.1, -0.7)
    outputs = (
        sp.Float(0.1) * A**2 + sp.Rational(1, 3) * sp.Function("spline1")(0.3 * B - 0.1) - sp.pi / C,
        1 / (1 + sp.exp(-(A - 1.1) * C)) + sp.sqrt(A + B),
    )
    return Formula(outputs, tuple(s.name for s in SYMBOLS), ("u", "v"), "regression", {"spline1": table}, 40, 0.1, 0.2)


def test_a_formula_that_was_stored_predicts_the_same_in_another_process(tmp_path):
    one = formula()
    (tmp_path / "formula.json").write_text(json.dumps(one.to_json()))
    np.save(tmp_path / "x.npy", X)
    source = (
        "import json, sys, numpy as np\nfrom evokan.explain import Formula\n"
        "data = json.load(open('formula.json'))\n"
        "made = Formula.from_json(data, data['columns'], list(data['outputs']))\n"
        "np.save('y.npy', made.predict(np.load('x.npy')))\nassert made.text == sys.argv[1]\n"
    )
    subprocess.run([sys.executable, "-c", source, one.text], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), one.predict(X))


def test_what_has_no_tree_is_said():
    with pytest.raises(ValueError, match="zeta cannot be stored"):
        to_tree(sp.zeta(A), SYMBOLS)
    own = Formula((sp.zeta(A),), ("a", "b (cm)", "pi"), ("y",), "regression", {}, 3, 0.0, 0.0)
    assert own.to_json()["trees"] is None


def deep(levels):
    tree = ["column", 0]
    for _ in range(levels):
        tree = ["sin", tree]
    return tree


@pytest.mark.parametrize(
    ("tree", "why"),
    [
        ("__import__('os')", "is no part of a formula"),
        (["__import__", "os"], "is no part of a formula"),
        (["Symbol", "x"], "is no part of a formula"),
        ([], "is no part of a formula"),
        (["Add"], "is no part of a formula"),
        ([["Add"], 1], "has no name"),
        (None, "is no part of a formula"),
        (True, "is no part of a formula"),
        ({"a": 1}, "is no part of a formula"),
        (["column", 3], "a column that is none"),
        (["column", -1], "a column that is none"),
        (["column", True], "a column that is none"),
        (["ratio", 1, 0], "a fraction that is none"),
        (["ratio", 1, 2.0], "a fraction that is none"),
        (["spline", "spline2", 1], "a spline without a table"),
        (["exp", 1, 2, 3], "exp of 3 parts"),
        (float("inf"), "not finite"),
        (2**60, "too large"),
        (["Pow", ["Pow", 2**53, 2**53], 2**53], "too large"),
        (["Pow", 10, ["Mul", 1000, 1000]], "too large"),
        (deep(DEPTH + 1), "too large"),
        (["Add", *[1] * (NODES + 1)], "too large"),
    ],
)
def test_what_is_no_formula_is_refused(tree, why):
    with pytest.raises(ValueError, match=why):
        from_tree(tree, SYMBOLS, {"spline1"})
