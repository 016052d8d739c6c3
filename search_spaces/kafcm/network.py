"""The causal map the user keeps: one step, and as many as one likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from evokan.problem.task import Task
from evokan.spaces.module import ScaledModule
from evokan.spaces.plain import Bound, PlainNetwork, Step
from evokan.spaces.steps import FUNCTIONS
from search_spaces.kafcm.encoding import CausalMap
from search_spaces.kafcm.options import Bounding
from search_spaces.splines.torch_edges import SplineEdges, plain_edges


class CognitiveMap(ScaledModule):
    """A fuzzy cognitive map with a curve on every edge: s_j(t) = f(bias_j + sum_i phi_ij(s_i(t - lag_i))).

    Parameters
    ----------
    architecture
        Edges and grid.
    spec
        JSON values from which the same module is built again (names, task, bounding, delays, architecture).

    Notes
    -----
    Input: values of the causes, shape (N, sources), in their own units, any floating dtype (float64 inside); with
    delays they stand delay by delay, as in `evokan.problem.table.Table`.
    Output: values of the effects at the next step, shape (N, targets). The bias is 0 but for a concept without
    causes, which goes to its mean (ours; the paper does not say). The scalers between values and states are
    buffers: ``source_shift``, ``source_scale``, ``target_shift``, ``target_scale``.
    """

    bias: Tensor
    source_shift: Tensor
    source_scale: Tensor
    target_shift: Tensor
    target_scale: Tensor

    def __init__(self, architecture: CausalMap, spec: Mapping[str, Any]) -> None:
        super().__init__(spec, source=architecture.n_sources, target=architecture.n_targets)
        self.architecture = architecture
        self.recurrent = Task(spec["task"]).in_time
        self.delays: tuple[int, ...] = tuple(map(int, spec.get("lags") or (1,)))
        if self.recurrent and architecture.n_sources != architecture.n_targets * len(self.delays):
            raise ValueError(f"lags: {len(self.delays)} delays do not make {architecture.n_sources} causes")
        if list(self.delays) != sorted({lag for lag in self.delays if lag > 0}):
            raise ValueError(f"lags: {self.delays!r:.50} are no ascending numbers of steps")
        self.bounding: str = spec["bounding"]
        if self.bounding not in get_args(Bounding):
            raise ValueError(f"bounding: {self.bounding!r:.50} is none of {', '.join(get_args(Bounding))}")
        self.register_buffer("bias", torch.zeros(architecture.n_targets, dtype=torch.float64))
        self.step_edges = SplineEdges(
            architecture.edges, architecture.n_sources, architecture.n_targets, architecture.intervals
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the values one step after `x`, shape (N, sources) to (N, targets)."""
        return self.step(self.states(x)) * self.target_scale + self.target_shift

    def states(self, x: Tensor) -> Tensor:
        """Return the states of the causes at the values `x`."""
        return self.scale_by("source", x)

    def step(self, states: Tensor) -> Tensor:
        """Apply the map once: states (N, sources) to states (N, targets)."""
        self.check_columns(states)
        return self.bound(self.bias + self.step_edges(states))

    def bound(self, total: Tensor) -> Tensor:
        """Return the bounded sums."""
        if self.bounding == "tanh":
            return torch.tanh(total)
        if self.bounding == "sigmoid":
            return torch.sigmoid(total)
        return total.clamp(-1.0, 1.0) if self.bounding == "clip" else total

    @property
    def memory(self) -> int:
        """Moments that a rollout begins from: the longest delay."""
        return self.delays[-1]

    def rollout(
        self, x: Tensor, steps: int, held: Sequence[int] = (), *, forced: Tensor | None = None, added: bool = False
    ) -> Tensor:
        """Apply the map again and again.

        Parameters
        ----------
        x
            First values, shape (N, concepts); or the last moments, shape (N, moments, concepts) with at least `memory`
            of them, the latest one last. A single moment stands for all before it.
        steps
            Number of steps T.
        held
            Concepts that keep their first value throughout.
        forced
            Values that concepts have whatever the map says, shape (T + 1, concepts), NaN where the map decides.
        added
            Whether `forced` is added to what the map says instead; NaN adds nothing.

        Returns
        -------
        Tensor
            Values in own units, shape (N, T + 1, concepts), the last known ones first. A two-level map has inputs
            that stay as they are and a last column for the target, NaN at the start.

        Raises
        ------
        ValueError
            There are fewer moments than the longest delay.
        """
        if not self.recurrent:
            return self._two_level(x, steps)
        history = x.unsqueeze(1).expand(-1, self.memory, -1) if x.ndim == 2 else x
        if history.shape[1] < self.memory:
            raise ValueError(f"{history.shape[1]} moments are too few for delays of {self.memory} steps")
        shift, scale = self.target_shift, self.target_scale
        path = [((moment.to(torch.float64) - shift) / scale).to(shift.dtype) for moment in history.unbind(dim=1)]
        known = len(path)
        kept = torch.zeros(path[0].shape[1], dtype=torch.bool)
        kept[list(held)] = True
        for step in range(steps + 1):
            if step:
                causes = torch.cat([path[len(path) - lag] for lag in self.delays], dim=1)
                path.append(torch.where(kept, path[-1], self.step(causes)))
            if forced is not None:
                path[known - 1 + step] = self._forced(path[known - 1 + step], forced[step], added)
        return torch.stack(path[known - 1 :], dim=1) * scale + shift

    def _forced(self, state: Tensor, values: Tensor, added: bool) -> Tensor:
        wanted = values.to(state.dtype)
        there = ~torch.isnan(wanted)
        if added:
            return state + torch.where(there, wanted, 0.0) / self.target_scale
        return torch.where(there, (wanted - self.target_shift) / self.target_scale, state)

    def _two_level(self, x: Tensor, steps: int) -> Tensor:
        values = x.to(torch.float64)
        row = torch.cat([values, self.forward(values)], dim=1)
        first = torch.cat([values, values.new_full((len(x), 1), np.nan)], 1)
        return torch.stack([first, *[row] * steps], dim=1)

    def plain(self) -> PlainNetwork:
        """Return one step of the map as arrays and steps."""
        steps: list[Step] = [plain_edges(self.step_edges, self.bias)]
        if self.bounding != "identity":
            steps.append(Bound(FUNCTIONS.index(self.bounding)))
        return self.as_plain(steps, inner="source")
