"""The compile cache: keyed by every source behind a kernel, and never in the way."""

from __future__ import annotations

import importlib.util
import math
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import pytest

from evokan.training import compiled
from evokan.training.compiled import Compiler, is_cached

CALLEE = """
from evokan.training.compiled import Compiler
jit = Compiler(__file__)

@jit
def inner(x):
    return x + 1.0
"""
CALLER = """
import callee
from evokan.training.compiled import Compiler, is_cached
jit = Compiler(__file__, callee.jit)

@jit
def outer(x):
    return 2.0 * callee.inner(x)
"""
SCRIPT = "from caller import *; print(jit.folder, is_cached(outer, 1.0), outer(1.0), is_cached(outer, 1.0))"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty kernel cache."""
    monkeypatch.setenv("EVOKAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory of our own, and a cache folder that cannot be made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EVOKAN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    return folder


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def load(path: Path, text: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, write(path, text))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_folder_follows_the_content_of_every_source_behind_it(tmp_path: Path, cache: Path) -> None:
    a, b = write(tmp_path / "a.py", "1"), write(tmp_path / "b.py", "2")

    def folders() -> list[Path | None]:
        inner = Compiler(a)
        middle = Compiler(b, inner)
        return [inner.folder, middle.folder, Compiler(b, middle).folder, Compiler(b).folder]

    first = folders()
    assert folders() == first
    assert first[1] == first[2] != first[3]
    write(tmp_path / "a.py", "3")
    edited = folders()
    assert [before != after for before, after in zip(first, edited, strict=True)] == [True, True, True, False]
    write(tmp_path / "a.py", "1")
    assert folders() == first
    assert all(folder is not None and folder.parent == cache / "kernels" for folder in first)


def test_folder_depends_on_the_version_of_numba(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = write(tmp_path / "a.py", "1")
    before = Compiler(a).folder
    monkeypatch.setattr(numba, "__version__", "0.0")
    assert Compiler(a).folder != before


def test_an_edited_callee_is_compiled_again_and_nothing_else_is(tmp_path: Path) -> None:
    write(tmp_path / "caller.py", CALLER)

    def run(hash_seed: str, inner: str) -> list[str]:
        write(tmp_path / "callee.py", inner)
        environment = {
            **os.environ,
            "EVOKAN_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONHASHSEED": hash_seed,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return subprocess.run(
            [sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
        ).stdout.split()

    first, second = run("1", CALLEE), run("2", CALLEE)
    assert first[1:] == ["False", "4.0", "True"]
    assert second == [first[0], "True", "4.0", "True"]
    assert run("1", CALLEE.replace("1.0", "2.0"))[1:] == ["False", "6.0", "True"]


def test_a_callee_whose_source_is_not_hashed_is_refused(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "callee", load(tmp_path / "callee.py", CALLEE))
    with pytest.raises(TypeError, match=r"'outer' calls 'inner' of callee"):
        load(tmp_path / "caller.py", CALLER.replace("__file__, callee.jit", "__file__"))
    direct = CALLER.replace("import callee", "from callee import inner").replace("callee.inner", "inner")
    with pytest.raises(TypeError, match=r"'outer' calls 'inner' of callee"):
        load(tmp_path / "direct.py", direct.replace("__file__, callee.jit", "__file__"))


def test_numba_itself_keeps_its_settings(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "elsewhere")
    module = load(tmp_path / "callee.py", CALLEE)
    assert vars(numba.config)["CACHE_DIR"] == "elsewhere"
    assert Path(module.inner.stats.cache_path).parent == module.jit.folder


def test_cache_directory_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a = write(tmp_path / "a.py", "1")

    def parent() -> Path:
        folder = Compiler(a).folder
        assert folder is not None
        return folder.parent

    monkeypatch.delenv("EVOKAN_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert parent() == tmp_path / "home" / ".cache" / "evokan" / "kernels"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert parent() == tmp_path / "xdg" / "evokan" / "kernels"
    monkeypatch.setenv("EVOKAN_CACHE_DIR", str(tmp_path / "own"))
    assert parent() == tmp_path / "own" / "kernels"


def test_a_cache_that_cannot_be_written_gives_way_to_a_private_temporary_one(tmp_path: Path, temporary: Path) -> None:
    module = load(tmp_path / "callee.py", CALLEE)
    assert module.inner(1.0) == 2.0
    assert temporary in module.jit.folder.parents
    assert is_cached(load(tmp_path / "callee.py", CALLEE).inner, 1.0)
    (private,) = temporary.iterdir()
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs POSIX permissions")
def test_a_temporary_folder_that_others_can_write_is_not_used(tmp_path: Path, temporary: Path) -> None:
    foreign = temporary / f"evokan-{os.getuid()}"
    foreign.mkdir()
    foreign.chmod(0o777)
    module = load(tmp_path / "callee.py", CALLEE)
    assert module.jit.folder is None
    assert not is_cached(module.inner, 1.0)
    assert module.inner(1.0) == 2.0
    assert is_cached(module.inner, 1.0)
    assert list(foreign.iterdir()) == []


def test_kernels_of_an_unreadable_source_are_compiled_without_a_cache(tmp_path: Path, cache: Path) -> None:
    jit = Compiler(str(tmp_path / "gone.py"))
    assert jit.folder is None
    assert jit(lambda x: x + 1.0)(1.0) == 2.0


def test_is_cached_looks_at_the_types_of_the_arguments(tmp_path: Path, cache: Path) -> None:
    inner = load(tmp_path / "callee.py", CALLEE).inner
    assert not is_cached(inner, 1.0)
    inner(1.0)
    assert is_cached(inner, 2.0)
    assert not is_cached(inner, np.ones(2))
    assert is_cached(inner.py_func, np.ones(2))  # as with NUMBA_DISABLE_JIT: nothing to compile


def test_kernels_keep_nan_infinity_and_the_order_of_additions() -> None:
    jit = Compiler(compiled.__file__)

    def total(values: Any, divisor: float) -> float:
        result = 0.0
        for k in range(values.size):
            result += values[k]
        return result / divisor

    kernel = jit(total)
    assert math.isnan(kernel(np.array([1.0, math.nan]), 1.0))
    assert math.isnan(kernel(np.array([math.inf, -math.inf]), 1.0))
    assert kernel(np.array([1.0]), 0.0) == math.inf
    values = np.random.default_rng(0).normal(size=1001) * np.geomspace(1e-8, 1e8, 1001)
    assert kernel(values, 1.0) == sum(values.tolist(), 0.0)
