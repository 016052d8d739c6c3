"""The floor plan: a module imports from its own folder and from lower floors only, and nothing goes in circles."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

import evokan
import evokan.explain

ROOT = Path(evokan.__path__[0]).parent
PACKAGES = ("evokan", "search_spaces", "experiments")

FLOORS = {
    1: ("arrays", "errors", "faults", "seeding", "texts", "_version"),
    2: ("problem",),
    3: ("spaces", "datasets"),
    4: ("evaluation", "training", "explain"),
    5: ("evolution", "plots", "settings", "export"),
    6: ("runs", "testing"),
    7: ("reports",),
    8: ("searching",),
    9: ("estimators",),
    10: ("cli",),
    11: ("__main__", "evokan"),
}
"""The rooms of `evokan`, from the ground up; its ``__init__`` is the roof."""
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
LOOSE = 9
"""Modules at most that lie in `evokan` itself."""
LINES = 350
"""Lines of a module at most."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def imported(path: Path, name: str) -> Iterator[str]:
    """Yield the modules of ours that a file imports, wherever in it: deferred ones and those for types too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else str(node.module)
            found = [f"{base}.{alias.name}" if f"{base}.{alias.name}" in FILES else base for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FILES:
            found = [node.value] if "." in node.value else []  # homes of names that are imported late
        else:
            continue
        yield from (module for module in found if module in FILES and module != name)


ARROWS = {name: sorted(set(imported(path, name))) for name, path in FILES.items()}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def test_arrows_are_found_wherever_they_stand():
    assert "evokan.explain.find" in ARROWS["evokan.explain"]  # by the text of its home
    assert "evokan.runs.directory" in ARROWS["evokan.runs.home"]  # for types
    assert "evokan.explain.column_importances" in ARROWS["evokan.explain"]
    assert sum(map(len, ARROWS.values())) > 800


def test_every_room_has_a_floor():
    assert {room(name) for name in FILES if name.split(".")[0] == "evokan"} <= set(FLOOR)


def test_nothing_imports_from_its_own_floor_or_above():
    upward = [
        f"{name} imports {other}"
        for name, others in ARROWS.items()
        for other in others
        if name.split(".")[0] == other.split(".")[0] == "evokan"
        and room(name) != room(other)
        and FLOOR[room(other)] >= FLOOR[room(name)]
        and not {room(name), room(other)} <= set(FLOORS[1])  # one folder
    ]
    assert upward == []


def test_families_stand_on_the_lower_floors():
    """A family may use what describes, trains and reads networks, and what draws; nothing of runs or searches."""
    allowed = {room for room, floor in FLOOR.items() if floor <= 4} | {"plots"}
    commands = {"search_spaces.kafcm.commands"}  # a command mounted by the family stands with the command line
    found = [
        f"{name} imports {other}"
        for name, others in ARROWS.items()
        for other in others
        if name.startswith("search_spaces") and name not in commands
        if other.startswith("evokan") and room(other) not in allowed
    ]
    assert found == []


def test_nothing_goes_in_circles():
    graphlib.TopologicalSorter(ARROWS).prepare()


def test_few_modules_are_loose():
    loose = [name for name, path in FILES.items() if path.parent == ROOT / "evokan"]
    assert len(loose) <= LOOSE, loose


def test_modules_are_short():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > LINES} == {}


@pytest.mark.parametrize("package", [evokan, evokan.explain], ids=lambda package: package.__name__)
def test_no_module_hides_a_public_name(package):
    """Importing a module sets its name in the package: a function of that name could not be had any more."""
    children = {name.rpartition(".")[2] for name in FILES if name.rpartition(".")[0] == package.__name__}
    assert children
    assert children & set(package._HOMES) == set()
    assert all(callable(getattr(package, name)) for name in package._HOMES)
