"""The network the user keeps."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from evokan.spaces.module import ScaledModule, as_array
from evokan.spaces.plain import Columns, Linear, PlainNetwork, Series, Step
from search_spaces.fkan.encoding import FKANArchitecture
from search_spaces.fkan.flat import TRIPLE, compile_network
from search_spaces.fkan.series import jacobi_series, sigmoid_series


class FKANNetwork(ScaledModule):
    """A network of linear maps and fractional Jacobi blocks on raw inputs.

    Parameters
    ----------
    architecture
        Levels, blocks and wiring.
    spec
        JSON values from which the same module is built again.

    Notes
    -----
    Input: shape (N, features), raw units, any floating dtype (float64 inside). Output: logits (N, classes), or values
    (N, 1) in the target's own units, differentiable in the inputs; of a system of equations (N, unknowns). ``alpha``,
    ``beta`` and ``gamma`` have one value for each triple, ``coefficients`` those of an equation, if it has any. The
    scalers are buffers: ``input_shift``, ``input_scale``, ``target_shift``, ``target_scale``.
    """

    input_shift: Tensor
    input_scale: Tensor
    target_shift: Tensor
    target_scale: Tensor
    columns: Tensor

    def __init__(self, architecture: FKANArchitecture, spec: Mapping[str, Any]) -> None:
        super().__init__(spec, input=architecture.n_inputs, target=1)
        self.architecture = architecture
        self.register_buffer("columns", torch.tensor(architecture.used_columns), persistent=False)
        levels = architecture.levels
        self.weights = nn.ParameterList(
            torch.zeros(upper, lower, dtype=torch.float64) for lower, upper in pairwise(levels)
        )
        self.biases = nn.ParameterList(torch.zeros(upper, dtype=torch.float64) for upper in levels[1:])
        self.alpha, self.beta, self.gamma = (
            nn.Parameter(torch.zeros(architecture.n_triples, dtype=torch.float64)) for _ in TRIPLE
        )
        if architecture.n_coefficients:
            self.coefficients = nn.Parameter(torch.zeros(architecture.n_coefficients, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits or values for raw inputs `x`, shape (N, features)."""
        return self.levels(x)[-1] * self.target_scale + self.target_shift

    def levels(self, x: Tensor) -> list[Tensor]:
        """Return the scaled inputs in use, the sums below the blocks of every hidden level, dense levels, outputs."""
        found = [self.scale_by("input", x)[:, self.columns]]
        activations = self.activations()
        for level, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            active = 0 < level <= len(activations)
            values = sigmoid_series(found[-1], *activations[level - 1]) if active else found[-1]
            found.append(nn.functional.linear(values, weight, bias))
        return found

    def plain(self) -> PlainNetwork:
        """Return the network as arrays and steps."""
        steps: list[Step] = [Columns(as_array(self.columns))]
        activations = self.activations()
        for level, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            steps.append(Linear(as_array(weight), as_array(bias)))
            if level < len(activations):
                gamma, series = (as_array(values) for values in activations[level])
                power = np.broadcast_to(1 / (1 + np.exp(-gamma)), len(bias))
                steps.append(Series(power.copy(), np.broadcast_to(series, (len(bias), series.shape[-1])).copy()))
        return self.as_plain(steps)

    def activations(self) -> list[tuple[Tensor, Tensor]]:
        """Return gamma and Chebyshev series of every hidden level: of all its neurons, or of each."""
        _, first, degrees = compile_network(self.architecture)
        series = jacobi_series(tuple(degrees.tolist()), elu(self.alpha), elu(self.beta))
        found, node, block = [], 0, 0
        for width in self.architecture.hidden:
            last = int(np.searchsorted(first, node + width))
            if last == block + 1:
                found.append((self.gamma[block], series[block, : int(degrees[block]) + 1]))
            else:
                counts = torch.as_tensor(np.diff(first[block : last + 1]), device=series.device)
                found.append(
                    (self.gamma[block:last].repeat_interleave(counts), series[block:last].repeat_interleave(counts, 0))
                )
            node, block = node + width, last
        return found
