"""Settings that are rows instead of the name of a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from evokan.datasets.given import KEPT, Kept, frame_of, packed
from evokan.errors import InputError


def with_files(settings: Mapping[str, Any]) -> tuple[dict[str, Any], Kept]:
    """Return settings with names of files in place of rows, and the rows by setting.

    Parameters
    ----------
    settings
        `data`, `test_data` and `val_data` may be paths, frames, or pairs (X, y): `evokan.datasets.given.frame_of`.

    Raises
    ------
    InputError
        They are something else, or cannot be kept with a run.
    """
    found, kept = dict(settings), dict[str, bytes]()
    for name, file in KEPT.items():
        rows = found.get(name)
        if rows is None or isinstance(rows, str | os.PathLike):
            continue
        if isinstance(rows, tuple | list) and found.get("time") is not None:
            raise InputError(f"{name}: a time series is one frame, with the column {found['time']!r}, and no pair")
        frame, found["target"] = frame_of(rows, found.get("target"), name)
        kept[name], found[name] = packed(frame), file
    return found, kept
