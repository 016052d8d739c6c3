"""The same edges on small grids: all basis functions of a node as columns over a block of rows.

Where a grid has few intervals, gathering four coefficients and scattering four sums a row costs more than multiplying
all of them: columns are worked on by whole vectors. Vectors and fused multiplications are written out as LLVM's own
(`llvm.fma`), not left to reordering by the compiler: results are the same in every process.

A block has `BLOCK` rows, always: in those beyond the last row the upstream gradients are 0 and all else is finite.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from evokan.training.compiled import Compiler
from search_spaces.splines import kernels
from search_spaces.splines.kernels import exp

Array = NDArray[Any]

BLOCK = 64
MOST_INTERVALS = 16
"""Grids of so many intervals at most are faster this way; measured."""
_BYTES = 64
"""Of a vector: one register of AVX-512, two of AVX2."""

jit = Compiler(__file__, kernels.jit)


@jit
def lanes(like: Array) -> int:
    """Return how many values of the dtype of `like` are a vector."""
    return _BYTES // like.itemsize


@jit
def columns(x: Array, lo: float, inv_h: float, b: Array, rows: int) -> None:
    """Fill `b`, shape (G + 3, >= rows), with the basis values of the points `x`.

    The cubic B-spline at a distance of a intervals from its centre is ((2 - a)+^3 - 4 (1 - a)+^3) / 6.
    """
    one, two, sixth, more = x.dtype.type(1), x.dtype.type(2), x.dtype.type(1 / 6), x.dtype.type(2 / 3)
    for k in range(b.shape[0]):
        column, centre = b[k], x.dtype.type(k - 1)
        for row in range(rows):
            a = abs((x[row] - lo) * inv_h - centre)
            outer, inner = max(two - a, a - a), max(one - a, a - a)
            column[row] = outer * outer * outer * sixth - inner * inner * inner * more


@jit
def columns_and_slopes(x: Array, lo: float, inv_h: float, b: Array, d: Array, rows: int) -> None:
    """Do as `columns`, and fill `d`, of the same shape, with the derivatives."""
    one, two, sixth, more = x.dtype.type(1), x.dtype.type(2), x.dtype.type(1 / 6), x.dtype.type(2 / 3)
    outward, inward = inv_h * x.dtype.type(-0.5), inv_h * two
    for k in range(b.shape[0]):
        column, slope, centre = b[k], d[k], x.dtype.type(k - 1)
        for row in range(rows):
            u = (x[row] - lo) * inv_h - centre
            a = abs(u)
            outer, inner = max(two - a, a - a), max(one - a, a - a)
            outer2, inner2 = outer * outer, inner * inner
            column[row] = outer2 * outer * sixth - inner2 * inner * more
            fall = outer2 * outward + inner2 * inward
            slope[row] = math.copysign(one, u) * fall


@jit
def smooth(x: Array, silu: Array, dsilu: Array, rows: int) -> None:
    """Fill x sigmoid(x) and its derivative."""
    for row in range(rows):
        sigmoid = 1.0 / (1.0 + exp(-np.float64(x[row])))
        silu[row] = x[row] * sigmoid
        dsilu[row] = sigmoid * (1.0 + x[row] * (1.0 - sigmoid))


class _Code:
    """What the three intrinsics share: pointers, vectors, fused multiplications, a loop over the columns."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any) -> None:
        self.builder = builder
        self.context = context
        self.types, self.values = signature.args, values
        size = 8 if signature.args[0].dtype == types.float64 else 4
        self.scalar: Any = ir.DoubleType() if size == 8 else ir.FloatType()
        self.lanes = _BYTES // size
        self.parts = BLOCK // self.lanes
        self.align = size
        self.vector = ir.VectorType(self.scalar, self.lanes)
        name = f"llvm.fma.v{self.lanes}f{8 * size}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self._fma = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)

    def pointer(self, array: int, offset: Any) -> Any:
        data = self.context.make_array(self.types[array])(self.context, self.builder, self.values[array]).data
        return self.builder.gep(data, [offset])

    def load(self, pointer: Any, part: int = 0) -> Any:
        place = self.builder.gep(pointer, [ir.Constant(ir.IntType(64), part * self.lanes)])
        found = self.builder.load(self.builder.bitcast(place, self.vector.as_pointer()))
        found.align = self.align
        return found

    def store(self, value: Any, pointer: Any, part: int = 0) -> None:
        place = self.builder.gep(pointer, [ir.Constant(ir.IntType(64), part * self.lanes)])
        done = self.builder.store(value, self.builder.bitcast(place, self.vector.as_pointer()))
        done.align = self.align

    def splat(self, value: Any) -> Any:
        first = self.builder.insert_element(
            ir.Constant(self.vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, ir.Constant(self.vector, ir.Undefined), mask)

    def fma(self, one: Any, two: Any, three: Any) -> Any:
        return self.builder.call(self._fma, [one, two, three])

    def combination(self, b: Any, stride: Any, c: Any, count: Any, begin: list[Any]) -> list[Any]:
        """Return `begin` + the sum of c[k] times column k, by parts of a block, in registers throughout."""
        builder, number = self.builder, ir.IntType(64)
        before = builder.block
        head, body, end = (builder.append_basic_block(name) for name in ("columns", "column", "done"))
        builder.branch(head)
        builder.position_at_end(head)
        k = builder.phi(number)
        k.add_incoming(ir.Constant(number, 0), before)
        sums = [builder.phi(self.vector) for _ in begin]
        for one, value in zip(sums, begin, strict=True):
            one.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", k, count), body, end)
        builder.position_at_end(body)
        factor = self.splat(builder.load(builder.gep(c, [k])))
        column = builder.gep(b, [builder.mul(k, stride)])
        for part, one in enumerate(sums):
            one.add_incoming(self.fma(factor, self.load(column, part), one), body)
        k.add_incoming(builder.add(k, ir.Constant(number, 1)), body)
        builder.branch(head)
        builder.position_at_end(end)
        return sums


def _is_float_array(kind: Any) -> bool:
    return isinstance(kind, types.Array) and kind.layout == "C" and kind.dtype in (types.float64, types.float32)


def _add_edge(
    _: Any,
    out: Any,
    out_at: Any,
    b: Any,
    b_at: Any,
    stride: Any,
    count: Any,
    c: Any,
    c_at: Any,
    w_b: Any,
    silu: Any,
    silu_at: Any,
) -> Any:
    """Add w_b silu + sum_k c_k B_k of one block to `out`.

    What ends in ``_at`` is an offset in the memory of an array, `stride` that from one column to the next.
    """
    if not all(map(_is_float_array, (out, b, c, silu))):
        return None
    i = types.int64
    signature = types.void(out, i, b, i, i, i, c, i, out.dtype, silu, i)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        code = _Code(context, builder, sig, args)
        target, smooth_at = code.pointer(0, args[1]), code.pointer(9, args[10])
        factor = code.splat(args[8])
        begin = [code.fma(factor, code.load(smooth_at, p), code.load(target, p)) for p in range(code.parts)]
        sums = code.combination(code.pointer(2, args[3]), args[4], code.pointer(6, args[7]), args[5], begin)
        for part, value in enumerate(sums):
            code.store(value, target, part)
        return context.get_dummy_value()

    return signature, generate


def _add_slope(
    _: Any,
    gx: Any,
    gx_at: Any,
    d: Any,
    d_at: Any,
    stride: Any,
    count: Any,
    c: Any,
    c_at: Any,
    w_b: Any,
    dsilu: Any,
    dsilu_at: Any,
    g: Any,
    g_at: Any,
) -> Any:
    """Add g (w_b silu' + sum_k c_k B_k') of one block to `gx`."""
    if not all(map(_is_float_array, (gx, d, c, dsilu, g))):
        return None
    i = types.int64
    signature = types.void(gx, i, d, i, i, i, c, i, gx.dtype, dsilu, i, g, i)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        code = _Code(context, builder, sig, args)
        target, smooth_at, upstream = code.pointer(0, args[1]), code.pointer(9, args[10]), code.pointer(11, args[12])
        factor = code.splat(args[8])
        begin = [builder.fmul(factor, code.load(smooth_at, p)) for p in range(code.parts)]
        sums = code.combination(code.pointer(2, args[3]), args[4], code.pointer(6, args[7]), args[5], begin)
        for part, value in enumerate(sums):
            code.store(code.fma(code.load(upstream, part), value, code.load(target, part)), target, part)
        return context.get_dummy_value()

    return signature, generate


def _add_products(
    _: Any, sums: Any, sums_at: Any, b: Any, b_at: Any, stride: Any, count: Any, g: Any, g_at: Any
) -> Any:
    """Add the products of g and each of `count` columns to vectors of sums, whose lanes are summed up at the end."""
    if not all(map(_is_float_array, (sums, b, g))):
        return None
    i = types.int64
    signature = types.void(sums, i, b, i, i, i, g, i)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        code = _Code(context, builder, sig, args)
        total, column, upstream = code.pointer(0, args[1]), code.pointer(2, args[3]), code.pointer(6, args[7])
        parts = [code.load(upstream, p) for p in range(code.parts)]
        number = ir.IntType(64)
        before = builder.block
        head, body, end = (builder.append_basic_block(name) for name in ("products", "product", "done"))
        builder.branch(head)
        builder.position_at_end(head)
        k = builder.phi(number)
        k.add_incoming(ir.Constant(number, 0), before)
        builder.cbranch(builder.icmp_signed("<", k, args[5]), body, end)
        builder.position_at_end(body)
        here = builder.gep(column, [builder.mul(k, args[4])])
        place = builder.gep(total, [builder.mul(k, ir.Constant(number, code.lanes))])
        # Two chains, so that one need not wait for the other.
        one, two = code.load(place), builder.fmul(parts[1], code.load(here, 1))
        for p in range(0, code.parts, 2):
            one = code.fma(parts[p], code.load(here, p), one)
            if p:
                two = code.fma(parts[p + 1], code.load(here, p + 1), two)
        code.store(builder.fadd(one, two), place)
        k.add_incoming(builder.add(k, ir.Constant(number, 1)), body)
        builder.branch(head)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return signature, generate


add_edge: Any = intrinsic(_add_edge)
add_slope: Any = intrinsic(_add_slope)
add_products: Any = intrinsic(_add_products)
