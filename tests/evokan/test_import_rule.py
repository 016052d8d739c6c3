"""Who may import whom: families import the framework, never the other way round, and never one another."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

import evokan
import search_spaces

FRAMEWORK = Path(evokan.__path__[0])
FAMILIES = Path(search_spaces.__path__[0])
HEAVY = ("torch", "ray", "matplotlib", "pandas", "sklearn", "scipy", "numba", "sympy", "networkx", "deap", "moocore")


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of everything that a source file imports, wherever in it."""
    name = module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                yield node.lineno, str(node.args[0].value)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_are_found_wherever_they_stand(tmp_path):
    root = tmp_path / "pack"
    (root / "sub").mkdir(parents=True)
    source = root / "sub" / "mod.py"
    source.write_text(
        "import a.b\nfrom c import d\ndef f():\n    from .x import y\n    from .. import z\n"
        "import_module('e.f')\nif TYPE_CHECKING:\n    import g\n"
    )
    assert sorted(name for _, name in imports(source, root)) == ["a.b", "c.d", "e.f", "g", "pack.sub.x.y", "pack.z"]


def test_the_framework_never_imports_a_family():
    sources = sorted(FRAMEWORK.rglob("*.py"))
    assert len(sources) > 30
    found = [
        f"{path.relative_to(FRAMEWORK.parent)}:{line}: {name}"
        for path in sources
        for line, name in imports(path, FRAMEWORK)
        if inside(name, "search_spaces") or inside(name, "experiments")
    ]
    assert found == []


def test_families_import_the_framework_themselves_and_the_shared_splines():
    found = []
    sources = sorted(FAMILIES.rglob("*.py"))
    for path in sources:
        family = module_name(path, FAMILIES).split(".")[1:2]
        allowed = ["search_spaces.splines", *(f"search_spaces.{name}" for name in family)]
        for line, name in imports(path, FAMILIES):
            foreign = inside(name, "search_spaces") and not any(inside(name, package) for package in allowed)
            if foreign or inside(name, "experiments"):
                found.append(f"{path.relative_to(FAMILIES.parent)}:{line}: {name}")
    assert found == []
    assert {module_name(path, FAMILIES).split(".")[1] for path in sources[1:]} >= {"gakan", "splines"}


def test_importing_every_module_of_the_framework_loads_no_family():
    loaded = run("""
import importlib, pkgutil, sys, evokan
for module in pkgutil.walk_packages(evokan.__path__, "evokan."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sum(name.startswith("evokan.") for name in sys.modules))
print(*(name for name in sys.modules if name.split(".")[0] == "search_spaces"))
""").splitlines()
    assert int(loaded[0]) > 30
    assert loaded[1] == ""


@pytest.mark.parametrize(
    "module", ["evokan", "evokan.cli.app", "evokan.errors", "evokan.datasets", "evokan.searching.observer"]
)
def test_light_modules_stay_light(module):
    assert run(f"import sys, {module}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))").strip() == ""


def test_a_family_is_known_without_torch():
    assert run("import sys, search_spaces.gakan\nprint('torch' in sys.modules)").strip() == "False"


def test_the_public_names_exist():
    names = run("import evokan\nfor name in evokan.__all__: getattr(evokan, name)\nprint(len(evokan.__all__))")
    assert int(names) == len(evokan.__all__)
    with pytest.raises(AttributeError, match="module 'evokan' has no attribute 'serch'"):
        evokan.serch  # noqa: B018
