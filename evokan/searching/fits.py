"""The final fits of the front, and the choice of one member."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from time import perf_counter

from evokan.errors import TrainingFailed
from evokan.searching.finalists import Finalist, Finalizer, choose_finalist
from evokan.searching.outcome import Fitted


def fit_front(
    trainer: Finalizer, finalists: Sequence[Finalist], rule: str, seconds: float
) -> tuple[tuple[Fitted, ...], Fitted]:
    """Return the members of the front that could be fitted, lowest mean loss first, and the one that `rule` takes.

    Parameters
    ----------
    seconds
        What is not done by then is left out; but the one to be chosen comes first, and is waited for, however long.

    Raises
    ------
    TrainingFailed
        None could be fitted.
    """
    ordered, trainings = list(finalists), []
    if finalists and isfinite(seconds):
        first = choose_finalist(finalists, rule)
        ordered.sort(key=lambda finalist: finalist is not first)
        began = perf_counter()
        trainings = trainer.fit(ordered[:1])
        seconds -= perf_counter() - began
    trainings += trainer.fit(ordered[len(trainings) :], seconds)
    fitted = [
        Fitted(finalist, trained.weights)
        for finalist, trained in zip(ordered, trainings, strict=True)
        if trained.weights is not None
    ]
    if not fitted:
        raise TrainingFailed("no network of the front could be trained again with fresh seeds")
    best = choose_finalist([one.finalist for one in fitted], rule)
    front = tuple(sorted(fitted, key=lambda one: finalists.index(one.finalist)))
    return front, next(one for one in front if one.finalist is best)
