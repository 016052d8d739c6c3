"""Where everything lies when a cohort of sparse spline networks is laid side by side.

The networks become one network with disjoint parts: nodes are numbered by level and edges by layer over all of
them, so that each layer is worked on at once whatever network its edges belong to. Only rows (folds differ by a
few) and parameter vectors are padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from search_spaces.gakan.encoding import SPLINE_ORDER, KANArchitecture
from search_spaces.gakan.flat import FlatNetwork

MARGIN = 4
"""Zeros at both ends of an edge's coefficients: a point beyond the knots looks up a piece that is 0."""


@dataclass(frozen=True, eq=False)
class Member:
    """One network of a cohort.

    Attributes
    ----------
    architecture, flat
        The network and its flat form.
    fold
        Rows to fit on and to look at.
    input_grid, hidden_grid
        (lo, h) of all input columns, and of the nodes above the input, of the dtype of the arithmetic.
    """

    architecture: KANArchitecture
    flat: FlatNetwork
    fold: Fold
    input_grid: tuple[NDArray[Any], NDArray[Any]]
    hidden_grid: tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Data:
    """A problem's scaled table on a device.

    Attributes
    ----------
    inputs
        Shape (features, rows).
    targets
        Class numbers (int64) or scaled targets (float64), shape (rows,).
    n_outputs
        Classes, or 1.
    """

    inputs: Tensor
    targets: Tensor
    n_outputs: int

    @classmethod
    def load(cls, problem: Problem, dtype: torch.dtype, device: torch.device) -> Data:
        """Copy the table of `problem` to `device`."""
        kind = torch.int64 if problem.task.has_classes else torch.float64
        inputs = torch.as_tensor(problem.scaled_inputs.T.copy(), dtype=dtype, device=device)
        return cls(inputs, torch.as_tensor(problem.scaled_targets, dtype=kind, device=device), problem.n_outputs)


class Nodes(NamedTuple):
    """Grids of some nodes, shape (nodes, 1) each; `top` is G + 3."""

    lo: Tensor
    inv_h: Tensor
    top: Tensor


class Points(NamedTuple):
    """Where the rows fall on the grids of the sources of E edges, shape (E, rows) each."""

    piece: Tensor  # column of the table of pieces, int64
    t: Tensor
    silu: Tensor


class Layer(NamedTuple):
    """The edges of one layer of all networks."""

    edges: slice
    target: Tensor  # node
    offset: Tensor  # first padded coefficient of the edge, shape (E, 1)
    source: Tensor  # node; nothing in the first layer
    place: Tensor  # of the source within its level
    level: slice  # the nodes of that level
    grid: Nodes


class Layout:
    """Places of rows, parameters, nodes and edges of a cohort.

    Parameters
    ----------
    members
        At least one.
    data
        The table that their folds number the rows of.

    Attributes
    ----------
    row, weight, target
        For each network its rows of the table, the weights of their losses, and their targets, shape (networks,
        rows). Training rows are first, as many as `train_rows`.
    coefficient, w_b, w_s
        Places in the flattened matrix of parameters (networks, longest). w_b and w_s are in the order of the
        edges, which is by layer over all networks.
    padded, n_padded
        Where each coefficient lies among all padded ones, and how many of those there are.
    owner
        The edge of each coefficient.
    is_w_b, is_inside
        1 where the matrix of parameters holds a w_b, and, without its first and last column, where it holds a
        coefficient with both neighbours on the same edge; else 0.
    layers
        From the input on.
    n_nodes, n_hidden
        Nodes above the input, numbered by level; the outputs of all networks are the last ones, in their order.
    inputs
        Where the inputs fall, for the edges of the first layer: no training changes that.
    """

    def __init__(self, members: Sequence[Member], data: Data) -> None:
        self._dtype, self._device = data.inputs.dtype, data.inputs.device
        self._place_rows(members, data)
        offset, layer = self._place_parameters(members)
        self._place_nodes(members, offset, layer)
        self._place_inputs(members, data)

    def _place_rows(self, members: Sequence[Member], data: Data) -> None:
        """Set the row numbers of each network, training rows first, with the weights of their losses."""
        self.train_rows = max(len(member.fold.train) for member in members)
        validation_rows = max(len(member.fold.validation) for member in members)
        row = np.empty((len(members), self.train_rows + validation_rows), np.int64)
        weight = np.zeros(row.shape)
        for place, member in enumerate(members):
            begin = 0
            for part, length in ((member.fold.train, self.train_rows), (member.fold.validation, validation_rows)):
                # Any row of the network's own will do where there are no more: its weight is 0.
                row[place, begin : begin + length] = part[0] if len(part) else member.fold.train[0]
                row[place, begin : begin + len(part)] = part
                weight[place, begin : begin + len(part)] = 1.0 / max(len(part), 1)
                begin += length
        self.row, self.weight = self._send(row), self._send(weight)
        self.target = data.targets[self.row]

    def _place_parameters(self, members: Sequence[Member]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Set the places of parameters; return first padded coefficient and layer of every edge, unsorted."""
        longest = max(member.architecture.n_params for member in members)
        coefficient, inside, padded, owner, w_b, w_s, offset, layer = [], [], [], [], [], [], [], []
        first = self.n_padded = 0
        for place, member in enumerate(members):
            edges, size = member.architecture.n_edges, member.architecture.intervals + SPLINE_ORDER
            edge = np.arange(edges)
            offset.append(self.n_padded + edge * (size + 2 * MARGIN))
            coefficient.append(place * longest + np.arange(edges * size))
            inside.append(coefficient[-1].reshape(edges, size)[:, 1:-1].reshape(-1))
            padded.append(((offset[-1] + MARGIN)[:, None] + np.arange(size)).reshape(-1))
            owner.append(first + np.repeat(edge, size))
            w_b.append(place * longest + edges * size + edge)
            w_s.append(w_b[-1] + edges)
            layer.append(np.repeat(np.arange(member.architecture.depth), np.diff(member.flat.layer_start)))
            first += edges
            self.n_padded += edges * (size + 2 * MARGIN)
        layers = np.concatenate(layer)
        order, number = _sorted(layers)
        self.coefficient, self.padded = self._send(np.concatenate(coefficient)), self._send(np.concatenate(padded))
        self.owner = self._send(number[np.concatenate(owner)])
        self.w_b, self.w_s = (self._send(np.concatenate(places)[order]) for places in (w_b, w_s))
        marks = np.zeros((2, len(members) * longest))
        marks[0, np.concatenate(w_b)] = 1.0
        marks[1, np.concatenate(inside)] = 1.0
        self.is_w_b, inner = self._send(marks.reshape(2, len(members), longest), self._dtype)
        self.is_inside = inner[:, 1:-1]
        return np.concatenate(offset), layers

    def _place_nodes(self, members: Sequence[Member], offset: NDArray[np.int64], layer: NDArray[np.int64]) -> None:
        """Set the numbers of the nodes, and the layers."""
        levels = max(member.architecture.depth for member in members)
        level = np.concatenate(
            [
                np.repeat([*range(1, member.architecture.depth), levels], np.diff(member.flat.level_start))
                for member in members
            ]
        )
        nodes, number = _sorted(level)
        level_start = [0, *np.searchsorted(level[nodes], np.arange(1, levels + 1)).tolist()]
        self.n_nodes, self.n_hidden = len(nodes), level_start[-1]
        counts = np.array([member.flat.level_start[-1] for member in members])
        firsts = np.cumsum(counts) - counts
        edges, _ = _sorted(layer)
        source, target = (
            np.concatenate([number[first + ends] for first, ends in zip(firsts, parts, strict=True)])[edges]
            for parts in (
                [_hidden_source(member.flat) for member in members],
                [member.flat.target for member in members],
            )
        )
        lo, h = (np.concatenate([member.hidden_grid[part] for member in members])[nodes] for part in (0, 1))
        top = np.repeat([member.architecture.intervals + 3 for member in members], counts)[nodes]
        grid = self._nodes(lo, h, top)
        layer_start = np.searchsorted(layer[edges], np.arange(levels + 1)).tolist()
        self.layers = []
        for depth in range(levels):
            part, below = slice(*layer_start[depth : depth + 2]), slice(*level_start[depth : depth + 2])
            self.layers.append(
                Layer(
                    part,
                    self._send(target[part]),
                    self._send(offset[edges][part, None]),
                    self._send(source[part]),
                    self._send(source[part] - below.start),
                    below,
                    Nodes(*(column[below] for column in grid)),
                )
            )

    def _place_inputs(self, members: Sequence[Member], data: Data) -> None:
        # Networks with the same fold and grid share this.
        columns: dict[tuple[Fold, int], int] = {}
        sharers: list[int] = []
        source = []
        features = data.inputs.shape[0]
        for place, member in enumerate(members):
            key = (member.fold, member.architecture.intervals)
            if key not in columns:
                columns[key] = features * len(columns)
                sharers.append(place)
            edges = slice(0, int(member.flat.layer_start[1]))
            source.append(columns[key] + member.flat.columns[member.flat.source[edges]])
        x = data.inputs[:, self.row[sharers]].transpose(0, 1).reshape(features * len(columns), -1)
        lo, h = (np.concatenate([members[place].input_grid[part] for place in sharers]) for part in (0, 1))
        top = np.repeat([members[place].architecture.intervals + 3 for place in sharers], features)
        self.inputs = locate(x, self._nodes(lo, h, top), self._send(np.concatenate(source)), self.layers[0].offset)

    def _nodes(self, lo: NDArray[Any], h: NDArray[Any], top: NDArray[Any]) -> Nodes:
        return Nodes(*(self._send(column[:, None], self._dtype) for column in (lo, 1 / h, top)))

    def _send(self, array: NDArray[Any], dtype: torch.dtype | None = None) -> Tensor:
        return torch.as_tensor(array, dtype=dtype, device=self._device)


def locate(x: Tensor, grid: Nodes, source: Tensor, offset: Tensor) -> Points:
    """Return where the values `x` of some nodes, shape (nodes, rows), fall, for the edges that leave `source`."""
    u = torch.minimum(((x - grid.lo) * grid.inv_h).clamp(min=-MARGIN), grid.top)
    floor = u.floor()
    # NaN looks up a piece that exists, but stays NaN in t.
    piece = floor.nan_to_num(nan=-MARGIN).long() + MARGIN
    return Points(
        piece.index_select(0, source).add_(offset),
        (u - floor).index_select(0, source),
        (x * x.sigmoid()).index_select(0, source),
    )


def _sorted(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order that sorts `keys`, equal ones as they come, and the place of each in it."""
    order = np.argsort(keys, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return order, number


def _hidden_source(flat: FlatNetwork) -> NDArray[np.int32]:
    """Return the source of every edge; some node for the first layer, whose sources are input columns."""
    source = flat.source.copy()
    source[: flat.layer_start[1]] = 0
    return source
