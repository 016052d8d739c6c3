"""What travels between the driver and the workers of a Ray cluster: tasks one way, outcomes the other.

Everything is pickled here and travels as bytes. Ray would hand out arrays that cannot be written, which compiled
kernels take for another type; unpickled from bytes, they are what they were on the other side.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from evokan.errors import TrainingFailed
from evokan.evaluation.cohorts import one_line
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold

MOST_MADE = 16
"""Folds that a worker keeps for the tasks to come: those of a few networks come one after the other."""


def dumps(value: Any) -> bytes:
    """Pickle anything; what a script or a notebook has defined itself, by its code."""
    from ray import cloudpickle

    data: bytes = cloudpickle.dumps(value)  # type: ignore[no-untyped-call]
    return data


class Folds:
    """The folds that both sides know, or can make, of a problem among shared arguments.

    Row numbers would be nearly all of a cohort: in their place travels the number of a fold of the problem, or what
    another one is made from (`Fold.origin`).
    """

    def __init__(self, shared: Sequence[Any]) -> None:
        self._problem = next((argument for argument in shared if isinstance(argument, Problem)), None)
        stages = () if self._problem is None else (self._problem.folds, *self._problem.cuts)
        self._known = [fold for stage in stages for fold in stage]
        self._numbers = {fold: number for number, fold in enumerate(self._known)}
        self._made: dict[str, Fold] = {}

    def name(self, fold: Fold) -> int | str | None:
        """Return what to send in place of a fold; None where that is the fold itself."""
        return self._numbers.get(fold, (self._problem is not None and fold.origin) or None)

    def fold(self, name: int | str) -> Fold:
        """Return the fold that the other side has named; the last few that had to be made are kept."""
        if isinstance(name, int):
            return self._known[name]
        if self._problem is None:
            raise TrainingFailed(f"there is no problem to make the fold {name!r} of")
        if name not in self._made:
            while len(self._made) >= MOST_MADE:
                del self._made[next(iter(self._made))]
            self._made[name] = self._problem.fold_of(name)
        return self._made[name]


def dumps_task(function: Callable[..., Any], item: Any, folds: Folds) -> bytes:
    """Pickle a function and its item; a fold that `folds` can name travels as its name alone."""
    buffer = io.BytesIO()
    _task_pickler()(buffer, folds).dump((function, item))
    return buffer.getvalue()


def loads_task(task: bytes, folds: Folds) -> tuple[Callable[..., Any], Any]:
    """Return function and item of `dumps_task`, given those of an equal problem."""
    function, item = _TaskUnpickler(io.BytesIO(task), folds).load()
    return function, item


def dumps_outcome(function: Callable[[], Any]) -> bytes:
    """Call `function` and pickle its result or its exception, or a sentence about what does not pickle."""
    try:
        return dumps(function())
    except Exception as error:
        return _dumps_error(error)


def loads_outcome(outcome: bytes) -> Any:
    """Return the result or, as a value, the exception."""
    try:
        return pickle.loads(outcome)
    except Exception as error:
        return TrainingFailed(f"the result cannot be read back: {one_line(error)}")


def _dumps_error(error: Exception) -> bytes:
    try:
        data = dumps(error)
        if type(pickle.loads(data)) is type(error):
            return data
    except Exception:  # whatever the class does in there
        pass
    return pickle.dumps(TrainingFailed(one_line(error)))


@cache
def _task_pickler() -> Any:
    """Return the class of picklers; it is made late, since Ray's is its base."""
    from ray import cloudpickle

    class TaskPickler(cloudpickle.Pickler):
        def __init__(self, buffer: io.BytesIO, folds: Folds) -> None:
            super().__init__(buffer)  # type: ignore[no-untyped-call]
            self.folds = folds

        def persistent_id(self, value: Any) -> int | str | None:
            return self.folds.name(value) if isinstance(value, Fold) else None

    return TaskPickler


class _TaskUnpickler(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, folds: Folds) -> None:
        super().__init__(buffer)
        self._folds = folds

    def persistent_load(self, name: int | str) -> Fold:
        return self._folds.fold(name)
