"""How much work a search for formulas may do: counted instead of timed, so it ends at the same place everywhere."""

from __future__ import annotations

import numpy as np

VALUE = 2.4e-9
"""Seconds for one value of a derivative, or one product in the normal equations; one core of 2024, measured."""
ROUND = 2.5e-4
"""Seconds for one step of a fit, whatever its size."""
EDGE = 6e-3
"""Seconds for the laws of one edge."""


class Effort:
    """Work done and allowed, in seconds of a server core of 2024.

    Parameters
    ----------
    seconds
        How much is allowed.
    """

    def __init__(self, seconds: float = np.inf) -> None:
        self.allowed = seconds
        self.spent = 0.0
        self._part_of: Effort | None = None

    @property
    def over(self) -> bool:
        """Whether more was spent than is allowed."""
        return self.spent > self.allowed

    def spend(self, seconds: float) -> None:
        """Take note of work."""
        self.spent += seconds
        if self._part_of is not None:
            self._part_of.spend(seconds)

    def spend_step(self, values: int, parameters: int) -> None:
        """Take note of one step of a fit: derivatives of all output values by all parameters, normal equations."""
        self.spend(ROUND + VALUE * values * parameters * (8 + parameters / 12))

    def unlimited(self) -> Effort:
        """Return one that is never over, for work that must not be cut short; it counts here too."""
        part = Effort()
        part._part_of = self
        return part
