"""fKAN: networks with trainable fractional Jacobi activations (arXiv 2406.07456).

- `FKAN`: the search space; `FKANOptions`: its options.
- `FKANArchitecture`: a decoded network; `FKANNetwork`: the trained network as a torch module.
- `FractionalJacobi`: the activation alone, for any network of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.options import FKANOptions
from search_spaces.fkan.space import FKAN

if TYPE_CHECKING:
    from search_spaces.fkan.block import FractionalJacobi
    from search_spaces.fkan.network import FKANNetwork

__all__ = ["FKAN", "FKANArchitecture", "FKANNetwork", "FKANOptions", "FractionalJacobi"]


def __getattr__(name: str) -> Any:
    # torch is imported with the first network, not with the family's name.
    if name == "FractionalJacobi":
        from search_spaces.fkan.block import FractionalJacobi

        return FractionalJacobi
    if name == "FKANNetwork":
        from search_spaces.fkan.network import FKANNetwork

        return FKANNetwork
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
