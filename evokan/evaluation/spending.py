"""What the networks of a search may cost, by the family's own estimate: a budget, and no fixed limit for each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evokan.evaluation.racing import Rung
from evokan.problem.problem import Problem
from evokan.spaces.architecture import Architecture
from evokan.spaces.space import SearchSpace

SHARE = 0.1
"""Of what is left, so much may one network take: the budget comes to no sudden end, and cheap networks always fit."""


class Spending:
    """The budget of a search, and what is left of it: estimates alone, so that records depend on no clock.

    Parameters
    ----------
    rungs
        Where they cut the rows down, a network is charged as if it took the same on every rung: it seldom climbs, but
        takes so much longer where it does.
    """

    def __init__(self, space: SearchSpace, problem: Problem, rungs: Sequence[Rung]) -> None:
        self._space = space
        self._problem = problem
        self._left = space.allowance
        self._folds = rungs[0].folds if rungs[0].is_cut else problem.folds
        self._times = len(rungs) if rungs[0].is_cut else 1

    def refusal(self, network: Architecture) -> str:
        """Return why there is no room for a network, or an empty text."""
        if math.isinf(self._left):
            return ""
        cost = self._cost(network)
        if cost <= SHARE * self._left:
            return ""
        return f"costs an estimated {cost:.3g} s, more than {SHARE:.0%} of the {self._left:.3g} s left of max_cost"

    def spend(self, network: Architecture) -> None:
        """Take what a network costs off the budget."""
        if not math.isinf(self._left):
            self._left -= self._cost(network)

    def _cost(self, network: Architecture) -> float:
        return self._times * self._space.cost(network, self._problem, self._folds)
