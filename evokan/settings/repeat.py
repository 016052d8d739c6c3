"""The ``config.json`` of a run as settings of another: what was asked, not where it was trained."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokan.datasets.given import where_kept
from evokan.errors import EvokanWarning, InputError
from evokan.settings.origin import file_sha256, versions_now

IGNORED = ("out", "ray", "ray_address", "workers", "equation")
"""Settings that are never taken from a run: places, clusters, and files whose content would be run."""


def is_run_config(content: Mapping[str, Any]) -> bool:
    """Return whether this is the content of a ``config.json`` rather than settings."""
    return {"settings", "chromosome", "versions"} <= content.keys()


def settings_of_run(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run, to begin another like it; what is left out or has changed since is warned of.

    Parameters
    ----------
    path
        The ``config.json``, for messages.
    content
        What it holds.

    Raises
    ------
    InputError
        It does not hold what a run writes.
    """
    settings, options, data, versions = (content.get(name) for name in ("settings", "options", "data", "versions"))
    parts = (settings, options, data, versions)
    if not all(isinstance(part, Mapping) for part in parts):
        raise InputError(f"--config {path}: is a damaged config.json; bring it back, or write the settings anew")
    given = dict(settings or {})
    given |= where_kept(given, path.parent)
    left_out = [name for name in IGNORED if given.pop(name, None)]
    if left_out:
        _warn(f"--config {path}: left out, since it is never taken from a run: {', '.join(left_out)}")
    changed = [f"{name} {then} ({now})" for name, then, now in _changes(versions or {})]
    if changed:
        _warn(f"--config {path}: was made with other versions (now): {', '.join(changed)}; records may differ")
    _compare_file(path, given.get("data"), (data or {}).get("file_sha256"))
    return given | {"space_options": dict(options or {})}


def _changes(then: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    """Return name, version then and version now of what is another."""
    now = versions_now()
    return [(name, old, now[name]) for name, old in then.items() if name in now and old != now[name]]


def _compare_file(path: Path, data: Any, wanted: Any) -> None:
    """Warn where the data file is another than the run's; one that is not there is named later on."""
    if data is None or not Path(str(data)).is_file():
        return
    if file_sha256(Path(str(data))) != wanted:
        _warn(f"--config {path}: the data file {data} has changed since that run")


def _warn(text: str) -> None:
    warnings.warn(text, EvokanWarning, stacklevel=2)
