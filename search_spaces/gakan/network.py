"""The network the user keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from evokan.problem.problem import Problem
from evokan.spaces.architecture import Weights
from search_spaces.gakan.encoding import KANArchitecture
from search_spaces.splines.torch_edges import SplineEdges


class SparseKAN(nn.Module):
    """A sparse Kolmogorov-Arnold network on raw inputs.

    Parameters
    ----------
    architecture
        Live edges and grid.
    spec
        JSON values from which the same module is built again (names, task, architecture).

    Notes
    -----
    Input: shape (N, features), raw units, any floating dtype (float64 inside). Output: logits (N, classes) or
    values (N, 1) in the target's own units. A class that no edge reaches has the logit 0. The scalers are
    buffers: ``input_shift``, ``input_scale``, ``target_shift``, ``target_scale``.
    """

    input_shift: Tensor
    input_scale: Tensor
    target_shift: Tensor
    target_scale: Tensor

    def __init__(self, architecture: KANArchitecture, spec: Mapping[str, Any]) -> None:
        super().__init__()
        self.architecture = architecture
        self.spec = dict(spec)
        for name, size, value in (
            ("input_shift", architecture.widths[0], 0.0),
            ("target_shift", 1, 0.0),
            ("input_scale", architecture.widths[0], 1.0),
            ("target_scale", 1, 1.0),
        ):
            self.register_buffer(name, torch.full((size,), value, dtype=torch.float64))
        self.layers = nn.ModuleList(
            SplineEdges(edges, lower, upper, architecture.intervals)
            for edges, lower, upper in zip(
                architecture.edges, architecture.widths, architecture.widths[1:], strict=False
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits or values for raw inputs `x`, shape (N, features)."""
        return self.levels(x)[-1] * self.target_scale + self.target_shift

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the node values of every level, from the scaled inputs to the (scaled) outputs."""
        values = [(x.to(torch.float64) - self.input_shift) / self.input_scale]
        for layer in self.layers:
            values.append(layer(values[-1]))
        return values


def build_model(architecture: KANArchitecture, problem: Problem, weights: Weights) -> SparseKAN:
    """Return the module with the trained `weights` (a state dict as arrays) and the problem's scalers."""
    spec = {
        "space": "gakan",
        "architecture": architecture.to_json(),
        "task": problem.task,
        "feature_names": list(problem.table.feature_names),
        "target_name": problem.table.target_name,
        "class_names": list(problem.table.class_names),
    }
    model = SparseKAN(architecture, spec)
    scalers = {
        "input_shift": problem.input_scaler.shift,
        "input_scale": problem.input_scaler.scale,
        "target_shift": problem.target_scaler.shift,
        "target_scale": problem.target_scaler.scale,
    }
    state = {name: torch.as_tensor(np.array(value, dtype=np.float64)) for name, value in {**weights, **scalers}.items()}
    model.load_state_dict(state)
    return model.eval()
