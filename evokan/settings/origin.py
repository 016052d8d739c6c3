"""What records come from beside the settings: versions, and the bytes of a file."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

VERSIONED = ("evokan", "numpy", "numba", "torch", "scikit-learn", "deap", "moocore")


def versions_now() -> dict[str, str]:
    """Return the versions that records may depend on."""
    return {"python": platform.python_version(), **{name: _version(name) for name in VERSIONED}}


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
