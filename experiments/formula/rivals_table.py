"""What is left of evokan's formulas when the network is taken out: sums of products of the columns, from the table alone."""

from __future__ import annotations

import numpy as np
import sympy as sp

from evokan.explain.formulas.values import numeric
from evokan.explain.laws.library import library
from evokan.explain.reading.effort import Effort
from evokan.explain.relations.engine import relations
from evokan.problem.problem import Problem
from evokan.spaces.threads import single_threaded_math
from experiments.formula.rivals import Found


def table_formula(problem: Problem, seed: int, seconds: float) -> Found:
    """Return the best law that the table alone gives away, within `seconds` of work.

    The part of the search for formulas that asks no network (`evokan.explain.relations`): outer functions of sums of
    products, ratios, scalings from logarithms, on the training rows and all columns. No seed has a say.
    """
    table, rows = problem.table, problem.train
    symbols = sp.symbols(list(table.feature_names))
    y = np.asarray(table.y[rows], dtype=np.float64)
    with single_threaded_math():
        found = relations(table.X[rows], y, symbols, library(), Effort(seconds))
    if not found:
        return "", np.full(len(problem.test), np.nan)
    expression = found[0].expression
    return str(expression), numeric([expression], symbols, {})(*table.X[problem.test].T)[0]
