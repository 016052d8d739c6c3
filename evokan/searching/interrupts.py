"""Ctrl-C and SIGTERM: once to finish what is at work, Ctrl-C again to stop at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def finish_first(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM inside the block call `stop`, and a second Ctrl-C raise `KeyboardInterrupt`.

    Parameters
    ----------
    stop
        Runs inside a signal handler: it should set a mark and take no lock.

    Notes
    -----
    Without effect outside of the main thread, and on a signal that the process treats in a way of its own. Schedulers
    send SIGTERM some time before they kill.
    """
    ours = threading.current_thread() is threading.main_thread()
    default: dict[signal.Signals, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    taken = [number for number, handler in default.items() if ours and signal.getsignal(number) is handler]
    stopped = False

    def first(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        if signal.SIGINT in taken:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if not stopped:
            stopped = True
            stop()

    for number in taken:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, default[number])
