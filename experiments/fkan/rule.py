"""The rule by which a default of `fkan` on tables is decided: test losses that are lower beyond chance, and on most tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evokan.arrays import FloatArray
from evokan.reports.compare import signed_rank_p
from experiments.pages import Row, number

ALPHA = 0.05
RULE = (
    f"the median ratio of test losses is below 1 with p < {ALPHA:g} (signed-rank test of the logarithms, two-sided, over tables and "
    "splits), and on more than half of the tables"
)
"""When the other value of a setting takes the place of the default."""
SHARED = (
    "The splits of a table share rows, and the test takes their pairs as independent, so p is smaller than it should be; the rule stays as "
    "it was written."
)


@dataclass(frozen=True)
class Ratios:
    """Test losses with another value of a setting over those with the default, of the same splits.

    Attributes
    ----------
    logarithms
        By table, one for each split where both final fits went well.
    failed
        Pairs where one did not.
    """

    logarithms: dict[str, list[float]]
    failed: int

    @classmethod
    def of(cls, rows: Sequence[Row], setting: str, loss: str, *, other: Any, default: Any) -> Ratios:
        """Return those of rows with a ``table`` and a ``split``, a `setting` and a `loss`."""
        found = {(row["table"], row["split"], row[setting]): float(row[loss]) for row in rows}
        logarithms: dict[str, list[float]] = {}
        failed = 0
        for (name, split, value), reached in found.items():
            rival = found.get((name, split, default))
            if value != other or rival is None:
                continue
            if np.isfinite(reached) and np.isfinite(rival):
                logarithms.setdefault(name, []).append(float(np.log(reached / rival)))
            else:
                failed += 1
        return cls(logarithms, failed)

    @property
    def every(self) -> FloatArray:
        """All logarithms."""
        return np.array([one for part in self.logarithms.values() for one in part])

    @property
    def median(self) -> float:
        """Median ratio over all pairs, at least one."""
        return float(np.exp(np.median(self.every)))

    @property
    def p(self) -> float:
        """Of the signed-rank test."""
        return signed_rank_p(self.every)

    @property
    def lower(self) -> int:
        """Tables where the median ratio is below 1."""
        return sum(float(np.median(part)) < 0 for part in self.logarithms.values())

    @property
    def changes(self) -> bool:
        """Whether `RULE` holds."""
        return self.median < 1 and self.p < ALPHA and 2 * self.lower > len(self.logarithms)

    @property
    def text(self) -> str:
        """What there is to judge by, in words."""
        failed = f" ({self.failed} more where a final fit failed)" if self.failed else ""
        by_table = ", ".join(
            f"{name} {number(float(np.exp(np.median(part))))}" for name, part in self.logarithms.items()
        )
        return (
            f"over {len(self.every)} pairs{failed}: {number(self.median)}, p = {self.p:.2g}; by table: {by_table}; "
            f"below 1 on {self.lower} of {len(self.logarithms)}"
        )
