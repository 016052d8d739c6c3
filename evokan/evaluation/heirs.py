"""Inheritance: what survivors have learned, kept for the trainings of their children.

A child is trained on each fold from its parents' values of the same fold, so rows that one fold looks at never
reach its weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from evokan.evaluation.folds import Evaluation
from evokan.evaluation.records import Record
from evokan.evaluation.worths import WORTH
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Weights
from evokan.spaces.chromosome import ChromosomeLayout
from evokan.spaces.space import SearchSpace
from evokan.spaces.training import TrainingJob


class Heirs:
    """The values that survivors were left with, by network.

    Parameters
    ----------
    space, problem
        What is trained on what.
    folds
        On how many folds survivors were trained; by default all of the problem.
    """

    def __init__(self, space: SearchSpace, problem: Problem, folds: int | None = None) -> None:
        self._space = space
        self._problem = problem
        self._folds = len(problem.folds) if folds is None else folds
        self._layout: ChromosomeLayout = space.layout(problem)
        self._records: dict[int, Record] = {}
        self._values: dict[str, tuple[Weights, ...]] = {}

    def know(self, record: Record) -> None:
        """Take note of a record, in case that it becomes a parent."""
        self._records[record.id] = record

    def keep(self, key: str, figures: Evaluation) -> None:
        """Keep what the trainings of a network came to, if all its folds were trained."""
        values = tuple(fold.weights for fold in figures.folds if fold.weights is not None)
        if len(values) == self._folds and not figures.reason:
            self._values[key] = values

    def endow(self, jobs: Sequence[TrainingJob], parents: Sequence[int]) -> list[TrainingJob]:
        """Return the jobs of one network, one for each fold, with what its parents learned on the same fold."""
        known = [self._records[number] for number in dict.fromkeys(parents) if number in self._records]
        usable = [record for record in known if record.key in self._values]
        networks = [self._space.decode(self._layout.from_text(record.chromosome), self._problem) for record in usable]
        return [
            replace(
                job,
                keep_weights=True,
                parents=tuple(
                    (network, self._values[record.key][fold]) for network, record in zip(networks, usable, strict=True)
                ),
            )
            for fold, job in enumerate(jobs)
        ]

    def retain(self, survivors: Iterable[Record]) -> None:
        """Forget everybody who cannot become a parent any more."""
        kept = list(survivors)
        self._records = {record.id: record for record in kept}
        self._values = {record.key: self._values[record.key] for record in kept if record.key in self._values}

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return everything as named arrays: ``ID/FOLD/NAME``, once for each network."""
        first = {record.key: record.id for record in reversed(self._records.values())}
        return {
            f"{first[key]}/{fold}/{name}": value
            for key, folds in self._values.items()
            for fold, values in enumerate(folds)
            for name, value in values.items()
        }

    def from_arrays(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what `to_arrays` gave; the records of the survivors must be known already."""
        found: dict[str, dict[int, Weights]] = {}
        for path, value in arrays.items():
            if path.startswith(WORTH):
                continue
            number, fold, name = path.split("/", 2)
            found.setdefault(self._records[int(number)].key, {}).setdefault(int(fold), {})[name] = value
        self._values = {key: tuple(folds[number] for number in sorted(folds)) for key, folds in found.items()}
