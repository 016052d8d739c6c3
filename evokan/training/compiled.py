"""Compiled kernels whose disk cache can be trusted.

Numba's disk cache looks at the file that holds a function, not at the files of the functions it calls, so an
edited callee would go on running in its old form; and it writes next to the source, which may be read-only. A
`Compiler` keeps the kernels of one module in a folder named by a hash of every source file behind them.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numba
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable[..., Any])

FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""How every kernel is compiled. No "fastmath": with leave to reorder arithmetic, the result of a kernel depends on
what it is compiled together with, and differs between the process that compiled it and one that loads it."""

_THIS = Path(__file__).resolve()
_decorating = threading.Lock()


class Compiler:
    """Decorator that compiles the kernels of one module and caches them on disk.

    Parameters
    ----------
    file
        The module's own ``__file__``.
    *uses
        Compilers of the modules whose kernels or constants this module's kernels use. Their sources, and those
        behind them, count as this module's.

    Examples
    --------
    >>> jit = Compiler(__file__)                        # doctest: +SKIP
    >>> jit = Compiler(__file__, lbfgs.jit, splines.jit)  # doctest: +SKIP
    """

    def __init__(self, file: str, *uses: Compiler) -> None:
        own = frozenset({Path(file).resolve(), _THIS})
        self.sources: frozenset[Path] = own.union(*(other.sources for other in uses))

    @cached_property
    def folder(self) -> Path | None:
        """Where the kernels are kept, made when first asked for.

        None where no place can be written or a source cannot be read: then they are compiled in every process.
        """
        digest = hashlib.sha256(numba.__version__.encode())
        try:
            for name, source in sorted((source.name, source) for source in self.sources):
                content = source.read_bytes()
                digest.update(f"{name}:{len(content)}:".encode() + content)
        except OSError:
            return None
        return _writable_folder(digest.hexdigest()[:20])

    def __call__(self, function: F) -> F:
        """Return `function` compiled on first use, or loaded from the cache.

        Raises
        ------
        TypeError
            `function` calls a kernel of a module that is not among `uses`.
        """
        self._check_callees(function)
        if self.folder is None:
            compiled: F = numba.njit(**FLAGS)(function)
            return compiled
        with _decorating:
            config: Any = numba.config
            before, config.CACHE_DIR = config.CACHE_DIR, str(self.folder)
            try:
                compiled = numba.njit(cache=True, **FLAGS)(function)
            finally:
                config.CACHE_DIR = before
        return compiled

    def _check_callees(self, function: Callable[..., Any]) -> None:
        names = function.__code__.co_names
        found = [function.__globals__[name] for name in names if name in function.__globals__]
        inside = [
            vars(module)[name]
            for module in found
            if isinstance(module, ModuleType)
            for name in names
            if name in vars(module)
        ]
        for callee in found + inside:
            if isinstance(callee, Dispatcher) and _source(callee) not in self.sources:
                raise TypeError(
                    f"kernel {function.__qualname__!r} calls {callee.py_func.__qualname__!r} of "
                    f"{callee.py_func.__module__}, whose compiler its own Compiler was not given"
                )


def is_cached(kernel: Any, *arguments: Any) -> bool:
    """Return whether ``kernel(*arguments)`` would run without compiling first.

    Takes some milliseconds. The code of a cached kernel contains all that it calls, so it is enough to ask for
    the outermost one.
    """
    if not isinstance(kernel, Dispatcher):
        return True
    signature = tuple(map(numba.typeof, arguments))
    cache, context = (getattr(kernel, name) for name in ("_cache", "targetctx"))
    return signature in kernel.overloads or cache.load_overload(signature, context) is not None


def _source(kernel: Dispatcher) -> Path:
    return Path(kernel.py_func.__code__.co_filename).resolve()


def _writable_folder(name: str) -> Path | None:
    """Return the folder `name` of the kernel cache in the first place that can be written, if there is one."""
    for root in (_user_cache, _temporary_cache):
        try:
            folder = root() / "kernels" / name
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(bytes(1 << 16))  # a full quota shows only when something is written
        except (OSError, RuntimeError):
            continue
        return folder
    return None


def _user_cache() -> Path:
    """Return ``EVOKAN_CACHE_DIR``, else the user's cache folder for evokan."""
    given = os.environ.get("EVOKAN_CACHE_DIR")
    if given:
        return Path(given).expanduser().absolute()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "evokan"


def _temporary_cache() -> Path:
    """Return a folder of the temporary directory that belongs to this user alone.

    Loading a cached kernel runs its code, so a folder that somebody else can write is refused.

    Raises
    ------
    PermissionError
        The folder exists and is not this user's own.
    """
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"evokan-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == user and not status.st_mode & 0o022
    if hasattr(os, "getuid") and not ours:
        raise PermissionError(f"{folder} is not this user's own")
    return folder
