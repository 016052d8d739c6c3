"""A law c f(a x + b) + d: what an edge becomes when it can be written down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.laws.library import IDENTITY, LibraryFunction


@dataclass(frozen=True)
class Law:
    """y = c f(a x + b) + d.

    Attributes
    ----------
    function
        f.
    a, b, c, d
        Its constants; finite.
    """

    function: LibraryFunction
    a: float = 1.0
    b: float = 0.0
    c: float = 1.0
    d: float = 0.0

    def __call__(self, x: FloatArray) -> FloatArray:
        """Return the values at `x`; NaN where f is not defined."""
        u = self.a * x + self.b
        if self.function.positive:
            # sqrt and its like are defined at 0, log and 1/x give an infinity there that nobody overlooks.
            u = np.where(u >= 0, u, np.nan)
        with np.errstate(all="ignore"):
            values: FloatArray = self.c * self.function.value(u) + self.d
        return values

    def moved(self, shift: float, scale: float) -> Law:
        """Return the law of x for this one of (x - shift) / scale."""
        a = self.a / scale
        return replace(self, a=a, b=self.b - a * shift).normal()

    def normal(self) -> Law:
        """Return the same law with the constants that are not free at their standing values (a = +-1, b = 0)."""
        f, a, b, c, d = self.function, self.a, self.b, self.c, self.d
        if f.free == "":
            return Law(f, 1.0, 0.0, c * a, d + c * b)
        if f.name == "exp(x)":
            with np.errstate(over="ignore"):
                return Law(f, a, 0.0, float(c * np.exp(b)), d)
        if f.degree is None or a == 0:
            return self
        size = abs(a)
        if f.name == "log(x)":
            return Law(f, a / size, b / size, c, d + c * float(np.log(size)))
        law = Law(f, a / size, b / size, c * size**f.degree, d)
        if law.a < 0 and not f.positive:
            # x^n and |x| know what a sign does to them.
            sign = -1.0 if f.name == "x^3" else 1.0
            law = Law(f, 1.0, -law.b, sign * law.c, d)
        return law


def linear(slope: float, constant: float = 0.0) -> Law:
    """Return the law slope x + constant."""
    return Law(IDENTITY, 1.0, 0.0, slope, constant)
