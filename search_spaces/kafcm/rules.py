"""What the user knows of a causal map: edges that every map has, and edges that none has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evokan.errors import InputError, unknown_name
from evokan.problem.problem import Problem
from search_spaces.kafcm.options import KAFCMOptions

FREE, REQUIRED, FORBIDDEN = 0, 1, -1
EVERY = "*"

Rules = NDArray[np.int8]
"""For every possible edge `FREE`, `REQUIRED` or `FORBIDDEN`, shape (targets, sources)."""


@dataclass(frozen=True)
class _Named:
    """What one text of a rule names.

    Attributes
    ----------
    sources, targets
        Columns and concepts.
    weight
        How much of it is said, not left to a wildcard: what says more wins.
    """

    sources: list[int]
    targets: list[int]
    weight: int


def edge_rules(problem: Problem, options: KAFCMOptions) -> Rules:
    """Return which edges are free, required and forbidden.

    A text is ``cause>effect`` or ``cause->effect``; ``*`` is every concept, a cause without delay is the cause at
    every delay. What names more wins: ``hare>lynx`` may be required where ``*>lynx`` is forbidden.

    Raises
    ------
    InputError
        One sentence for each text with an unknown name in it, or whose edges are both required and forbidden.
    """
    sources, targets = problem.table.feature_names, problem.table.output_names
    rules = np.zeros((len(targets), len(sources)), dtype=np.int8)
    weights = np.full(rules.shape, -1)
    faults: list[str] = []
    for option, edges, rule in (
        ("required", options.required, REQUIRED),
        ("forbidden", options.forbidden, FORBIDDEN),
    ):
        for edge in edges:
            try:
                named = _read(edge, sources, targets, problem.table.delays if problem.table.lags else ())
            except InputError as error:
                faults.extend(f"--space-option {option}={edge}: {fault}" for fault in error.faults)
                continue
            cells = np.ix_(named.targets, named.sources)
            same = (weights[cells] == named.weight) & (rules[cells] != rule)
            if same.any():
                faults.append(f"--space-option {option}={edge}: this edge is required already")
            stronger = named.weight >= weights[cells]
            rules[cells] = np.where(stronger, rule, rules[cells])
            weights[cells] = np.maximum(weights[cells], named.weight)
    if faults:
        raise InputError(*faults)
    return rules


def _read(edge: str, sources: Sequence[str], targets: Sequence[str], delays: Sequence[int]) -> _Named:
    """Return what ``cause>effect`` names; a name may itself hold a ``>``."""
    pairs = list(_pairs(edge))
    if not pairs:
        raise InputError("write an edge as cause>effect")
    causes = targets if delays else sources
    for cause, effect in pairs:
        found, lag = _columns(cause, sources, causes, delays)
        if found and (effect in targets or effect == EVERY):
            reached = list(range(len(targets))) if effect == EVERY else [targets.index(effect)]
            said = (cause.partition("(t-")[0] != EVERY or cause in sources) + (effect != EVERY) + (lag or not delays)
            return _Named(found, reached, int(said))
    cause, effect = pairs[-1] if edge.count("->") == 1 else pairs[0]
    faults: list[str] = []
    if not _columns(cause, sources, causes, delays)[0]:
        name, lag_text = _without_lag(cause) if delays else (cause, "")
        if lag_text and (name in causes or name == EVERY):
            faults.append(f"delay {lag_text} of {name!r} is none of {', '.join(map(str, delays))}")
        else:
            faults.extend(unknown_name("cause", name, causes).faults)
    if effect not in targets and effect != EVERY:
        faults.extend(unknown_name("effect", effect, targets).faults)
    raise InputError(*faults)


def _pairs(edge: str) -> Iterator[tuple[str, str]]:
    """Yield every way to cut a text at an arrow, the plain one first."""
    parts = edge.split(">")
    for place in range(1, len(parts)):
        left, right = ">".join(parts[:place]).strip(), ">".join(parts[place:]).strip()
        yield left, right
        if left.endswith("-"):
            yield left[:-1].strip(), right


def _without_lag(cause: str) -> tuple[str, str]:
    """Return the concept and the delay of ``concept(t-3)``; no delay where none is written."""
    found = re.fullmatch(r"(.*)\(t-(\d+)\)", cause)
    return (found[1], found[2]) if found else (cause, "")


def _columns(
    cause: str, sources: Sequence[str], concepts: Sequence[str], delays: Sequence[int]
) -> tuple[list[int], bool]:
    """Return the columns that a cause names, and whether it says which delay."""
    if cause in sources:
        return [sources.index(cause)], True
    if not delays:
        return (list(range(len(sources))), True) if cause == EVERY else ([], False)
    name, lag = _without_lag(cause)
    if lag and int(lag) not in delays:
        return [], True
    blocks = [delays.index(int(lag))] if lag else range(len(delays))
    places = range(len(concepts)) if name == EVERY else [concepts.index(name)] if name in concepts else []
    return [block * len(concepts) + place for block in blocks for place in places], bool(lag)
