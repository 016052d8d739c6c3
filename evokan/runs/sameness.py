"""Whether a run that goes on is still the run that began."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evokan.datasets.given import KEPT
from evokan.errors import InputError, reason
from evokan.settings.keywords import EXECUTION
from evokan.settings.origin import file_sha256

_LATER: Mapping[str, Any] = {
    "keep_na": False,
    "keep_na_in": [],
    "move_rate": 0.0,
    "initial": "random",
    "settle": 0,
    "rungs": "off",
    "lags": None,
    "horizon": None,
    "time_format": None,
    "drop": [],
    "edges": None,
    "units": None,
    **dict.fromkeys(("sep", "decimal", "encoding", "test_data", "val_data", "group", "resample")),
    "split": "random",
    "log_target": False,
    "handle_unknown": "error",
}
"""Settings that runs of 0.1.0 do not have, and what was done then."""


_LENGTH = ("generations", "settle")
"""How long a search goes on; may change when it goes on."""


def completed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run with those that evokan did not have when it began, as they were in effect then."""
    return {**_LATER, **without_code(settings)}


def without_code(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a run without a file of code: none is ever taken from a run."""
    return {name: value for name, value in settings.items() if name != "equation"}


def fixed_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return, of the content of ``config.json``, the settings that records follow from."""
    free = (*EXECUTION, *_LENGTH)
    settings = {name: value for name, value in config["settings"].items() if name not in free}
    return {**settings, "space_options": dict(config["options"])}


def check_same(path: Path, began: Mapping[str, Any] | None, stored: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with a run whose records would be others than when it began.

    Parameters
    ----------
    path
        The run's folder.
    began
        `fixed_settings` as the checkpoint keeps them; None before the first whole generation.
    stored, now
        Content of ``config.json``, and what it would be if the run began today.

    Raises
    ------
    InputError
        One sentence for each difference in data, settings or chromosome.
    """
    faults = []
    then, today = (section["data"]["sha256"][:12] for section in (stored, now))
    if then != today:
        faults.append(
            f"{path}: the data has changed since the run began (SHA-256 {then} then, {today} now); bring the "
            "old file back, or start a new run"
        )
    faults += [
        f"{path}: {name} was {old} when the run began and is {new} now; set it back in config.json, or start a new run"
        for name, old, new in _differences(
            *(({**_LATER, **one} if began else {}) for one in (began or {}, fixed_settings(now)))
        )
    ]
    faults += [
        f"{path}: the search space makes other chromosomes than when the run began ({name} was {old}, now "
        f"{new}): bring its version back, or start a new run"
        for name, old, new in _differences(stored["chromosome"], now["chromosome"])
    ]
    if faults:
        raise InputError(*faults)


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted(set(then) | set(now)):
        old, new = then.get(name, "not set"), now.get(name, "not set")
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new)
        elif old != new:
            yield name, old, new


def same_job(stored: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether two contents of ``config.json`` ask for the same search, wherever it is trained."""
    return (
        fixed_settings(stored) == fixed_settings(now)
        and all(completed(stored["settings"])[name] == now["settings"][name] for name in _LENGTH)
        and stored["data"]["sha256"] == now["data"]["sha256"]
        and stored["chromosome"] == now["chromosome"]
    )


def cluster_of(path: Path, stored: Mapping[str, Any], execution: Mapping[str, Any]) -> dict[str, Any]:
    """Return what takes the place of a stored address of a Ray cluster: addresses are never taken from a run.

    Raises
    ------
    InputError
        The run was trained on a cluster, and nobody says now where to train.
    """
    if not stored.get("ray_address") or execution.get("ray_address"):
        return {}
    if execution.get("ray") is not None or os.environ.get("RAY_ADDRESS"):
        return {"ray_address": None, "ray": True}
    raise InputError(
        f"{path}: was trained on a Ray cluster, whose address is not taken from a run: give --ray-address again, or "
        "--no-ray to train here"
    )


def equation_of(path: Path, stored: Mapping[str, Any], file: str | Path | None) -> dict[str, Any]:
    """Return the setting for the equation of one's own that a run was searched on: `file`, if it is still the same.

    Raises
    ------
    InputError
        The run needs a file and there is none, it is another one, or it needs none.
    """
    told = stored["data"].get("equation") or {}
    wanted, name = told.get("file_sha256"), told.get("file")
    if wanted is None:
        if file is not None:
            raise InputError(f"--equation {file}: {path} was not searched on an equation from a file; leave it out")
        return {}
    if file is None:
        raise InputError(
            f"{path}: was searched on the equation in {str(name)!r:.100}, whose code is not taken from a run: give "
            "--equation FILE again"
        )
    try:
        same = file_sha256(Path(file)) == wanted
    except OSError as error:
        raise InputError(f"--equation {file}: cannot be read ({reason(error)})") from error
    if not same:
        raise InputError(
            f"--equation {file}: is not the file that {path} began with, by its SHA-256; bring the old one back, or "
            "start a new run"
        )
    return {"equation": str(file)}


def check_data_file(path: Path, stored: Mapping[str, Any]) -> None:
    """Refuse a data file outside of the run's folder that is not the one that the run began with, by its SHA-256.

    Raises
    ------
    InputError
        It is another file, none that can be read at once, or the run does not say which it was.
    """
    named = stored["settings"].get("data")
    if named is None or named == KEPT["data"]:
        return
    if "\0" in str(named):
        raise InputError(f"{path}: config.json names a data file that cannot be ({str(named)!r:.100})")
    file, wanted = Path(str(named)), stored["data"].get("file_sha256")
    remedy = "bring the old file back, or start a new run"
    try:
        if file.resolve().is_relative_to(path.resolve()):
            return
        if not file.is_file():
            raise InputError(f"{path}: its data file {file} is not there, or is no regular file; {remedy}")
        same = file_sha256(file) == wanted
    except (OSError, RuntimeError) as error:  # a name that is too long, a loop of links
        raise InputError(f"{path}: its data file {file} cannot be read ({error}); {remedy}") from error
    if not same:
        raise InputError(f"{path}: the data has changed since the run began ({file}); {remedy}")
