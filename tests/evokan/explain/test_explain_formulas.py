"""Whole formulas: exact laws come out, in raw units; nothing is claimed that was not measured; sources stand alone."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from scipy.interpolate import BSpline
from scipy.special import softmax

from evokan.datasets import make_table
from evokan.errors import InputError
from evokan.explain import EdgeFunction, Formula, FunctionGraph, SplineTable, Split, find_formulas, library
from evokan.explain.formulas.expression import columns
from evokan.explain.formulas.front import pareto
from evokan.problem.problem import Problem


def crude_graph(problem, hidden=()):
    """A network of nearly straight splines, all edges: shape and scalers are all that is known."""
    widths = (problem.n_features, *hidden, problem.n_outputs)
    rng = np.random.default_rng(0)
    edges = [
        EdgeFunction(level, s, t, SplineTable(-2.5, 1.0, 0.1 * rng.normal(size=8), 0.0, rng.normal()))
        for level in range(len(widths) - 1)
        for s in range(widths[level])
        for t in range(widths[level + 1])
    ]
    table = problem.table
    names = table.class_names if problem.task == "classification" else (table.target_name,)
    return FunctionGraph(
        widths, tuple(edges), table.feature_names, names, problem.task, problem.input_scaler, problem.target_scaler
    )


def problem_of(function, low=-1.0, high=1.0, inputs=2, noise=0.0, rows=600, names=None):
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (rows, inputs))
    y = function(*x.T) + noise * rng.normal(size=rows)
    return Problem.from_table(
        make_table("made", "regression", x, y, target_name="f", feature_names=names or tuple("xyzuvw"[:inputs]))
    )


def formulas_of(problem, hidden=(), **options):
    graph = crude_graph(problem, hidden)
    return find_formulas(graph, Split.of(problem, graph), **options)


@pytest.fixture(scope="module")
def exact():
    problem = problem_of(lambda x, y: np.exp(np.sin(np.pi * x) + y**2))
    return problem, formulas_of(problem, (1,))


def test_an_exact_law_comes_out_with_its_constants(exact):
    _, found = exact
    x, y = columns(("x", "y"))
    assert sp.simplify(found.best.outputs[0] - sp.exp(sp.sin(sp.pi * x) + y**2)) == 0
    assert found.best.val_loss < 1e-20
    assert found.complete


def test_losses_are_those_of_the_printed_formula(exact):
    problem, found = exact
    scale = float(problem.target_scaler.scale[0])
    for formula in found:
        for rows, loss in ((problem.train, formula.train_loss), (problem.validation, formula.val_loss)):
            error = formula.predict(problem.table.X[rows])[:, 0] - problem.table.y[rows]
            assert loss == pytest.approx(np.mean((error / scale) ** 2), rel=1e-6, abs=1e-25)


def test_the_front_trades_complexity_for_loss():
    found = formulas_of(problem_of(lambda x, y: x + 0.1 * np.sin(5 * y), noise=0.02), (1,))
    for kind in ("network", "law"):
        part = [formula for formula in found if formula.kind == kind]
        complexities, losses = [f.complexity for f in part], [f.val_loss for f in part]
        assert part
        assert complexities == sorted(set(complexities))
        assert losses == sorted(losses, reverse=True)
    assert found.best.val_loss == pytest.approx(0.02**2 / (1 / 3), rel=0.5)


def test_a_product_of_shifted_columns_in_raw_units():
    problem = problem_of(lambda x, y: 3 * x * y / 4, low=10, high=30, names=("size (cm)", "weight"))
    found = formulas_of(problem, (2,))
    size, weight = columns(("size (cm)", "weight"))
    assert sp.simplify(found.best.outputs[0] - sp.Rational(3, 4) * size * weight) == 0


def test_noise_gives_no_invented_constants():
    problem = problem_of(lambda x, y: 1.37 * x - 0.52 * y + 0.21, noise=0.1)
    found = formulas_of(problem)
    values = {symbol: float(found.best.outputs[0].diff(symbol)) for symbol in columns(("x", "y"))}
    assert list(values.values()) == pytest.approx([1.37, -0.52], abs=0.03)
    assert not found.best.outputs[0].atoms(sp.NumberSymbol)


def test_the_same_call_gives_the_same_formulas():
    problem = problem_of(lambda x, y: np.abs(x) + 0.3 * y, noise=0.05, rows=300)
    first, second = (formulas_of(problem, (1,)).to_json() for _ in range(2))
    assert first == second


def test_what_no_function_fits_stays_a_spline():
    problem = problem_of(
        lambda x, y: np.interp(x, [-1, -0.7, -0.5, 0, 0.3, 0.5, 1], [0, 3, -1, 1, -2, 2, 0]) + 0 * y, rows=1500
    )
    found = formulas_of(problem)
    best = found.best
    assert best.tables
    assert "spline1" in best.text
    data = json.loads(json.dumps(best.to_json(), allow_nan=False))
    spline = data["splines"]["spline1"]
    inside = np.linspace(spline["knots"][3], spline["knots"][-4], 50)
    reference = BSpline(spline["knots"], spline["coefficients"], 3)(inside) + spline["slope"] * inside
    reference += spline["base"] * inside / (1 + np.exp(-inside))
    assert best.tables["spline1"](inside) == pytest.approx(reference, abs=1e-10)


def test_time_up_gives_what_is_there():
    problem = problem_of(lambda x, y: np.tanh(3 * x * y) + y**3, rows=400)
    found = formulas_of(problem, (3,), time_limit=0.05)
    assert not found.complete
    assert np.isfinite(found.best.val_loss)


def test_few_functions_may_be_asked_for(exact):
    problem, _ = exact
    found = formulas_of(problem, (1,), functions=library(["x", "x^2"]), time_limit=5)
    assert not any(output.atoms(sp.exp, sp.sin) for formula in found for output in formula.outputs)


@pytest.fixture(scope="module")
def classes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 3))
    y = np.digitize(x[:, 0] + x[:, 1] ** 2 + 0.2 * rng.normal(size=240), [0.3, 1.5])
    problem = Problem.from_table(
        make_table(
            "made",
            "classification",
            x,
            y,
            feature_names=("a", "b_1", "c"),
            target_name="kind",
            class_names=("low", "mid", "high"),
        )
    )
    return problem, formulas_of(problem)


def test_classes_get_a_score_each(classes):
    problem, found = classes
    best = found.best
    assert best.names == ("low", "mid", "high")
    X, y = problem.table.X[problem.test], problem.table.y[problem.test]
    assert (best.predict(X).argmax(axis=1) == y).mean() > 0.8
    assert best.probabilities(X) == pytest.approx(softmax(best.predict(X), axis=1))
    assert "score(mid) = " in best.text
    assert r"\mathrm{b\_1}" in best.latex


WILD = ("petal width (cm)", "y", "for", "a_b", "2nd")


@pytest.fixture(scope="module")
def wild():
    """Every kind of part, and names that are no identifiers."""
    w, y, f, ab, second = columns(WILD)
    table = SplineTable(-2.0, 0.5, 0.3 * np.arange(10) - 1, 0.3, 0.2)
    outputs = (
        2 * sp.sqrt(w) * sp.Function("spline1")(y / 3 - 1) + sp.pi * f**2 / 3 + sp.Rational(1, 3) / ab**2,
        sp.log(w) - sp.exp(-y) * sp.atan(ab) + 1 / (1 + sp.exp(-f)) + sp.Abs(second),
        sp.Integer(0),
    )
    return Formula(outputs, WILD, ("one", "two", "three"), "classification", {"spline1": table}, 40, 0.1, 0.2)


@pytest.fixture(scope="module")
def wild_rows():
    return np.random.default_rng(0).uniform(-1, 4, (200, 5))


def test_python_source_gives_the_numbers_alone(wild, wild_rows, tmp_path):
    (tmp_path / "made.py").write_text(
        wild.python() + "\nimport json, sys\nrows = json.load(sys.stdin)\n"
        "print(json.dumps([[formula(*row), probabilities(*row)] for row in rows]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path / "made.py")],
        capture_output=True,
        text=True,
        input=json.dumps(wild_rows.tolist()),
        check=True,
    )
    scores, shares = (np.array(part) for part in zip(*json.loads(done.stdout), strict=True))
    assert scores == pytest.approx(wild.predict(wild_rows), rel=1e-12, abs=1e-12, nan_ok=True)
    usable = np.isfinite(scores).all(axis=1)
    assert usable.sum() > 50
    assert not usable.all()
    assert shares[usable] == pytest.approx(wild.probabilities(wild_rows)[usable], rel=1e-12)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc here to compile the C source with")
def test_c_source_compiles_cleanly_and_gives_the_numbers(wild, wild_rows, exact, tmp_path):
    def compiled(formula, name):
        (tmp_path / f"{name}.c").write_text(formula.c())
        subprocess.run(
            [
                "gcc",
                "-std=c99",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-shared",
                "-fPIC",
                f"{name}.c",
                "-o",
                f"{name}.so",
                "-lm",
            ],
            cwd=tmp_path,
            check=True,
        )
        return ctypes.CDLL(str(tmp_path / f"{name}.so"))

    made = compiled(wild, "wild")
    out = (ctypes.c_double * 3)()
    made.formula.argtypes = made.probabilities.argtypes = [ctypes.c_double] * 5 + [ctypes.POINTER(ctypes.c_double)]
    scores, shares = [], []
    for row in wild_rows:
        made.formula(*row, out)
        scores.append(list(out))
        made.probabilities(*row, out)
        shares.append(list(out))
    assert np.array(scores) == pytest.approx(wild.predict(wild_rows), rel=1e-12, abs=1e-12, nan_ok=True)
    assert np.array(shares) == pytest.approx(wild.probabilities(wild_rows), rel=1e-10, nan_ok=True)
    law = compiled(exact[1].best, "law")
    law.formula.argtypes, law.formula.restype = [ctypes.c_double] * 2, ctypes.c_double
    assert law.formula(0.3, -0.7) == pytest.approx(np.exp(np.sin(np.pi * 0.3) + 0.49))


def test_a_value_that_does_not_exist_names_its_part(wild, wild_rows):
    with pytest.raises(InputError) as caught:
        wild.check(wild_rows)
    faults = caught.value.faults
    assert len(faults) == 2
    assert "'two' is not defined" in faults[1]
    assert "log(petal width (cm)) has no value there" in faults[1]
    wild.check(np.abs(wild_rows) + 0.1)


def test_latex_names_every_output_and_survives_odd_names(wild):
    *lines, spline = wild.latex.splitlines()
    assert len(lines) == 3
    assert spline.startswith(r"\operatorname{spline}_{1}(u) = ")
    assert lines[0].startswith(r"\operatorname{score}(\mathrm{one}) = ")
    assert r"\mathrm{petal width (cm)}" in lines[0]
    assert r"\log" in lines[1]


def test_only_better_formulas_are_on_the_front():
    x = sp.Symbol("x")

    def made(complexity, loss):
        return Formula((x,), ("x",), ("y",), "regression", {}, complexity, loss, loss)

    front = pareto([made(5, 0.1), made(3, 0.3), made(4, 0.3), made(9, 0.2), made(9, 0.05)])
    assert [(f.complexity, f.val_loss) for f in front] == [(3, 0.3), (5, 0.1), (9, 0.05)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("counts", [(40, 30, 3), (4,) * 12])
def test_rare_classes_are_no_reason_not_to_be_read(counts):
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(counts)), counts)
    x = rng.normal(size=(len(y), 2)) + y[:, None]
    problem = Problem.from_table(
        make_table(
            "rare",
            "classification",
            x,
            y,
            target_name="c",
            feature_names=("a", "b"),
            class_names=[f"k{i}" for i in range(len(counts))],
        ),
        test_size=0.25,
        validation_size=1 / 3,
    )
    split = Split.of(problem, crude_graph(problem))
    assert len(split.folds) == 5
    judged = np.concatenate([fold.validation for fold in split.folds])
    assert sorted(judged) == problem.development.tolist()
