"""Settings in layers: defaults, presets, a YAML file, what the user gives; later ones win."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evokan.errors import InputError, reason
from evokan.faults import sentences
from evokan.settings.config import SearchConfig
from evokan.settings.repeat import is_run_config, settings_of_run
from evokan.settings.source import SOURCE, source_faults

NAMES = (
    "space",
    "dataset",
    "data",
    "equation",
    "target",
    "time",
    "series",
    "keep_na_in",
    "drop",
    "time_format",
    "resample",
    "edges",
    "out",
)
"""Settings that are names, of columns and files."""
SETTLE, LONGEST = 5, 200
"""What ``generations="auto"`` stands for: the generations of rest that end a search, and the most there can be."""


def build_config(*layers: Mapping[str, Any]) -> SearchConfig:
    """Return the configuration of stacked settings; later layers win, None counts as not given.

    Raises
    ------
    InputError
        One fault for each setting that is unknown or out of range.
    """
    merged: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for layer in layers:
        given = {key: value for key, value in layer.items() if value is not None}
        for_space = given.pop("space_options", {})
        if not isinstance(for_space, Mapping):
            raise InputError(f"space_options: expected 'name: value' lines (got {for_space!r})")
        options.update(for_space)
        if given.get("generations") == "auto":
            given = {"settle": SETTLE, **given, "generations": LONGEST}
        elif "generations" in given:
            merged.pop("settle", None)  # a number takes the place of auto
        merged.update(given)
    try:
        return SearchConfig(**merged, space_options=options)
    except ValidationError as error:
        faults = sentences(error, SearchConfig.model_fields, option=True)
        # Pydantic looks at what concerns several fields only where each is right by itself.
        kinds = {fault["type"] for fault in error.errors() if fault["loc"]}
        if kinds and "extra_forbidden" not in kinds:
            faults += source_faults({name: merged.get(name) for name in SOURCE})
        raise InputError(*faults) from error


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the settings of a YAML file, or of a run's ``config.json``; keys with dashes or underscores.

    Raises
    ------
    InputError
        The file cannot be read, is no YAML, or is not a mapping.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
        written = yaml.load(text, yaml.BaseLoader)  # raises where a list holds itself
    except OSError as error:
        raise InputError(f"--config {path}: cannot be read ({reason(error)})") from error
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(f"--config {path}: is not a YAML file ({where}{error.problem})") from error
    # Beside its own errors, PyYAML lets through what Python says of a tagged value: !!int 'x', !!bool x, 2024-13-01.
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"--config {path}: is not a YAML file ({said})") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"--config {path}: expected settings as 'name: value' lines")
    if is_run_config(content):
        return settings_of_run(path, content)
    settings = {str(key).replace("-", "_"): value for key, value in content.items()}
    if settings.get("equation") is not None:
        raise InputError(f"--config {path}: an equation is code: name its file on the command line, by --equation FILE")
    return settings | _as_written(written, settings)


def _as_written(written: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names among the settings that YAML took for something else (no, 2020), as they are written."""
    return {
        name: value
        for key, value in written.items()
        if (name := str(key).replace("-", "_")) in NAMES and settings.get(name) is not None
    }
