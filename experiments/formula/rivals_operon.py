"""pyoperon as a rival: genetic programming whose constants are fitted by Levenberg-Marquardt (Burlacu et al., 2020)."""

from __future__ import annotations

import time
import warnings

import numpy as np

from evokan.problem.problem import Problem
from experiments.formula.rivals import Found

SYMBOLS = "add,sub,mul,div,constant,variable,sqrt,square,exp,log,sin,cos,tanh,asin"
EXACT = 1e-12
"""Unexplained share of the variance at which it stops."""


def operon_formula(problem: Problem, seed: int, seconds: float) -> Found:
    """Return the best of its runs within `seconds` of processor time, one thread, on raw inputs.

    Population 1,000, trees of length 30 at most, 10 steps of Levenberg-Marquardt a tree, fitted to the training rows.
    Of the fronts (error against length) of all its runs the tree with the least mean squared error on the validation
    rows is its answer; it begins again with another seed until the time is up or that tree is exact on them.

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
    fitted, judging = ((table.X[rows], table.y[rows]) for rows in (problem.train, problem.validation))
    began = time.process_time()
    best: Found | None = None
    least, start = np.inf, 0
    while best is None or (time.process_time() - began < seconds and least > EXACT):
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
            model.fit(*fitted)
            for one in model.pareto_front_:
                said = np.asarray(model.evaluate_model(one["tree"], judging[0]), dtype=np.float64).ravel()
                left = float(np.mean((said - judging[1]) ** 2) / judging[1].var())
                if best is None or left < least:
                    values = np.asarray(model.evaluate_model(one["tree"], table.X[problem.test]), dtype=np.float64)
                    text = model.get_model_string(one["tree"], precision=9, names=list(table.feature_names))
                    best, least = (text, values.ravel()), left if np.isfinite(left) else np.inf
    return best
