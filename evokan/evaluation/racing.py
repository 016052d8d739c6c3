"""Successive halving inside a generation: most networks are judged by few rows or folds, the better ones by more.

The rungs of one ladder: cuts of the first fold with few of its rows (`evokan.problem.rungs`), then all of them; without
cuts all folds. With ``--race`` the last rows are climbed by one fold, two, and all. Trainings on the cuts of an
equation have fewer steps, too.

Losses of different rungs are never compared: whoever does not reach
the last rung has no fitness, so survivors and fronts hold networks that were measured on the same rows. The price is
that a generation adds few parents; comparing all by their lower rungs, too, would favour those whose few rows were
easy.

Reference
---------
Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016.
There the resource is training time; here it is rows, and folds, which are what makes a loss trustworthy (ours).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from evokan.problem.problem import Problem
from evokan.problem.rungs import EFFORT, GROWTH, MOST_CUTS, rows_of
from evokan.problem.splits import Fold


@dataclass(frozen=True, eq=False)
class Rung:
    """One step of the ladder.

    Attributes
    ----------
    number
        From 0; rungs with the same rows have the same.
    folds
        What networks are trained on here.
    begin, end
        The folds of these that are trained on this rung; those before `begin` are done already.
    rows
        Together, of all folds.
    measured
        On how much, in words; empty on the last rung of a ladder.
    is_cut
        Whether the next rung has more rows or steps, not more folds of the same.
    effort
        Share of the steps of a whole training that one takes here.
    """

    number: int
    folds: tuple[Fold, ...]
    begin: int
    end: int
    rows: int
    measured: str
    is_cut: bool
    effort: float = 1.0

    def promoted(self, losses: Mapping[int, float], sizes: Mapping[int, int]) -> set[int]:
        """Return the positions of the networks that go on from here: half by folds, a quarter by rows."""
        return promoted_of_every_size(losses, sizes) if self.is_cut else promoted(losses)


def ladder(problem: Problem, *, race: bool = False, cuts: bool = False) -> tuple[Rung, ...]:
    """Return the rungs of a problem, the lowest first, at least one.

    Parameters
    ----------
    race
        Whether the last rows are climbed fold by fold.
    cuts
        Whether the problem's cuts are rungs. Above them all folds would cost more than all rungs together, and the
        losses on one fold of so many rows tell networks apart: further folds are left to the last few networks of a
        search, or to a race. As many cuts as there can be stand for all rows, too.
    """
    stages = [*problem.cuts, problem.folds if race else problem.judged_on] if cuts and problem.cuts else [problem.folds]
    if len(stages) > MOST_CUTS:
        stages.pop()
    whole = rows_of(problem.folds)
    found = []
    for number, folds in enumerate(stages):
        last = number == len(stages) - 1
        ends = rungs(len(folds)) if race and last else (len(folds),)
        for begin, end in zip((0, *ends), ends, strict=False):
            measured = f"{rows_of(folds)} of {whole} rows" if not last else f"{end} of {len(folds)} folds"
            effort = EFFORT if problem.task.is_equation and not last else 1.0
            if effort < 1.0:
                measured += f" and {effort:g} of the steps"
            done = last and end == len(folds)
            found.append(Rung(number, folds, begin, end, rows_of(folds), "" if done else measured, not last, effort))
    return tuple(found)


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


def promoted_of_every_size(losses: Mapping[int, float], sizes: Mapping[int, int]) -> set[int]:
    """Return the positions of a quarter, rounded up: half of it for the best of every size, the others by loss.

    By loss alone no small network would ever get off the ground.

    Parameters
    ----------
    sizes
        Trainable values by position.
    """
    ranked = sorted(losses, key=lambda position: (losses[position], sizes[position], position))
    count = ceil(len(ranked) / GROWTH)
    front: list[int] = []
    for position in ranked:
        if not front or sizes[position] < sizes[front[-1]]:
            front.append(position)
    kept = [front[place] for place in spread([sizes[position] for position in front], max(count // 2, 1))]
    others = [position for position in ranked if position not in kept]
    return {*kept, *others[: count - len(kept)]}


def spread(sizes: Sequence[int], count: int) -> list[int]:
    """Return at most `count` places of descending `sizes`, evenly over their logarithm; the ends go last.

    Of the two neighbours nearest to each other the one behind goes, which is the one with the higher loss.
    """
    places = list(range(len(sizes)))
    while len(places) > max(count, 1):
        logs = np.log([sizes[place] for place in places])
        narrow = int(np.argmin(logs[:-2] - logs[2:])) + 1 if len(places) > 2 else 1
        del places[narrow]
    return places
