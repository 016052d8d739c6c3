"""KA-FCM: fuzzy cognitive maps with a curve on every edge, searched by evolution (arXiv 2604.05136).

- `KAFCM`: the search space; `KAFCMOptions`: its options.
- `CausalMap`: which edges there are; `CognitiveMap`: the trained map as a torch module, with its rollouts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.options import KAFCMOptions
from search_spaces.kafcm.space import KAFCM

if TYPE_CHECKING:
    from search_spaces.kafcm.network import CognitiveMap

__all__ = ["KAFCM", "CausalMap", "CognitiveMap", "KAFCMOptions"]


def __getattr__(name: str) -> Any:
    # torch is imported with the first map, not with the family's name.
    if name == "CognitiveMap":
        from search_spaces.kafcm.network import CognitiveMap

        return CognitiveMap
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
