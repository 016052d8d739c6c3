"""Compiled passes over vectors: one-dimensional, contiguous, of one floating type within a call.

Scalars are ``float`` and are rounded to the vectors' type first, so that float32 work stays float32. Arguments
of one call do not overlap: that would be slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from evokan.training.compiled import Compiler

jit = Compiler(__file__)

Vector = NDArray[Any]

alloca: Callable[..., Any] = cgutils.alloca_once_value

BLOCK_BYTES = 64
SUMS = 4


@jit
def dot(a: Vector, b: Vector) -> float:
    """Return the inner product of a and b."""
    return np.float64(_dot(a, b))  # type: ignore[call-arg]


@jit
def copy(r: Vector, a: Vector) -> None:
    """Set r to a."""
    for k in range(r.size):  # slice assignment takes two seconds to compile
        r[k] = a[k]


@jit
def multiply(r: Vector, factor: float) -> None:
    """Multiply r by `factor`."""
    factor_ = r.dtype.type(factor)
    for k in range(r.size):
        r[k] *= factor_


@jit
def add(r: Vector, factor: float, a: Vector) -> None:
    """Add ``factor * a`` to r."""
    factor_ = r.dtype.type(factor)
    for k in range(r.size):
        r[k] += factor_ * a[k]


@jit
def combine(r: Vector, a: Vector, factor: float, b: Vector) -> None:
    """Set r to ``a + factor * b``."""
    factor_ = r.dtype.type(factor)
    for k in range(r.size):
        r[k] = a[k] + factor_ * b[k]


@jit
def within(v: Vector, factor: float, limit: float) -> bool:
    """Return whether no component of ``factor * v`` is larger than `limit` in size; NaN is."""
    k = 0
    while k < v.size and abs(factor * v[k]) <= limit:  # ends at once where the answer is no
        k += 1
    return k == v.size


@intrinsic
def _dot(typing_context: Any, a: Any, b: Any) -> tuple[Any, Callable[..., Any]] | None:
    """Inner product by `SUMS` running sums of `BLOCK_BYTES` each.

    A plain loop makes one addition after the other. With leave to reorder them it becomes fast, but then the
    compiler may choose another order wherever it compiles the loop. Here the order is written out.
    """
    if a != b or not isinstance(a, types.Array) or a.layout != "C" or a.ndim != 1:
        return None
    bits: int = a.dtype.bitwidth
    lanes = BLOCK_BYTES * 8 // bits

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [context.make_array(a)(context, builder, argument) for argument in arguments]
        size = builder.extract_value(arrays[0].shape, 0)
        scalar = context.get_data_type(a.dtype)
        vector = ir.VectorType(scalar, lanes)

        def add_products(total: Any, place: Any, kind: Any) -> None:
            factors = []
            for array in arrays:
                pointer = builder.bitcast(builder.gep(array.data, [place]), kind.as_pointer())
                factors.append(builder.load(pointer, align=bits // 8))
            builder.store(builder.fadd(builder.load(total), builder.fmul(*factors)), total)

        def loop(begin: Any, end: Any, step: int) -> Any:
            return cgutils.for_range_slice(builder, begin, end, size.type(step), size.type)

        totals = [alloca(builder, vector(None)) for _ in range(SUMS)]
        rest = alloca(builder, scalar(0.0))
        blocks_end = builder.sub(size, builder.urem(size, size.type(SUMS * lanes)))
        lanes_end = builder.sub(size, builder.urem(size, size.type(lanes)))
        with loop(size.type(0), blocks_end, SUMS * lanes) as (place, _):
            for number, total in enumerate(totals):
                add_products(total, builder.add(place, size.type(number * lanes)), vector)
        with loop(blocks_end, lanes_end, lanes) as (place, _):
            add_products(totals[0], place, vector)
        with loop(lanes_end, size, 1) as (place, _):
            add_products(rest, place, scalar)

        total = _add_pairwise(builder, [builder.load(total) for total in totals])
        parts = [builder.extract_element(total, ir.IntType(32)(lane)) for lane in range(lanes)]
        return builder.fadd(_add_pairwise(builder, parts), builder.load(rest))

    return a.dtype(a, b), generate


def _add_pairwise(builder: Any, parts: list[Any]) -> Any:
    while len(parts) > 1:
        parts = [builder.fadd(left, right) for left, right in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]
