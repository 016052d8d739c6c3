"""Small networks of standard shapes, fitted from scratch: one of them may do as well as the network that was found.

A search pays for accuracy under a penalty and a short training, and may find a wide network where a chain of three
functions does. The shapes here go from sums to sums of functions of sums; every edge is a spline.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from evokan.explain.forms import SplineForm
from evokan.explain.graph import SplineTable
from evokan.explain.network import Link, Network
from evokan.explain.refit import Rows, Strength, refit
from evokan.seeding import generator

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


def train(network: Network, rows: Rows, ridge: float, iterations: int, deadline: float) -> Network:
    """Return `network` fitted to `rows`, its grids following its hidden values."""
    for steps in (iterations // 3, iterations - iterations // 3):
        network = refit(regrid(network, rows), rows, Strength(steps, ridge, ridge, precision=1e-3), deadline)
    return network


def shapes(columns: Sequence[int], n_inputs: int, n_outputs: int, rows: Rows, seed: int) -> Iterator[list[Network]]:
    """Yield the starts of every shape, smallest shape first.

    One output: sums; a function of a sum; the sum of two functions of sums; a function of (a sum, and a function of
    another sum). Several outputs: sums.
    """
    def start(rng: np.random.Generator, source: int, target: int) -> Link:
        low, high = (float(rows.x[:, source].min()), float(rows.x[:, source].max())) if source < n_inputs else (-3., 3.)
        size = 1.0 / np.sqrt(len(columns))
        return Link(source, target, spline(low, high, float(rng.normal()) * size if source < n_inputs else 1.0))

    def network(rng: np.random.Generator, pairs: Sequence[tuple[int, int]], nodes: int,
                outputs: tuple[int, ...]) -> Network:
        return Network(n_inputs, tuple(start(rng, s, t) for s, t in pairs), np.zeros(nodes), outputs)

    first = n_inputs
    rng = generator("formula shapes", seed)
    outputs = tuple(range(first, first + n_outputs))
    yield [network(rng, [(i, o) for i in columns for o in outputs], first + n_outputs, outputs)]
    if n_outputs > 1 or len(columns) < 2:
        return
    yield [network(rng, [(i, first) for i in columns] + [(first, first + 1)], first + 2, (first + 1,))
           for _ in range(STARTS)]
    yield [network(rng, [(i, h) for h in (first, first + 1) for i in columns]
                   + [(first, first + 2), (first + 1, first + 2)], first + 3, (first + 2,)) for _ in range(STARTS)]
    yield [network(rng, [(i, h) for h in (first, first + 1) for i in columns]
                   + [(first, first + 1), (first + 1, first + 2)], first + 3, (first + 2,)) for _ in range(STARTS)]


def grow(networks: Sequence[Network], rows: Rows, ridge: float, deadline: float) -> Network:
    """Return the best of `networks` after training all for a little and the best of them on."""
    tried: list[tuple[float, Network]] = []
    for network in networks:
        if tried and time.thread_time() > deadline:
            break
        short = train(network, rows, ridge, 24, deadline)
        tried.append((rows.loss(short.predict(rows.x)), short))
    best = min(tried, key=lambda pair: pair[0])[1]
    return refit(regrid(best, rows), rows, Strength(80, ridge, ridge, precision=1e-3), deadline)
