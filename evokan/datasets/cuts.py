"""Which rows of a user's table belong to the test, belong together, or follow one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from evokan.arrays import IntArray
from evokan.datasets.columns import rows_text
from evokan.datasets.moments import read_moments
from evokan.datasets.values import label
from evokan.errors import unknown_name

Part = Literal["test", "validation"]
_BEHIND: dict[Part, str] = {"test": "", "validation": " (validation)"}
"""What is behind the labels of rows; no file that is read has a name with such an end."""


@dataclass(frozen=True, eq=False)
class Cut:
    """What the user says of how rows are cut.

    Attributes
    ----------
    group
        Column whose equal values stay together; it is no feature.
    split
        ``random``, ``time`` (rows stand in their order) or ``time:COLUMN`` (this column tells it; it is no feature).
    """

    group: str | None = None
    split: str = "random"

    @property
    def order(self) -> str | None:
        """The column that orders the rows."""
        return self.split.removeprefix("time:") if self.split.startswith("time:") else None


ROWS_ALONE = Cut()
"""Every row is for itself."""


@dataclass(eq=False)
class Aside:
    """Columns that are no features, by row, and what is to be said of them."""

    group: pd.Series[Any] | None = None
    order: pd.Series[Any] | None = None
    notes: list[str] = field(default_factory=list)


def with_rows(frame: pd.DataFrame, more: pd.DataFrame, name: str, part: Part, faults: list[str]) -> pd.DataFrame:
    """Return the rows of both frames, those of `more` labelled as a part; columns that it lacks are faults."""
    option = "--test-data" if part == "test" else "--val-data"
    missing = [column for column in frame.columns if column not in more.columns]
    faults.extend(f"{option} {name}: column {column!r} is missing, which --data has" for column in missing)
    if missing:
        return frame
    more = more.loc[:, list(frame.columns)].copy()
    more.index = pd.Index([f"{row} of {name}{_BEHIND[part]}" for row in more.index], dtype=object)
    both = pd.concat([frame.set_axis(frame.index.astype(object)), more])
    for column in frame.columns:  # of categories, those of both; without, pandas makes them text in another order
        ours, theirs = frame[column].dtype, more[column].dtype
        if ours != theirs and isinstance(ours, pd.CategoricalDtype) and isinstance(theirs, pd.CategoricalDtype):
            both[column] = pd.Categorical(both[column], ours.categories.union(theirs.categories, sort=False))
    both.attrs = dict(frame.attrs)
    return both


def set_aside(frame: pd.DataFrame, cut: Cut, target: str, faults: list[str]) -> tuple[pd.DataFrame, Aside]:
    """Return the frame without the columns that say how rows are cut, and these."""
    aside = Aside()
    for option, name in (("--group", cut.group), ("--split time", cut.order)):
        if name is None:
            continue
        if name == target:
            faults.append(f"{option} {name}: is the target; name another column")
            continue
        if name not in frame.columns:
            faults.extend(f"{option}: {fault}" for fault in unknown_name("column", name, frame.columns).faults)
            continue
        column = frame[name]
        gaps = column.isna().to_numpy()
        if gaps.any():
            faults.append(f"{option} {name}: no value in {rows_text(column, gaps)}: fill it in, or leave the rows out")
            continue
        if option == "--group":
            aside.group = column.map(label)
        else:
            moments, notes = read_moments(column, name, faults)
            aside.order = pd.Series(moments, index=column.index)
            aside.notes += notes
        frame = frame.drop(columns=name)
    return frame, aside


def in_order(frame: pd.DataFrame, aside: Aside) -> pd.DataFrame:
    """Return the rows in the order of their moments; equal ones stay as they stand."""
    if aside.order is None:
        return frame
    return frame.loc[aside.order.loc[frame.index].sort_values(kind="stable").index]


def group_numbers(frame: pd.DataFrame, aside: Aside) -> IntArray | None:
    """Return the number of each row's group, or None where there are none."""
    if aside.group is None:
        return None
    return np.unique(aside.group.loc[frame.index].to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)


def rows_of(frame: pd.DataFrame, part: Part) -> IntArray | None:
    """Return the places of the rows that `with_rows` added for a part, or None where there are none."""
    mark = _BEHIND["validation"]
    places = np.flatnonzero(
        [isinstance(row, str) and row.endswith(mark) == (part == "validation") for row in frame.index]
    )
    return places.astype(np.int64) if len(places) else None
