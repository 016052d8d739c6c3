"""One thread for each mathematical library while networks are trained, whoever trains them.

The trainings themselves are the parallelism, and sums must keep their order whatever the number of processors. BLAS
counts its threads for the whole process: that limit is held until the last one who needs it is done, so that two
searches in one process do not take it from each other. OpenBLAS obeys the main thread alone: a search in another thread
leaves it as it is. OpenMP and PyTorch count them in every thread anew.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController

_lock = threading.Lock()
_holders = 0
_blas: Any = None
_torch_default = 0
"""What PyTorch would give to new threads, where a worker has had to limit it."""
_found: tuple[int, ThreadpoolController] | None = None
"""The libraries of the process, with the number of modules that were loaded when they were looked for."""


@contextmanager
def single_threaded_math() -> Iterator[None]:
    """Let BLAS, OpenMP and PyTorch work with one thread inside the block; the former numbers come back afterwards.

    Libraries that are loaded for the first time inside the block escape this, but for PyTorch after `limit_torch`.
    """
    global _holders, _blas, _torch_default  # noqa: PLW0603 - the limit of BLAS is the process's own
    with _lock:
        if _holders == 0:
            _blas = _limit("blas")
        _holders += 1
    former = _limit_torch_here()
    try:
        with _limit("openmp"):
            yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _blas.restore_original_limits()
                former, _torch_default = former or _torch_default, 0
        if former:
            sys.modules["torch"].set_num_threads(former)


def limit_torch() -> None:
    """Limit PyTorch in a worker's thread, if some module has loaded it by now; inside of somebody's block."""
    global _torch_default  # noqa: PLW0603 - new threads take it over
    former = _limit_torch_here()
    with _lock:
        _torch_default = _torch_default or former


def limit_openmp() -> None:
    """Limit OpenMP in a worker's thread."""
    _limit("openmp")


def _limit_torch_here() -> int:
    """Limit PyTorch in this thread, and return its former number; 0 where there was nothing to do."""
    torch: Any = sys.modules.get("torch")
    # While another thread is still importing it, the functions may be missing.
    threads: int = torch.get_num_threads() if hasattr(torch, "set_num_threads") else 1
    if threads == 1:
        return 0
    torch.set_num_threads(1)
    return threads


def _limit(kind: str) -> Any:
    """Limit the libraries of one kind alone: what is restored later is theirs alone, too."""
    return _libraries().select(user_api=kind).limit(limits=1)


def _libraries() -> ThreadpoolController:
    """Return the libraries that are loaded, looked for again only where modules have come: a look takes 10 ms."""
    global _found  # noqa: PLW0603 - libraries are the process's own
    modules = len(sys.modules)
    found = _found
    if found is None or found[0] != modules:
        _found = found = (modules, ThreadpoolController())
    return found[1]
