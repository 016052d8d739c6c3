"""How much memory a fit takes, and how much there is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from evokan.errors import InputError
from search_spaces.hkan.layers import HKANLayer

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_RESERVE = 3e8
"""What pieces and libraries take beside the arrays of all rows, in bytes."""


def needed(layers: Sequence[HKANLayer], rows: int, columns: int) -> float:
    """Return about how many bytes a fit takes at its peak: scaled inputs, and the widest pair of neighbouring layers.

    In the worst case: of a layer that is fitted by its blocks' own values.
    """
    widths = [columns, *(layer.nodes for layer in layers)]
    pairs = [below + own for below, own in pairwise(widths)]
    # The last layer's blocks, centred and as LAPACK takes them, for one node at a time.
    return 8.0 * rows * (columns + max(*pairs, 3 * widths[-2])) + _RESERVE


def available() -> float:
    """Return the bytes that can still be had, inf where the system does not say."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    except (OSError, ValueError):
        if hasattr(os, "sysconf") and "SC_AVPHYS_PAGES" in os.sysconf_names:
            found.append(float(os.sysconf("SC_AVPHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE"))
    for name in _LIMITS:
        try:
            text = Path(name).read_text(encoding="ascii").strip()
            found.append(float(text) if text.isdigit() else float("inf"))
        except OSError:
            continue
    return min(found, default=float("inf"))


def refuse_what_does_not_fit(layers: Sequence[HKANLayer], rows: int, columns: int) -> None:
    """Raise `InputError` where the rows take more memory than there is: before minutes of work, and not killed."""
    wanted, free = needed(layers, rows, columns), available()
    if wanted > free:
        widest = max(layer.nodes for layer in layers)
        raise InputError(
            f"X: {rows:,} rows x {columns:,} columns and layers of up to {widest:,} nodes take about "
            f"{wanted / 1e9:.3g} GB, {free / 1e9:.3g} GB are free: take fewer rows, or fewer nodes"
        )
