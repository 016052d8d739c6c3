"""One layer of spline edges in torch: the twin of the compiled kernels, for models that users keep."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from evokan.problem.prediction import check_columns
from evokan.spaces.graph import EdgeFunction, SplineTable
from evokan.spaces.module import as_array
from evokan.spaces.plain import Splines

PADDING = 3
"""As in the compiled kernels, which would bring Numba with them."""


class SplineEdges(nn.Module):
    """Edges w_b silu(x) + w_s sum_i c_i B_i(x) between two levels, cubic, one uniform grid per lower node.

    Parameters
    ----------
    edges
        (source, target) of every edge.
    n_sources, n_targets
        Nodes of the lower and the upper level.
    intervals
        Grid intervals G.

    Notes
    -----
    State: ``coefficients`` (edges, G + 3), ``w_b`` and ``w_s`` (edges,), and the buffers ``lo`` and ``h``
    (n_sources,): left end and interval width of each grid. Points beyond three intervals outside of a grid
    get a spline of 0, as in the kernels.
    """

    source: Tensor
    target: Tensor
    lo: Tensor
    h: Tensor

    def __init__(self, edges: Sequence[tuple[int, int]], n_sources: int, n_targets: int, intervals: int) -> None:
        super().__init__()
        self.intervals = intervals
        self.n_targets = n_targets
        count = len(edges)
        self.register_buffer("source", torch.tensor([s for s, _ in edges], dtype=torch.long), persistent=False)
        self.register_buffer("target", torch.tensor([t for _, t in edges], dtype=torch.long), persistent=False)
        self.register_buffer("lo", torch.full((n_sources,), -1.0, dtype=torch.float64))
        self.register_buffer("h", torch.full((n_sources,), 2.0 / intervals, dtype=torch.float64))
        self.coefficients = nn.Parameter(torch.zeros(count, intervals + 3, dtype=torch.float64))
        self.w_b = nn.Parameter(torch.zeros(count, dtype=torch.float64))
        self.w_s = nn.Parameter(torch.ones(count, dtype=torch.float64))

    def edge_values(self, x: Tensor) -> Tensor:
        """Return the value of every edge, shape (N, edges), for the lower level `x`, shape (N, n_sources)."""
        check_columns(tuple(x.shape), len(self.lo))
        u = ((x - self.lo) / self.h).clamp(-4.0, self.intervals + 4.0)
        floor = u.detach().floor()
        inside = (floor >= -3) & (floor < self.intervals + 3)
        t = u - floor
        s = 1.0 - t
        values = torch.stack([s**3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], dim=-1)
        values = values / 6.0 * inside.unsqueeze(-1)
        first = floor.long().clamp(-3, self.intervals + 2) + PADDING
        padded = functional.pad(self.w_s[:, None] * self.coefficients, (PADDING, PADDING))
        # (N, edges, 4): the four active coefficients of every edge at every row.
        active = first[:, self.source].unsqueeze(-1) + torch.arange(4, device=x.device)
        chosen = padded.expand(len(x), -1, -1).gather(2, active)
        spline = (chosen * values[:, self.source]).sum(dim=-1)
        return self.w_b * functional.silu(x)[:, self.source] + spline

    def forward(self, x: Tensor) -> Tensor:
        """Return the upper level, shape (N, n_targets)."""
        values = self.edge_values(x)
        return values.new_zeros(len(x), self.n_targets).index_add(1, self.target, values)


def plain_edges(layer: SplineEdges, bias: Tensor | None = None) -> Splines:
    """Return a layer as arrays: coefficients w_s c, base weights w_b, and `bias` (n_targets,), 0 by default."""
    return Splines(
        as_array(layer.source),
        as_array(layer.target),
        as_array(layer.lo),
        as_array(layer.h),
        as_array(layer.w_s[:, None] * layer.coefficients),
        as_array(layer.w_b),
        as_array(layer.lo.new_zeros(layer.n_targets) if bias is None else bias),
    )


def edge_functions(layer: SplineEdges, number: int) -> list[EdgeFunction]:
    """Return the edges of a layer, the one with this number, as tables: coefficients w_s c, base weight w_b."""
    coefficients = (layer.w_s[:, None] * layer.coefficients).detach().numpy()
    base = layer.w_b.detach()
    ends = zip(layer.source.tolist(), layer.target.tolist(), strict=True)
    return [
        EdgeFunction(
            number,
            source,
            target,
            SplineTable(float(layer.lo[source]), float(layer.h[source]), coefficients[edge].copy(), float(base[edge])),
        )
        for edge, (source, target) in enumerate(ends)
    ]
