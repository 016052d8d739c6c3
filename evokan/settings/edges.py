"""What a user knows of a causal map: a CSV file of edges that there must be, or cannot be."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evokan.errors import InputError, reason, unknown_name
from evokan.settings.config import SearchConfig
from evokan.spaces.registry import space_class

COLUMNS = ("cause", "effect", "lag", "rule")
RULES = ("required", "forbidden")


def options_with_edges(config: SearchConfig) -> Mapping[str, Any]:
    """Return the options of the family, with the edges of ``--edges`` among those that are required or forbidden.

    So a run keeps what the file said, and goes on without it.

    Raises
    ------
    InputError
        The family knows no edges between concepts, or one sentence for each line that cannot be used.
    """
    options = dict(config.space_options)
    if config.edges is None:
        return options
    if not set(RULES) <= set(space_class(config.space).Options.model_fields):
        raise InputError(f"--edges: search space {config.space!r} has no edges between concepts; leave --edges out")
    for rule, edges in read_edges(config.edges).items():
        if edges:
            given = options.get(rule, ())
            before = [edge for edge in given.split(",") if edge.strip()] if isinstance(given, str) else list(given)
            options[rule] = [*before, *edges]
    return options


def read_edges(path: Path) -> dict[str, list[str]]:
    """Return the edges of a CSV file, as ``cause>effect`` or ``cause(t-lag)>effect``, by their rule.

    Parameters
    ----------
    path
        Columns ``cause, effect, rule`` and, where delays matter, ``lag`` (steps; empty or ``*`` is every delay). ``*``
        as a cause or effect is every concept.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or one sentence for each line that says nothing.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = reason(error) if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"--edges {path}: cannot be read ({said})") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    names = [str(name).strip() for name in reader.fieldnames or ()]
    lacking = [name for name in COLUMNS if name not in names and name != "lag"]
    if lacking:
        raise InputError(
            f"--edges {path}: has no column {', '.join(lacking)}: its first line must name {', '.join(COLUMNS)}"
        )
    found: dict[str, list[str]] = {rule: [] for rule in RULES}
    faults = []
    for row in reader:
        values = {str(name).strip(): (value or "").strip() for name, value in row.items() if isinstance(value, str)}
        cause, effect, lag, rule = (values.get(name, "") for name in COLUMNS)
        where = f"--edges {path}, line {reader.line_num}"
        if not cause or not effect:
            faults.append(f"{where}: names no {'cause' if not cause else 'effect'}")
        elif rule not in RULES:
            faults += [f"{where}: {fault}" for fault in unknown_name("rule", rule, RULES).faults]
        elif lag not in ("", "*") and not (lag.isdigit() and int(lag) > 0):
            faults.append(f"{where}: lag {lag!r} is no number of steps; leave it empty for every delay")
        else:
            at = f"(t-{int(lag)})" if lag not in ("", "*") else ""
            found[rule].append(f"{cause}{at}>{effect}")
    if faults:
        raise InputError(*faults)
    return found
