"""Collocation points that move to where the residual is.

Reference
---------
Wu, Zhu, Tan, Kartha and Lu, "A comprehensive study of non-adaptive and residual-based adaptive sampling for
physics-informed neural networks", Computer Methods in Applied Mechanics and Engineering 403, 2023: RAD with k = c = 1.
There points are drawn from the domain; here from those that the equation gives, which may be many.
"""

from __future__ import annotations

import numpy as np

from evokan.arrays import FloatArray
from evokan.seeding import generator
from search_spaces.fkan.system import System

EVERY = 20
"""Iterations between two draws."""


class MovingPoints:
    """Draws the points of a system anew as a training goes on.

    Parameters
    ----------
    system
        Whose points they are; gets the first ones at once.
    count
        How many it works on at a time, at most as many as there are.
    seed
        Of the draws.
    """

    def __init__(self, system: System, count: int, seed: int) -> None:
        self._system, self._pool = system, system.points
        self._count, self._steps = count, 0
        self._rng = generator("moving points", seed)
        self._draw(np.ones(len(self._pool)))

    def __call__(self, theta: FloatArray) -> bool:
        """Take note of an iteration that has led to `theta`, and return whether there are other points now."""
        self._steps += 1
        if self._steps % EVERY:
            return False
        missed = self._system.missed(theta, self._pool)
        mean = float(missed.mean())
        if not (np.isfinite(mean) and mean > 0.0):
            return False
        self._draw(missed / mean + 1.0)
        return True

    def _draw(self, weights: FloatArray) -> None:
        chances = weights / weights.sum()
        rows = self._rng.choice(len(self._pool), self._count, replace=False, p=chances)
        self._system.points = self._pool[np.sort(rows)]
