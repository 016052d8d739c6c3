"""Laws for a posed problem by pyoperon: genetic programming with Levenberg-Marquardt (Burlacu et al., 2020)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import sympy as sp

from evokan.errors import InputError
from evokan.explain.formulas.values import numeric
from evokan.explain.laws.library import LibraryFunction
from evokan.explain.reading.effort import Effort
from evokan.explain.relations.posed import Posed
from evokan.explain.relations.search import Relation

PLAIN = ("add", "sub", "mul", "div", "constant", "variable")
SYMBOLS = {
    "x^2": "square",
    "sqrt(x)": "sqrt",
    "cbrt(x)": "cbrt",
    "abs(x)": "abs",
    "exp(x)": "exp",
    "log(x)": "log",
    "sin(x)": "sin",
    "cos(x)": "cos",
    "tanh(x)": "tanh",
}
"""Functions of our library as pyoperon calls them; asin, which ends laws, is asked for beside sin."""
NAMES: dict[str, Any] = {
    "square": lambda x: x**2,
    "cbrt": lambda x: -sp.cbrt(-x) if x.is_negative else sp.cbrt(x),
    "abs": sp.Abs,
    "asin": sp.asin,
}
"""What SymPy calls otherwise, or has otherwise: its cubic root of a negative constant is complex."""
POPULATION, LENGTH, STEPS = 1000, 30, 10
"""Trees, their nodes at most, and steps of Levenberg-Marquardt for each."""
EVALUATIONS, RUNS = 300_000, 3
"""Of a run, and runs with other seeds for one problem."""
CALL, VALUE = 2e-6, 2e-8
"""Seconds for the evaluation of a tree, and for each row of it; one core of 2024, measured."""
DIGITS = 17
ROUNDED = 1e-12
"""Unexplained share of the variance that is rounding: it computes in single precision."""


def check_installed(option: str) -> None:
    """Raise where pyoperon is not there.

    Raises
    ------
    InputError
        It is not installed; `option` says who asked for it.
    """
    if find_spec("pyoperon") is None:
        raise InputError(f"{option}: pyoperon is not installed; install it with: pip install 'evokan[formula]'")


def operon(posed: Posed, library: tuple[LibraryFunction, ...], effort: Effort) -> Iterator[Relation]:
    """Yield the trees on the fronts (error against length) of a few runs, until one is exact or the effort is over."""
    if not posed.usable:
        return
    fitted, judges = posed.parted()
    names = [SYMBOLS[function.name] for function in library if function.name in SYMBOLS]
    allowed = [*PLAIN, *names, *(["asin"] if "sin" in names else [])]
    symbols = sp.symbols([f"v{number}" for number in range(posed.count)])
    for seed in range(RUNS):
        for tree in _front(fitted, allowed, seed, effort):
            relation = _relation(tree, symbols, judges)
            if relation is not None:
                yield relation
                if relation.left < ROUNDED:
                    return
        if effort.over:
            return


def _front(fitted: Posed, allowed: Sequence[str], seed: int, effort: Effort) -> list[str]:
    """Return the trees on the front of a run as text."""
    from pyoperon.sklearn import SymbolicRegressor

    model = SymbolicRegressor(
        allowed_symbols=",".join(allowed),
        population_size=POPULATION,
        generations=EVALUATIONS,  # the evaluations end it
        max_evaluations=EVALUATIONS,
        optimizer_iterations=STEPS,
        max_length=LENGTH,
        objectives=["r2", "length"],
        model_selection_criterion="mean_squared_error",
        epsilon=1e-5,
        n_threads=1,
        random_state=seed,
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model.fit(fitted.x, fitted.y)
    done = model.stats_["residual_evaluations"] + model.stats_["jacobian_evaluations"]
    effort.spend(done * (CALL + VALUE * len(fitted.y)))
    variables = [f"v{number}" for number in range(fitted.count)]
    return [model.get_model_string(one["tree"], precision=DIGITS, names=variables) for one in model.pareto_front_]


def _relation(tree: str, symbols: Sequence[sp.Symbol], judges: Posed) -> Relation | None:
    """Return a tree as a law in the columns; None where it has no value on some row that judges."""
    known = {**NAMES, **{symbol.name: symbol for symbol in symbols}}
    # SymPy multiplies constants that stand side by side.
    found = sp.sympify(tree.replace("^", "**"), locals=known)
    if not (found.free_symbols or found.is_finite):
        return None
    left = judges.unexplained(numeric([found], symbols, {})(*judges.x.T)[0])
    if not np.isfinite(left):
        return None
    own = dict(zip(symbols, judges.variables, strict=True))
    size = sum(node.is_Function or node.is_Pow or node.is_Symbol for node in sp.preorder_traversal(found))
    return Relation(judges.factor * found.xreplace(own), left, size)
