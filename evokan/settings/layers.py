"""Settings in layers: defaults, presets, a YAML file, what the user gives; later ones win."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from evokan.errors import InputError
from evokan.faults import sentences
from evokan.settings.config import SearchConfig, source_faults


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
        merged.update(given)
    try:
        return SearchConfig(**merged, space_options=options)
    except ValidationError as error:
        faults = sentences(error, SearchConfig.model_fields, option=True)
        # Pydantic looks at what concerns several fields only where each is right by itself.
        kinds = {fault["type"] for fault in error.errors() if fault["loc"]}
        if kinds and "extra_forbidden" not in kinds:
            sources = ("dataset", "data", "target", "time", "series", "task")
            faults += source_faults(*(merged.get(name) for name in sources))
        raise InputError(*faults) from error


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the settings of a YAML file; keys may be written with dashes or underscores.

    Raises
    ------
    InputError
        The file cannot be read, is no YAML, or is not a mapping.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"--config {path}: cannot be read ({error.strerror or error})") from error
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise InputError(f"--config {path}: is not a YAML file ({where}{error.problem})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"--config {path}: is not a YAML file ({str(error).splitlines()[0]})") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"--config {path}: expected settings as 'name: value' lines")
    return {str(key).replace("-", "_"): value for key, value in content.items()}
