"""Reading a network: formulas, laws of edges, importances.

From a run
    `Run.best.formula()` and ``evokan formula RUN`` do the whole way. A formula is of one of two kinds: ``network``, the
    network's own wiring edge by edge, or ``law``, found on the data with its help.

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
    from evokan.explain.column_importances import Importances, importances
    from evokan.explain.find import find_formulas
    from evokan.explain.formulas.formula import Formula
    from evokan.explain.formulas.front import Formulas
    from evokan.explain.laws.edges import EdgeLaw, fit_edges, sample_points
    from evokan.explain.laws.law import Law
    from evokan.explain.laws.library import LibraryFunction, library, register_function
    from evokan.explain.relations.units import Units
    from evokan.explain.split import Split
    from evokan.spaces.graph import EdgeFunction, FunctionGraph, SplineTable

__all__ = [  # noqa: RUF022 - grouped by meaning
    # whole formulas
    "find_formulas",
    "Split",
    "Formula",
    "Formulas",
    "Units",
    # networks of one-variable functions
    "FunctionGraph",
    "EdgeFunction",
    "SplineTable",
    # laws of edges
    "Law",
    "EdgeLaw",
    "fit_edges",
    "sample_points",
    "LibraryFunction",
    "library",
    "register_function",
    # importances
    "Importances",
    "importances",
]

_HOMES = {
    "find_formulas": "evokan.explain.find",
    "Split": "evokan.explain.split",
    "Formula": "evokan.explain.formulas.formula",
    "Formulas": "evokan.explain.formulas.front",
    "Units": "evokan.explain.relations.units",
    "FunctionGraph": "evokan.spaces.graph",
    "EdgeFunction": "evokan.spaces.graph",
    "SplineTable": "evokan.spaces.graph",
    "Law": "evokan.explain.laws.law",
    "EdgeLaw": "evokan.explain.laws.edges",
    "fit_edges": "evokan.explain.laws.edges",
    "sample_points": "evokan.explain.laws.edges",
    "LibraryFunction": "evokan.explain.laws.library",
    "library": "evokan.explain.laws.library",
    "register_function": "evokan.explain.laws.library",
    "Importances": "evokan.explain.column_importances",
    "importances": "evokan.explain.column_importances",
}


def __getattr__(name: str) -> Any:
    # SymPy, SciPy and scikit-learn come with the first use.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
