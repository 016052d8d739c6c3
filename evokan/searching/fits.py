"""The final fits of the front, and the choice of one member."""

from __future__ import annotations

from collections.abc import Sequence

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
        What is not done by then is left out; the one to be chosen comes first, and is waited for.

    Raises
    ------
    TrainingFailed
        None could be fitted.
    """
    first = choose_finalist(finalists, rule) if finalists else None
    ordered = sorted(finalists, key=lambda finalist: finalist is not first)
    fitted = [
        Fitted(finalist, trained.weights)
        for finalist, trained in zip(ordered, trainer.fit(ordered, seconds), strict=True)
        if trained.weights is not None
    ]
    if not fitted:
        raise TrainingFailed("no network of the front could be trained again with fresh seeds")
    best = choose_finalist([one.finalist for one in fitted], rule)
    front = tuple(sorted(fitted, key=lambda one: finalists.index(one.finalist)))
    return front, next(one for one in front if one.finalist is best)
