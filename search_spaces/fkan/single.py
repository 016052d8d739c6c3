"""The operations of `search_spaces.fkan.series` over float32 on a processor, compiled into vector instructions.

Values stand in blocks, in each of which every place has its own exponent and series: those of its column, repeated
until a block fills the vectors. So one loop serves a block of one series and a block of many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evokan.training.compiled import Compiler

Array = NDArray[Any]
jit = Compiler(__file__)

BLOCK = 256
"""Places of a block, at least: its work arrays stay in the first cache."""
# Numbers of their own type: a Python float would make doubles of all they meet.
_LOWEST, _HIGHEST = np.float32(-87.0), np.float32(88.0)
_ZERO, _HALF, _ONE, _TWO, _FOUR = (np.float32(value) for value in (0.0, 0.5, 1.0, 2.0, 4.0))
_LOG2_E, _LN2, _REST = np.float32(1.4426950408889634), np.float32(0.693359375), np.float32(-2.12194440e-4)
_I3, _I5, _I7, _I9, _I11, _I13 = (np.float32(1 / odd) for odd in (3, 5, 7, 9, 11, 13))
_F3, _F4, _F5, _F6 = (np.float32(1 / factorial) for factorial in (6, 24, 120, 720))


def fits(*tensors: Tensor) -> bool:
    """Return whether all are float32 in this machine's memory."""
    return all(tensor.dtype == torch.float32 and tensor.device.type == "cpu" for tensor in tensors)


def values(x: Tensor, gamma: Tensor, coefficients: Tensor) -> Tensor:
    """Return what `search_spaces.fkan.series.sigmoid_series` does."""
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    exponents, series = _block(x, torch.sigmoid(gamma), coefficients)
    _values(_flat(x), exponents, series, _flat(out))
    return out


def gradients(
    x: Tensor, gamma: Tensor, coefficients: Tensor, derivative: Tensor, upstream: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients in x, gamma and the coefficients.

    Parameters
    ----------
    derivative
        Chebyshev coefficients of the series' derivative, of the shape of `coefficients`.
    upstream
        Gradient in the values, of the shape of `x`.
    """
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    exponents, series = _block(x, torch.sigmoid(gamma), derivative)
    moments, in_g = np.zeros(series.shape), np.zeros(exponents.shape)
    _gradients(_flat(x), exponents, series, _flat(upstream), _flat(out), moments, in_g)
    columns = gamma.numel()
    in_series = torch.from_numpy(moments.reshape(len(moments), -1, columns).sum(1).T).reshape(coefficients.shape)
    in_gamma = torch.from_numpy(in_g.reshape(-1, columns).sum(0)).reshape(gamma.shape) * torch.sigmoid(-gamma)
    return out, in_gamma.to(gamma.dtype), in_series.to(coefficients.dtype)


def _flat(tensor: Tensor) -> Array:
    """Return the numbers in a row, shared where they lie in one."""
    return tensor.reshape(-1).numpy(force=True)


def _block(x: Tensor, exponents: Tensor, series: Tensor) -> tuple[Array, Array]:
    """Return the exponents, shape (places,), and the series, shape (terms, places), of one block of `x`."""
    columns = exponents.numel()
    repeats = max(1, min(BLOCK, x.numel()) // max(columns, 1))
    by_term = series.reshape(columns, -1).T.numpy(force=True)
    return np.tile(_flat(exponents), repeats), np.ascontiguousarray(np.tile(by_term, (1, repeats)))


@jit
def exp(x: Any) -> Any:
    """Return e**x for one float32; a polynomial, so that loops over it vectorise (relative error 2e-7).

    Arguments are held within -87 and 88, where nothing overflows; NaN stays NaN.
    """
    x = min(max(x, _LOWEST), _HIGHEST)
    n = np.floor(x * _LOG2_E + _HALF)
    # ln 2 in two parts keeps the remainder exact (Cody and Waite, 1980).
    r = x - n * _LN2 - n * _REST
    p = _F6
    p = p * r + _F5
    p = p * r + _F4
    p = p * r + _F3
    p = p * r + _HALF
    p = p * r + _ONE
    p = p * r + _ONE
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@jit
def log_sigmoid(x: Any, e: Any) -> Any:
    """Return log s(x) for one float32, `e` being exp(-|x|): min(x, 0) - log(1 + e)."""
    # log(1 + e) = 2 artanh(e / (2 + e)), whose series has converged here after 7 terms.
    v = e / (_TWO + e)
    v2 = v * v
    s = _I13
    s = s * v2 + _I11
    s = s * v2 + _I9
    s = s * v2 + _I7
    s = s * v2 + _I5
    s = s * v2 + _I3
    s = s * v2 + _ONE
    return min(x, _ZERO) - _TWO * v * s


@jit
def _values(x: Array, g: Array, series: Array, out: Array) -> None:
    width = len(g)
    twice, last, now = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    for start in range(0, len(x), width):
        points, found = x[start : start + width], out[start : start + width]
        n = len(points)
        for i in range(n):
            # The place of T_(k-1) holds log z until the first of them is there: one array less to go through.
            last[i] = g[i] * log_sigmoid(points[i], exp(-abs(points[i])))
        for i in range(n):
            z = exp(last[i])
            twice[i] = _FOUR * (_ZERO if last[i] < _LOWEST else z) - _TWO
            now[i] = _HALF * twice[i]
            last[i] = _ONE
            found[i] = _ZERO
        for k in range(len(series)):
            c = series[k]
            for i in range(n):
                t = last[i]
                found[i] += c[i] * t
                last[i] = now[i]
                now[i] = twice[i] * now[i] - t


@jit
def _gradients(x: Array, g: Array, derivative: Array, upstream: Array, out: Array, moments: Array, in_g: Array) -> None:
    """Fill the gradient in x; add those in g, times g, and in the coefficients of the values to what is there."""
    width = len(g)
    log_z, z, share = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    twice, last, now = np.empty(width, np.float32), np.empty(width, np.float32), np.empty(width, np.float32)
    slope = np.empty(width, np.float32)
    for start in range(0, len(x), width):
        points, found, given = x[start : start + width], out[start : start + width], upstream[start : start + width]
        n = len(points)
        for i in range(n):
            e = exp(-abs(points[i]))
            # What the sigmoid leaves, 1 - s(x).
            share[i] = (e if points[i] > _ZERO else _ONE) / (_ONE + e)
            log_z[i] = g[i] * log_sigmoid(points[i], e)
        for i in range(n):
            power = exp(log_z[i])
            z[i] = _ZERO if log_z[i] < _LOWEST else power
            twice[i] = _FOUR * z[i] - _TWO
            now[i] = _HALF * twice[i]
            last[i] = _ONE
            slope[i] = _ZERO
        for k in range(len(derivative)):
            d, moment = derivative[k], moments[k]
            for i in range(n):
                t = last[i]
                moment[i] += t * given[i]
                slope[i] += d[i] * t
                last[i] = now[i]
                now[i] = twice[i] * now[i] - t
        for i in range(n):
            common = _TWO * z[i] * given[i] * slope[i]
            in_g[i] += common * log_z[i]
            found[i] = common * share[i] * g[i]
