"""pyoperon as an engine that looks for laws: in the columns, in fewer variables, and missing."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from test_relations import posed

from evokan.errors import InputError
from evokan.explain import library
from evokan.explain.reading.effort import Effort
from evokan.explain.relations import operon as module
from evokan.explain.relations.engine import relations
from evokan.explain.relations.operon import check_installed, operon
from evokan.explain.relations.posed import Posed

needs_pyoperon = pytest.mark.skipif(
    module.find_spec("pyoperon") is None, reason="pyoperon is not installed: pip install 'evokan[formula]'"
)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(module, "POPULATION", 200)
    monkeypatch.setattr(module, "EVALUATIONS", 20_000)


def found_for(law, names, *, asked=False, functions=None, **options):
    x, y, symbols, oracle = posed(law, names, **options)
    effort = Effort(30.0)
    found = relations(x, y, symbols, library(functions), effort, oracle=oracle if asked else None, way=operon)
    return found, effort, symbols


@needs_pyoperon
@pytest.mark.parametrize("asked", [False, True])
def test_a_law_is_found_and_judged_in_the_columns(asked):
    law = (lambda a, b, c: c * (a - b) ** 2) if asked else (lambda a, b, c: a * b / c)
    found, effort, symbols = found_for(law, "abc", asked=asked)
    assert effort.spent > 0
    fresh = np.random.default_rng(7).uniform(1.0, 3.0, (200, 3))
    wanted, got = (sp.lambdify(symbols, e, "numpy")(*fresh.T) for e in (law(*symbols), found[0].expression))
    assert np.mean((got - wanted) ** 2) / np.var(wanted) < 1e-9
    assert found[0].left < 1e-9


@needs_pyoperon
def test_no_other_functions_than_those_asked_for():
    found, _, _ = found_for(lambda a, b: sp.sin(a) * b, "ab", functions=["x", "x^2"])
    assert found
    assert not any(one.expression.atoms(sp.Function) for one in found)


@needs_pyoperon
def test_the_same_comes_out_again_and_costs_the_same():
    first, second = (found_for(lambda a, b: a + sp.exp(b), "ab", noise=0.1) for _ in range(2))
    assert [one.expression for one in first[0]] == [one.expression for one in second[0]]
    assert first[1].spent == second[1].spent


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        ("(cbrt((-8.0)) * v0)", lambda v: -2 * v),
        ("((v0 ^ 2) + cbrt(v0))", lambda v: v**2 + np.cbrt(v)),
        ("(square(v0) / abs((-2.0)))", lambda v: v**2 / 2),
        ("(v0 + log((-2.0)))", None),
        ("(sqrt((-2.0)) * v0)", None),
    ],
)
def test_its_text_means_what_it_computes(tree, wanted):
    v = np.linspace(1.0, 3.0, 20)
    judges = Posed.of(v[:, None], v + 1 if wanted is None else abs(wanted(v)), (sp.Symbol("a"),))
    relation = module._relation(tree, sp.symbols(["v0"]), judges)
    if wanted is None:
        assert relation is None
    else:
        got = sp.lambdify(sp.Symbol("a"), relation.expression, "numpy")(v)
        np.testing.assert_allclose(got, wanted(v), rtol=1e-12)


@needs_pyoperon
def test_runs_end_with_the_effort(monkeypatch):
    seeds = []
    plain = module._front
    monkeypatch.setattr(module, "_front", lambda *given: seeds.append(given[2]) or plain(*given))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    problem = Posed.of(x, rng.normal(size=200), tuple(sp.symbols("a b")))
    assert list(operon(problem, tuple(library()), Effort(1e-6)))
    assert seeds == [0]
    assert list(operon(problem, tuple(library()), Effort(1e6)))
    assert seeds == [0, 0, 1, 2]


def test_a_machine_without_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"operon: pyoperon is not installed; install it with: pip install 'evokan\["):
        check_installed("formula engine operon")
