"""Successive halving inside a generation: most networks are judged by a fold or two, only the better ones by all.

Reference
---------
Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
There the resource is training time; here it is the number of folds (ours), because a network's training is short
and its folds are what makes its loss trustworthy.
"""

from __future__ import annotations

from collections.abc import Mapping


def rungs(folds: int) -> tuple[int, ...]:
    """Return how many folds a network is trained on when it is judged; the last number is all of them.

    With four folds or more 1, 2 and all, so that a quarter of the networks gets to the end; with two or three 1 and
    all.
    """
    return (1, 2, folds) if folds >= 4 else (1, folds)


def promoted(losses: Mapping[int, float]) -> set[int]:
    """Return the positions of the better half, rounded up; of equal losses the lower position goes first."""
    ranked = sorted(losses, key=lambda position: (losses[position], position))
    return set(ranked[: (len(ranked) + 1) // 2])
