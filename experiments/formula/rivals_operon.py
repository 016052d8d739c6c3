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

    Population 1,000, trees of length 30 at most, 10 steps of Levenberg-Marquardt a tree; it begins again with another
    seed until the time is up or a tree is exact on the rows that it is given.

    Raises
    ------
    ImportError
        pyoperon is not installed: pip install 'evokan[bench]'.
    """
    try:
        from pyoperon.sklearn import SymbolicRegressor
    except ImportError as error:
        raise ImportError("pyoperon is not installed: pip install 'evokan[bench]'") from error
    table, rows = problem.table, problem.development
    x, y = table.X[rows], table.y[rows]
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
            # Its own choice, the minimum description length, takes the noise to be 1 in the units of the target.
            model_selection_criterion="mean_squared_error",
            epsilon=1e-5,
            n_threads=1,
            random_state=1000 * seed + start,
        )
        start += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)
            left = float(np.mean((np.asarray(model.predict(x)).ravel() - y) ** 2) / y.var())
            if best is None or left < least:
                predicted = np.asarray(model.predict(table.X[problem.test]), dtype=np.float64).ravel()
                text = model.get_model_string(model.model_, precision=9, names=list(table.feature_names))
                best, least = (text, predicted), left
    return best
