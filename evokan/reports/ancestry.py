"""Where the chosen network comes from: its parents, back to the first generation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evokan.evaluation.records import Record

LISTED = 300
"""Ancestors that are listed; more are counted alone."""


def ancestry(records: Sequence[Record], number: int) -> dict[str, Any] | None:
    """Return the lineage of the network with the id `number`; None where no record has it.

    Returns
    -------
    dict
        ``line``: from the network back to generation 0, the fitter parent at each step. ``ancestors``: all of them,
        by id, the first `LISTED`. ``count``: how many there are. ``origins``: how many of them were made how.
    """
    known = {record.id: record for record in records}
    if number not in known:
        return None
    line = [known[number]]
    while parents := _parents(line[-1], known):
        line.append(min(parents, key=lambda parent: (parent.val_loss, parent.id)))
    found, open_ = {number}, [known[number]]
    while open_:
        fresh = [parent for parent in _parents(open_.pop(), known) if parent.id not in found]
        found.update(parent.id for parent in fresh)
        open_ += fresh
    everybody = [known[one] for one in sorted(found)]
    origins = Counter(record.origin for record in everybody)
    return {
        "line": [_plain(record) for record in line],
        "ancestors": [_plain(record) for record in everybody[:LISTED]],
        "count": len(everybody) - 1,
        "origins": dict(origins.most_common()),
    }


def _parents(record: Record, known: Mapping[int, Record]) -> list[Record]:
    """Return the parents that are there; one that is not older than its child is none, so every line ends."""
    return [known[one] for one in dict.fromkeys(record.parents) if one in known and one < record.id]


def _plain(record: Record) -> dict[str, Any]:
    names = ("id", "generation", "origin", "status", "val_loss", "n_params", "n_edges")
    return {"parents": list(record.parents)} | {name: getattr(record, name) for name in names}
