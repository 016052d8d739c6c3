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


def dumps(value: Any) -> bytes:
    """Pickle anything; what a script or a notebook has defined itself, by its code."""
    from ray import cloudpickle

    data: bytes = cloudpickle.dumps(value)  # type: ignore[no-untyped-call]
    return data


def folds_of(shared: Sequence[Any]) -> list[Fold]:
    """Return the folds of the problems among shared arguments, in an order that both sides agree on."""
    return [
        fold
        for argument in shared
        if isinstance(argument, Problem)
        for folds in (argument.folds, *argument.cuts)
        for fold in folds
    ]


def dumps_task(function: Callable[..., Any], item: Any, folds: Sequence[Fold]) -> bytes:
    """Pickle a function and its item; a fold that is one of `folds` travels as its number alone.

    Row numbers of the folds would be nearly all of a cohort, and the worker has them already.
    """
    buffer = io.BytesIO()
    _task_pickler()(buffer, {fold: number for number, fold in enumerate(folds)}).dump((function, item))
    return buffer.getvalue()


def loads_task(task: bytes, folds: Sequence[Fold]) -> tuple[Callable[..., Any], Any]:
    """Return function and item of `dumps_task`, given equal folds."""
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
        def __init__(self, buffer: io.BytesIO, numbers: dict[Fold, int]) -> None:
            super().__init__(buffer)  # type: ignore[no-untyped-call]
            self.numbers = numbers

        def persistent_id(self, value: Any) -> int | None:
            return self.numbers.get(value) if isinstance(value, Fold) else None

    return TaskPickler


class _TaskUnpickler(pickle.Unpickler):
    def __init__(self, buffer: io.BytesIO, folds: Sequence[Fold]) -> None:
        super().__init__(buffer)
        self._folds = folds

    def persistent_load(self, number: int) -> Fold:
        return self._folds[number]
