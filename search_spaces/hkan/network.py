"""The network the user keeps: a torch module on raw inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from evokan.errors import InputError
from evokan.problem.prediction import check_columns
from evokan.problem.task import Task
from evokan.spaces.architecture import Weights
from evokan.spaces.module import ScaledModule, as_array
from evokan.spaces.plain import Blocks, Linear, PlainNetwork, Step
from evokan.spaces.steps import FUNCTIONS
from search_spaces.hkan.basis import Array
from search_spaces.hkan.encoding import HKANArchitecture
from search_spaces.hkan.fitting import FittedLayer
from search_spaces.hkan.layers import Basis, HKANLayer

_PIECE = 1 << 22
"""Values of basis functions at a time: 32 MB."""


def _apply(basis: Basis, u: Tensor) -> Tensor:
    match basis:
        case "sigmoid":
            return torch.sigmoid(u)
        case "gaussian":
            return torch.exp(-u * u)
        case "relu":
            return torch.relu(u)
        case "softplus":
            return torch.logaddexp(u, torch.zeros((), dtype=u.dtype, device=u.device))
        case "tanh":
            return torch.tanh(u)
        case _:
            return u


class HKANLayerModule(nn.Module):
    """One layer: node values (N, columns) below to node values (N, nodes).

    Parameters
    ----------
    layer
        What it is.
    columns
        Number of nodes below.
    """

    centres: Tensor

    def __init__(self, layer: HKANLayer, columns: int) -> None:
        super().__init__()
        self.layer = layer
        n_basis = 0 if layer.is_identity else layer.n_basis
        shape = (layer.nodes, columns, n_basis)
        self.register_buffer("centres", torch.zeros(shape, dtype=torch.float64))
        self.coefficients = nn.Parameter(torch.zeros(shape, dtype=torch.float64))
        self.weights = nn.Parameter(torch.zeros((layer.nodes, columns), dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros(layer.nodes, dtype=torch.float64))
        place = torch.arange(layer.nodes)[:, None] + torch.arange(columns)
        # Which function, shape (nodes, columns, basis functions) or what is like it by broadcasting.
        turn = torch.arange(n_basis).expand(layer.nodes, 1, n_basis) if layer.inside else place[:, :, None]
        self._turn = turn % len(layer.bases)

    def forward(self, z: Tensor) -> Tensor:
        """Return h_q = bias_q + sum_p weight_qp phi_qp(z_p)."""
        check_columns(tuple(z.shape), self.centres.shape[1])
        if self.layer.is_identity:
            return z @ self.weights.T + self.bias
        nodes, columns, n_basis = self.centres.shape
        step = max(1, _PIECE // max(1, columns * n_basis * len(z)))
        return torch.cat([self._nodes(z, first, min(first + step, nodes)) for first in range(0, nodes, step)], dim=1)

    def _nodes(self, z: Tensor, first: int, last: int) -> Tensor:
        group = slice(first, last)
        u = z[:, None, :, None] - self.centres[group]
        if len(self.layer.bases) == 1:
            values = _apply(self.layer.bases[0], self.layer.sigmas[0] * u)
        else:
            turn = self._turn[group].to(z.device)[None]
            u = torch.tensor(self.layer.sigmas, dtype=u.dtype, device=z.device)[turn] * u
            values = sum(
                ((turn == number) * _apply(basis, u) for number, basis in enumerate(self.layer.bases)),
                start=torch.zeros_like(u),
            )
        blocks = (values * self.coefficients[group]).sum(dim=-1)
        return (blocks * self.weights[group]).sum(dim=-1) + self.bias[group]

    def plain(self) -> Step:
        """Return the layer as arrays.

        Raises
        ------
        InputError
            Functions of different sharpness, or several inside of a block: no other format knows them.
        """
        if self.layer.inside or isinstance(self.layer.sigma, tuple):
            raise InputError(
                "layers with several functions inside of a block, or of different sharpness, go to torch alone"
            )
        weights, bias = as_array(self.weights), as_array(self.bias)
        if self.layer.is_identity:
            return Linear(weights, bias)
        numbers = np.array([FUNCTIONS.index(name) for name in self.layer.bases])
        factors = as_array(self.coefficients) * weights[:, :, None]
        return Blocks(
            numbers[self._turn[:, :, 0].numpy()], np.float64(self.layer.sigma), as_array(self.centres), factors, bias
        )

    def fitted(self) -> FittedLayer:
        """Return the layer with its values as arrays."""
        centres, coefficients, weights, bias = (
            tensor.detach().cpu().numpy() for tensor in (self.centres, self.coefficients, self.weights, self.bias)
        )
        return FittedLayer(self.layer, centres, coefficients, weights, bias)


class HKANModule(ScaledModule):
    """A hierarchical Kolmogorov-Arnold network on raw inputs.

    Parameters
    ----------
    architecture
        Its layers.
    spec
        JSON values from which the same module is built again (names, task, architecture).

    Notes
    -----
    Input: shape (N, features), raw units, any floating dtype (float64 inside). Output: logits (N, classes) or
    values (N, targets) in their own units. Buffers ``input_shift``, ``input_scale``, ``output_shift`` and
    ``output_scale`` hold the scaling; centres are buffers too, because training never moves them.
    """

    input_shift: Tensor
    input_scale: Tensor
    output_shift: Tensor
    output_scale: Tensor

    def __init__(self, architecture: HKANArchitecture, spec: Mapping[str, Any]) -> None:
        outputs = architecture.layers[-1].nodes if Task(spec["task"]).in_time else 1
        super().__init__(spec, input=architecture.n_inputs, output=outputs)
        self.architecture = architecture
        self.layers = nn.ModuleList(
            HKANLayerModule(layer, columns)
            for layer, columns in zip(architecture.layers, architecture.widths, strict=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits or values for raw inputs `x`, shape (N, features)."""
        z = self.scale_by("input", x)
        for layer in self.layers:
            z = layer(z)
        return z * self.output_scale + self.output_shift

    def plain(self) -> PlainNetwork:
        """Return the network as arrays and steps."""
        return self.as_plain([cast(HKANLayerModule, layer).plain() for layer in self.layers], outer="output")

    def fitted(self) -> tuple[FittedLayer, ...]:
        """Return the layers as arrays."""
        return tuple(cast(HKANLayerModule, layer).fitted() for layer in self.layers)


def state(layers: Sequence[FittedLayer], output_shift: Array, output_scale: Array) -> Weights:
    """Return the trained values under the names of `HKANModule`'s state dict, without the inputs' scaling.

    Parameters
    ----------
    output_shift, output_scale
        From the network's own outputs to logits, or to the targets that it was given, shape (targets,).
    """
    values: Weights = {"output_shift": output_shift, "output_scale": output_scale}
    for number, layer in enumerate(layers):
        for name in ("centres", "coefficients", "weights", "bias"):
            values[f"layers.{number}.{name}"] = getattr(layer, name)
    return values
