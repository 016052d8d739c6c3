"""Search spaces by name: registered in Python, or found through the entry-point group."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from evokan.errors import InputError, unknown_name
from evokan.faults import sentences
from evokan.spaces.space import SearchSpace

GROUP = "evokan.search_spaces"
_registered: dict[str, type[SearchSpace]] = {}


def register_space(space: type[SearchSpace]) -> type[SearchSpace]:
    """Make a family known under its ``name``; usable as a class decorator.

    Raises
    ------
    ValueError
        It is no `SearchSpace`, or another class already holds the name.
    """
    if not (isinstance(space, type) and issubclass(space, SearchSpace)):
        raise ValueError(f"expected a subclass of SearchSpace, got {space!r}")
    holder = _registered.setdefault(space.name, space)
    if holder is not space:
        raise ValueError(f"the name {space.name!r} already belongs to {holder.__module__}.{holder.__qualname__}")
    return space


def has_registered() -> bool:
    """Return whether there are families that another process does not know."""
    return bool(_registered)


def space_names() -> list[str]:
    """Return the names of all families, sorted."""
    return sorted({point.name for point in entry_points(group=GROUP)} | set(_registered))


def space_class(name: str) -> type[SearchSpace]:
    """Return the class of the family called `name`.

    Raises
    ------
    InputError
        No such family, or its package cannot be imported.
    """
    if name in _registered:
        return _registered[name]
    for point in entry_points(group=GROUP):
        if point.name == name:
            try:
                loaded: type[SearchSpace] = point.load()
            except ImportError as error:
                raise InputError(f"search space {name!r} is installed but cannot be imported: {error}") from error
            return loaded
    raise unknown_name("search space", name, space_names())


def make_space(name: str, options: Mapping[str, Any] | None = None) -> SearchSpace:
    """Return the family called `name` with `options` (values may be text, as from the command line).

    Raises
    ------
    InputError
        The family or an option is unknown, or a value is out of range.
    """
    cls = space_class(name)
    try:
        return cls(cls.Options(**dict(options or {})))
    except ValidationError as error:
        faults = sentences(error, cls.Options.model_fields, option=False)
        raise InputError(*(f"--space-option for {name!r}: {fault}" for fault in faults)) from error
