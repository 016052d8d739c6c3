"""The compiled loss and gradient of one fKAN on a table.

A network is a chain of linear maps; above the first ones, neurons are grouped in blocks that share degree, alpha, beta
and gamma (`search_spaces.fkan.flat.compile_network`), and above the last ones there is nothing. The parameter vector
holds, for every linear map, its weights (upper neuron by upper neuron) and biases; then alpha, beta and gamma of all
blocks. Rows are worked on in runs that stay in the processor's first caches.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evokan.training import vectors
from evokan.training.compiled import Compiler
from search_spaces.fkan import jacobi
from search_spaces.splines import kernels
from search_spaces.splines.kernels import exp

Array = NDArray[Any]
Net = tuple[Array, Array, Array]
"""Neurons of every level, inputs first; first hidden neuron of every block, and their number; degree of every block."""
Blocks = tuple[Array, Array, Array]
"""Chebyshev series (blocks, 3, terms), series of the derivatives (blocks, terms), and g = sigmoid(gamma)."""
Work = tuple[Array, Array, Array, Array, Array]
"""Values (neurons, rows), sums below the blocks, log s, z = s^g, and the gradient in the values."""

RUN = 128

jit = Compiler(__file__, jacobi.jit, kernels.jit, vectors.jit)


@jit
def workspace(net: Net, rows: int) -> Work:
    """Return the arrays of one run for at most `rows` rows."""
    sizes, _, _ = net
    nodes = sizes[1:].sum()
    width = max(1, min(rows, RUN))
    shape = (nodes, width)
    return np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)


@jit
def expand(theta: Array, net: Net) -> Blocks:
    """Return what alpha, beta and gamma of every block stand for."""
    _, _, degrees = net
    blocks = degrees.shape[0]
    first = theta.shape[0] - 3 * blocks
    terms = degrees.max() + 1 if blocks > 0 else 1
    series, slopes, g = np.zeros((blocks, 3, terms)), np.zeros((blocks, terms)), np.zeros(blocks)
    for block in range(blocks):
        alpha, beta = theta[first + block], theta[first + blocks + block]
        jacobi.coefficients(degrees[block], elu(alpha), elu(beta), series[block])
        jacobi.derivative(series[block, 0], degrees[block], slopes[block])
        gamma = theta[first + 2 * blocks + block]
        g[block] = 1.0 / (1.0 + math.exp(-gamma)) if gamma > -700.0 else 0.0
    return series, slopes, g


@jit
def elu(x: float) -> Any:
    """Return ELU(x), above or at -1."""
    return x if x > 0.0 else math.expm1(x)


@jit
def forward(theta: Array, x: Array, start: int, rows: int, net: Net, blocks: Blocks, work: Work) -> None:
    """Compute all values for the rows from `start` on, from `x` of shape (columns, all rows).

    Beyond `rows`, the values of a run are those of rows of zeros.
    """
    sizes, first, degrees = net
    series, _, g = blocks
    value, below, log_s, z, _ = work
    width = value.shape[1]
    place, node, block = 0, 0, 0
    for level in range(1, sizes.shape[0]):
        lower, upper = sizes[level - 1], sizes[level]
        bias = place + lower * upper
        for j in range(upper):
            row = below[node + j]
            for i in range(width):
                row[i] = theta[bias + j]
            for k in range(lower):
                weight = theta[place + j * lower + k]
                if level == 1:
                    for i in range(rows):
                        row[i] += weight * x[k, start + i]
                else:
                    source = value[node - lower + k]
                    for i in range(width):
                        row[i] += weight * source[i]
        if node >= first[first.shape[0] - 1]:
            value[node : node + upper] = below[node : node + upper]
        else:
            while block < degrees.shape[0] and first[block] < node + upper:
                for j in range(first[block], first[block + 1]):
                    activate(below[j], g[block], series[block, 0], degrees[block], log_s[j], z[j], value[j])
                block += 1
        place = bias + upper
        node += upper


@jit
def activate(x: Array, g: float, series: Array, degree: int, log_s: Array, z: Array, out: Array) -> None:
    """Fill log s(x), z = s(x)^g and sum_k series_k T_k(2 z - 1) for one neuron."""
    for i in range(x.shape[0]):
        log_s[i] = min(x[i], 0.0) - math.log1p(exp(-abs(x[i])))
    for i in range(x.shape[0]):
        z[i] = exp(g * log_s[i])
        twice = 4.0 * z[i] - 2.0
        after, now = 0.0, 0.0  # Clenshaw's recurrence
        for k in range(degree, 0, -1):
            after, now = now, series[k] + twice * now - after
        out[i] = series[0] + 0.5 * twice * now - after


@jit
def loss_of_run(y: Array, labels: Array, targets: Array, start: int, rows: int, g: Array, scale: float) -> Any:
    """Return the summed loss of a run and fill `g`, its gradient times `scale`, in the outputs `y` (outputs, rows).

    Cross-entropy where `labels` has rows, squared error otherwise; `targets` has shape (outputs, all rows).
    """
    total = 0.0
    g[:] = 0.0
    for i in range(rows):
        if labels.shape[0] > 0:
            top = y[0, i]
            for k in range(1, y.shape[0]):
                top = max(top, y[k, i])
            partition = 0.0
            for k in range(y.shape[0]):
                g[k, i] = exp(y[k, i] - top)
                partition += g[k, i]
            for k in range(y.shape[0]):
                g[k, i] *= scale / partition
            label = labels[start + i]
            g[label, i] -= scale
            total += math.log(partition) - (y[label, i] - top)
        else:
            for k in range(y.shape[0]):
                error = y[k, i] - targets[k, start + i]
                g[k, i] = 2.0 * scale * error
                total += error * error
    return total


@jit
def data_loss(theta: Array, x: Array, labels: Array, targets: Array, net: Net, work: Work) -> Any:
    """Return the mean loss without gradient and penalty."""
    sizes, _, _ = net
    value, gradient = work[0], work[4]
    outputs = value.shape[0] - sizes[-1]
    blocks = expand(theta, net)
    n, width = x.shape[1], value.shape[1]
    total = 0.0
    for start in range(0, n, width):
        rows = min(width, n - start)
        forward(theta, x, start, rows, net, blocks, work)
        total += loss_of_run(value[outputs:], labels, targets, start, rows, gradient[outputs:], 1.0)
    return total / n


@jit
def loss_and_gradient(
    theta: Array, grad: Array, x: Array, labels: Array, targets: Array, net: Net, work: Work, ridge: float
) -> Any:
    """Return the mean loss plus ridge times the sum of squared weights, and fill its gradient `grad`."""
    sizes, _, _ = net
    value, gradient = work[0], work[4]
    outputs = value.shape[0] - sizes[-1]
    blocks = expand(theta, net)
    n, width = x.shape[1], value.shape[1]
    grad[:] = 0.0
    total = 0.0
    for start in range(0, n, width):
        rows = min(width, n - start)
        forward(theta, x, start, rows, net, blocks, work)
        total += loss_of_run(value[outputs:], labels, targets, start, rows, gradient[outputs:], 1.0 / n)
        backward(theta, grad, x, start, rows, net, blocks, work)
    loss = total / n
    place = 0
    for level in range(1, sizes.shape[0]):
        weights = sizes[level - 1] * sizes[level]
        for i in range(place, place + weights):
            loss += ridge * theta[i] * theta[i]
            grad[i] += 2.0 * ridge * theta[i]
        place += weights + sizes[level]
    return loss


@jit
def backward(theta: Array, grad: Array, x: Array, start: int, rows: int, net: Net, blocks: Blocks, work: Work) -> None:
    """Add the gradient of one run to `grad`, from that in the outputs down."""
    sizes, first, degrees = net
    value, _, _, _, gradient = work
    width = value.shape[1]
    count = degrees.shape[0]
    place = theta.shape[0] - 3 * count
    node, block = value.shape[0], count - 1
    scratch = np.zeros((3, width))
    source = np.zeros(width)
    for level in range(sizes.shape[0] - 1, 0, -1):
        lower, upper = sizes[level - 1], sizes[level]
        node -= upper
        bias = place - upper
        place = bias - lower * upper
        if node < first[first.shape[0] - 1]:
            while block >= 0 and first[block] >= node:
                for j in range(first[block], first[block + 1]):
                    backward_block(theta, grad, block, j, net, blocks, work, scratch)
                block -= 1
        if level > 1:
            gradient[node - lower : node] = 0.0
        for j in range(upper):
            above = gradient[node + j]
            for i in range(rows):
                grad[bias + j] += above[i]
        for k in range(lower):
            if level == 1:
                source[:rows] = x[k, start : start + rows]
            else:
                source[:] = value[node - lower + k]
                below = gradient[node - lower + k]
            for j in range(upper):
                above = gradient[node + j]
                grad[place + j * lower + k] += vectors.dot(above, source)
                if level > 1:
                    weight = theta[place + j * lower + k]
                    for i in range(width):
                        below[i] += weight * above[i]


@jit
def backward_block(
    theta: Array, grad: Array, block: int, node: int, net: Net, blocks: Blocks, work: Work, scratch: Array
) -> None:
    """Turn the gradient in a neuron's value into that in its sum, and add those in alpha, beta and gamma."""
    degree = net[2][block]
    count = net[2].shape[0]
    series, slopes, gs = blocks
    _, below, log_s, z, gradient = work
    g, first = gs[block], theta.shape[0] - 3 * count
    slope = slopes[block]
    upstream, z, log_s, below = gradient[node], z[node], log_s[node], below[node]
    last, now, total = scratch[0], scratch[1], scratch[2]
    alpha, beta = theta[first + block], theta[first + count + block]
    d_alpha, d_beta = min(1.0, math.exp(min(alpha, 0.0))), min(1.0, math.exp(min(beta, 0.0)))
    for i in range(z.shape[0]):
        last[i], now[i], total[i] = 1.0, 2.0 * z[i] - 1.0, 0.0
    for k in range(degree + 1):
        moment = vectors.dot(last, upstream)
        grad[first + block] += d_alpha * moment * series[block, 1, k]
        grad[first + count + block] += d_beta * moment * series[block, 2, k]
        for i in range(z.shape[0]):
            total[i] += slope[k] * last[i]
            last[i], now[i] = now[i], (4.0 * z[i] - 2.0) * now[i] - last[i]
    for i in range(z.shape[0]):
        upstream[i] *= 2.0 * z[i] * total[i]
    grad[first + 2 * count + block] += g * (1.0 - g) * vectors.dot(upstream, log_s)
    for i in range(z.shape[0]):
        e = exp(-abs(below[i]))
        upstream[i] *= g * (e if below[i] > 0.0 else 1.0) / (1.0 + e)
