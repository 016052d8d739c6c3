"""GA-KAN keeps the promises that the framework relies on."""

from __future__ import annotations

import pytest

from evokan.testing import SearchSpaceContract
from search_spaces.gakan import GAKAN, GAKANOptions

pytestmark = pytest.mark.smoke


class TestGAKAN(SearchSpaceContract):
    def make_space(self) -> GAKAN:
        return GAKAN()


class TestPaperPreset(SearchSpaceContract):
    """Published protocol: grids that move, the validation loss looked at once a step."""

    def make_space(self) -> GAKAN:
        return GAKAN(GAKANOptions(**GAKAN.presets["paper"].options))


class TestPenalisedSinglePrecision(SearchSpaceContract):
    tolerance = 1e-4

    def make_space(self) -> GAKAN:
        return GAKAN(GAKANOptions(precision="float32", ridge=1e-4, roughness=1e-3, l1=1e-4, max_depth=2, max_width=2))
