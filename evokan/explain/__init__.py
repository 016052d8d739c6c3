"""Reading a network: formulas, laws of edges, importances.

From a run
    `Run.best.formula()` and ``evokan formula RUN`` do the whole way.

From any network of one-variable functions
    `FunctionGraph` (of `EdgeFunction`) describes it, `find_formulas` reads it on the rows of a `Split` and gives
    `Formulas`, a front of `Formula`; `fit_edges` finds the laws of single edges; `importances` compares three ways
    to say which columns count.

The library of functions
    `library` lists it, `register_function` adds to it; a `Law` is y = c f(a x + b) + d.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evokan.explain.edge_laws import EdgeLaw, fit_edges, sample_points
    from evokan.explain.find import Split, find_formulas
    from evokan.explain.formula import Formula, Formulas
    from evokan.explain.functions import LibraryFunction, library, register_function
    from evokan.explain.graph import EdgeFunction, FunctionGraph, SplineTable
    from evokan.explain.importance import Importances, importances
    from evokan.explain.laws import Law

__all__ = [  # noqa: RUF022 - grouped by meaning
    # whole formulas
    "find_formulas", "Split", "Formula", "Formulas",
    # networks of one-variable functions
    "FunctionGraph", "EdgeFunction", "SplineTable",
    # laws of edges
    "Law", "EdgeLaw", "fit_edges", "sample_points", "LibraryFunction", "library", "register_function",
    # importances
    "Importances", "importances",
]

_HOMES = {
    "find_formulas": "find", "Split": "find", "Formula": "formula", "Formulas": "formula",
    "FunctionGraph": "graph", "EdgeFunction": "graph", "SplineTable": "graph",
    "Law": "laws", "EdgeLaw": "edge_laws", "fit_edges": "edge_laws", "sample_points": "edge_laws",
    "LibraryFunction": "functions", "library": "functions", "register_function": "functions",
    "Importances": "importance", "importances": "importance",
}


def __getattr__(name: str) -> Any:
    # SymPy, SciPy and scikit-learn come with the first use.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
