"""Ctrl-C: once to finish what is at work, twice to stop at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def finish_first(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C inside the block call `stop`, and the second raise `KeyboardInterrupt`.

    Parameters
    ----------
    stop
        Runs inside a signal handler: it should set a mark and take no lock.

    Notes
    -----
    Without effect outside of the main thread, and where the process treats Ctrl-C in a way of its own.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def first(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
