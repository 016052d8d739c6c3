"""Modules that the end of a search needs, imported while trainings hold no lock of the interpreter."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

_LATE = ("torch", "evokan.explain.find", "evokan.plots")


def load_ahead() -> None:
    """Begin to import torch, SymPy and matplotlib in a thread: two seconds of one core.

    Whoever needs them earlier waits inside of his own import. What cannot be imported is said there, too.
    """
    threading.Thread(target=load, args=(_LATE,), name="evokan-imports").start()


def load(names: Sequence[str]) -> None:
    """Import modules; what cannot be imported is said where it is needed."""
    for name in names:
        with suppress(Exception):
            import_module(name)
