"""What a network takes along from rung to rung: the values it learned, and its figures so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evokan.evaluation.folds import Evaluation, aggregate
from evokan.evaluation.racing import Rung
from evokan.spaces.training import FoldStop, TrainingJob


def continued(jobs: Sequence[TrainingJob], rung: Rung, before: Evaluation | None) -> list[TrainingJob]:
    """Return the jobs of one network, one for each fold of a rung, from what it learned on fewer rows of the first.

    The other folds begin anew: rows that the first one's cuts train on may validate there.
    """
    learned = before.folds[0].weights if before is not None and before.folds and rung.begin == 0 else None
    if learned is None:
        return list(jobs)
    return [replace(jobs[0], parents=((jobs[0].architecture, learned),)), *jobs[1:]]


def joined(before: Evaluation | None, part: Evaluation, rung: Rung, stop: FoldStop) -> Evaluation:
    """Return what a network has come to with a further rung: more folds of the same rows, or the folds of more."""
    evaluations, seconds = (0, 0.0) if before is None else (before.evaluations, before.seconds)
    if before is not None and rung.begin and part.folds:
        folds = before.folds
        evaluations -= sum(fold.evaluations for fold in folds)
        seconds -= sum(fold.seconds for fold in folds)
        part = aggregate([*folds, *part.folds], stop)
    return replace(
        part,
        evaluations=part.evaluations + evaluations,
        seconds=part.seconds + seconds,
        lost=rung.measured,
        rows=rung.rows,
        rung=rung.number,
    )
