"""Values and derivatives of a network in its inputs, and the gradients of both in the parameters, compiled.

A jet of a neuron holds its value, its first derivatives in the d coordinates, and its second derivatives in the pairs
(0, 0), (0, 1), ..., (1, 1), ...: 1 + d + d (d + 1) / 2 numbers. Jets are carried from the inputs to the output point by
point (Taylor mode), and the gradient of any weighted sum of the output's jet is carried back: that is all that a
differential equation of second order needs, several times faster than automatic differentiation applied thrice.
Parameters are ordered as in `search_spaces.fkan.kernel`.
"""

from __future__ import annotations

import math

import numpy as np

from evokan.training.compiled import Compiler
from search_spaces.fkan import kernel
from search_spaces.fkan.kernel import Array, Blocks, Net, expand
from search_spaces.splines import kernels
from search_spaces.splines.kernels import exp

jit = Compiler(__file__, kernel.jit, kernels.jit)

PARTS = 13
"""Numbers kept of one activation: see `activate`."""


@jit
def components(coordinates: int) -> int:
    """Return how many numbers a jet has."""
    return 1 + coordinates + coordinates * (coordinates + 1) // 2


@jit
def network_jets(theta: Array, net: Net, columns: Array, x: Array, inverse_scale: Array, out: Array) -> None:
    """Fill the jets of the output, shape (points, components).

    Parameters
    ----------
    columns
        The coordinates that are inputs, shape (inputs,).
    x
        Scaled coordinates, shape (points, coordinates).
    inverse_scale
        Derivative of every scaled coordinate in the raw one; the jets are those in raw coordinates.
    """
    blocks = expand(theta, net)
    value, below, parts = _workspace(net, x.shape[1])
    for point in range(x.shape[0]):
        _forward(theta, net, blocks, columns, x[point], inverse_scale, value, below, parts)
        out[point] = value[value.shape[0] - 1]


@jit
def jet_gradients(
    theta: Array, net: Net, columns: Array, x: Array, inverse_scale: Array, seeds: Array, out: Array
) -> None:
    """Fill, for every point, the gradient in the parameters of the sum of `seeds` times the output's jet.

    Parameters
    ----------
    seeds
        Shape (points, components).
    out
        Shape (points, parameters).
    """
    blocks = expand(theta, net)
    value, below, parts = _workspace(net, x.shape[1])
    adjoint = np.zeros_like(value)
    out[:] = 0.0
    for point in range(x.shape[0]):
        _forward(theta, net, blocks, columns, x[point], inverse_scale, value, below, parts)
        adjoint[:] = 0.0
        adjoint[adjoint.shape[0] - 1] = seeds[point]
        _backward(theta, net, value, below, parts, adjoint, x.shape[1], out[point])
    _through_triples(theta, net, blocks, out)


@jit
def _workspace(net: Net, coordinates: int) -> tuple[Array, Array, Array]:
    """Return values and sums of all neurons (inputs first) and what `activate` makes of the sums."""
    nodes, size = net[0].sum(), components(coordinates)
    return np.zeros((nodes, size)), np.zeros((nodes, size)), np.zeros((nodes, PARTS))


@jit
def activate(x: float, g: float, series: Array, degree: int, parts: Array) -> None:
    """Fill phi(x) = F(2 z - 1), z = s(x)^g, with what the gradients need.

    In order: phi and its first three derivatives in x; the derivatives in g of phi, phi', phi''; then those along the
    derivatives of the series in a (rows 1) and in b (row 2): of phi, phi', phi'' each.
    With p = 1 - s(x), the n-th derivative of z is z Q_n(p), Q_1 = g p, Q_{n+1} = g p Q_n - p (1 - p) dQ_n/dp.
    """
    log_s = min(x, 0.0) - math.log1p(exp(-abs(x)))
    e = exp(-abs(x))
    p = (e if x > 0.0 else 1.0) / (1.0 + e)
    z = exp(g * log_s)
    pq = p * (1.0 - p)
    q1 = g * p
    q2 = q1 * q1 - g * pq
    q3 = q1 * q2 - pq * (2.0 * g * q1 - g * (1.0 - 2.0 * p))
    t, t1, t2, t3 = 2.0 * z - 1.0, 2.0 * z * q1, 2.0 * z * q2, 2.0 * z * q3
    tg = 2.0 * z * log_s
    t1g = t1 * log_s + 2.0 * z * p
    t2g = t2 * log_s + 2.0 * z * (2.0 * q1 * p - pq)
    # T_k(t) and its first three derivatives; the sums of the three series along them.
    c0, c1, c2, c3 = 1.0, 0.0, 0.0, 0.0
    n0, n1, n2, n3 = t, 1.0, 0.0, 0.0
    f0, f1, f2, f3 = 0.0, 0.0, 0.0, 0.0
    a0, a1, a2, b0, b1, b2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(degree + 1):
        c, ca, cb = series[0, k], series[1, k], series[2, k]
        f0 += c * c0
        f1 += c * c1
        f2 += c * c2
        f3 += c * c3
        a0 += ca * c0
        a1 += ca * c1
        a2 += ca * c2
        b0 += cb * c0
        b1 += cb * c1
        b2 += cb * c2
        m0 = 2.0 * t * n0 - c0
        m1 = 2.0 * n0 + 2.0 * t * n1 - c1
        m2 = 4.0 * n1 + 2.0 * t * n2 - c2
        m3 = 6.0 * n2 + 2.0 * t * n3 - c3
        c0, c1, c2, c3 = n0, n1, n2, n3
        n0, n1, n2, n3 = m0, m1, m2, m3
    parts[0] = f0
    parts[1] = f1 * t1
    parts[2] = f2 * t1 * t1 + f1 * t2
    parts[3] = f3 * t1 * t1 * t1 + 3.0 * f2 * t1 * t2 + f1 * t3
    parts[4] = f1 * tg
    parts[5] = f2 * tg * t1 + f1 * t1g
    parts[6] = f3 * tg * t1 * t1 + 2.0 * f2 * t1 * t1g + f2 * tg * t2 + f1 * t2g
    parts[7], parts[8], parts[9] = a0, a1 * t1, a2 * t1 * t1 + a1 * t2
    parts[10], parts[11], parts[12] = b0, b1 * t1, b2 * t1 * t1 + b1 * t2


@jit
def _forward(
    theta: Array,
    net: Net,
    blocks: Blocks,
    columns: Array,
    x: Array,
    inverse_scale: Array,
    value: Array,
    below: Array,
    parts: Array,
) -> None:
    """Carry the jets of one point from the inputs to the output."""
    sizes, first, degrees = net
    series, _, g = blocks
    d, inputs = x.shape[0], sizes[0]
    value[:inputs] = 0.0
    for k in range(inputs):
        value[k, 0] = x[columns[k]]
        value[k, 1 + columns[k]] = inverse_scale[columns[k]]
    place, node, block = 0, inputs, 0
    for level in range(1, sizes.shape[0]):
        lower, upper = sizes[level - 1], sizes[level]
        bias = place + lower * upper
        last = level == sizes.shape[0] - 1
        for j in range(upper):
            jet = value[node + j] if last else below[node + j]
            jet[:] = 0.0
            jet[0] = theta[bias + j]
            for k in range(lower):
                weight = theta[place + j * lower + k]
                source = value[node - lower + k]
                for m in range(jet.shape[0]):
                    jet[m] += weight * source[m]
            if not last:
                if node - inputs + j >= first[block + 1]:
                    block += 1
                part = parts[node + j]
                activate(jet[0], g[block], series[block], degrees[block], part)
                out = value[node + j]
                out[0] = part[0]
                m = 1 + d
                for a in range(d):
                    out[1 + a] = part[1] * jet[1 + a]
                    for b in range(a, d):
                        out[m] = part[2] * jet[1 + a] * jet[1 + b] + part[1] * jet[m]
                        m += 1
        place = bias + upper
        node += upper


@jit
def _backward(
    theta: Array, net: Net, value: Array, below: Array, parts: Array, adjoint: Array, d: int, row: Array
) -> None:
    """Add the gradient of one point to `row`; places of alpha and beta get that along the series in a and b."""
    sizes, first, degrees = net
    count = degrees.shape[0]
    triples = theta.shape[0] - 3 * count
    place, node, block = triples, value.shape[0], count - 1
    inputs = sizes[0]
    for level in range(sizes.shape[0] - 1, 0, -1):
        lower, upper = sizes[level - 1], sizes[level]
        node -= upper
        bias = place - upper
        place = bias - lower * upper
        for j in range(upper - 1, -1, -1):
            grad = adjoint[node + j]
            if level < sizes.shape[0] - 1:
                if node - inputs + j < first[block]:
                    block -= 1
                _backward_activation(below[node + j], parts[node + j], grad, d, block, count, row[triples:])
            row[bias + j] += grad[0]
            for k in range(lower):
                weight = theta[place + j * lower + k]
                source, target = value[node - lower + k], adjoint[node - lower + k]
                total = 0.0
                for m in range(grad.shape[0]):
                    total += grad[m] * source[m]
                    target[m] += weight * grad[m]
                row[place + j * lower + k] += total


@jit
def _backward_activation(jet: Array, part: Array, grad: Array, d: int, block: int, count: int, triples: Array) -> None:
    """Turn the gradient in an activation's jet into that in the jet below it, in place."""
    once, twice = 0.0, 0.0
    m = 1 + d
    for a in range(d):
        once += grad[1 + a] * jet[1 + a]
        for b in range(a, d):
            once += grad[m] * jet[m]
            twice += grad[m] * jet[1 + a] * jet[1 + b]
            m += 1
    triples[block] += grad[0] * part[7] + once * part[8] + twice * part[9]
    triples[count + block] += grad[0] * part[10] + once * part[11] + twice * part[12]
    triples[2 * count + block] += grad[0] * part[4] + once * part[5] + twice * part[6]
    grad[0] = grad[0] * part[1] + once * part[2] + twice * part[3]
    for a in range(d):
        grad[1 + a] *= part[1]
    m = 1 + d
    for a in range(d):
        for b in range(a, d):
            grad[1 + a] += grad[m] * part[2] * jet[1 + b]
            grad[1 + b] += grad[m] * part[2] * jet[1 + a]
            grad[m] *= part[1]
            m += 1


@jit
def _through_triples(theta: Array, net: Net, blocks: Blocks, out: Array) -> None:
    """Turn gradients in a, b and g into those in alpha, beta and gamma."""
    count = net[2].shape[0]
    first = theta.shape[0] - 3 * count
    for block in range(count):
        d_alpha = math.exp(min(theta[first + block], 0.0))
        d_beta = math.exp(min(theta[first + count + block], 0.0))
        g = blocks[2][block]
        for point in range(out.shape[0]):
            out[point, first + block] *= d_alpha
            out[point, first + count + block] *= d_beta
            out[point, first + 2 * count + block] *= g * (1.0 - g)
