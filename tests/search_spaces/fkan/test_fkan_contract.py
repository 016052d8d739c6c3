"""fKAN keeps the promises that the framework relies on."""

from __future__ import annotations

import pytest

from evokan.testing import SearchSpaceContract
from search_spaces.fkan import FKAN, FKANOptions

pytestmark = pytest.mark.smoke


class TestFKAN(SearchSpaceContract):
    def make_space(self) -> FKAN:
        return FKAN()


class TestPaperPreset(SearchSpaceContract):
    """Published protocol: Adam for a fixed number of epochs."""

    def make_space(self) -> FKAN:
        return FKAN(FKANOptions(**FKAN.presets["paper"].options))


class TestTriplePerNeuron(SearchSpaceContract):
    def make_space(self) -> FKAN:
        return FKAN(FKANOptions(triples="neuron", wiring="parallel", max_depth=3, max_width=4))
