"""A run's chosen map simulated: from the median state of its data, beside a base run in which nothing is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from evokan.arrays import FloatArray
from evokan.errors import InputError, unknown_name
from search_spaces.kafcm.what_if import Push, forced, roll

OUTSIDE = 0.1
"""So much of its range a concept may leave it without a word."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a map says would happen: frames of one row for each step from 0 on, one column for each concept.

    Attributes
    ----------
    path, base
        The values, and those of a run in which nothing is pushed; None where nothing is pushed anyway.
    low, high
        The lowest and the highest value that the same map, trained again on parts of the data, comes to; None where
        there are no such maps.
    outside
        Concepts that leave the range of the data, with that range.
    """

    path: pd.DataFrame
    base: pd.DataFrame | None
    low: pd.DataFrame | None
    high: pd.DataFrame | None
    outside: Sequence[tuple[str, float, float]]

    @property
    def table(self) -> pd.DataFrame:
        """All of it side by side, as ``simulation.csv`` has it."""
        more = {"(base)": self.base, "(low)": self.low, "(high)": self.high}
        return self.path.join([one.add_suffix(f" {label}") for label, one in more.items() if one is not None])


def simulation(
    member: Any,
    columns: Sequence[Mapping[str, Any]],
    pushes: Sequence[Push],
    first: dict[str, float],
    steps: int,
    others: Sequence[Any] = (),
) -> Simulation:
    """Simulate the chosen network of a run.

    Parameters
    ----------
    member
        The network.
    columns
        Those of the run's schema, which know the medians.
    pushes, first
        What concepts are made to be, and values that they start from; other concepts start at the median of the data.
    others
        The same map trained on parts of the data.

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
    labels = names if model.recurrent else [*names, *model.spec["output_names"]]

    def frame(values: FloatArray) -> pd.DataFrame:
        return pd.DataFrame(values, columns=labels)

    path = _run(model, start, steps, pushed)
    base = frame(_run(model, start, steps, np.full_like(pushed, np.nan))) if pushes else None
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
    if not others:
        return Simulation(frame(path), base, None, None, outside)
    spread = np.array([path, *(_run(other, start, steps, pushed) for other in others)])
    return Simulation(frame(path), base, frame(spread.min(axis=0)), frame(spread.max(axis=0)), outside)


def _run(model: Any, start: FloatArray, steps: int, pushed: FloatArray) -> FloatArray:
    """Return the values, shape (steps + 1, concepts): of an input table the inputs and the target."""
    if model.recurrent:
        return roll(model, start, steps, pushed)
    inputs = np.where(np.isnan(pushed), start, pushed)
    with torch.no_grad():
        target: FloatArray = model(torch.from_numpy(np.ascontiguousarray(inputs))).numpy()
    target[0] = np.nan  # it is not known at the start
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
