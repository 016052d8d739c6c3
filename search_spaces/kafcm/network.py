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
    """A fuzzy cognitive map with a curve on every edge: s_j(t + 1) = f(bias_j + sum_i phi_ij(s_i(t))).

    Parameters
    ----------
    architecture
        Edges and grid.
    spec
        JSON values from which the same module is built again (names, task, bounding, architecture).

    Notes
    -----
    Input: values of the causes, shape (N, sources), in their own units, any floating dtype (float64 inside).
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

    def rollout(self, x: Tensor, steps: int, held: Sequence[int] = ()) -> Tensor:
        """Apply the map again and again.

        Parameters
        ----------
        x
            First values, shape (N, sources).
        steps
            Number of steps T.
        held
            Concepts that keep their first value throughout.

        Returns
        -------
        Tensor
            Values in own units, shape (N, T + 1, concepts), the first ones included. A two-level map has inputs
            that stay as they are and a last column for the target, NaN at the start.
        """
        state = self.states(x)
        values = x.to(state.dtype)
        rows = [state] if self.recurrent else [torch.cat([values, values.new_full((len(x), 1), np.nan)], 1)]
        kept = torch.zeros(state.shape[1], dtype=torch.bool)
        kept[list(held)] = True
        for _ in range(steps):
            following = self.step(state)
            if self.recurrent:
                state = torch.where(kept, state, following)
                rows.append(state)
            else:
                target = following * self.target_scale + self.target_shift
                rows.append(torch.cat([values, target], dim=1))
        path = torch.stack(rows, dim=1)
        return path * self.source_scale + self.source_shift if self.recurrent else path

    def plain(self) -> PlainNetwork:
        """Return one step of the map as arrays and steps."""
        steps: list[Step] = [plain_edges(self.step_edges, self.bias)]
        if self.bounding != "identity":
            steps.append(Bound(FUNCTIONS.index(self.bounding)))
        return self.as_plain(steps, inner="source")
