"""The strong Wolfe line search for many minimisations at once: `evokan.training.wolfe` in torch, one state each.

Every branch of the compiled search is a mask here, so that a round is a fixed sequence of operations that needs
no answer from the device. Scalars are float64 whatever the vectors are.

References
----------
Nocedal and Wright, Numerical Optimization, 2nd ed., 2006: algorithms 3.5 and 3.6, equation 3.59.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from evokan.training.wolfe import CURVATURE, DECREASE

LENGTH, LOSS, SLOPE = range(3)


@dataclass(eq=False)
class BatchedWolfe:
    """Line searches of B minimisations.

    Attributes
    ----------
    length
        The lengths on trial, shape (B,).
    first_loss, first_slope
        Loss and slope at length 0, shape (B,).
    ends
        Length, loss and slope of both ends, shape (B, 2, 3).
    trials, finite_trials
        Trials judged and not accepted, and trials with a finite loss, shape (B,), int64.
    bracketed, second_is_low, at_low, hesitant
        Whether a minimum lies between the ends, whether the second end has the lower loss, whether the last
        trial is the lower end, and whether the length on trial lies close to an end, shape (B,), bool.
    """

    length: Tensor
    first_loss: Tensor
    first_slope: Tensor
    ends: Tensor
    trials: Tensor
    finite_trials: Tensor
    bracketed: Tensor
    second_is_low: Tensor
    at_low: Tensor
    hesitant: Tensor

    @classmethod
    def allocate(cls, batch: int, device: torch.device) -> BatchedWolfe:
        """Return searches that have not begun."""

        def scalars() -> Tensor:
            return torch.zeros(batch, dtype=torch.float64, device=device)

        def counters() -> Tensor:
            return torch.zeros(batch, dtype=torch.int64, device=device)

        def switches() -> Tensor:
            return torch.zeros(batch, dtype=torch.bool, device=device)

        return cls(
            scalars(),
            scalars(),
            scalars(),
            torch.zeros(batch, 2, 3, dtype=torch.float64, device=device),
            counters(),
            counters(),
            switches(),
            switches(),
            switches(),
            switches(),
        )

    @property
    def low(self) -> Tensor:
        """Length, loss and slope of the lower end, shape (B, 3)."""
        return torch.where(self.second_is_low[:, None], self.ends[:, 1], self.ends[:, 0])

    @property
    def width(self) -> Tensor:
        """Distance of the ends, shape (B,)."""
        return (self.ends[:, 1, LENGTH] - self.ends[:, 0, LENGTH]).abs()

    def begin(self, where: Tensor, length: Tensor, loss: Tensor, slope: Tensor) -> None:
        """Begin anew, where the mask says so, from `loss` and `slope` (below 0), with the trial `length`."""
        self.length = torch.where(where, length, self.length)
        self.first_loss = torch.where(where, loss, self.first_loss)
        self.first_slope = torch.where(where, slope, self.first_slope)
        start = torch.stack([torch.zeros_like(loss), loss, slope], dim=1)
        self.ends[:, 0] = torch.where(where[:, None], start, self.ends[:, 0])
        going_on = ~where
        self.trials = self.trials * going_on
        self.finite_trials = self.finite_trials * going_on
        self.bracketed = self.bracketed & going_on
        self.second_is_low = self.second_is_low & going_on
        self.at_low = self.at_low & going_on
        self.hesitant = self.hesitant & going_on

    def accept(self, where: Tensor, loss: Tensor, slope: Tensor) -> Tensor:
        """Return where the length on trial, with this loss and slope, is good; elsewhere choose the next one.

        Only searches in the mask `where` are judged, and only they change. A trial that is not finite counts as
        an infinite loss. Until a minimum is bracketed, the first end is the last trial and the lengths grow.
        """
        finite = loss.isfinite() & slope.isfinite()
        loss = torch.where(finite, loss, math.inf)
        self.finite_trials = self.finite_trials + (finite & where)
        low, second_is_low = self.low, self.second_is_low
        high = torch.where(second_is_low[:, None], self.ends[:, 0], self.ends[:, 1])
        # From the third trial on, as in torch, a loss above the last one ends the growth.
        too_high = (loss > self.first_loss + DECREASE * self.length * self.first_slope) | (
            (loss >= low[:, LOSS]) & (self.bracketed | (self.trials > 1))
        )
        good = where & ~too_high & (slope.abs() <= -CURVATURE * self.first_slope)

        judged = where & ~good
        self.trials = self.trials + judged
        growing = judged & ~self.bracketed & ~too_high & (slope < 0.0)
        shrinking = judged & ~growing
        second_replaced = torch.where(too_high | ~self.bracketed, ~second_is_low, second_is_low)
        low_replaced = second_replaced == second_is_low
        turned = shrinking & low_replaced & (slope * (high[:, LENGTH] - low[:, LENGTH]) >= 0.0)
        trial = torch.stack([self.length, loss, slope], dim=1)
        first, second = self.ends[:, 0], self.ends[:, 1]
        first = torch.where((turned & second_is_low)[:, None], low, first)
        first = torch.where((shrinking & ~second_replaced)[:, None], trial, first)
        second = torch.where((turned & ~second_is_low)[:, None], low, second)
        second = torch.where((growing | (shrinking & second_replaced))[:, None], trial, second)
        self.bracketed = self.bracketed | shrinking
        new_low = first[:, LOSS] > second[:, LOSS]
        self.second_is_low = torch.where(shrinking, new_low, second_is_low)
        self.at_low = torch.where(shrinking, new_low == second_replaced, self.at_low | growing)
        self._choose(growing, shrinking, first, second)
        self.ends = torch.stack([torch.where(growing[:, None], trial, first), second], dim=1)
        return good

    def _choose(self, growing: Tensor, shrinking: Tensor, first: Tensor, second: Tensor) -> None:
        """Choose the next length: beyond the ends, or between them and not twice in a row close to one."""
        t1, t2 = first[:, LENGTH], second[:, LENGTH]
        lower = torch.where(growing, self.length + 0.01 * (self.length - t1), torch.minimum(t1, t2))
        upper = torch.where(growing, 10.0 * self.length, torch.maximum(t1, t2))
        length = cubic_minimum(lower, upper, first, second)
        margin = 0.1 * (upper - lower)
        close = torch.minimum(upper - length, length - lower) < margin
        moved = close & (self.hesitant | (length >= upper) | (length <= lower))
        inside = torch.where(upper - length < length - lower, upper - margin, lower + margin)
        self.hesitant = torch.where(shrinking, close & ~moved, self.hesitant)
        length = torch.where(moved & shrinking, inside, length)
        self.length = torch.where(growing | shrinking, length, self.length)


def cubic_minimum(lower: Tensor, upper: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return the minima of the cubics through both ends (equation 3.59), kept between `lower` and `upper`.

    Where there is none, or an end is not finite: the middle of `lower` and `upper`. `first` and `second` are
    length, loss and slope, shape (B, 3); the rest has shape (B,).
    """
    ordered = (first[:, LENGTH] <= second[:, LENGTH])[:, None]
    t1, f1, s1 = torch.where(ordered, first, second).unbind(1)
    t2, f2, s2 = torch.where(ordered, second, first).unbind(1)
    d1 = s1 + s2 - 3.0 * (f1 - f2) / (t1 - t2)
    radicand = d1 * d1 - s1 * s2
    d2 = radicand.sqrt()
    minimum = t2 - (t2 - t1) * ((s2 + d2 - d1) / (s2 - s1 + 2.0 * d2))
    found = (radicand >= 0.0) & (radicand < math.inf) & ~minimum.isnan()
    return torch.where(found, torch.minimum(torch.maximum(minimum, lower), upper), 0.5 * (lower + upper))
