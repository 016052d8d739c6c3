"""GA-KAN: sparse networks of spline edges, searched by a genetic algorithm (arXiv 2501.17411).

- `GAKAN`: the search space; `GAKANOptions`: its options.
- `KANArchitecture`: a decoded, pruned network; `SparseKAN`: the trained network as a torch module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search_spaces.gakan.encoding import KANArchitecture
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.space import GAKAN

if TYPE_CHECKING:
    from search_spaces.gakan.network import SparseKAN

__all__ = ["GAKAN", "GAKANOptions", "KANArchitecture", "SparseKAN"]


def __getattr__(name: str) -> Any:
    # torch is imported with the first network, not with the family's name.
    if name == "SparseKAN":
        from search_spaces.gakan.network import SparseKAN

        return SparseKAN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
