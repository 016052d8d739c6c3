"""The network the user keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from evokan.spaces.module import ScaledModule
from evokan.spaces.plain import PlainNetwork
from search_spaces.gakan.encoding import KANArchitecture
from search_spaces.splines.torch_edges import SplineEdges, plain_edges


class SparseKAN(ScaledModule):
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
        super().__init__(spec, input=architecture.widths[0], target=1)
        self.architecture = architecture
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
        values = [self.scale_by("input", x)]
        for layer in self.layers:
            values.append(layer(values[-1]))
        return values

    def plain(self) -> PlainNetwork:
        """Return the network as arrays and steps."""
        return self.as_plain([plain_edges(layer) for layer in self.layers if isinstance(layer, SplineEdges)])
