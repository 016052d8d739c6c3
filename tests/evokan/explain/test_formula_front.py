"""Whose formula: the answer and the chosen of each kind, what the first line says, every format of every member."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from evokan.errors import InputError
from evokan.explain import Formula, Formulas, SplineTable
from evokan.explain.choice import fronts
from evokan.explain.formulas.expression import columns, complexity
from evokan.explain.formulas.front import Network
from evokan.explain.formulas.tables import picture
from evokan.explain.scoring import Scored

NAMES = ("size", "weight (kg)")
S, W = columns(NAMES)
TABLE = SplineTable(-1.0, 0.5, np.random.default_rng(0).normal(size=9), 0.3, -0.2)
LOSSES = np.random.default_rng(1).uniform(0.9, 1.1, 100)
"""Of the network, row by row."""


def scored(output, kind, loss, splines=0):
    """A formula whose loss is that of the network, times a factor: no worse by chance where it is next to 1."""
    tables = {f"spline{i}": TABLE for i in range(splines)}
    output = output + sum((sp.Function(name)(S) for name in tables), start=sp.Integer(0))
    losses = LOSSES * loss
    above = losses - LOSSES
    formula = Formula(
        (output,),
        NAMES,
        ("y",),
        "regression",
        tables,
        complexity([output], 12),
        0.5,
        float(losses.mean()),
        kind,
        excess=float(above.mean()),
        error=float(above.std() / 10),
    )
    return Scored(formula, losses)


def front(*found):
    members, chosen = fronts(found, 0.01)
    return Formulas(members, chosen, Network(5, float(LOSSES.mean()), 1.2), 0.01, ("network",), False, 2.5)


def test_the_law_is_the_answer_where_it_is_as_good_as_the_network():
    law, own = scored(S * W, "law", 1.0), scored(S + 2 * W + 1, "network", 0.999)
    found = front(law, own)
    assert found.best is law.formula
    assert found.best.headline.startswith("law formula (found on the data with the network's help): within a standard")
    assert found.get("network") is own.formula
    assert found.get("network").headline.startswith("network formula (the network's own wiring, edge by edge)")


def test_a_law_that_is_worse_is_not_the_answer_and_says_so():
    law, own = scored(S * W, "law", 1.5), scored(S + 2 * W + 1, "network", 1.0)
    found = front(law, own)
    assert found.best is own.formula
    assert "WORSE than the network by more than a standard error (validation loss 1.5" in found.get("law").headline
    assert front(law).best is law.formula
    assert "better than the network" in front(scored(S, "law", 0.5)).best.headline


def test_the_simplest_within_a_standard_error_is_chosen():
    noise = 1 + 0.01 * np.random.default_rng(2).normal(size=100)
    short, long = scored(S, "law", 1.0), scored(S * W + sp.sin(S), "law", 0.9999)
    short = Scored(short.formula, short.row_losses * noise)
    bad = scored(sp.Integer(3), "law", 2.0)
    found = front(bad, short, long)
    assert [formula.complexity for formula in found] == sorted(formula.complexity for formula in found)
    assert found.best is short.formula


def test_a_short_honest_formula_goes_before_a_long_one_full_of_splines():
    full, short = scored(S, "network", 1.0, splines=4), scored(S * W, "network", 3.0)
    found = front(full, short)
    assert found.best is short.formula
    assert "WORSE" in found.best.headline
    assert front(full).best is full.formula
    assert "4 splines left that no function fits" in full.formula.headline


def test_a_law_full_of_splines_is_neither_kept_nor_the_answer_beside_a_shorter_formula():
    full, own = scored(S, "law", 1.0, splines=24), scored(S * W + 2, "network", 1.0)
    assert [formula.kind for formula in front(full, own)] == ["network"]
    better = scored(S, "law", 0.999, splines=24)
    found = front(better, own)
    assert found.get("law") is better.formula
    assert better.formula.honest
    assert found.best is own.formula
    longer = scored(S, "network", 1.0, splines=30)
    assert front(better, longer).best is better.formula


def test_members_and_kinds_that_are_not_there():
    found = front(scored(S * W, "law", 1.0), scored(S, "network", 1.0), scored(S + sp.sin(W), "network", 0.5))
    assert [formula.kind for formula in found] == ["network", "network", "law"]
    assert found.get(member=3).kind == "law"
    with pytest.raises(InputError, match="formula 3 is of kind law, not network"):
        found.get("network", 3)
    for number in (0, 4, -1):
        with pytest.raises(InputError, match="the front has 1 to 3"):
            found.get(member=number)
    with pytest.raises(InputError, match="there is no formula of kind law: take --kind network"):
        front(scored(S, "network", 1.0)).get("law")


def test_a_front_that_is_written_is_the_same_when_it_is_read():
    found = front(scored(S * W, "law", 1.0, splines=1), scored(0.1 * S, "network", 1.0))
    found = replace(found, front=(replace(found.front[0], test_loss=math.inf), replace(found.front[1], test_loss=0.3)))
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    again = Formulas.from_json(data)
    assert again.to_json() == data
    assert [formula.test_loss for formula in again] == [math.inf, 0.3]
    x = np.random.default_rng(0).uniform(-1, 1, (30, 2))
    for one, other in zip(found, again, strict=True):
        assert one.text == other.text == str(other)
        np.testing.assert_array_equal(one.predict(x), other.predict(x))


def test_frames_are_taken_by_name():
    formula = scored(S - 2 * W, "law", 1.0).formula
    x = np.random.default_rng(0).normal(size=(20, 2))
    frame = pd.DataFrame({"more": 1.0, NAMES[1]: x[:, 1], NAMES[0]: x[:, 0]})
    assert formula.predict(frame).shape == (20, 1)
    np.testing.assert_array_equal(formula.predict(frame), formula.predict(x))
    with pytest.raises(InputError, match="column 'size' is missing"):
        formula.predict(frame[["more"]])
    coded = replace(formula, encode=lambda frame: x + 1)
    np.testing.assert_array_equal(coded.predict(frame), formula.predict(x + 1))
    with pytest.raises(InputError, match="2 columns"):
        formula.predict(x[:, :1])


def test_every_format_defines_the_splines():
    formula = scored(S * W, "network", 1.0, splines=1).formula
    x = np.random.default_rng(0).uniform(-0.9, 2.4, (25, 2))
    made: dict[str, object] = {}
    exec(formula.python(), made)
    assert [made["formula"](*row) for row in x] == pytest.approx(formula.predict(x)[:, 0], rel=1e-12)
    built: dict[str, object] = {}
    exec(formula.sympy(), built)
    values = sp.lambdify([*built["columns"].values()], built["outputs"]["y"], "numpy")(*x.T)
    assert values == pytest.approx(formula.predict(x)[:, 0], rel=1e-9)
    assert list(built["columns"]) == list(NAMES)
    assert "static double spline0(double x)" in formula.c()
    assert r"\operatorname{spline}_{0}(u) = \sum_i c_i B_i(u)" in formula.latex
    assert formula.definitions.startswith(
        "spline0(u) = sum_i c_i B_i(u) + 0.3*u/(1 + exp(-u)) + -0.2*u; cubic B-splines"
    )
    assert picture(TABLE) in formula.definitions
    assert picture(SplineTable(0, 1, np.zeros(5))).startswith("▁" * 32)


def test_terms_are_counted():
    formula = scored(S * W + 3 * S - 1, "law", 1.0).formula
    assert formula.terms == 3
