"""The command that repeats a search."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evokan.datasets.given import where_kept
from evokan.errors import InputError
from evokan.runs.sameness import completed
from evokan.settings.config import SearchConfig
from evokan.settings.job import resolve
from evokan.settings.setting import REPEATED, setting_of
from evokan.spaces.registry import make_space

WHICH = ("space", "dataset", "data", "target", "time", "series", "task", "preset", "algorithm")
"""Settings that decide which defaults the others have."""
WHERE = ("workers", "ray", "ray_address", "gpus_per_task", "cohort_timeout", "report", "picture_format", "out")
"""Settings that say where a search is trained and what is written, and change no figure."""


def repeating_command(config: Mapping[str, Any], folder: Path | None = None) -> str:
    """Return the command that makes the records of a run again: what differs from the defaults.

    Parameters
    ----------
    config
        Content of ``config.json``.
    folder
        Of the run, for rows that it keeps itself.

    Returns
    -------
    str
        For a POSIX shell. Where the search space or the data set is not known here, every setting is in it.
    """
    settings = completed(config["settings"])
    settings |= where_kept(settings, folder or Path())
    usual, usual_options = _defaults({name: settings[name] for name in WHICH if settings.get(name) is not None})
    words = ["evokan", "search"]
    if file := ((config.get("data") or {}).get("equation") or {}).get("file"):
        words += ["--equation", str(file)]
    for name in SearchConfig.model_fields:
        value = settings.get(name)
        if name in (*WHERE, "space_options") or value is None or (name in usual and value == usual[name]):
            continue
        words += _words(name, value)
    for name, value in config["options"].items():
        if value is not None and (name not in usual_options or value != usual_options[name]):
            words += ["--space-option", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    return shlex.join(words)


def _defaults(which: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings and options that hold where `which` alone is given; none of both where that is unknown."""
    try:
        config = resolve(which)
        options = make_space(config.space, config.space_options).options.model_dump(mode="json")
    except InputError:
        return {}, {}
    given = {name: field.default for name, field in SearchConfig.model_fields.items() if name in WHICH}
    return config.model_dump(mode="json") | given, options


def _words(name: str, value: Any) -> Iterator[str]:
    flag = "--" + name.replace("_", "-")
    if not setting_of(SearchConfig.model_fields[name]).metavar:
        yield flag if value else f"--no-{flag[2:]}"
    elif isinstance(value, dict):
        yield from (flag, "; ".join(f"{key}: {one}" for key, one in value.items()))
    elif not isinstance(value, list):
        yield from (flag, str(value))
    elif name in REPEATED:
        for column in value:
            yield from (flag, str(column))
    else:
        yield from (flag, ",".join(map(str, value)))
