"""Modules that the end of a search needs, imported while trainings hold no lock of the interpreter."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module

_LATE = ("torch", "evokan.explain.find", "evokan.plots")


def load_ahead() -> None:
    """Begin to import torch, SymPy and matplotlib in a thread: two seconds of one core.

    Whoever needs them earlier waits inside of his own import. What cannot be imported is said there, too.
    """
    threading.Thread(target=_load, name="evokan-imports").start()


def _load() -> None:
    for name in _LATE:
        with suppress(Exception):
            import_module(name)
