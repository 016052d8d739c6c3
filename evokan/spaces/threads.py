"""One thread for each mathematical library while networks are trained, whoever trains them.

The trainings themselves are the parallelism, and sums must keep their order whatever the number of processors.
The limits are those of the whole process, so they are held until the last one who needs them is done: two searches
in one process do not take them from each other.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

_lock = threading.Lock()
_holders = 0
_limits: list[Any] = []
_torch_threads: int | None = None


@contextmanager
def single_threaded_math() -> Iterator[None]:
    """Let BLAS, OpenMP and PyTorch work with one thread inside the block; the former numbers come back afterwards.

    Libraries that are loaded for the first time inside the block escape this, but for PyTorch after `limit_torch`.
    """
    global _holders, _torch_threads  # noqa: PLW0603 - the limits are the process's own
    with _lock:
        if _holders == 0:
            _limits.append(threadpool_limits(limits=1))
        _holders += 1
    limit_torch()
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                while _limits:
                    _limits.pop().restore_original_limits()
                if _torch_threads is not None:
                    sys.modules["torch"].set_num_threads(_torch_threads)
                    _torch_threads = None


def limit_torch() -> None:
    """Limit PyTorch, if some module has loaded it by now; called inside of a `single_threaded_math` block."""
    global _torch_threads  # noqa: PLW0603
    torch: Any = sys.modules.get("torch")
    # While another thread is still importing it, the functions may be missing.
    threads = torch.get_num_threads() if hasattr(torch, "set_num_threads") else 1
    if threads > 1:
        with _lock:
            _torch_threads = _torch_threads or threads
            torch.set_num_threads(1)


def limit_openmp() -> None:
    """Limit OpenMP in this thread: unlike BLAS, it counts its threads anew in every thread of the process."""
    threadpool_limits(limits=1, user_api="openmp")
