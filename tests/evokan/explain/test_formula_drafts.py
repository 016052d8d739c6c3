"""However short the time: a network of many splines has a formula that a reader would print."""

from __future__ import annotations

import numpy as np
import pytest

from evokan.explain import EdgeFunction, FunctionGraph, SplineTable, Split, find_formulas
from evokan.explain.formulas.front import printable_one
from evokan.problem.scaling import Scaler
from evokan.problem.splits import Fold

COLUMNS, CLASSES, ROWS = 8, 3, 240


@pytest.fixture(scope="module")
def of_splines():
    """Every class hears of every column, through a spline of its own: a curve with a kink that no law is."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, COLUMNS))
    bends = rng.normal(size=(COLUMNS, CLASSES))
    edges = tuple(
        EdgeFunction(0, column, k, SplineTable.sample(lambda z, b=bends[column, k]: np.tanh(2 * z + b) - b * z, -4, 4))
        for column in range(COLUMNS)
        for k in range(CLASSES)
    )
    names = tuple(f"column {i}" for i in range(COLUMNS))
    scalers = Scaler(np.zeros(COLUMNS), np.ones(COLUMNS)), Scaler(np.zeros(1), np.ones(1))
    graph = FunctionGraph((COLUMNS, CLASSES), edges, names, ("a", "b", "c"), "classification", *scalers)
    y = graph.predict(x).argmax(axis=1)
    cut = [np.arange(ROWS)[place::3] for place in range(3)]
    folds = tuple(Fold(np.sort(np.concatenate(cut[:place] + cut[place + 1 :])), cut[place]) for place in range(3))
    return graph, Split(x, y, folds)


@pytest.mark.parametrize("seconds", [1e-3, 1.0])
def test_there_is_a_formula_without_splines(seconds, of_splines):
    found = find_formulas(*of_splines, time_limit=seconds)
    own = found.get("network")
    assert printable_one(own)
    assert own.val_loss < np.log(CLASSES)
    assert printable_one(found.best)


def test_the_network_is_judged_by_what_it_says_of_unseen_rows(of_splines):
    graph, split = of_splines
    rows = np.concatenate([fold.validation for fold in split.folds])
    plain = find_formulas(graph, split, time_limit=1e-3)
    said = 0.1 * graph.predict(split.x[rows])
    unseen = find_formulas(graph, split, time_limit=1e-3, unseen=said)
    shares = np.exp(said - said.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    assert unseen.network.val_loss == pytest.approx(-np.log(shares[np.arange(len(rows)), split.y[rows]]).mean())
    assert unseen.network.val_loss > plain.network.val_loss
    for one in unseen:
        assert one.val_loss - one.excess == pytest.approx(unseen.network.val_loss)
