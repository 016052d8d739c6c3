"""Small networks of standard shapes, fitted from scratch: one of them may do as well as the network that was found.

A search pays for accuracy under a penalty and a short training, and may find a wide network where a chain of three
functions does. The shapes here go from sums to sums of functions of sums; every edge is a spline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evokan.explain.laws.law import linear
from evokan.explain.reading.effort import Effort
from evokan.explain.reading.forms import LawForm, SplineForm
from evokan.explain.reading.network import Link, Network
from evokan.explain.reading.refit import Strength, refit
from evokan.explain.reading.rows import Rows
from evokan.seeding import generator
from evokan.spaces.graph import SplineTable

INTERVALS = 8
STARTS = 4


def spline(low: float, high: float, slope: float) -> SplineForm:
    """Return the line ``slope x`` as a spline on [low, high], widened by a tenth at both ends."""
    margin = 0.1 * (high - low) if high > low else 1.0
    h = (high - low + 2 * margin) / INTERVALS
    return SplineForm(SplineTable(low - margin, h, np.zeros(INTERVALS + 3), slope=slope))


def regrid(network: Network, rows: Rows) -> Network:
    """Return the network with every spline on a grid over the values that `rows` bring to it."""
    values = network.forward(rows.x)
    for number in network.splines:
        link = network.links[number]
        x = values[link.source]
        low, high = float(x.min()), float(x.max())
        if not (np.isfinite(low) and np.isfinite(high)) or not high > low:
            continue
        form = spline(low, high, 0.0)
        where_data_lies = np.quantile(x, np.linspace(0, 1, 50))
        points = np.unique(np.concatenate([np.linspace(low, high, 6 * INTERVALS), where_data_lies]))
        basis = form.table.basis(points)
        basis[:, -2] = 0.0
        scale = 1e-6 * len(points)
        normal = basis.T @ basis + form.penalty(scale)
        fitted = np.asarray(np.linalg.solve(normal, basis.T @ link.form.value(points)), dtype=np.float64)
        network = network.with_link(number, form.with_params(fitted))
    return network


def train(network: Network, rows: Rows, ridge: float, iterations: int, effort: Effort) -> Network:
    """Return `network` fitted to `rows`, its grids following its hidden values."""
    for steps in (iterations // 3, iterations - iterations // 3):
        network = refit(regrid(network, rows), rows, Strength(steps, ridge, ridge, precision=1e-3), effort)
    return network


def shapes(columns: Sequence[int], n_inputs: int, n_outputs: int, rows: Rows, seed: int) -> Iterator[list[Network]]:
    """Yield the starts of every shape, smallest shape first.

    Several outputs, or one column: sums of functions. Else, in this order: sums; a function of a sum; two functions of
    weighted sums (projection pursuit; Friedman and Stuetzle, 1981); two functions of sums of functions; a function of
    the third; a function of (a sum of functions, and a function of another one).
    """
    first = n_inputs
    rng = generator("formula shapes", seed)
    size = 1.0 / np.sqrt(len(columns))

    def link(source: int, target: int, *, line: bool = False) -> Link:
        weight = float(rng.normal()) * size if source < n_inputs else 1.0
        if line:
            return Link(source, target, LawForm(linear(weight)))
        x = rows.x[:, source] if source < n_inputs else np.array([-3.0, 3.0])
        return Link(source, target, spline(float(x.min()), float(x.max()), weight))

    def starts(hidden: int, above: Sequence[tuple[int, int]], *, line: bool = False) -> list[Network]:
        """Return networks of all columns into each of `hidden` nodes, and links `above`, numbered from the first."""
        last = first + max((target for _, target in above), default=0)
        return [
            Network(
                n_inputs,
                (
                    *(link(i, first + h, line=line) for h in range(hidden) for i in columns),
                    *(link(first + s, first + t) for s, t in above),
                ),
                np.zeros(last + 1),
                (last,),
            )
            for _ in range(STARTS if above else 1)
        ]

    if n_outputs > 1:
        outputs = tuple(range(first, first + n_outputs))
        links = tuple(link(i, o) for i in columns for o in outputs)
        yield [Network(n_inputs, links, np.zeros(first + n_outputs), outputs)]
        return
    yield starts(1, [])
    if len(columns) > 1:
        yield starts(1, [(0, 1)])
        yield starts(2, [(0, 2), (1, 2)], line=True)
        yield starts(2, [(0, 2), (1, 2)])
        yield starts(2, [(0, 2), (1, 2), (2, 3)], line=True)
        yield starts(2, [(0, 1), (1, 2)])


def lined(network: Network, seed: int) -> list[Network]:
    """Return starts of the same shape with lines of random slope from the inputs to the hidden nodes.

    Two functions of sums of functions can say the same in endless ways; where lines do for the inner ones, they are
    the way to be read.
    """
    rng = generator("formula lines", seed)
    inner = [link.source < network.n_inputs and link.target not in network.outputs for link in network.links]
    starts = []
    for _ in range(STARTS):
        links = tuple(
            Link(link.source, link.target, LawForm(linear(float(rng.normal()))))
            if is_inner
            else Link(link.source, link.target, spline(-3.0, 3.0, 1.0))
            for link, is_inner in zip(network.links, inner, strict=True)
        )
        starts.append(Network(network.n_inputs, links, np.zeros(network.n_nodes), network.outputs))
    return starts


def grow(networks: Sequence[Network], rows: Rows, ridge: float, effort: Effort) -> Network:
    """Return the best of `networks` after training all for a little and the best of them on."""
    tried: list[tuple[float, Network]] = []
    for network in networks:
        if tried and effort.over:
            break
        short = train(network, rows, ridge, 24, effort)
        tried.append((rows.loss(short.predict(rows.x)), short))
    best = min(tried, key=lambda pair: pair[0])[1]
    return refit(regrid(best, rows), rows, Strength(80, ridge, ridge, precision=1e-3), effort)
