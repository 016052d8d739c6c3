"""A network written down for others to compute: one module for each target.

A target says its ``EXTENSION``, a ``SUMMARY``, and how to ``write`` a `evokan.export.content.Content` as bytes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from evokan.errors import unknown_name

if TYPE_CHECKING:
    from evokan.export.content import Content

FORMATS = {
    "torch": "evokan.export.torch_file",
    "onnx": "evokan.export.onnx_file",
    "python": "evokan.export.python_source",
    "numpy": "evokan.export.numpy_source",
    "c": "evokan.export.c_source",
    "sympy": "evokan.export.sympy_source",
    "latex": "evokan.export.latex_source",
    "json": "evokan.export.json_file",
}
"""Targets, and the modules that write them."""


class Target(Protocol):
    """A module that writes one format."""

    EXTENSION: str
    """How names of files end that are not given by the user."""
    SUMMARY: str
    """What it is, in a few words."""

    def write(self, content: Content) -> bytes:
        """Return the content of the file."""


def target(name: str) -> Target:
    """Return the target called `name`.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, FORMATS)
    return cast(Target, import_module(FORMATS[name]))
