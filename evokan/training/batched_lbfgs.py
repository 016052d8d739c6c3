"""L-BFGS with a strong Wolfe line search for many vectors at once, in torch, on any device.

The iterates are those of `evokan.training.lbfgs`, one minimisation for each row of a matrix, but for rounding.
All rows go in lockstep: one round evaluates every row at its own trial point, whatever its line search is up to,
and `BatchedLBFGS.advance` moves all states on by masks. A driver::

    minimiser = BatchedLBFGS(x)
    while not minimiser.finished.all():                 # the only question to the device
        loss, gradient = evaluate(minimiser.trial)
        minimiser.advance(loss, gradient)
        ...                                             # look at minimiser.iterate where minimiser.accepted

Rows may have different lengths: pad them with anything whose gradient is 0.

References
----------
Nocedal and Wright, Numerical Optimization, 2nd ed., 2006: algorithms 7.4 and 7.5.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from evokan.training.batched_wolfe import LENGTH, LOSS, BatchedWolfe
from evokan.training.lbfgs import LINE_SEARCH_EVALUATIONS, SMALLEST_INTERVAL


@dataclass(eq=False)
class _State:
    """What is kept of each row; all tensors have the rows first."""

    trial: Tensor
    iterate: Tensor
    gradient: Tensor
    direction: Tensor
    low_gradient: Tensor
    steps: Tensor  # (B, slots, n): the pairs' s in a ring with one free slot; then a slot of zeros
    differences: Tensor  # (B, slots, n): y
    rho: Tensor  # (B, slots): 1 / y.s
    newest: Tensor
    pairs: Tensor
    scale: Tensor
    loss: Tensor
    extras: Tensor
    low_extras: Tensor
    iterations: Tensor
    step_iterations: Tensor
    step_evaluations: Tensor
    max_trials: Tensor
    accepted: Tensor
    step_over: Tensor
    converged: Tensor
    failed: Tensor


class BatchedLBFGS:
    """Minimisations of B functions of n variables each.

    Parameters
    ----------
    x
        Starting points, shape (B, n), float32 or float64; not changed.
    history
        Curvature pairs kept, at least 1: about ``4 * history + 20`` matrices like `x` in all.
    max_iterations, max_evaluations
        Limits of one step, at least 1 and 2. The second may be exceeded by 1.
    tolerances
        Of the gradient, of change and of curvature, as in `evokan.training.lbfgs.start`.
    extras
        Number of further values of a point that `advance` is given, and that are kept for the iterates.
    """

    def __init__(
        self,
        x: Tensor,
        history: int = 10,
        max_iterations: int = 20,
        max_evaluations: int = 25,
        tolerances: tuple[float, float, float] = (1e-7, 1e-9, 1e-10),
        extras: int = 0,
    ) -> None:
        self._history = history
        self._limits = max_iterations, max_evaluations
        self._tolerances = tolerances
        self._calls = 0
        batch, n = x.shape

        def zeros(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
            return torch.zeros(batch, *shape, dtype=dtype, device=x.device)

        def counters() -> Tensor:
            return zeros(dtype=torch.int64)

        def switches() -> Tensor:
            return zeros(dtype=torch.bool)

        self._state = _State(
            trial=x.clone(),
            iterate=x.clone(),
            gradient=torch.zeros_like(x),
            direction=torch.zeros_like(x),
            low_gradient=torch.zeros_like(x),
            steps=zeros(history + 2, n, dtype=x.dtype),
            differences=zeros(history + 2, n, dtype=x.dtype),
            rho=zeros(history + 2),
            newest=counters(),
            pairs=counters(),
            scale=zeros() + 1.0,
            loss=zeros(),
            extras=zeros(extras),
            low_extras=zeros(extras),
            iterations=counters(),
            step_iterations=counters(),
            step_evaluations=counters(),
            max_trials=counters(),
            accepted=switches(),
            step_over=switches(),
            converged=switches(),
            failed=switches(),
        )
        self._search = BatchedWolfe.allocate(batch, x.device)

    @property
    def trial(self) -> Tensor:
        """Where the next call needs loss and gradient, shape (B, n). A finished row stays at its iterate."""
        return self._state.trial

    @property
    def iterate(self) -> Tensor:
        """The last accepted points, at first the starting points, shape (B, n)."""
        return self._state.iterate

    @property
    def loss(self) -> Tensor:
        """Losses at `iterate`, shape (B,), float64."""
        return self._state.loss

    @property
    def extras(self) -> Tensor:
        """The further values at `iterate`, shape (B, extras), float64."""
        return self._state.extras

    @property
    def accepted(self) -> Tensor:
        """Where the last call accepted a new iterate, shape (B,), bool."""
        return self._state.accepted

    @property
    def step_over(self) -> Tensor:
        """Where the last call ended a step (and began the next), shape (B,), bool."""
        return self._state.step_over

    @property
    def converged(self) -> Tensor:
        """Where no further step would move the iterate, shape (B,), bool."""
        return self._state.converged

    @property
    def failed(self) -> Tensor:
        """Where the first loss, or every loss of a line search, was not finite, shape (B,), bool."""
        return self._state.failed

    @property
    def finished(self) -> Tensor:
        """Where the minimisation converged or failed, shape (B,), bool."""
        return self._state.converged | self._state.failed

    def keep(self, rows: Tensor, n: int | None = None) -> None:
        """Go on with the rows numbered `rows` only, and with their first `n` variables."""
        for part in (self._state, self._search):
            for field in dataclasses.fields(part):
                value = getattr(part, field.name).index_select(0, rows)
                if field.name in _VECTORS and n is not None:
                    value = value[..., :n].contiguous()
                setattr(part, field.name, value)

    def advance(self, loss: Tensor, gradient: Tensor, extras: Tensor | None = None) -> None:
        """Take what was found at `trial`, and move every row on to its next trial.

        Parameters
        ----------
        loss
            Shape (B,).
        gradient
            Shape (B, n), of the dtype of `trial`.
        extras
            Shape (B, extras).
        """
        state = self._state
        loss = loss.double()
        extras = state.extras if extras is None else extras
        live = ~self.finished
        state.accepted, state.step_over = torch.zeros_like(live), torch.zeros_like(live)
        if self._calls == 0:
            state.loss, state.gradient, state.extras = loss, gradient.clone(), extras
            state.step_evaluations = torch.ones_like(state.step_evaluations)
            state.failed = ~(loss.isfinite() & gradient.isfinite().all(1))
            state.converged = ~state.failed & (_largest(gradient) <= self._tolerances[0])
            begins = ~self.finished
        else:
            begins = self._judge(live, loss, gradient, extras)
        self._calls += 1
        self._begin_searches(begins)
        state.trial = torch.where(self.finished[:, None], state.iterate, self._point(self._search.length))

    def _judge(self, live: Tensor, loss: Tensor, gradient: Tensor, extras: Tensor) -> Tensor:
        """Accept trial points, choose others, or end line searches at their best points; return who goes on anew."""
        state, search = self._state, self._search
        max_iterations, max_evaluations = self._limits
        state.step_evaluations = state.step_evaluations + live
        length, size = search.length, _largest(state.direction)
        good = search.accept(live, loss, _dot(gradient, state.direction))
        small = search.bracketed & (search.width * size <= SMALLEST_INTERVAL)
        stops = live & ~good & ((search.trials > state.max_trials) | small)
        low = search.low
        stays = stops & (low[:, LENGTH] == 0.0)
        falls_back = stops & ~stays
        here = good | search.at_low
        state.low_gradient = torch.where(here[:, None], gradient, state.low_gradient)
        state.low_extras = torch.where(here[:, None], extras, state.low_extras)
        longest = search.trials.clamp(max=min(max_evaluations - 1, LINE_SEARCH_EVALUATIONS))
        cut_short = stays & (state.max_trials < longest)
        state.failed = state.failed | (stays & ~cut_short & (search.finite_trials == 0))
        state.converged = state.converged | (stays & ~cut_short & (search.finite_trials > 0))

        accepted = good | falls_back
        state.accepted = accepted
        state.iterations = state.iterations + accepted
        state.step_iterations = state.step_iterations + accepted
        length = torch.where(good, length, low[:, LENGTH])
        loss = torch.where(good, loss, low[:, LOSS])
        flat = accepted & (_largest(state.low_gradient) <= self._tolerances[0])
        state.converged = state.converged | flat
        self._add_pairs(accepted & ~flat, length)
        state.iterate = torch.where(accepted[:, None], self._point(length), state.iterate)
        state.gradient = torch.where(accepted[:, None], state.low_gradient, state.gradient)
        state.extras = torch.where(accepted[:, None], state.low_extras, state.extras)
        state.loss = torch.where(accepted, loss, state.loss)
        step_over = (state.step_iterations >= max_iterations) | (state.step_evaluations >= max_evaluations)
        step_over |= (loss - search.first_loss).abs() < self._tolerances[1]
        step_over |= length * size <= self._tolerances[1]
        state.step_over = cut_short | (accepted & ~flat & step_over)
        state.step_iterations = state.step_iterations * ~state.step_over
        # torch evaluates once more at the beginning of a step.
        state.step_evaluations = torch.where(state.step_over, 1, state.step_evaluations)
        return (accepted & ~flat) | cut_short

    def _point(self, length: Tensor) -> Tensor:
        state = self._state
        return state.iterate + length.to(state.iterate.dtype)[:, None] * state.direction

    def _add_pairs(self, where: Tensor, length: Tensor) -> None:
        """Keep the last step and the change of the gradient where the loss curves upwards enough along it."""
        state = self._state
        s = length.to(state.iterate.dtype)[:, None] * state.direction
        y = state.low_gradient - state.gradient
        ys = _dot(y, s)
        kept = where & (ys > self._tolerances[2])
        slot = (state.newest + 1) % (self._history + 1)
        place = self._places(slot)
        for stack, new in ((state.steps, s), (state.differences, y), (state.rho, 1.0 / ys)):
            stack.flatten(0, 1).index_copy_(0, place, new)
        state.newest = torch.where(kept, slot, state.newest)
        state.pairs = (state.pairs + kept).clamp(max=self._history)
        state.scale = torch.where(kept, ys / _dot(y, y), state.scale)

    def _places(self, slot: Tensor) -> Tensor:
        """Return where the slots, shape (..., B), lie among those of all rows."""
        return torch.arange(slot.shape[-1], device=slot.device) * (self._history + 2) + slot

    def _begin_searches(self, where: Tensor) -> None:
        """Begin line searches from the iterates, in the rows `where`, if there is a way down."""
        state = self._state
        direction = self._descend()
        slope = _dot(direction, state.gradient)
        lost = where & ~slope.isfinite()
        state.pairs = torch.where(lost, 0, state.pairs)
        state.scale = torch.where(lost, 1.0, state.scale)
        direction = torch.where(lost[:, None], -state.gradient, direction)
        slope = torch.where(lost, -_dot(state.gradient, state.gradient), slope)
        level = where & (slope > -self._tolerances[1])
        state.converged = state.converged | level
        begins = where & ~level
        cautious = lost | (state.iterations == 0)
        length = torch.where(cautious, (1.0 / state.gradient.abs().sum(1).double()).clamp(max=1.0), 1.0)
        limit = (self._limits[1] - state.step_evaluations).clamp(max=LINE_SEARCH_EVALUATIONS)
        state.max_trials = torch.where(begins, limit, state.max_trials)
        state.direction = torch.where(begins[:, None], direction, state.direction)
        self._search.begin(begins, length, state.loss, slope)

    def _descend(self) -> Tensor:
        """Return minus the inverse Hessians' approximations times the gradients: algorithm 7.4."""
        state = self._state
        # After the first call, each one may have added a pair.
        age = torch.arange(min(self._calls - 1, self._history), device=state.pairs.device)
        slot = (state.newest[:, None] - age) % (self._history + 1)
        slot = torch.where(age < state.pairs[:, None], slot, self._history + 1)
        places = self._places(slot.T).reshape(-1)
        steps, differences, rho = (
            stack.flatten(0, 1).index_select(0, places).view(*slot.T.shape, *stack.shape[2:]).unbind(0)
            for stack in (state.steps, state.differences, state.rho)
        )
        direction = state.gradient.clone()
        alphas = []
        for s, y, inverse in zip(steps, differences, rho, strict=True):
            alphas.append(inverse * _dot(s, direction))
            direction.addcmul_(alphas[-1].to(direction.dtype)[:, None], y, value=-1.0)
        direction *= -state.scale.to(direction.dtype)[:, None]
        for s, y, inverse, alpha in reversed(list(zip(steps, differences, rho, alphas, strict=True))):
            factor = -alpha - inverse * _dot(y, direction)
            direction.addcmul_(factor.to(direction.dtype)[:, None], s)
        return direction


_VECTORS = {"trial", "iterate", "gradient", "direction", "low_gradient", "steps", "differences"}


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(1).double()


def _largest(v: Tensor) -> Tensor:
    """Return the largest component of each row in size; NaN where there is one."""
    return v.abs().amax(1).double()
