"""The trade-off front among evaluated networks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import moocore
import numpy as np

from evokan.evaluation.records import Record


def pareto_front(records: Iterable[Record], objectives: Sequence[str]) -> list[Record]:
    """Return the non-dominated usable networks, each once, smallest loss first.

    Equal networks (one `key`) count once, the earliest; equal objective vectors keep the earliest.
    """
    distinct: dict[str, Record] = {}
    for record in records:
        if record.status == "ok":
            distinct.setdefault(record.key, record)
    candidates = sorted(distinct.values(), key=lambda record: record.id)
    if not candidates:
        return []
    values = np.array([[record.objective(name) for name in objectives] for record in candidates])
    keep = moocore.is_nondominated(values, keep_weakly=False)
    front = [record for record, kept in zip(candidates, keep, strict=True) if kept]
    return sorted(front, key=lambda record: (record.val_loss, record.n_params, record.id))
