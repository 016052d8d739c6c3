"""Values and derivatives of a network in its inputs, and the gradients of both in the parameters, compiled.

Jets (`search_spaces.fkan.taylor`) are carried from the inputs to the outputs (Taylor mode), and the gradient of any
weighted sum of the outputs' jets is carried back: that is all that a differential equation needs, much faster than
automatic differentiation applied again and again. Points are worked on in runs. Parameters are ordered as in
`search_spaces.fkan.kernel`.
"""

from __future__ import annotations

import math

import numpy as np

from evokan.training.compiled import Compiler
from search_spaces.fkan import activation, kernel
from search_spaces.fkan.activation import SCRATCH, activate, parts_of
from search_spaces.fkan.kernel import Array, Blocks, Net, expand
from search_spaces.fkan.taylor import Table

jit = Compiler(__file__, kernel.jit, activation.jit)

RUN = 32

Work = tuple[Array, Array, Array, Array]
"""Values of all neurons (inputs first), sums below them, what `activate` makes of the sums, and scratch space."""


@jit
def network_jets(
    theta: Array, net: Net, columns: Array, x: Array, inverse_scale: Array, table: Table, out: Array
) -> None:
    """Fill the jets of the outputs, shape (points, outputs, components).

    Parameters
    ----------
    columns
        The coordinates that are inputs, shape (inputs,).
    x
        Scaled coordinates, shape (points, coordinates).
    inverse_scale
        Derivative of every scaled coordinate in the raw one; the jets are those in raw coordinates.
    table
        `search_spaces.fkan.taylor.chain_rule` of the coordinates, to the order wanted.
    """
    blocks = expand(theta, net)
    work = _workspace(net, x.shape[0], table)
    value = work[0]
    outputs = value.shape[0] - out.shape[1]
    for start in range(0, x.shape[0], value.shape[2]):
        _forward(theta, net, blocks, columns, x, start, inverse_scale, table, False, work)
        for i in range(min(value.shape[2], x.shape[0] - start)):
            for j in range(out.shape[1]):
                for m in range(out.shape[2]):
                    out[start + i, j, m] = value[outputs + j, m, i]


@jit
def jet_gradients(
    theta: Array, net: Net, columns: Array, x: Array, inverse_scale: Array, table: Table, seeds: Array, out: Array
) -> None:
    """Fill, for every point, the gradient in the parameters of the sum of `seeds` times the outputs' jets.

    Parameters
    ----------
    seeds
        Shape (points, outputs, components).
    out
        Shape (parameters, points).
    """
    blocks = expand(theta, net)
    work = _workspace(net, x.shape[0], table)
    value = work[0]
    adjoint = np.zeros_like(value)
    outputs = value.shape[0] - seeds.shape[1]
    out[:] = 0.0
    for start in range(0, x.shape[0], value.shape[2]):
        rows = min(value.shape[2], x.shape[0] - start)
        _forward(theta, net, blocks, columns, x, start, inverse_scale, table, True, work)
        adjoint[:] = 0.0
        for i in range(rows):
            for j in range(seeds.shape[1]):
                for m in range(seeds.shape[2]):
                    adjoint[outputs + j, m, i] = seeds[start + i, j, m]
        _backward(theta, net, x.shape[1], table, work, adjoint, out[:, start : start + rows])
    _through_triples(theta, net, blocks, out)


@jit
def _workspace(net: Net, points: int, table: Table) -> Work:
    nodes, width = net[0].sum(), max(1, min(points, RUN))
    order, size = table[2][0], table[2][1]
    return (
        np.zeros((nodes, size, width)),
        np.zeros((nodes, size, width)),
        np.zeros((nodes, parts_of(order), width)),
        np.zeros((max(SCRATCH, size), width)),
    )


@jit
def _forward(
    theta: Array,
    net: Net,
    blocks: Blocks,
    columns: Array,
    x: Array,
    start: int,
    inverse_scale: Array,
    table: Table,
    gradients: bool,
    work: Work,
) -> None:
    """Carry the jets of a run of points from the inputs to the outputs; the last point fills a run that is short."""
    sizes, first, degrees = net
    series, _, g = blocks
    value, below, parts, scratch = work
    order, size, flat = table[2]
    d, inputs, width = x.shape[1], sizes[0], value.shape[2]
    value[:inputs] = 0.0
    for k in range(inputs):
        for i in range(width):
            value[k, 0, i] = x[min(start + i, x.shape[0] - 1), columns[k]]
            value[k, 1 + columns[k], i] = inverse_scale[columns[k]]
    place, node, block = 0, inputs, 0
    for level in range(1, sizes.shape[0]):
        lower, upper = sizes[level - 1], sizes[level]
        bias = place + lower * upper
        active = node - inputs < first[first.shape[0] - 1]
        known = 1 + d if level == 1 else size
        for j in range(upper):
            jet = below[node + j] if active else value[node + j]
            jet[:] = 0.0
            jet[0] = theta[bias + j]
            for k in range(lower):
                weight = theta[place + j * lower + k]
                for m in range(known):
                    source, sums = value[node - lower + k, m], jet[m]
                    for i in range(width):
                        sums[i] += weight * source[i]
            if active:
                while node - inputs + j >= first[block + 1]:
                    block += 1
                part = parts[node + j]
                activate(jet[0], g[block], series[block], degrees[block], order, gradients, part, scratch)
                _chain(jet, part, table, flat if level == 1 else table[0].shape[0], value[node + j])
        place = bias + upper
        node += upper


@jit
def _chain(jet: Array, part: Array, table: Table, terms: int, out: Array) -> None:
    """Fill the jet of f(y) from that of y and the derivatives of f."""
    numbers, factors, _ = table
    width = jet.shape[1]
    out[:] = 0.0
    out[0] = part[0]
    for term in range(terms):
        row, many, factor = out[numbers[term, 0]], numbers[term, 1], factors[term]
        outer, one, two = part[many], jet[numbers[term, 2]], jet[max(numbers[term, 3], 0)]
        three, four = jet[max(numbers[term, 4], 0)], jet[max(numbers[term, 5], 0)]
        if many == 1:
            for i in range(width):
                row[i] += factor * outer[i] * one[i]
        elif many == 2:
            for i in range(width):
                row[i] += factor * outer[i] * one[i] * two[i]
        elif many == 3:
            for i in range(width):
                row[i] += factor * outer[i] * one[i] * two[i] * three[i]
        else:
            for i in range(width):
                row[i] += factor * outer[i] * one[i] * two[i] * three[i] * four[i]


@jit
def _backward(theta: Array, net: Net, d: int, table: Table, work: Work, adjoint: Array, out: Array) -> None:
    """Fill the gradients of a run; places of alpha and beta get those along the series in a and b."""
    sizes, first, degrees = net
    value, below, parts, scratch = work
    size, flat = table[2][1], table[2][2]
    rows, count = out.shape[1], degrees.shape[0]
    triples = theta.shape[0] - 3 * count
    place, node, block = triples, value.shape[0], count - 1
    inputs = sizes[0]
    total = np.zeros(value.shape[2])
    for level in range(sizes.shape[0] - 1, 0, -1):
        lower, upper = sizes[level - 1], sizes[level]
        node -= upper
        bias = place - upper
        place = bias - lower * upper
        active = node - inputs < first[first.shape[0] - 1]
        known, terms = (1 + d, flat) if level == 1 else (size, table[0].shape[0])
        for j in range(upper - 1, -1, -1):
            grad = adjoint[node + j]
            if active:
                while node - inputs + j < first[block]:
                    block -= 1
                _activation_back(
                    below[node + j], parts[node + j], grad, table, terms, scratch, out, triples + block, count
                )
            for i in range(rows):
                out[bias + j, i] = grad[0, i]
            for k in range(lower):
                weight = theta[place + j * lower + k]
                total[:] = 0.0
                for m in range(known):
                    source, target, above = value[node - lower + k, m], adjoint[node - lower + k, m], grad[m]
                    for i in range(total.shape[0]):
                        total[i] += above[i] * source[i]
                    if level > 1:
                        for i in range(total.shape[0]):
                            target[i] += weight * above[i]
                for i in range(rows):
                    out[place + j * lower + k, i] = total[i]


@jit
def _activation_back(
    jet: Array, part: Array, grad: Array, table: Table, terms: int, scratch: Array, out: Array, place: int, count: int
) -> None:
    """Turn the gradient in an activation's jet into that in the jet below it, in place; add those in a, b and g."""
    numbers, factors, sizes = table
    order, size = sizes[0], sizes[1]
    width, rows = jet.shape[1], out.shape[1]
    adjoint = scratch[:size]
    adjoint[:] = 0.0
    outer = np.zeros((order + 1, width))
    outer[0] = grad[0]
    for term in range(terms):
        many, factor = numbers[term, 1], factors[term]
        above, slope, total = grad[numbers[term, 0]], part[many], outer[many]
        for place_of in range(many):
            one = jet[numbers[term, 2 + (place_of + 1) % many]]
            two = jet[numbers[term, 2 + (place_of + 2) % many]]
            three = jet[numbers[term, 2 + (place_of + 3) % many]]
            own, target = jet[numbers[term, 2 + place_of]], adjoint[numbers[term, 2 + place_of]]
            for i in range(width):
                others = factor * above[i]
                if many > 1:
                    others *= one[i]
                if many > 2:
                    others *= two[i]
                if many > 3:
                    others *= three[i]
                target[i] += others * slope[i]
                if place_of == 0:
                    total[i] += others * own[i]
    for k in range(order + 1):
        for i in range(width):
            adjoint[0, i] += outer[k, i] * part[k + 1, i]
        for i in range(rows):
            out[place + 2 * count, i] += outer[k, i] * part[order + 2 + k, i]
            out[place, i] += outer[k, i] * part[2 * order + 3 + k, i]
            out[place + count, i] += outer[k, i] * part[3 * order + 4 + k, i]
    grad[:] = adjoint


@jit
def _through_triples(theta: Array, net: Net, blocks: Blocks, out: Array) -> None:
    """Turn gradients in a, b and g into those in alpha, beta and gamma."""
    count = net[2].shape[0]
    first = theta.shape[0] - 3 * count
    for block in range(count):
        g = blocks[2][block]
        out[first + block] *= math.exp(min(theta[first + block], 0.0))
        out[first + count + block] *= math.exp(min(theta[first + count + block], 0.0))
        out[first + 2 * count + block] *= g * (1.0 - g)
