"""Call a function that may take for ever, from any thread, and give up after a time.

SymPy knows no time limit. Signals work in the main thread only and a process of its own costs a second to start, so
the call runs in a thread of its own, into which an exception is thrown when the time is up; SymPy is pure Python,
where such an exception arrives within moments. Where it arrives inside of a finalizer, Python swallows it: there the
next throw does it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
PATIENCE = 2.0
"""Seconds that a call may take to notice that it is over."""
PAUSE, GROWTH, MOMENT = 0.05, 1.1, 0.001
"""Seconds from the first throw to the second, each later pause as a multiple of the one before (so that throws do not
fall into step with what swallows them), and seconds until a call is looked at again where nothing may be thrown."""


class TimeUp(BaseException):
    """Thrown into a call whose time is up; no ``except Exception`` of the callee holds it back."""


class _Finalizers:
    """While calls are being stopped, keeps Python from printing a `TimeUp` that a finalizer swallowed.

    Callbacks of weak references and ``__del__`` run wherever an object dies, and nothing outside can tell that a thread
    is in one. All other errors of finalizers are reported as before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._hook = sys.unraisablehook

    def __enter__(self) -> None:
        with self._lock:
            self._calls += 1
            if self._calls == 1:
                self._hook, sys.unraisablehook = sys.unraisablehook, self._report

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._calls -= 1
            # Somebody else's hook, set meanwhile, stays.
            if self._calls == 0 and sys.unraisablehook == self._report:
                sys.unraisablehook = self._hook

    def _report(self, unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not TimeUp:
            self._hook(unraisable)


_FINALIZERS = _Finalizers()


class _Call(Generic[Value]):
    def __init__(self, function: Callable[[], Value]) -> None:
        self._function = function
        self.values: list[Value] = []
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.values.append(self._function())
        except TimeUp:
            pass
        except Exception as error:
            self.error = error


def within(seconds: float, function: Callable[[], Value], otherwise: Value) -> Value:
    """Return what `function` gives, or `otherwise` where it takes longer than `seconds`.

    A `function` must not call this in turn.

    Raises
    ------
    Exception
        What `function` raises in time.
    """
    if seconds <= 0:
        return otherwise
    call = _Call(function)
    thread = threading.Thread(target=call.run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        with _FINALIZERS:
            _stop(thread)
    if call.error is not None:
        raise call.error
    return call.values[0] if call.values else otherwise


def _stop(thread: threading.Thread) -> None:
    give_up, pause = time.monotonic() + PATIENCE, PAUSE
    while thread.is_alive() and time.monotonic() < give_up:
        if _is_collecting(thread):
            thread.join(MOMENT)
            continue
        # Again and again: a callee may be inside of a bare `except` or of a finalizer.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(TimeUp))
        thread.join(pause)
        pause *= GROWTH


def _is_collecting(thread: threading.Thread) -> bool:
    """Return whether a thread is in one of the garbage collector's callbacks, where an exception would only be printed.

    A collection holds the interpreter, so that its callbacks are where other threads find a busy one.
    """
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_code not in callbacks:
        frame = frame.f_back
    return frame is not None
