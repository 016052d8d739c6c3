"""A run's chosen map simulated: from the median state of its data, beside a base run in which nothing is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from evokan.errors import InputError, unknown_name
from search_spaces.kafcm.what_if import Push, forced, roll

OUTSIDE = 0.1
"""So much of its range a concept may leave it without a word."""


def trajectory(
    member: Any, columns: Sequence[Mapping[str, Any]], pushes: Sequence[Push], first: dict[str, float], steps: int
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[tuple[str, float, float]]]:
    """Return the simulated values, the base run, and concepts that leave the range of the data.

    Frames have one row for each step from 0 on, one column for each concept. There is a base run where anything is
    pushed at all.

    Parameters
    ----------
    member
        The chosen network of a run.
    columns
        Those of the run's schema, which know the medians.
    pushes, first
        What concepts are made to be, and values that they start from; other concepts start at the median of the data.

    Raises
    ------
    InputError
        A concept is unknown, or a step lies beyond the end.
    """
    model: Any = member.model
    names = list(model.spec["output_names" if model.recurrent else "feature_names"])
    unknown = [name for name in first if name not in names]
    if unknown:
        raise InputError(*(fault for name in unknown for fault in unknown_name("concept", name, names).faults))
    pushed = forced(pushes, names, steps)
    start = np.array([first.get(name, median) for name, median in zip(names, _medians(columns, names), strict=True)])
    if model.recurrent:
        path = roll(model, start, steps, pushed)
        base = roll(model, start, steps) if pushes else None
        labels = names
    else:
        inputs = np.where(np.isnan(pushed), start, pushed)
        path = _two_level(model, inputs)
        base = _two_level(model, np.broadcast_to(start, inputs.shape)) if pushes else None
        labels = [*names, *model.spec["output_names"]]
    frames = [None if one is None else pd.DataFrame(one, columns=labels) for one in (path, base)]
    assert frames[0] is not None
    low, high = _ranges(member, len(names))
    outside = [
        (name, float(low[place]), float(high[place]))
        for place, name in enumerate(names)
        if low[place] < high[place]
        and (
            np.nanmin(path[:, place]) < low[place] - OUTSIDE * (high[place] - low[place])
            or np.nanmax(path[:, place]) > high[place] + OUTSIDE * (high[place] - low[place])
        )
    ]
    return frames[0], frames[1], outside


def _two_level(model: Any, inputs: Any) -> Any:
    """Return inputs and target, shape (steps + 1, concepts + 1); the target is not known at the start."""
    with torch.no_grad():
        target = model(torch.from_numpy(np.ascontiguousarray(inputs))).numpy()
    target[0] = np.nan
    return np.hstack([inputs, target])


def _medians(columns: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[float]:
    """Return the median of every concept in the data."""
    known = {column["name"]: column["median"] for column in columns if column["kind"] == "numeric"}
    return [float(known.get(name, 0.0)) for name in names]


def _ranges(member: Any, count: int) -> tuple[Any, Any]:
    """Return the lowest and the highest value that each concept had where edges leave it; equal where none do."""
    low, high = np.zeros(count), np.zeros(count)
    for edge in member.explanation.edges:
        place = edge.source % count
        low[place], high[place] = float(edge.x[0]), float(edge.x[-1])
    return low, high
