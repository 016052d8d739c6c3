"""Families by name."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydantic import Field

from evokan.errors import InputError
from evokan.spaces import registry
from evokan.spaces.registry import make_space, register_space, space_class, space_names
from evokan.spaces.space import SearchSpace, SpaceOptions


@pytest.fixture
def installed(monkeypatch):
    """Pretend that exactly these families are installed and registered."""
    points: list[SimpleNamespace] = []

    def entry_points(group: str) -> list[SimpleNamespace]:
        assert group == "evokan.search_spaces"
        return points

    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(registry, "entry_points", entry_points)
    return points


def point(name: str, load) -> SimpleNamespace:
    return SimpleNamespace(name=name, load=load)


class StubOptions(SpaceOptions):
    depth: int = Field(3, ge=1, le=9)
    base: str = "spline"


@pytest.fixture
def family(stub_space):
    return type("Family", (stub_space,), {"name": "family", "Options": StubOptions, "__init__": SearchSpace.__init__})


def test_gakan_is_installed():
    from search_spaces.gakan import GAKAN

    assert "gakan" in space_names()
    assert space_class("gakan") is GAKAN
    assert isinstance(make_space("gakan"), GAKAN)


def test_a_family_is_known_once_registered(installed, family):
    assert space_names() == []
    assert register_space(family) is family  # so it can stand above a class
    assert register_space(family) is family  # a module that is imported twice does no harm
    assert space_names() == ["family"]
    assert space_class("family") is family


def test_a_name_has_one_holder(installed, family, stub_space):
    register_space(family)
    with pytest.raises(ValueError, match=r"the name 'family' already belongs to .*Family"):
        register_space(type("Other", (stub_space,), {"name": "family"}))
    assert space_class("family") is family


@pytest.mark.parametrize("other", [object, 3, "gakan"])
def test_only_search_spaces_can_be_registered(installed, other):
    with pytest.raises(ValueError, match="expected a subclass of SearchSpace"):
        register_space(other)


def test_an_instance_is_no_family(installed, stub_space):
    with pytest.raises(ValueError, match="expected a subclass of SearchSpace"):
        register_space(stub_space())


def test_installed_families_are_loaded_when_asked_for(installed, family):
    loaded = []
    installed.append(point("late", lambda: loaded.append("late") or family))
    assert space_names() == ["late"]
    assert loaded == []
    assert space_class("late") is family
    assert loaded == ["late"]


def test_a_registered_family_comes_before_an_installed_one(installed, family, stub_space):
    installed.append(point("family", lambda: stub_space))
    register_space(family)
    assert space_class("family") is family
    assert space_names() == ["family"]


def test_an_unknown_family_names_the_nearest(installed, family):
    register_space(family)
    installed.append(point("hkan", lambda: family))
    with pytest.raises(InputError, match=r"unknown search space 'famly': did you mean 'family'\? Known: family, hkan"):
        space_class("famly")


def test_a_family_that_cannot_be_imported_says_why(installed):
    def broken():
        raise ModuleNotFoundError("No module named 'missing_part'")

    installed.append(point("broken", broken))
    with pytest.raises(InputError, match=r"'broken' is installed but cannot be imported: .*'missing_part'"):
        make_space("broken")


def test_options_may_be_text(installed, family):
    register_space(family)
    assert make_space("family").options == StubOptions()
    options = make_space("family", {"depth": "7", "base": "sine"}).options
    assert (options.depth, options.base) == (7, "sine")


def test_every_fault_in_the_options_is_named_at_once(installed, family):
    register_space(family)
    with pytest.raises(InputError) as caught:
        make_space("family", {"dept": 2, "depth": "12"})
    unknown, large = sorted(caught.value.faults, key=lambda fault: "dept'" not in fault)
    assert unknown == "--space-option for 'family': unknown option 'dept': did you mean 'depth'?"
    assert large.startswith("--space-option for 'family': depth: ")
    assert "9" in large
    assert "12" in large
