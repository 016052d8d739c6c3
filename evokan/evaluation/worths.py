"""What the edges of survivors are worth: kept for the moves that ask which of them to drop.

Trainings tell it (`Trained.attributions`), one for each fold; the mean over the folds counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from evokan.arrays import FloatArray
from evokan.evaluation.folds import Evaluation
from evokan.evaluation.records import Record

WORTH = "worth/"
"""What the names of stored attributions begin with, before the id of a record."""


class Worths:
    """Attributions of the edges of networks, by the network's key."""

    def __init__(self) -> None:
        self._of: dict[str, FloatArray] = {}

    def keep(self, key: str, figures: Evaluation) -> None:
        """Keep what the trainings of a network tell, if all of them do."""
        told = [fold.attributions for fold in figures.folds if fold.attributions is not None]
        if told and len(told) == len(figures.folds) and not figures.reason:
            self._of[key] = np.mean(told, axis=0)

    def of(self, record: Record) -> FloatArray | None:
        """Return the attributions of a record's edges, in the order of its network; None where they are unknown."""
        return self._of.get(record.key)

    def retain(self, survivors: Iterable[Record]) -> None:
        """Forget everybody who cannot become a parent any more."""
        keys = {record.key for record in survivors}
        self._of = {key: worth for key, worth in self._of.items() if key in keys}

    def to_arrays(self, survivors: Iterable[Record]) -> dict[str, NDArray[np.generic]]:
        """Return everything as named arrays, ``worth/ID``: once for each network of `survivors`."""
        first = {record.key: record.id for record in sorted(survivors, key=lambda record: -record.id)}
        return {f"{WORTH}{first[key]}": worth for key, worth in self._of.items() if key in first}

    def from_arrays(self, arrays: Mapping[str, NDArray[np.generic]], survivors: Iterable[Record]) -> None:
        """Take back what `to_arrays` gave."""
        keys = {str(record.id): record.key for record in survivors}
        for path, worth in arrays.items():
            number = path.removeprefix(WORTH)
            if path.startswith(WORTH) and number in keys:
                self._of[keys[number]] = np.asarray(worth, dtype=np.float64)
