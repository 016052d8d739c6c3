"""A network of forms that may skip levels: what is pruned, merged, fitted again, and turned into a formula.

Nodes are numbered so that every edge leads to a higher number: first the inputs, then the rest. Inputs are the
scaled columns, outputs logits or scaled targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.laws.law import Law
from evokan.explain.reading.forms import Form, LawForm, SplineForm
from evokan.spaces.graph import FunctionGraph, NodeFunction, SplineTable, apply_node


@dataclass(frozen=True, eq=False)
class Link:
    """An edge from node `source` to node `target`."""

    source: int
    target: int
    form: Form


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, links and biases.

    Attributes
    ----------
    n_inputs
        Nodes 0 ... n_inputs - 1 are the inputs.
    links
        In any order; every target is above its source and above the inputs.
    biases
        One for every node, shape (nodes,); 0 for the inputs.
    outputs
        Nodes of the outputs, in order.
    node_functions
        What a node does to its sum; identity where it is not named.
    """

    n_inputs: int
    links: tuple[Link, ...]
    biases: FloatArray
    outputs: tuple[int, ...]
    node_functions: tuple[tuple[int, NodeFunction], ...] = ()

    @property
    def n_nodes(self) -> int:
        """Number of nodes, inputs among them."""
        return len(self.biases)

    @property
    def complexity(self) -> int:
        """Sum over the links, and one for every bias that is not 0."""
        return sum(link.form.complexity for link in self.links) + int(np.count_nonzero(self.biases))

    @property
    def splines(self) -> list[int]:
        """Numbers of the links that have no law."""
        return [i for i, link in enumerate(self.links) if isinstance(link.form, SplineForm)]

    def into(self, node: int) -> list[int]:
        """Return the numbers of the links that end at `node`."""
        return [i for i, link in enumerate(self.links) if link.target == node]

    def out_of(self, node: int) -> list[int]:
        """Return the numbers of the links that begin at `node`."""
        return [i for i, link in enumerate(self.links) if link.source == node]

    def with_link(self, number: int, form: Form) -> Network:
        """Return the network with another form on one link."""
        links = list(self.links)
        links[number] = replace(links[number], form=form)
        return replace(self, links=tuple(links))

    def with_law(self, number: int, law: Law) -> Network:
        """Return the network with a law on one link; its constant d goes to the bias of the node above."""
        biases = self.biases.copy()
        biases[self.links[number].target] += law.d
        return replace(self.with_link(number, LawForm(replace(law, d=0.0))), biases=biases)

    def without(self, numbers: Sequence[int], constants: Sequence[float] | None = None) -> Network:
        """Return the network without some links and all that hangs on them alone.

        Parameters
        ----------
        numbers
            Links to leave out.
        constants
            What each of them adds on average; goes to the bias of the node above.
        """
        biases = self.biases.copy()
        for number, constant in zip(numbers, constants or [0.0] * len(numbers), strict=True):
            biases[self.links[number].target] += constant
        gone = set(numbers)
        return replace(
            self, links=tuple(link for i, link in enumerate(self.links) if i not in gone), biases=biases
        ).tidy()

    def tidy(self) -> Network:
        """Return the network without nodes that get nothing or give nothing, and without gaps in the numbers."""
        network = self
        while True:
            live = [
                link
                for link in network.links
                if (link.target in network.outputs or network.out_of(link.target))
                and (link.source < network.n_inputs or network.into(link.source))
            ]
            biases = network.biases.copy()
            for link in network.links:
                if link not in live and link.source >= network.n_inputs and not network.into(link.source):
                    # What hangs on a node without input is a constant.
                    constant = apply_node(network.function_of(link.source), biases[link.source : link.source + 1])
                    biases[link.target] += float(link.form.value(constant)[0])
            if len(live) == len(network.links):
                break
            network = replace(network, links=tuple(live), biases=biases)
        kept = sorted({*range(self.n_inputs), *self.outputs, *(n for link in live for n in (link.source, link.target))})
        number = {old: new for new, old in enumerate(kept)}
        return Network(
            self.n_inputs,
            tuple(Link(number[link.source], number[link.target], link.form) for link in live),
            network.biases[kept],
            tuple(number[node] for node in self.outputs),
            tuple((number[node], name) for node, name in self.node_functions if node in number),
        )

    def function_of(self, node: int) -> NodeFunction:
        """Return what `node` does to its sum."""
        return dict(self.node_functions).get(node, "identity")

    def forward(self, x: FloatArray, bases: dict[int, FloatArray] | None = None) -> FloatArray:
        """Return the value of every node, shape (nodes, N), for scaled rows `x` of shape (N, inputs).

        Off the domain of a law values are NaN.

        Parameters
        ----------
        bases
            Basis functions of splines at these rows, by number of the link, shape (N, p): those that are known are
            not computed again, the others are added.
        """
        bases = {} if bases is None else bases
        values = np.empty((self.n_nodes, len(x)))
        values[: self.n_inputs] = x.T
        values[self.n_inputs :] = self.biases[self.n_inputs :, None]
        for node in range(self.n_inputs, self.n_nodes):
            with np.errstate(all="ignore"):
                for number in self.into(node):
                    link = self.links[number]
                    if isinstance(link.form, SplineForm):
                        if number not in bases:
                            bases[number] = link.form.jacobian(values[link.source])
                        values[node] += bases[number] @ link.form.params
                    else:
                        values[node] += link.form.value(values[link.source])
                if self.node_functions:
                    values[node] = apply_node(self.function_of(node), values[node])
        return values

    def predict(self, x: FloatArray) -> FloatArray:
        """Return the outputs, shape (N, outputs), for scaled rows `x`."""
        return self.forward(x)[list(self.outputs)].T

    def jacobian(self, values: FloatArray, bases: Mapping[int, FloatArray] | None = None) -> FloatArray:
        """Return the derivatives of the outputs in all trainable values, shape (outputs, N, P).

        The order of the trainable values is that of `params`: links in order, then the biases above the inputs.
        `values` is what `forward` gave, and `bases` what it has added to.
        """
        bases = {} if bases is None else bases
        sizes = [len(link.form.params) for link in self.links]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        above = self.n_nodes - self.n_inputs
        rows = values.shape[1]
        out = np.zeros((len(self.outputs), rows, starts[-1] + above))
        slopes = [link.form.slope(values[link.source]) if link.source >= self.n_inputs else None for link in self.links]
        parts = [
            bases[i] if i in bases else link.form.jacobian(values[link.source]) for i, link in enumerate(self.links)
        ]
        for k, output in enumerate(self.outputs):
            g = np.zeros((self.n_nodes, rows))
            g[output] = 1.0
            for node in range(self.n_nodes - 1, self.n_inputs - 1, -1):
                if not g[node].any():
                    continue
                g[node] *= _node_slope(self.function_of(node), values[node])
                out[k, :, starts[-1] + node - self.n_inputs] = g[node]
                for number in self.into(node):
                    out[k, :, starts[number] : starts[number + 1]] = g[node][:, None] * parts[number]
                    slope = slopes[number]
                    if slope is not None:
                        g[self.links[number].source] += g[node] * slope
        return out

    @property
    def params(self) -> FloatArray:
        """All trainable values: those of the links in order, then the biases above the inputs."""
        return np.concatenate([*(link.form.params for link in self.links), self.biases[self.n_inputs :]])

    def with_params(self, params: FloatArray) -> Network:
        """Return the network with other trainable values."""
        links, place = [], 0
        for link in self.links:
            size = len(link.form.params)
            links.append(replace(link, form=link.form.with_params(params[place : place + size])))
            place += size
        biases = self.biases.copy()
        biases[self.n_inputs :] = params[place:]
        return replace(self, links=tuple(links), biases=biases)

    @classmethod
    def from_graph(cls, graph: FunctionGraph, x: FloatArray) -> Network:
        """Return the network of `graph`; edges that are no splines or laws are sampled over the rows `x` (scaled)."""
        start = np.concatenate([[0], np.cumsum(graph.widths)]).astype(int)
        biases = np.zeros(start[-1])
        for level, bias in enumerate(graph.biases, start=1):
            biases[start[level] : start[level + 1]] = bias
        values = graph.levels(graph.input_scaler.inverse(x))
        links = []
        for edge in sorted(graph.edges, key=lambda e: (e.layer, e.source, e.target)):
            target = int(start[edge.layer + 1]) + edge.target
            form: Form
            if isinstance(edge.function, Law):
                biases[target] += edge.function.d
                form = LawForm(replace(edge.function, d=0.0))
            elif isinstance(edge.function, SplineTable):
                form = SplineForm(edge.function)
            else:
                points = values[edge.layer][:, edge.source]
                form = SplineForm(SplineTable.sample(edge.function, float(points.min()), float(points.max())))
            links.append(Link(int(start[edge.layer]) + edge.source, target, form))
        functions = [
            (node, name)
            for level, name in enumerate(graph.node_functions, start=1)
            if name != "identity"
            for node in range(start[level], start[level + 1])
        ]
        return cls(graph.widths[0], tuple(links), biases, tuple(range(start[-2], start[-1])), tuple(functions)).tidy()


def _node_slope(name: NodeFunction, value: FloatArray) -> FloatArray:
    """Return the derivative of a node function where its value is `value`."""
    if name == "sigmoid":
        return value * (1.0 - value)
    if name == "tanh":
        return 1.0 - value**2
    if name in ("clip", "clip1"):
        return ((value > (0.0 if name == "clip" else -1.0)) & (value < 1.0)).astype(np.float64)
    return np.ones_like(value)
