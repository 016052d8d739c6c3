"""A trained network as a graph of one-variable functions: what every family can hand over to be read.

A family describes its network as a `FunctionGraph` (`evokan.spaces.space.SearchSpace.graph`); everything else in
`evokan.explain` works on that description and knows no family.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from evokan.arrays import FloatArray
from evokan.problem.prediction import check_columns
from evokan.problem.scaling import Scaler
from evokan.problem.task import Task

OneVariable = Callable[[FloatArray], FloatArray]
"""Values, shape (N,), of points, shape (N,)."""

NodeFunction = Literal["identity", "sigmoid", "tanh", "clip", "clip1"]
"""What a node does to the sum of its edges: ``clip`` holds it in [0, 1], ``clip1`` in [-1, 1]."""


@dataclass(frozen=True, eq=False)
class SplineTable:
    """An edge sum_i c_i B_i(x) + base silu(x) + slope x with cubic B-splines on a uniform grid.

    Attributes
    ----------
    lo, h
        Left end of the grid and width of an interval (h > 0).
    coefficients
        c, shape (G + 3,) for G intervals; the knots go on for three intervals beyond either end of the grid, and
        outside of them the spline is 0.
    base, slope
        Weights of silu(x) = x / (1 + exp(-x)) and of x itself.
    """

    lo: float
    h: float
    coefficients: FloatArray
    base: float = 0.0
    slope: float = 0.0

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`, shape (N,)."""
        # A formula may call it with a constant.
        values: FloatArray = self.basis(np.atleast_1d(x)) @ np.append(self.coefficients, (self.base, self.slope))
        return values

    def basis(self, x: FloatArray, derivative: bool = False) -> FloatArray:
        """Return the G + 3 B-splines, silu and x at the points `x`, or their derivatives; shape (N, G + 5)."""
        size = len(self.coefficients)
        # NaN (which fmax passes over) and infinity lie outside of the knots, too.
        u = np.fmin(np.fmax((x - self.lo) / self.h, -9.0), size + 5.0)
        first = np.floor(u)
        t = u - first
        s = 1.0 - t
        if derivative:
            pieces = (-s * s / 2, t * (1.5 * t - 2), ((-1.5 * t + 1) * t + 0.5), t * t / 2)
        else:
            pieces = (s**3 / 6, ((3 * t - 6) * t * t + 4) / 6, (((3 - 3 * t) * t + 3) * t + 1) / 6, t**3 / 6)
        basis = np.zeros((len(x), size + 18))
        rows = np.arange(len(x))
        for k, piece in enumerate(pieces):
            basis[rows, first.astype(np.int64) + 9 + k] = piece / self.h if derivative else piece
        sigmoid = 1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0)))
        silu = sigmoid * (1.0 + x * (1.0 - sigmoid)) if derivative else x * sigmoid
        return np.column_stack([basis[:, 9 : 9 + size], silu, np.ones_like(x) if derivative else x])

    @classmethod
    def sample(cls, function: OneVariable, low: float, high: float, intervals: int = 24) -> SplineTable:
        """Return the spline without base that comes nearest to `function` on [low, high] in the least squares sense."""
        if not high > low:
            low, high = low - 1.0, low + 1.0
        empty = cls(low, (high - low) / intervals, np.zeros(intervals + 3))
        x = np.linspace(low, high, 12 * intervals + 1)
        coefficients, *_ = np.linalg.lstsq(empty.basis(x)[:, :-2], function(x), rcond=None)
        return cls(empty.lo, empty.h, np.asarray(coefficients, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class EdgeFunction:
    """One edge of a network.

    Attributes
    ----------
    layer
        Layer of edges, from 0 at the input.
    source, target
        Node numbers below and above, as in the whole level.
    function
        Takes the (scaled) value of the lower node, shape (N,), and returns what the edge adds to the upper one. A
        `SplineTable` or an `evokan.explain.Law` is kept exactly; any other callable is sampled into a spline where
        no law fits it.
    """

    layer: int
    source: int
    target: int
    function: OneVariable


@dataclass(frozen=True, eq=False)
class FunctionGraph:
    """A network of one-variable functions on raw inputs.

    The value of a node is its node function of (bias + sum of the functions of its incoming edges); the inputs are
    ``(raw - shift) / scale``; outputs of a regression go back to their own units by `target_scaler`.

    Attributes
    ----------
    widths
        Nodes of every level, input first.
    edges
        Live edges, in any order; each pair of nodes of neighbouring levels at most once.
    input_names, output_names
        Column names; class names for classification, otherwise the name of each target.
    task
        ``classification`` (outputs are logits) or anything else (outputs are values).
    input_scaler, target_scaler
        As in the problem.
    biases
        For every level above the input, one value a node; empty for none at all.
    node_functions
        For every level above the input what its nodes do to their sums; empty for identity throughout.
    """

    widths: tuple[int, ...]
    edges: tuple[EdgeFunction, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    task: Task
    input_scaler: Scaler
    target_scaler: Scaler
    biases: tuple[FloatArray, ...] = ()
    node_functions: tuple[NodeFunction, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "task", Task(self.task))
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))

    def _faults(self) -> Sequence[str]:
        faults = []
        levels = len(self.widths) - 1
        if len(self.input_names) != self.widths[0] or len(self.output_names) != self.widths[-1]:
            faults.append("the names do not fit the first and last level")
        if any(
            not (
                0 <= e.layer < levels
                and 0 <= e.source < self.widths[e.layer]
                and 0 <= e.target < self.widths[e.layer + 1]
            )
            for e in self.edges
        ):
            faults.append("an edge leads to a node that is not there")
        if len({(e.layer, e.source, e.target) for e in self.edges}) != len(self.edges):
            faults.append("two edges join the same nodes")
        if self.biases and [len(bias) for bias in self.biases] != list(self.widths[1:]):
            faults.append("there must be one bias for every node above the input")
        if self.node_functions and len(self.node_functions) != levels:
            faults.append("there must be one node function for every level above the input")
        return faults

    def levels(self, raw: FloatArray) -> list[FloatArray]:
        """Return the node values of every level, scaled inputs first, for raw rows of shape (N, inputs)."""
        check_columns(np.shape(raw), self.widths[0], self.input_names)
        values = [self.input_scaler.transform(raw)]
        for level, width in enumerate(self.widths[1:]):
            total = np.zeros((len(raw), width)) + (self.biases[level] if self.biases else 0.0)
            for edge in self.edges:
                if edge.layer == level:
                    total[:, edge.target] += edge.function(values[-1][:, edge.source])
            values.append(apply_node(self.node_functions[level] if self.node_functions else "identity", total))
        return values

    def predict(self, raw: FloatArray) -> FloatArray:
        """Return logits or values in own units, shape (N, outputs), of raw rows, shape (N, inputs)."""
        values = self.levels(raw)[-1]
        return values if self.task.has_classes else self.target_scaler.inverse(values)


def apply_node(name: NodeFunction, total: FloatArray, derivative: bool = False) -> FloatArray:
    """Return the node function of the sums `total`, or its derivative there; same shape."""
    if name == "sigmoid":
        value = 1.0 / (1.0 + np.exp(-np.clip(total, -700.0, 700.0)))
        return value * (1.0 - value) if derivative else value
    if name == "tanh":
        value = np.tanh(total)
        return 1.0 - value**2 if derivative else value
    if name in ("clip", "clip1"):
        low = 0.0 if name == "clip" else -1.0
        return ((total >= low) & (total <= 1.0)).astype(np.float64) if derivative else np.clip(total, low, 1.0)
    return np.ones_like(total) if derivative else total
