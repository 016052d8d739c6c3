"""pyoperon as a rival: genetic programming whose constants are fitted by Levenberg-Marquardt (Burlacu et al., 2020)."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.choice import CHANCE
from evokan.explain.formulas.kinds import TOLERANCE
from evokan.explain.reading.reader import no_worse
from evokan.problem.problem import Problem
from experiments.formula.rivals import Found

SYMBOLS = "add,sub,mul,div,constant,variable,sqrt,square,exp,log,sin,cos,tanh,asin"
EXACT = 1e-12
"""Unexplained share of the variance at which it stops."""


@dataclass(frozen=True, eq=False)
class _Tree:
    """A tree of a front: the run that it is of, its length, and its squared error on every validation row."""

    model: Any
    tree: Any
    length: int
    losses: FloatArray


def operon_formula(problem: Problem, seed: int, seconds: float, *, shortest: bool = False) -> Found:
    """Return the best of its runs within `seconds` of processor time, one thread, on raw inputs.

    Population 1,000, trees of length 30 at most, 10 steps of Levenberg-Marquardt a tree, fitted to the training rows.
    Of the fronts (error against length) of all its runs the tree with the least mean squared error on the validation
    rows is its answer; it begins again with another seed until the time is up or that tree is exact on them.

    Parameters
    ----------
    shortest
        The answer is the shortest tree that is within a standard error of that one, as evokan chooses its formulas.

    Raises
    ------
    ImportError
        pyoperon is not installed: pip install 'evokan[bench]'.
    """
    try:
        from pyoperon.sklearn import SymbolicRegressor
    except ImportError as error:
        raise ImportError("pyoperon is not installed: pip install 'evokan[bench]'") from error
    table = problem.table
    x, y = table.X[problem.validation], table.y[problem.validation]
    began = time.process_time()
    found: list[_Tree] = []
    start = 0
    while not found or (time.process_time() - began < seconds and _least(found).losses.mean() > EXACT * y.var()):
        model = SymbolicRegressor(
            allowed_symbols=SYMBOLS,
            population_size=1000,
            generations=200,
            max_evaluations=300_000,
            optimizer_iterations=10,
            max_length=30,
            objectives=["r2", "length"],
            # Which tree of the front it prefers is chosen below: its own choice, the minimum description length, takes
            # the noise to be 1 in the units of the target.
            model_selection_criterion="mean_squared_error",
            epsilon=1e-5,
            n_threads=1,
            random_state=1000 * seed + start,
        )
        start += 1
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            model.fit(table.X[problem.train], table.y[problem.train])
            for one in model.pareto_front_:
                losses = (_said(model, one["tree"], x) - y) ** 2
                if not found or np.isfinite(losses).all():
                    found.append(
                        _Tree(model, one["tree"], int(one["complexity"]), np.where(np.isfinite(losses), losses, np.inf))
                    )
    best = _least(found)
    if shortest:
        near = [one for one in found if no_worse(one.losses, best.losses, TOLERANCE, CHANCE)]
        best = min(near, key=lambda one: (one.length, float(one.losses.mean())), default=best)
    text = best.model.get_model_string(best.tree, precision=9, names=list(table.feature_names))
    with np.errstate(all="ignore"):
        return text, _said(best.model, best.tree, table.X[problem.test])


def _least(found: Sequence[_Tree]) -> _Tree:
    return min(found, key=lambda one: float(one.losses.mean()))


def _said(model: Any, tree: Any, x: FloatArray) -> FloatArray:
    return np.asarray(model.evaluate_model(tree, x), dtype=np.float64).ravel()
