"""HKAN: hierarchical networks of fixed basis functions, fitted without gradients (arXiv 2501.18199).

- `HKAN`: the search space; `HKANOptions`: its options.
- `HKANLayer`, `HKANRegressor`, `HKANClassifier`: one network with given layers, in scikit-learn's style.
- `HKANArchitecture`: a decoded network; `HKANModule`: the trained network as a torch module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search_spaces.hkan.encoding import HKANArchitecture
from search_spaces.hkan.layers import HKANLayer
from search_spaces.hkan.options import HKANOptions
from search_spaces.hkan.space import HKAN

if TYPE_CHECKING:
    from search_spaces.hkan.estimator import HKANClassifier, HKANRegressor
    from search_spaces.hkan.network import HKANModule

__all__ = ["HKAN", "HKANArchitecture", "HKANClassifier", "HKANLayer", "HKANModule", "HKANOptions", "HKANRegressor"]


def __getattr__(name: str) -> Any:
    # scikit-learn and torch are imported with what needs them, not with the family's name.
    if name in ("HKANRegressor", "HKANClassifier"):
        from search_spaces.hkan import estimator

        return getattr(estimator, name)
    if name == "HKANModule":
        from search_spaces.hkan.network import HKANModule

        return HKANModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
