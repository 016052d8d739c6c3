"""evokan searches, by evolution, for the smallest Kolmogorov-Arnold network that explains a data set.

The whole job
    `search` runs a search and returns a `Run`; `resume` goes on with one; `load_run` opens a finished one,
    `load_network` an exported network.
    `Callback` is called at the boundaries of a search, `StopSearch` leaves it.
    `EvoKANClassifier` and `EvoKANRegressor` are a search as fit and predict, in the manner of scikit-learn.

Own families and data
    `SearchSpace` is the interface of a family, `register_space` makes one known; `evokan.datasets` has the
    tables; `register_equation` makes a differential equation one of them.

Errors
    `InputError` for what the user gave; `EvokanError` is the base of all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evokan._version import __version__

if TYPE_CHECKING:
    from evokan.datasets.registry import register_equation
    from evokan.errors import EvokanError, InputError, StopSearch
    from evokan.estimators import EvoKANClassifier, EvoKANRegressor
    from evokan.export.torch_file import load_network
    from evokan.runs.run import Run, load_run
    from evokan.searching.callbacks import Callback
    from evokan.searching.entry import resume, search
    from evokan.searching.observer import Observer
    from evokan.spaces.registry import register_space
    from evokan.spaces.space import SearchSpace

__all__ = [  # noqa: RUF022 - grouped by meaning
    "__version__",
    # the whole job
    "search",
    "resume",
    "load_run",
    "load_network",
    "Run",
    "Observer",
    "Callback",
    "StopSearch",
    "EvoKANClassifier",
    "EvoKANRegressor",
    # own families
    "SearchSpace",
    "register_space",
    "register_equation",
    # errors
    "EvokanError",
    "InputError",
]

_HOMES = {
    "search": "evokan.searching.python",
    "resume": "evokan.searching.python",
    "load_run": "evokan.runs.run",
    "load_network": "evokan.export.torch_file",
    "Run": "evokan.runs.run",
    "Observer": "evokan.searching.observer",
    "Callback": "evokan.searching.callbacks",
    "StopSearch": "evokan.errors",
    "EvoKANClassifier": "evokan.estimators",
    "EvoKANRegressor": "evokan.estimators",
    "SearchSpace": "evokan.spaces.space",
    "register_space": "evokan.spaces.registry",
    "register_equation": "evokan.datasets.registry",
    "EvokanError": "evokan.errors",
    "InputError": "evokan.errors",
}


def __getattr__(name: str) -> Any:
    # `import evokan` stays light: torch, numba and pandas come with the first use.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
